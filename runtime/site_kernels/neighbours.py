"""The neighbours of every site: all atoms of the periodic crystal within a cutoff.

They are the terms of the direct side of the invariant kernels (T6): K(x, y) = sum over g of kappa(x - g y), over
operations and lattice translations g. Only the sites of the asymmetric unit appear as x and as y. An atom g y is
called a periodic image of the site y.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from basis_store import TURN, CompiledSetting, CrystalRecord
from basis_store.array_types import FloatArray, IntArray
from basis_store.bases.schema import check_compiled

SAME_POINT = 1e-3
"""Angstrom. Atoms this close are the same; records hold no atoms closer than 0.5."""

_BLOCK = 1 << 20
"""Vectors per step, so that memory does not grow with the crystal."""


class Neighbours(NamedTuple):
    """Pairs of a site and an atom closer than a cutoff; other images of the site itself are included.

    Attributes:
        receivers: (E,) the site I at x_I.
        senders: (E,) the site J of which the atom is a periodic image.
        vectors: (E, 3) from x_I to the atom, Cartesian, in Angstrom.
    """

    receivers: IntArray
    senders: IntArray
    vectors: FloatArray


def neighbours(record: CrystalRecord, compiled: CompiledSetting, cutoff: float) -> Neighbours:
    """All atoms within a cutoff of each site of a crystal.

    Args:
        record: the crystal.
        compiled: its setting.
        cutoff: Angstrom.
    """
    atoms, owners = cell_atoms(record, compiled)
    return periodic_neighbours(record.coordinates, atoms, owners, record.lattice, cutoff)


def periodic_neighbours(
    points: FloatArray,
    atoms: FloatArray,
    owners: IntArray,
    lattice: FloatArray,
    cutoff: float,
) -> Neighbours:
    """All atoms of a periodic crystal within a cutoff of each point, without an atom at the point itself.

    Exact for every shape of cell: a vector shorter than the cutoff has fractional components below
    ``cutoff * |G_i|``, with G_i the reciprocal vectors. The minimum-image
    convention is not exact (tests/regressions/test_08).

    Args:
        points: (n, 3) fractional; ``receivers`` are their numbers.
        atoms: (N, 3) fractional, all atoms of one cell.
        owners: (N,) the number of each atom in ``senders``.
        lattice: (3, 3) rows in Angstrom.
        cutoff: Angstrom.
    """
    # 1. Translations that a gap between nearest atoms may need.
    widths = np.linalg.norm(np.linalg.inv(lattice), axis=0)
    extents = np.floor(cutoff * widths + 0.5).astype(int)
    cells = np.indices(2 * extents + 1).reshape(3, -1).T - extents
    translations = cells @ lattice
    lengths = np.linalg.norm(translations, axis=1)
    # A gap has components of at most 1/2, so it is no longer than half of the sum of the edges.
    near = lengths < cutoff + np.linalg.norm(lattice, axis=1).sum() / 2
    translations, squares = translations[near], lengths[near] ** 2
    # 2. A block of pairs (point, atom) at a time: the gap to the nearest cell, then all translations.
    found: list[tuple[IntArray, IntArray, FloatArray]] = []
    rows = max(1, _BLOCK // len(translations))
    for start in range(0, len(points) * len(atoms), rows):
        point, atom = np.divmod(np.arange(start, min(start + rows, len(points) * len(atoms))), len(atoms))
        gaps = atoms[atom] - points[point]
        gaps = (gaps - np.rint(gaps)) @ lattice
        # |gap + translation|^2 < cutoff^2, multiplied out.
        longest = cutoff * cutoff - np.einsum("gc,gc->g", gaps, gaps)
        pair, cell = np.nonzero(gaps @ (2 * translations.T) + squares < longest[:, None])
        vectors = gaps[pair] + translations[cell]
        other = np.einsum("vc,vc->v", vectors, vectors) > SAME_POINT**2
        pair = pair[other]
        found.append((point[pair], owners[atom[pair]], vectors[other]))
    receivers, senders, vectors = (np.concatenate(part) for part in zip(*found, strict=True))
    return Neighbours(receivers, senders, vectors)


def cell_atoms(record: CrystalRecord, compiled: CompiledSetting) -> tuple[FloatArray, IntArray]:
    """All atoms of the conventional cell.

    Args:
        record: the crystal.
        compiled: its setting.

    Returns:
        (N, 3) fractional coordinates, not reduced to the cell, and (N,) their sites.

    Raises:
        TypeError: ``compiled`` is something else, such as a :class:`runtime.Basis`.
    """
    check_compiled(compiled)
    owners = np.repeat(np.arange(len(record)), record.multiplicities)
    rotations = compiled.rotations[record.images].astype(np.float64)
    shifts = compiled.translations24[record.images] / TURN
    return np.einsum("aij,aj->ai", rotations, record.coordinates[owners]) + shifts, owners
