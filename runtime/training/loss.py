"""The loss of each target, for batches of crystals and all targets of a model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from basis_store.array_types import FloatArray
from runtime.models.base import CrystalModel
from runtime.prediction import predict_prepared
from runtime.targets.target import Target, columns
from runtime.training.data import SplitData


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


def mean_losses(model: CrystalModel, data: SplitData) -> FloatArray:
    """Means over a split, of the loss of each target that a crystal has.

    Args:
        model: the model.
        data: the split, prepared for it.

    Returns:
        (targets,) see :func:`target_losses`.
    """
    predicted = torch.from_numpy(predict_prepared(model, data.crystals))
    losses = target_losses(model.targets, predicted, torch.from_numpy(data.labels)).numpy()
    return np.asarray(np.nansum(losses, axis=0) / np.maximum(np.isfinite(losses).sum(axis=0), 1))
