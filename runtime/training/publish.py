"""From a finished training run to the models that ship: one property each, with a card for people.

    python -m runtime.training.publish runs/mp_scalar formation_energy=formation_energy_per_atom band_gap

writes ``data/models/formation_energy`` and ``data/models/band_gap`` (``make models`` runs it).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import torch

from basis_store import TrainingError
from basis_store.locations import data_folder
from runtime.model_card import MATERIALS_PROJECT, ModelCard
from runtime.models import CrystalModel, Target
from runtime.pretrained import Pretrained, open_pretrained, save_pretrained
from runtime.training.report import read_report


def only_target(model: CrystalModel, index: int) -> CrystalModel:
    """The same network with one of its outputs."""
    small = type(model)(model.config, [model.targets[index]])
    own, whole = small.state_dict(), model.state_dict()
    for name, tensor in own.items():
        for dim, (size, full) in enumerate(zip(tensor.shape, whole[name].shape, strict=True)):
            if size != full:
                whole[name] = whole[name].narrow(dim, index, 1)
    small.load_state_dict(whole)
    return small.eval()


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
    scores = report["val"][target]["overall"]
    training = {**source.description.training, "validation": scores}
    with torch.random.fork_rng():
        model = only_target(source.load(), index)
    card = _card(folder.name, source, source.description.targets[index], scores)
    save_pretrained(model, folder, card=card, domain=source.description.domain, training=training)


def _card(name: str, source: Pretrained, target: Target, scores: dict[str, Any]) -> str:
    domain, training = source.description.domain, source.description.training
    low, high = scores["mae_interval"]
    others = [one.name for one in source.description.targets if one.name != target.name]
    together = f" together with {' and '.join(others)}" if others else ""
    files = ", ".join(f"`{file}` (content {digest[:12]})" for file, digest in training["data"].items())
    configuration = training["configuration"]
    return ModelCard(
        name=name,
        summary=f"Predicts `{target.name}` in {target.unit} of a crystal in any cell, from its geometry as given.",
        sources=[MATERIALS_PROJECT],
        training=(
            f"{source.description.architecture}, trained{together} on the {training['crystals']:,} crystals of "
            f"the training split of {files}: {training['epochs']} epochs, batches of "
            f"{configuration['batch_size']}, seed {configuration['seed']}. Kept are the averaged weights after "
            f"epoch {training['best_epoch']}, the best on the validation split. `make models` repeats it."
        ),
        figures=[
            (f"mean absolute error, {scores['n']:,} validation crystals", f"{scores['mae']:.4f} {target.unit}"),
            ("95 % interval (bootstrap)", f"{low:.4f} to {high:.4f}"),
            ("root of the mean squared error", f"{scores['rmse']:.4f} {target.unit}"),
        ],
        limits=[
            "The values learnt are density-functional ones (PBE, 0 K), with their known errors.",
            f"Trained on crystals of {len(domain.elements)} elements and {len(domain.groups)} space groups "
            f"with up to {domain.max_sites} sites. Outside of that it extrapolates; `sgbasis predict` says when.",
            "The validation split chose the epoch, so its error is a little too good.",
        ],
    ).to_markdown()


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
