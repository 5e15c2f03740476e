"""The loss of each target, for batches of crystals and all targets of a model."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from runtime.models.base import CrystalModel
from runtime.targets.target import Target, columns


def target_losses(targets: Sequence[Target], predicted: Tensor, labels: Tensor) -> Tensor:
    """The loss of each target, :meth:`Target.loss`.

    Args:
        targets: what the columns are.
        predicted: (crystals, columns).
        labels: (crystals, a, columns) symmetry-equivalent labels; NaN where a target is missing.

    Returns:
        (crystals, targets); NaN where missing.
    """
    own = columns(targets)
    losses = [
        target.loss(predicted[:, part], labels[..., part]) for target, part in zip(targets, own, strict=True)
    ]
    return torch.stack(losses, dim=1)


def loss_scales(model: CrystalModel) -> Tensor:
    """(targets,) usual sizes of :func:`target_losses`, by which losses of several targets are made comparable."""
    own = columns(model.targets)
    scales = [
        target.loss_scale(model.target_scale[part.start]) for target, part in zip(model.targets, own, strict=True)
    ]
    return torch.stack(scales)
