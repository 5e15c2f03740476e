"""The model card of a trained model: README.md with a YAML head that the Hugging Face Hub reads."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class DataSource:
    """Data that a model was trained on.

    Attributes:
        name: for the Hub's search.
        attribution: what it is, its licence, and whom to cite: a sentence of Markdown.
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
    """What a model card says; texts are Markdown.

    Attributes:
        name: of the model: the property that it predicts.
        summary: what it predicts, in which unit, for which crystals.
        sources: data that it was trained on.
        training: how it was trained and chosen.
        figures: rows of (what was measured, outcome with its unit).
        limits: what it cannot do, a sentence each.
        use: what chooses it in ``sgbasis predict``.
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
    use: str = "--model FOLDER`, with the folder where this file lies"
    licence: str = "cc-by-4.0"
    tags: Sequence[str] = ("materials-science", "crystals", "space-groups")
    metrics: Sequence[str] = ("mae",)

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
            f"# {self.name}", "", self.summary, "",
            f"Use: `sgbasis predict crystal.cif {self.use}.", "",
            "## Data", "", *(f"- {source.attribution}" for source in self.sources), "",
            "## Training", "", self.training, "",
            "## Figures", "", "| measured | outcome |", "|---|---|",
            *(f"| {what} | {outcome} |" for what, outcome in self.figures), "",
            "## Limits", "", *(f"- {sentence}" for sentence in self.limits), "",
        ]  # fmt: skip
        return "\n".join(lines)
