"""A field that is 0, in the functions of a basis."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from basis_store.array_types import FloatArray
from basis_store.fields.field_coefficients import FieldCoefficients
from runtime.arrays import real_tensor
from runtime.bases.basis import Basis


def empty_field(basis: Basis, lattice: Tensor | FloatArray) -> FieldCoefficients:
    """The real functions of a basis, each with the coefficient 0.

    Args:
        basis: with a real character.
        lattice: (3, 3) rows of the conventional cell in Angstrom.

    Raises:
        ValueError: the lattice has another shape, or the basis ends with the first function of its first pair.
    """
    rows = real_tensor(lattice, "lattice vectors").detach().cpu().double().numpy()
    if rows.shape != (3, 3):
        raise ValueError(f"a lattice has shape (3, 3), its rows the cell vectors, not {rows.shape}")
    starts = torch.cumsum(basis.counts, 0) - basis.counts
    columns: dict[str, Any] = {
        "roots": basis.waves[starts].cpu().numpy().astype(np.int16),
        "sizes": basis.counts.cpu().numpy().astype(np.int16),
        "parts": basis.parts.cpu().numpy().astype(np.int8),
        "real_phases24": basis.real_phases24.cpu().numpy().astype(np.int8),
    }
    if columns["parts"][-1] == 1:  # a truncation may end in the middle of a pair
        columns = {name: column[:-1] for name, column in columns.items()}
    if not len(columns["parts"]):
        raise ValueError(
            f"the only function of this basis of {basis.representation.label} is the first one of a pair: a field "
            "needs both, so take 2 functions"
        )
    named, zeros = basis.representation, np.zeros(len(columns["parts"]))
    return FieldCoefficients(setting=named.setting, character=named.number, lattice=rows, values=zeros, **columns)
