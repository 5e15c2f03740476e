"""Lengths of angular moments: the part of them that no rotation or reflection changes."""

from __future__ import annotations

import torch
from torch import Tensor


def moment_norms(moments: Tensor, degree: int) -> Tensor:
    """Root mean square over m of moments (..., (degree + 1)^2, features); (..., degree + 1, features).

    Of degree 0 it is the moment itself, with its sign.
    """
    parts = [moments[..., 0, :]]
    for each in range(1, degree + 1):
        parts.append(moments[..., each**2 : (each + 1) ** 2, :].square().mean(dim=-2).sqrt())
    return torch.stack(parts, dim=-2)
