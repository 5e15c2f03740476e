"""From a finished training run to the models that ship: one property each, with a card for people.

    python -m runtime.training.publish_models runs/mp_scalar formation_energy=formation_energy_per_atom band_gap

writes ``data/models/formation_energy`` and ``data/models/band_gap`` (``make models`` runs it).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import torch

from basis_store import TrainingError
from basis_store.files.locations import data_folder
from runtime.models.base import CrystalModel, Target, columns
from runtime.pretrained.card import MATERIALS_PROJECT, MATERIALS_PROJECT_TENSORS, ModelCard
from runtime.pretrained.pretrained import Pretrained, open_pretrained, save_pretrained
from runtime.training.report import read_report


def only_target(model: CrystalModel, index: int) -> CrystalModel:
    """The same network with one of its targets."""
    target, own = model.targets[index], columns(model.targets)[index]
    # Scalars share the last layers, a row each; tensors have heads of their own, by name.
    row = sum(other.space is None for other in model.targets[:index])
    small = type(model)(model.config, [target])
    whole, chosen = model.state_dict(), {}
    for name, tensor in small.state_dict().items():
        chosen[name] = whole[name]
        if name in ("target_mean", "target_scale"):
            chosen[name] = chosen[name][own]
        for dim, (size, full) in enumerate(zip(tensor.shape, chosen[name].shape, strict=True)):
            if size != full:
                chosen[name] = chosen[name].narrow(dim, row, 1)
    small.load_state_dict(chosen)
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
    others = [one.name for one in source.description.targets if one.name != target.name]
    together = f" together with {' and '.join(others)}" if others else ""
    files = ", ".join(f"`{file}` (content {digest[:12]})" for file, digest in training["data"].items())
    configuration = training["configuration"]
    started = f", from the weights of `{Path(configuration['initial'])}`" if configuration["initial"] else ""
    sources = [MATERIALS_PROJECT_TENSORS.get(Path(file).stem, MATERIALS_PROJECT) for file in training["data"]]
    is_tensor = target.space is not None
    kind = f"the tensor `{target.name}` ({target.symmetry})" if is_tensor else f"`{target.name}`"
    unit = target.physical_unit if is_tensor else target.unit
    return ModelCard(
        name=name,
        summary=(
            f"Predicts {kind}{f' in {unit}' if unit else ''} of a crystal in any cell, from its geometry as given."
            + (" The tensor obeys the crystal's point group and turns with it." if is_tensor else "")
        ),
        use=f"--property {name}`",
        sources=list(dict.fromkeys(sources)),
        training=(
            f"{source.description.architecture}, trained{together} on the {training['crystals']:,} crystals of "
            f"the training split of {files}{started}: {training['epochs']} epochs, batches of "
            f"{configuration['batch_size']}, seed {configuration['seed']}. Kept are the averaged weights after "
            f"epoch {training['best_epoch']}, the best on the validation split. `make models` repeats it."
        ),
        figures=_tensor_figures(scores, unit) if is_tensor else _scalar_figures(scores, unit),
        limits=[
            "The values learnt are density-functional ones (PBE, 0 K), with their known errors.",
            f"Trained on crystals of {len(domain.elements)} elements and {len(domain.groups)} space groups "
            f"with up to {domain.max_sites} sites. Outside of that it extrapolates; `sgbasis predict` says when.",
            *(["Signs and axes that the point group leaves open are arbitrary."] * target.up_to_normalizer),
            "The validation split chose the epoch, so its error is a little too good.",
        ],
        metrics=("frobenius", "ewt25") if is_tensor else ("mae",),
    ).to_markdown()


def _scalar_figures(scores: dict[str, Any], unit: str) -> list[tuple[str, str]]:
    low, high = scores["mae_interval"]
    return [
        (f"mean absolute error, {scores['n']:,} validation crystals", f"{scores['mae']:.4f} {unit}"),
        ("95 % interval (bootstrap)", f"{low:.4f} to {high:.4f}"),
        ("root of the mean squared error", f"{scores['rmse']:.4f} {unit}"),
    ]


def _tensor_figures(scores: dict[str, Any], unit: str) -> list[tuple[str, str]]:
    low, high = scores["frobenius_interval"]
    figures = [
        (
            f"mean Frobenius norm of the error, {scores['n']:,} validation crystals",
            f"{scores['frobenius']:.4g} {unit}".strip(),
        ),
        ("95 % interval (bootstrap)", f"{low:.4g} to {high:.4g}"),
        ("median relative error", f"{scores['relative']:.1%}"),
    ]
    figures += [(f"share of crystals within {p} %", f"{scores[f'ewt{p}']:.3f}") for p in (25, 10, 5)]
    if scores["mae_K"] is not None:
        figures += [
            (f"mean absolute error of Hill's {symbol}", f"{scores[f'mae_{symbol}']:.2f} {unit}")
            for symbol in "KGE"
        ]
    return figures


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
