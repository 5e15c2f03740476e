"""From a finished training run to the models that ship: one property each, with a model card.

    python -m runtime.training.publish_models runs/mp_formation_energy formation_energy=formation_energy_per_atom

writes ``data/models/formation_energy`` (``make models`` runs it).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click
import torch

from basis_store import TrainingError
from basis_store.files.locations import data_folder
from runtime.pretrained.card import MATERIALS_PROJECT, MATERIALS_PROJECT_TENSORS, ModelCard, coverage_figures
from runtime.pretrained.description import ModelDescription
from runtime.pretrained.pretrained import open_pretrained, save_pretrained
from runtime.training.runs.run_report import read_report

_LIMITS = {
    "dielectric_electronic": (
        "The tensor is the electronic one (epsilon infinity, ions at rest), not the static dielectric tensor.",
    ),
    "band_gap": ("Gaps of PBE are too small: typically a third to a half of the measured gap is missing.",),
}
"""Of single models that ship, a sentence each."""


def publish(run: Path, target: str, folder: Path) -> None:
    """Write the model of one target of a run to ``folder``, with its card.

    Raises:
        TrainingError: the run is not finished, or has no such target.
        ModelError: its model is damaged.
    """
    report = read_report(run)
    source = open_pretrained(run / "model")
    names = [one.name for one in source.description.targets]
    if target not in names:
        raise TrainingError(f"{run} has no target {target!r}; it has {', '.join(names)}")
    index = names.index(target)
    chosen, scores = source.description.targets[index], report["val"][target]["overall"]
    with torch.random.fork_rng():
        model = source.load().with_only(index)
    training = {
        **source.description.training,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "validation": scores,
    }
    whole = source.calibration()
    calibration = None if whole is None else whole.only(index)
    measured = source.description.calibration.get("coverage", {})
    coverage = {name: one for name, one in measured.items() if name == target}
    description = replace(
        source.description, targets=(chosen,), training=training, calibration={"coverage": coverage}
    )
    card = published_card(folder.name, description).to_markdown()
    save_pretrained(
        model,
        folder,
        card=card,
        domain=description.domain,
        training=training,
        calibration=calibration,
        coverage=coverage,
    )


def published_card(name: str, description: ModelDescription) -> ModelCard:
    """The card of a model of one target that ships with the package, from its ``config.json``."""
    (target,), training = description.targets, description.training
    sources = [MATERIALS_PROJECT_TENSORS.get(Path(file).stem, MATERIALS_PROJECT) for file in training["data"]]
    return ModelCard.of_training(
        name=name,
        architecture=description.architecture,
        targets=description.targets,
        domain=description.domain,
        training=training,
        figures=[
            *target.score_figures(training["validation"]),
            *coverage_figures(description.calibration.get("coverage", {}), description.targets),
        ],
        sources=list(dict.fromkeys(sources)),
        use=f"`sgbasis predict crystal.cif --property {name}`",
        limits=[
            "The values learnt are density-functional ones (PBE, 0 K), with their known errors.",
            *_LIMITS.get(name, ()),
        ],
        repeated_by="make models",
        version=description.written_by.get("sgbasis", ""),
    )


@click.command()
@click.argument("run", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("properties", nargs=-1, required=True, metavar="NAME=TARGET...")
def main(run: Path, properties: tuple[str, ...]) -> None:
    """Write the models of a finished RUN to data/models: NAME=TARGET, the target's own name by default."""
    for text in properties:
        name, _, target = text.partition("=")
        folder = data_folder() / "models" / name
        publish(run, target or name, folder)
        size = sum(file.stat().st_size for file in folder.iterdir()) / 1e6
        click.echo(f"{folder}: {size:.1f} MB")


if __name__ == "__main__":
    main()
