"""The model card that a training run writes: what the run itself knows. Who publishes a model adds the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runtime.models.base import CrystalModel, Target
from runtime.pretrained.card import DataSource, ModelCard


def training_card(model: CrystalModel, summary: Mapping[str, Any]) -> str:
    """Markdown.

    Args:
        model: trained.
        summary: see :func:`runtime.training.run.run_training`.
    """
    configuration = summary["configuration"]
    parameters = sum(parameter.numel() for parameter in model.parameters())
    training = [
        f"{type(model).__name__} with {parameters:,} parameters, trained on {summary['crystals']:,} crystals in "
        f"{summary['epochs']} epochs of batches of {configuration['batch_size']}, seed {configuration['seed']}. "
        f"The weights are the moving average after epoch {summary['best_epoch']}, the best on the "
        "validation split.",
    ]
    if configuration["hold_out_groups"]:
        groups = ", ".join(map(str, configuration["hold_out_groups"]))
        training.append(f"No crystal of the space groups {groups} was trained on.")
    if configuration["initial"]:
        training.append(f"Training started from the weights of `{configuration['initial']}`.")
    return ModelCard(
        name=" and ".join(target.name for target in model.targets),
        summary="Predicts " + ", ".join(f"{target.name} ({target.unit})" for target in model.targets) + ".",
        sources=[
            DataSource(
                name=name, attribution=f"`{name}`, content {content}. Say here whose it is, and its licence."
            )
            for name, content in summary["data"].items()
        ],
        training=" ".join(training),
        figures=[_figure(target, summary["val_mae"][target.name]) for target in model.targets],
        limits=[
            "The validation split chose the epoch, so its error is a little too good.",
            "Crystals unlike those of the training split are predicted with unknown error; `sgbasis predict` says "
            "in which respect a crystal is unlike them.",
        ],
        licence="other",
    ).to_markdown()


def _figure(target: Target, error: float) -> tuple[str, str]:
    """What was measured and its value; see :func:`runtime.training.loss.target_errors`."""
    if target.space is None:
        return (
            f"mean absolute error of {target.name} on the validation split",
            f"{error:.4f} {target.unit}".strip(),
        )
    if target.log10:
        return f"mean relative error of {target.name} (Frobenius) on the validation split", f"{error:.4f}"
    what = f"mean Frobenius norm of the error of {target.name} on the validation split"
    return what, f"{error:.4f} {target.unit}".strip()
