"""The neighbours of every site: all symmetry images and lattice translations of all sites within a distance.

This is the direct side of the invariant kernels (T6): K(x, y) = sum over images g y of kappa(x - g y), where
equivalent atoms are never told apart, so that only the sites of the asymmetric unit appear as x and as y.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from basis_store import CompiledSetting, CrystalRecord

_SAME_POINT = 1e-3
"""Angstrom. An image this close is the site itself; records hold no atoms closer than 0.5."""

_BLOCK = 1 << 20
"""Vectors measured at once, so that a crystal of any size needs a bounded amount of memory."""


class Neighbours(NamedTuple):
    """Pairs (site, image of a site) closer than a cutoff, each site's own lattice images included.

    Attributes:
        receivers: (E,) the site I at x_I.
        senders: (E,) the site J whose image it is.
        vectors: (E, 3) from x_I to the image, Cartesian, in Angstrom.
    """

    receivers: NDArray[np.int64]
    senders: NDArray[np.int64]
    vectors: NDArray[np.float64]


def neighbours(record: CrystalRecord, compiled: CompiledSetting, cutoff: float) -> Neighbours:
    """All images of all sites within ``cutoff`` Angstrom of each site, by the operations of the store."""
    atoms, owners = cell_atoms(record, compiled)
    return images_within(cutoff, record.coordinates, atoms, owners, record.lattice)


def images_within(
    cutoff: float,
    points: NDArray[np.float64],
    atoms: NDArray[np.float64],
    owners: NDArray[np.int64],
    lattice: NDArray[np.float64],
) -> Neighbours:
    """All atoms of a periodic crystal within ``cutoff`` Angstrom of each point, the point itself left out.

    Exact for every shape of cell: a vector shorter than the cutoff has fractional components below
    ``cutoff * |G_i|``, with G_i the reciprocal vectors (rounding to the nearest image is not; regression 8).

    Args:
        cutoff: Angstrom.
        points: (n, 3) fractional; what ``receivers`` counts.
        atoms: (N, 3) fractional, all atoms of one cell.
        owners: (N,) what ``senders`` calls them.
        lattice: (3, 3) rows in Angstrom.
    """
    widths = np.linalg.norm(np.linalg.inv(lattice), axis=0)
    extents = np.floor(cutoff * widths + 0.5).astype(int)
    cells = np.indices(2 * extents + 1).reshape(3, -1).T - extents
    translations = cells @ lattice
    lengths = np.linalg.norm(translations, axis=1)
    # A gap between nearest cells, with components of at most 1/2, is no longer than half the edges together.
    near = lengths < cutoff + np.linalg.norm(lattice, axis=1).sum() / 2
    translations, squares = translations[near], lengths[near] ** 2
    found: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]] = []
    rows = max(1, _BLOCK // len(translations))
    for start in range(0, len(points) * len(atoms), rows):
        point, atom = np.divmod(np.arange(start, min(start + rows, len(points) * len(atoms))), len(atoms))
        gaps = atoms[atom] - points[point]
        gaps = (gaps - np.rint(gaps)) @ lattice
        # |gap + translation|^2 < cutoff^2, multiplied out.
        longest = cutoff * cutoff - np.einsum("gc,gc->g", gaps, gaps)
        pair, cell = np.nonzero(gaps @ (2 * translations.T) + squares < longest[:, None])
        vectors = gaps[pair] + translations[cell]
        other = np.einsum("vc,vc->v", vectors, vectors) > _SAME_POINT**2
        pair = pair[other]
        found.append((point[pair], owners[atom[pair]], vectors[other]))
    receivers, senders, vectors = (np.concatenate(part) for part in zip(*found, strict=True))
    return Neighbours(receivers, senders, vectors)


def cell_atoms(record: CrystalRecord, compiled: CompiledSetting) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """All atoms of the conventional cell: (N, 3) fractional coordinates, not reduced, and (N,) their sites."""
    owners = np.repeat(np.arange(len(record)), record.multiplicities)
    rotations = compiled.rotations[record.images].astype(np.float64)
    shifts = compiled.translations24[record.images] / 24
    return np.einsum("aij,aj->ai", rotations, record.coordinates[owners]) + shifts, owners
