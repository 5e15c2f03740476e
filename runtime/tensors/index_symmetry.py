"""The index symmetries of the usual property tensors (T8), and what of any tensor obeys one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from basis_store import IndexSymmetry
from basis_store.errors import TensorError

SYMMETRIC = "ij=ji"
"""Dielectric tensor, thermal expansion, strain."""

PIEZOELECTRIC = "ijk=ikj"
"""Piezoelectric stress tensor e_ijk: polarisation i, strain jk."""

ELASTIC = "ijkl=jikl=klij"
"""Stiffness and compliance."""


def symmetric_part(tensor: NDArray[np.float64], formula: str) -> NDArray[np.float64]:
    """The average of a tensor over the permutations of an index symmetry: the nearest tensor that obeys it.

    Args:
        tensor: (3, ..., 3), one axis for each index of the formula.
        formula: such as ``"ij=ji"``; see :meth:`basis_store.IndexSymmetry.parse`.

    Raises:
        FormulaError: the formula cannot be read.
        TensorError: it is for another rank.
    """
    symmetry = IndexSymmetry.parse(formula)
    if tensor.ndim != symmetry.rank:
        raise TensorError(f"{formula} is for tensors of rank {symmetry.rank}, not {tensor.ndim}")
    total = sum(sign * tensor.transpose(order) for order, sign in symmetry.permutations)
    return np.asarray(total / len(symmetry.permutations))
