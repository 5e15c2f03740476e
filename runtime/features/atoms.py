"""Atoms of a record: those of a primitive cell, and the sites of atoms in the cell of its source."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from basis_store import TURN, CompiledSetting, CrystalError, CrystalRecord
from basis_store.array_types import FloatArray, IntArray
from runtime.site_kernels.lattice_search import SAME_POINT
from runtime.site_kernels.neighbours import cell_atoms


class PrimitiveCell(NamedTuple):
    """All atoms of one primitive cell.

    Attributes:
        lattice: (3, 3) rows in Angstrom, in the record's Cartesian frame.
        coordinates: (N, 3) fractional in this cell, in [0, 1); ascending by site.
        sites: (N,) the site of the record of which each is an image.
    """

    lattice: FloatArray
    coordinates: FloatArray
    sites: IntArray


def primitive_cell(record: CrystalRecord, compiled: CompiledSetting) -> PrimitiveCell:
    """The atoms of a crystal in a primitive cell of the setting's centring."""
    change = _primitive_vectors(compiled)
    lattice = change @ record.lattice
    atoms, owners = cell_atoms(record, compiled)
    atoms = atoms @ np.linalg.inv(change)
    kept = []
    for site in range(len(record)):
        rows = np.flatnonzero(owners == site)
        gaps = atoms[rows, None] - atoms[rows]
        gaps -= np.rint(gaps)
        same = np.linalg.norm(gaps @ lattice, axis=-1) < SAME_POINT
        kept.append(rows[np.unique(same.argmax(axis=1))])
    rows = np.concatenate(kept)
    return PrimitiveCell(lattice, atoms[rows] % 1.0 % 1.0, owners[rows])  # -1e-17 % 1.0 is 1.0


def sites_of_atoms(
    record: CrystalRecord,
    compiled: CompiledSetting,
    coordinates: FloatArray,
    *,
    tolerance: float = 0.25,
) -> IntArray:
    """The site of a record for each atom of its source, for graphs that were made from the source.

    Args:
        record: compiled from the source, with its change of basis.
        compiled: the record's setting.
        coordinates: (N, 3) fractional, in the cell of the source.
        tolerance: Angstrom; the largest displacement of an atom when the record was symmetrised.

    Returns:
        (N,) sites of the record, 0 to n - 1.

    Raises:
        CrystalError: an atom is further than the tolerance from all atoms of the record.
    """
    return images_of_atoms(record, compiled, coordinates, tolerance=tolerance)[0]


def images_of_atoms(
    record: CrystalRecord, compiled: CompiledSetting, coordinates: FloatArray, *, tolerance: float = 0.25
) -> tuple[IntArray, FloatArray]:
    """Sites as :func:`sites_of_atoms`, and the operation that maps each to its atom.

    Args:
        record: as there, and those below.
        compiled: the record's setting.
        coordinates: (N, 3) fractional, in the cell of the source.
        tolerance: in Angstrom.

    Returns:
        (N,) sites, and (N, 3, 3) rotations or improper rotations C in the record's Cartesian frame: a vector g at
        the site is C g at the atom.

    Raises:
        CrystalError: as there.
    """
    atoms, owners = cell_atoms(record, compiled)
    change = record.change_of_basis / record.denominator
    nearest = np.empty(len(coordinates), np.int64)
    for row, x in enumerate(np.asarray(coordinates, np.float64) @ change.T + record.origin_shift):
        gaps = atoms - x
        lengths = np.linalg.norm((gaps - np.rint(gaps)) @ record.lattice, axis=1)
        nearest[row] = lengths.argmin()
        if not lengths.min() <= tolerance:
            raise CrystalError(
                f"{record.identifier}: atom {row} of the graph is {lengths.min():.2f} Angstrom away from all "
                "atoms of the record; coordinates must be fractional, in the cell that the record was made from"
            )
    return owners[nearest], cartesian_operations(record, compiled)[record.images[nearest]]


def cartesian_operations(record: CrystalRecord, compiled: CompiledSetting) -> FloatArray:
    """(g, 3, 3) rotations and improper rotations of a crystal, in the record's Cartesian frame."""
    rotations = compiled.rotations.astype(np.float64)
    return np.asarray(record.lattice.T @ rotations @ np.linalg.inv(record.lattice.T))


def _primitive_vectors(compiled: CompiledSetting) -> FloatArray:
    """(3, 3) rows in the conventional cell: a basis of all pure translations, by Euclid's algorithm on columns."""
    pure = compiled.translations24[(compiled.rotations == np.eye(3)).all(axis=(1, 2))]
    rows = np.concatenate([TURN * np.eye(3, dtype=np.int64), pure.astype(np.int64)])
    for column in range(3):
        while np.count_nonzero(rows[column:, column]) > 1 or rows[column, column] == 0:
            sizes = np.abs(rows[column:, column])
            pivot = column + int(np.where(sizes > 0, sizes, np.iinfo(np.int64).max).argmin())
            rows[[column, pivot]] = rows[[pivot, column]]
            rows[column + 1 :] -= (rows[column + 1 :, column] // rows[column, column])[:, None] * rows[column]
    return np.asarray(rows[:3] / TURN)
