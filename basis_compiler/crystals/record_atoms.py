"""The atoms of the conventional cell of a record, from its asymmetric unit."""

from __future__ import annotations

import numpy as np

from basis_compiler.groups.spglib_database import operations
from basis_store import TURN, CrystalRecord
from basis_store.array_types import FloatArray, IntArray


def record_atoms(record: CrystalRecord) -> tuple[IntArray, FloatArray]:
    """(n,) the site of each atom, and (n, 3) fractional coordinates, not reduced to the cell.

    Args:
        record: the crystal, in its standard setting.
    """
    group = operations(record.setting)
    sites = np.repeat(np.arange(len(record)), record.multiplicities)
    rotated = np.einsum("nij,nj->ni", group.rotations[record.images], record.coordinates[sites])
    return sites, np.asarray(rotated + group.translations24[record.images] / TURN)
