"""Displacement parameters of the atoms of a CIF, as tensors U in Cartesian coordinates.

    T = exp(-2 pi^2 sum_ij U_ij h_i h_j a*_i a*_j)      as CIF defines U_ij
    U_cart = L^T N U N L      N: diagonal, lengths of the reciprocal vectors; rows of L: cell vectors
    B = 8 pi^2 U

Nothing but structure factors depends on them: values that cannot be are left out with a note, and never an error.

Source: IUCr core dictionary; R. W. Grosse-Kunstleve, P. D. Adams, J. Appl. Cryst. 35, 477 (2002).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from basis_compiler.crystals.formats.cif_blocks import CifBlock, cif_number
from basis_store.array_types import FloatArray

_ISOTROPIC = {"_atom_site_u_iso_or_equiv": 1.0, "_atom_site_b_iso_or_equiv": 8 * np.pi**2}
_ANISOTROPIC_LABEL = "_atom_site_aniso_label"
_ANISOTROPIC = {"_atom_site_aniso_u_": 1.0, "_atom_site_aniso_b_": 8 * np.pi**2}
_COMPONENTS = ("11", "22", "33", "12", "13", "23")
_RANGE = (-0.05, 10.0)
"""Angstrom^2, of the principal values: refined ones may be a little below 0."""


def displacement_tensors(
    block: CifBlock, labels: Sequence[str], lattice: FloatArray, coordinate_tag: str
) -> tuple[FloatArray | None, list[str]]:
    """The tensors of the listed atoms, and notes.

    Args:
        block: of the CIF.
        labels: (n,) of the listed atoms.
        lattice: (3, 3) rows in Angstrom.
        coordinate_tag: a tag in whose loop the atoms are listed.

    Returns:
        (n, 3, 3) U in Angstrom^2, NaN for atoms without; None if no atom has one.
    """
    tensors = np.full((len(labels), 3, 3), np.nan)
    given = np.zeros(len(labels), dtype=bool)
    # 1. Isotropic values, or what is equivalent to anisotropic ones.
    for tag, factor in _ISOTROPIC.items():
        if block.loops.get(tag) != block.loops[coordinate_tag]:
            continue
        texts = block.column(tag)
        values = np.array([cif_number(text) for text in texts]) / factor
        tensors[:] = np.where(np.isfinite(values)[:, None, None], values[:, None, None] * np.eye(3), tensors)
        given |= np.array([bool(text) for text in texts])
    # 2. Anisotropic ones, by label.
    rows = {label: row for row, label in enumerate(labels)}
    norms = np.linalg.norm(np.linalg.inv(lattice), axis=0)
    for beginning, factor in _ANISOTROPIC.items():
        tags = [beginning + component for component in _COMPONENTS]
        if len({block.loops.get(tag) for tag in (_ANISOTROPIC_LABEL, *tags)}) != 1 or tags[0] not in block.tags:
            continue
        columns = [block.column(tag) for tag in tags]
        for i, label in enumerate(block.column(_ANISOTROPIC_LABEL)):
            if (row := rows.get(label)) is not None:
                one, two, three, *mixed = (cif_number(column[i]) / factor for column in columns)
                u = np.array([[one, mixed[0], mixed[1]], [mixed[0], two, mixed[2]], [mixed[1], mixed[2], three]])
                given[row] |= any(column[i] for column in columns)
                if np.isfinite(u).all():
                    tensors[row] = lattice.T @ (norms[:, None] * u * norms) @ lattice
    # 3. What can be.
    finite = np.isfinite(tensors).all(axis=(1, 2)) & (np.abs(np.nan_to_num(tensors)) < 1e6).all(axis=(1, 2))
    values = np.linalg.eigvalsh(np.where(finite[:, None, None], tensors, 0.0))
    usable = finite & (values >= _RANGE[0]).all(axis=1) & (values <= _RANGE[1]).all(axis=1)
    tensors[~usable] = np.nan
    notes = []
    if (wrong := given & ~usable).any():
        label = labels[int(wrong.argmax())]
        notes.append(
            f"displacement parameters that no atom has are left out ({label} and {wrong.sum() - 1} others)"
        )
    return (tensors if usable.any() else None), notes
