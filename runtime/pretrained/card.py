"""The model card of a trained model: README.md with a YAML head that the Hugging Face Hub reads."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from basis_store.counted import counted
from basis_store.datasets.units import with_unit
from basis_store.printable import markdown_code, markdown_text
from runtime.pretrained.domain import Domain
from runtime.targets.target import Target


@dataclass(frozen=True, kw_only=True)
class DataSource:
    """Data that a model was trained on.

    Attributes:
        name: for the Hub's search.
        attribution: description, licence and citation, in Markdown.
    """

    name: str
    attribution: str


MATERIALS_PROJECT = DataSource(
    name="materials-project",
    attribution=(
        "[Materials Project](https://materialsproject.org), "
        "[CC BY 4.0](https://creativecommons.org/licenses/by/4.0/). Please cite A. Jain et al., "
        "[APL Materials 1, 011002 (2013)](https://doi.org/10.1063/1.4812323)."
    ),
)

_TENSORS = (
    "{what} of the [Materials Project](https://materialsproject.org), "
    "[CC BY 4.0](https://creativecommons.org/licenses/by/4.0/). Please cite {paper}."
)

MATERIALS_PROJECT_TENSORS = {
    name: DataSource(name=name, attribution=_TENSORS.format(what=what, paper=paper))
    for name, what, paper in (
        (
            "mp_elastic_tensor",
            "Elastic tensors",
            "M. de Jong et al., [Sci. Data 2, 150009 (2015)](https://doi.org/10.1038/sdata.2015.9)",
        ),
        (
            "mp_dielectric_tensor",
            "Dielectric tensors",
            "I. Petousis et al., [Sci. Data 4, 160134 (2017)](https://doi.org/10.1038/sdata.2016.134)",
        ),
        (
            "mp_piezo_tensor",
            "Piezoelectric tensors",
            "M. de Jong et al., [Sci. Data 2, 150053 (2015)](https://doi.org/10.1038/sdata.2015.53)",
        ),
    )
}
"""By the stem of the compiled dataset."""


@dataclass(frozen=True, kw_only=True)
class ModelCard:
    """The content of a model card; texts are Markdown.

    Attributes:
        name: of the model, such as the property that it predicts.
        summary: what it predicts, in which unit, for which crystals.
        sources: data that it was trained on.
        training: how it was trained and chosen.
        figures: rows of (measured quantity, outcome with its unit), plain text.
        limits: what it cannot do, a sentence each.
        use: the command that predicts with it.
        licence: of the weights, as the Hub names it.
        tags: for the Hub's search.
        metrics: of the figures, for the Hub's search.
    """

    name: str
    summary: str
    sources: Sequence[DataSource]
    training: str
    figures: Sequence[tuple[str, str]]
    limits: Sequence[str]
    use: str = "`sgbasis predict crystal.cif --model FOLDER`, with the folder where this file lies"
    licence: str = "cc-by-4.0"
    tags: Sequence[str] = ("materials-science", "crystals", "space-groups")
    metrics: Sequence[str] = ("mae",)

    @classmethod
    def of_training(
        cls,
        *,
        architecture: str,
        targets: Sequence[Target],
        domain: Domain,
        training: Mapping[str, Any],
        limits: Sequence[str] = (),
        repeated_by: str = "",
        version: str = "",
        **others: Any,
    ) -> Self:
        """The card of a model that a training run made.

        Args:
            architecture: of the model.
            targets: what it predicts.
            domain: what the training split spans.
            training: the summary of the run that ``config.json`` holds, see
                :func:`runtime.training.runs.trained_model.save_trained`.
            limits: of the data, a sentence each; what follows from targets and training is added.
            repeated_by: the command that repeats the run.
            version: of sgbasis that wrote the model; empty if not known.
            others: further attributes of the card: name, sources, figures ...
        """
        notes = [note for target in targets for note in target.notes]
        what = " and ".join(target.description for target in targets)
        return cls(
            summary=" ".join(
                [
                    f"Predicts {what} of a crystal in any cell, from its geometry as given.",
                    *dict.fromkeys(notes),
                ]
            ),
            training=_training_text(architecture, targets, training, repeated_by, version),
            limits=[
                *limits,
                f"Trained on crystals of {counted(len(domain.elements), 'element')} and "
                f"{counted(len(domain.groups), 'space group')} with up to {counted(domain.max_sites, 'site')}. "
                "Outside of that it extrapolates; `sgbasis predict` says when.",
                *dict.fromkeys(limit for target in targets for limit in target.limits),
                "The validation split chose the epoch, so its error is a little too good.",
                *_limits_of_initial(training),
            ],
            metrics=tuple(dict.fromkeys(metric for target in targets for metric in target.metrics)),
            **others,
        )

    def to_markdown(self) -> str:
        """The text of ``README.md``."""
        head = {
            "license": self.licence,
            "library_name": "sgbasis",
            "tags": list(self.tags),
            "datasets": [source.name for source in self.sources],
            "metrics": list(self.metrics),
        }
        # JSON is YAML, and leaves no doubt about quotes.
        yaml = (f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in head.items())
        lines = [
            "---", *yaml, "---", "",
            f"# {markdown_text(self.name)}", "", self.summary, "",
            f"Use: {self.use}.", "",
            "## Data", "", *(f"- {source.attribution}" for source in self.sources), "",
            "## Training", "", self.training, "",
            "## Figures", "", "| measured | outcome |", "|---|---|",
            *(f"| {markdown_text(what)} | {markdown_text(outcome)} |" for what, outcome in self.figures), "",
            "## Limits", "", *(f"- {sentence}" for sentence in self.limits), "",
        ]  # fmt: skip
        return "\n".join(lines)


def coverage_figures(
    coverage: Mapping[str, Mapping[str, float]], targets: Sequence[Target]
) -> list[tuple[str, str]]:
    """Rows of a model card on intervals.

    Args:
        coverage: by target, of :func:`runtime.pretrained.fit_calibration.measured_coverage`.
        targets: of the model.
    """
    rows = []
    for target in targets:
        if target.name not in coverage:
            continue
        one = coverage[target.name]
        rows += [
            (
                f"90 % intervals of {target.name} hold the value (calibrated on one half of "
                f"{counted(int(one['crystals']), 'validation crystal')}, measured on the other; mean and range of "
                "random halves)",
                f"{100 * one['coverage']:.1f} % ({100 * one['smallest']:.1f} to {100 * one['largest']:.1f} %)",
            ),
            ("median half of their width", with_unit(f"{one['half_width']:.2g}", target.error_unit)),
        ]
    return rows


def _chosen_text(best_epoch: int | Sequence[int]) -> str:
    """Which weights were taken; those of an ensemble have an epoch for each member."""
    if not isinstance(best_epoch, int):
        epochs = ", ".join(map(str, best_epoch))
        return (
            f"{len(best_epoch)} networks with as many seeds, and their mean is predicted. The weights of each are "
            f"the moving average after its best epoch on the validation split ({epochs})."
        )
    if best_epoch < 0:
        return "The weights are those of the initial model: no epoch was better on the validation split."
    return f"The weights are the moving average after epoch {best_epoch}, the best on the validation split."


def _limits_of_initial(training: Mapping[str, Any]) -> list[str]:
    """A sentence, if the run started from a trained model."""
    if not training.get("initial"):
        return []
    return [
        f"The initial model, {markdown_code(training['initial']['name'])}, was trained and chosen on data of its "
        "own. Where these contain crystals of the validation split, errors on it are too good."
    ]


def _training_text(
    architecture: str, targets: Sequence[Target], training: Mapping[str, Any], repeated_by: str, version: str
) -> str:
    """How a model was trained and chosen, from the summary of the run."""
    configuration = training["configuration"]
    size = f" with {training['parameters']:,} parameters" if "parameters" in training else ""
    own = {target.name for target in targets}
    others = [target["name"] for target in configuration["targets"] if target["name"] not in own]
    together = f" together with {' and '.join(map(markdown_text, others))}" if others else ""
    data = (f"{markdown_code(file)} (content {digest[:12]})" for file, digest in training["data"].items())
    crystals, epochs = counted(training["crystals"], "crystal"), counted(training["epochs"], "epoch")
    sentences = [
        f"{architecture}{size}, trained{together} on the {crystals} of the training split of "
        f"{', '.join(data)}: {epochs}, batches of {configuration['batch_size']}, "
        f"seed {configuration['seed']}.",
    ]
    if (fold := configuration.get("fold", -1)) >= 0:
        sentences.append(
            f"Fold {fold} of the data was kept apart as the test, and the next fold is the validation split."
        )
    initial, epoch = training.get("initial"), training["best_epoch"]
    if initial:
        same = (
            f", whose {' and '.join(map(markdown_text, initial['same_targets']))} it goes on with"
            if initial["same_targets"]
            else ""
        )
        frozen = " Only the heads were trained." if configuration["freeze"] else ""
        sentences.append(
            f"It was fine-tuned: it started from the weights of {markdown_code(initial['name'])} "
            f"(SHA-256 {initial['weights_sha256'][:12]}){same}.{frozen}"
        )
    sentences.append(_chosen_text(epoch))
    if configuration["hold_out_groups"]:
        groups = ", ".join(map(str, configuration["hold_out_groups"]))
        sentences.append(f"No crystal of the space groups {groups} was trained on.")
    if version:
        sentences.append(f"Written by sgbasis {version}.")
    if repeated_by:
        sentences.append(f"`{repeated_by}` repeats it.")
    return " ".join(sentences)
