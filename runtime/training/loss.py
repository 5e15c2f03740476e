"""What training makes small: one number for each crystal and target, scalar or tensor."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from runtime.models.base import CrystalModel, Target, columns
from runtime.tensors.tensor_space import TensorSpace


def target_errors(targets: Sequence[Target], values: Tensor, expected: Tensor) -> Tensor:
    """Distance of predictions from the nearest of what is expected.

    Of a scalar it is the absolute error, of a tensor the Frobenius norm of the error, both in the target's unit.
    Of a tensor whose logarithm is predicted it is the relative error of the tensor itself: of the logarithm, the
    softest direction would count as much as the stiffest.

    Args:
        targets: what the columns are.
        values: (crystals, columns).
        expected: (crystals, a, columns) alternatives; NaN where a target is missing.

    Returns:
        (crystals, targets); NaN where missing.
    """
    known = torch.isfinite(expected)
    expected = torch.where(known, expected, 0.0)  # a NaN here would spoil the gradients
    errors = []
    for target, own in zip(targets, columns(targets), strict=True):
        some, others = values[:, None, own], expected[..., own]
        if target.space is not None and target.log10:
            some, others = _powers(target.space, some), _powers(target.space, others)
            norms = torch.linalg.vector_norm(some - others, dim=-1) / torch.linalg.vector_norm(others, dim=-1)
        else:
            norms = torch.linalg.vector_norm(some - others, dim=-1)
        errors.append(torch.where(known[:, 0, own].all(dim=1), norms.amin(dim=1), torch.nan))
    return torch.stack(errors, dim=1)


def error_scales(model: CrystalModel) -> Tensor:
    """(targets,) usual sizes of :func:`target_errors`, by which losses of several targets are made comparable."""
    scales = model.target_scale[[own.start for own in columns(model.targets)]]
    relative = torch.tensor([target.space is not None and target.log10 for target in model.targets])
    return torch.where(relative.to(scales.device), 1.0, scales)


def _powers(space: TensorSpace, logarithms: Tensor) -> Tensor:
    """(..., size * size) the matrices 10^S of coordinates (..., dimension) of S."""
    matrices = torch.from_numpy(space.matrices).to(logarithms)
    exponents = math.log(10) * torch.einsum("...d,dab->...ab", logarithms, matrices)
    powers: Tensor = torch.linalg.matrix_exp(exponents)
    return powers.flatten(-2)
