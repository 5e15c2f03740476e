"""The atoms of a crystal in the cell of any setting of its group.

A record is in the standard setting. Where the cell of its source is one of the wanted setting, that description is
taken as it is; else spglib gives a change of basis. Either is accepted only if the operations of the setting map
cell and atoms to themselves, which is checked.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np
import spglib

from basis_compiler.crystals.record_atoms import record_atoms
from basis_compiler.groups.spglib_database import operations
from basis_store import TURN, CrystalError, CrystalRecord, Operations, Setting
from basis_store.array_types import FloatArray, IntArray

_SAME = 1e-3
"""Fractional coordinates, and products of cell vectors over their mean, that differ by less are the same."""
_SEARCH = 0.01
"""Of spglib, in Angstrom."""

Cell = tuple[FloatArray, IntArray, FloatArray]


def atoms_in_setting(record: CrystalRecord, setting: Setting) -> Cell:
    """Rows of the conventional cell (3, 3) in Angstrom, atomic numbers (n,) and fractional coordinates (n, 3).

    Args:
        record: the crystal.
        setting: one of its group.

    Raises:
        CrystalError: it is one of another group, or spglib finds no change of basis.
    """
    standard = _standard_cell(record)
    if setting == record.setting:
        return standard
    if setting.number == record.setting.number:
        group = operations(setting)
        for cell in _candidates(record, standard, setting):
            if _is_invariant(cell, group):
                return cell
    raise CrystalError(f"{record.setting.label} cannot be brought to {setting.label}")


def _standard_cell(record: CrystalRecord) -> Cell:
    sites, places = record_atoms(record)
    return np.asarray(record.lattice), record.numbers[sites].astype(np.int64), places


def _candidates(record: CrystalRecord, standard: Cell, setting: Setting) -> Iterator[Cell]:
    """The cell of the source, then that of spglib."""
    change = record.change_of_basis / record.denominator  # x_standard = P x + p
    back: FloatArray = np.asarray(np.linalg.inv(change))
    yield _changed(standard, back, np.asarray(-back @ record.origin_shift))
    lattice, numbers, places = standard
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            found = spglib.get_symmetry_dataset(
                (lattice, places, numbers), symprec=_SEARCH, hall_number=setting.hall_number
            )
        except Exception:
            return
    if found is not None:
        change, shift = np.asarray(found.transformation_matrix), np.asarray(found.origin_shift)
        yield _changed(standard, change, shift)


def _changed(cell: Cell, change: FloatArray, shift: FloatArray) -> Cell:
    """The cell in which coordinates are P x + p, with each atom of it once."""
    lattice, numbers, places = cell
    steps = (
        np.array(np.meshgrid(*[np.arange(-1, 3)] * 3)).reshape(3, -1).T
    )  # enough for larger cells, up to 3 times
    moved = ((places[:, None] + steps).reshape(-1, 3)) @ change.T + shift
    moved -= np.floor(moved + _SAME)
    kinds = np.repeat(numbers, len(steps))
    keys = np.column_stack([kinds, np.rint(moved / _SAME)])
    _, first = np.unique(keys, axis=0, return_index=True)
    kept: list[int] = []
    for one in first.tolist():  # neighbours on two sides of a rounding are one atom
        apart = moved[kept] - moved[one]
        if not (np.abs(apart - np.rint(apart)).max(axis=1, initial=0) < _SAME).any():
            kept.append(one)
    return np.asarray(np.linalg.solve(change.T, lattice)), kinds[kept], moved[kept]


def _is_invariant(cell: Cell, group: Operations) -> bool:
    """Whether all operations map the metric and the atoms of a cell to themselves."""
    lattice, numbers, places = cell
    metric = lattice @ lattice.T
    metric /= np.trace(metric) / 3
    rotations = group.rotations.astype(float)
    if np.abs(np.einsum("gji,jk,gkl->gil", rotations, metric, rotations) - metric).max() > _SAME:
        return False
    for rotation, shift in zip(rotations, group.translations24 / TURN, strict=True):
        apart = (places @ rotation.T + shift)[:, None] - places
        near = (np.abs(apart - np.rint(apart)).max(axis=2) < _SAME) & (numbers[:, None] == numbers)
        if not near.any(axis=1).all():
            return False
    return True
