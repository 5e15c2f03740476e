"""The vector fields of a basis at points (T10)."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from basis_store import VectorBasis
from runtime.arrays import points

if TYPE_CHECKING or "jaxtyping" in sys.modules:  # shapes are for readers and tests; importing stays fast
    from jaxtyping import Float


def vector_functions(
    basis: VectorBasis, x: Float[Tensor, "*n 3"] | NDArray[np.floating] | list[list[float]]
) -> Float[Tensor, "*n functions 3"]:
    """The functions of a basis at points; differentiable in the points, on their device and in their dtype.

    Args:
        basis: as :func:`basis_compiler.compile_vector_basis` makes it.
        x: fractional coordinates.

    Returns:
        Components along the cell axes, m1, m2, m3 with m = m1 a + m2 b + m3 c. Cartesian ones are
        ``vector_functions(basis, x) @ lattice``, with the cell vectors as rows.
    """
    x = points(x)
    waves, places = np.unique(basis.waves, axis=0, return_inverse=True)
    angles = 2 * torch.pi * x @ torch.as_tensor(waves).to(x).T
    terms = torch.as_tensor(places.ravel(), device=x.device)
    vectors = torch.as_tensor(basis.vectors, device=x.device)
    real, imaginary = vectors.real.to(x), vectors.imag.to(x)
    values = angles.cos()[..., terms, None] * real - angles.sin()[..., terms, None] * imaginary
    functions = torch.as_tensor(basis.functions, device=x.device)
    found = torch.zeros((*x.shape[:-1], len(basis), 3), dtype=x.dtype, device=x.device)
    return found.index_add(-2, functions, values)
