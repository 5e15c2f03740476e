"""The atoms of a field's source in another cell of the same crystal."""

from __future__ import annotations

import itertools

import numpy as np

from basis_store import CellChange, FieldCoefficients
from basis_store.array_types import FloatArray, IntArray

_SAME_ATOM = 1e-4
"""Fractional coordinates of images of one atom differ by less."""


def atoms_in_cell(field: FieldCoefficients, cell: CellChange) -> tuple[IntArray, FloatArray]:
    """Atomic numbers and fractional coordinates of the atoms in a cell.

    Args:
        field: with the atoms of its source.
        cell: whose atoms are listed.
    """
    source = field.source
    if not len(source.elements) or cell is source.cell:
        return source.elements, source.coordinates
    # 1. All lattice translations of the setting in a few conventional cells, and of the source's cell.
    primitive = CellChange.primitive(field.setting)
    count = int(np.ceil(np.abs(cell.matrix).sum(axis=1).max())) + 1
    steps = np.array(list(itertools.product(range(-2 * count, 2 * count + 1), repeat=3)))
    translations = steps @ primitive.matrix.T
    # 2. In the new cell, each atom once.
    positions = source.cell.to_setting(source.coordinates)
    places = cell.from_setting((positions[:, None] + translations).reshape(-1, 3))
    numbers = np.repeat(source.elements, len(translations))
    inside = ((places > -_SAME_ATOM) & (places < 1 - _SAME_ATOM)).all(axis=1)
    places, numbers = places[inside], numbers[inside]
    _, first = np.unique(np.rint(places / (10 * _SAME_ATOM)), axis=0, return_index=True)
    kept = np.sort(first)
    return numbers[kept], places[kept]
