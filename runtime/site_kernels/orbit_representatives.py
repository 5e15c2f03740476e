"""One wave of every orbit of real lattices up to a cutoff in |G|; the store's orbits fill a ball of indices.

Which waves form an orbit, which of them represents it and which are absent depends on the operations alone, so it
is decided once for all lattices of a setting, in integers. A lattice decides only which orbits are within the
cutoff: |G|^2 is a linear function of the products of two indices, which makes this one product of matrices.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from basis_store import TURN, CompiledSetting, CrystalArrays, Operations, Setting, point_group_operations
from basis_store.array_types import FloatArray, IntArray
from basis_store.bases.compiled_setting import check_compiled

_BLOCK = 1 << 15
"""Waves tested at a time, and largest box whose representatives are kept, so that memory is bounded."""

_PAIRS = 1 << 18
"""Pairs of a lattice and a wave whose |G| are computed at a time."""

_FEW = 4
"""Rotations that rule out most waves before the others are tested."""

_STRIDES = np.array([2.0**36, 2.0**18, 1.0])
"""A wave k has the place k.strides in lexicographic order, if indices are less than 2^17; -k has minus that place.

Integers are held as floats, exactly, because products of floats are faster.
"""


_PRODUCTS = np.array([0, 1, 2, 0, 0, 1]), np.array([0, 1, 2, 1, 2, 2])
"""Of two indices; |G|^2 is a sum of them."""


class OrbitRepresentatives(NamedTuple):
    """Orbits of waves k != 0 under the point group and under k -> -k.

    Attributes:
        waves: (M, 3) the representative of each: the last of its waves in lexicographic order.
        sizes: (M,) number of waves of each.
    """

    waves: IntArray
    sizes: IntArray


class LatticeOrbits(NamedTuple):
    """Such orbits of many lattices.

    Attributes:
        waves: (M, 3) the representative of each: the last of its waves in lexicographic order.
        sizes: (M,) number of waves of each.
        turns48: (M,) k.t in 24ths, modulo 48, of an operation (R, t) with k R = -k: the Reynolds mean of the wave
            k (T4) times exp(-2 pi i turns48 / 48) is real. -1 if there is no such operation.
        crystals: (M,) number of the crystal, ascending; those of one crystal are in order of representatives.
    """

    waves: IntArray
    sizes: IntArray
    turns48: IntArray
    crystals: IntArray


def orbit_representatives(compiled: CompiledSetting, lattice: FloatArray, g_cutoff: float) -> OrbitRepresentatives:
    """All orbits with |G| <= ``g_cutoff`` that are not systematically absent (T1), in order of representatives.

    They fill an ellipsoid of indices.

    Args:
        compiled: the setting.
        lattice: (3, 3) rows in Angstrom, of the setting's metric.
        g_cutoff: largest |G| in 1/Angstrom, without 2 pi.
    """
    check_compiled(compiled)
    lattices = np.asarray(lattice, np.float64)[None]
    box = _boxes(_extents(lattices, g_cutoff))[0]
    found = list(_orbits_within(compiled.operations, lattices, box, g_cutoff))
    return OrbitRepresentatives(
        np.concatenate([table.waves[:, rows] for _, table, rows in found], axis=1).T.astype(np.int64),
        np.concatenate([table.sizes[rows] for _, table, rows in found]),
    )


def lattice_orbits(
    crystals: CrystalArrays, compiled_of: Callable[[Setting], CompiledSetting], g_cutoff: float
) -> LatticeOrbits:
    """All orbits with |G| <= ``g_cutoff`` that are not systematically absent (T1), of many crystals at once.

    Args:
        crystals: N crystals, of whatever settings.
        compiled_of: the operations of a setting.
        g_cutoff: largest |G| in 1/Angstrom, without 2 pi.
    """
    boxes = _boxes(_extents(crystals.lattices, g_cutoff))
    keys, places = np.unique(np.column_stack([crystals.hall_numbers, boxes]), axis=0, return_inverse=True)
    order = np.argsort(places.reshape(-1), kind="stable")
    members = np.split(order, np.cumsum(np.bincount(places.reshape(-1), minlength=len(keys))))[:-1]
    settings = {setting.hall_number: setting for setting in crystals.settings()[0]}
    # The columns are those of LatticeOrbits.
    found = [(np.zeros((3, 0)), *[np.zeros(0, np.int64)] * 3)]
    for key, rows in zip(keys, members, strict=True):
        compiled = compiled_of(settings[int(key[0])])
        check_compiled(compiled)
        lattices = crystals.lattices[rows]
        for which, table, waves in _orbits_within(compiled.operations, lattices, key[1:], g_cutoff):
            found.append((table.waves[:, waves], table.sizes[waves], table.turns48[waves], rows[which]))
    waves, sizes, turns48, numbers = (np.concatenate(part, axis=-1) for part in zip(*found, strict=True))
    order = np.argsort(numbers, kind="stable")
    return LatticeOrbits(waves.T[order].astype(np.int64), sizes[order], turns48[order], numbers[order])


def _extents(lattices: FloatArray, g_cutoff: float) -> FloatArray:
    """(N, 3) largest indices: G.a_i = k_i for the cell vectors a_i, so |k_i| <= |G| |a_i|."""
    extents = np.floor(g_cutoff * np.linalg.norm(lattices, axis=2) + 1e-9)
    if extents.max(initial=0) >= 2**15:
        raise ValueError(f"a cell is too long for waves up to {g_cutoff:g} 1/Angstrom: indices exceed {2**15}")
    return np.asarray(extents)


def _boxes(extents: FloatArray) -> FloatArray:
    """(N, 3) extents of boxes that crystals of a setting share: powers of 2, if the box is small enough."""
    similar = 2.0 ** np.ceil(np.log2(np.maximum(extents, 1)))
    small = (2 * similar + 1).prod(axis=1) <= 2 * _BLOCK
    return np.where(small[:, None], similar, extents)


class _Representatives(NamedTuple):
    """Representatives in a box of indices: (3, R) waves, (6, R) products of their indices, (R,) the rest."""

    waves: FloatArray
    products: FloatArray
    sizes: IntArray
    turns48: IntArray


def _orbits_within(
    group: Operations, lattices: FloatArray, box: FloatArray, g_cutoff: float
) -> Iterator[tuple[IntArray, _Representatives, IntArray]]:
    """Which representatives in a box belong to which of n lattices: numbers of both, lattice by lattice.

    There are several parts if the box is large, or if there are many lattices.
    """
    i, j = _PRODUCTS
    reciprocal = np.linalg.inv(lattices)
    metrics = (reciprocal.swapaxes(1, 2) @ reciprocal)[:, i, j] * np.where(i == j, 1.0, 2.0)
    for table in _tables(group, tuple(box.astype(int).tolist())):
        step = max(1, _PAIRS // max(1, table.products.shape[1]))
        for start in range(0, len(metrics), step):
            squares = metrics[start : start + step] @ table.products
            lattice, wave = np.nonzero(squares <= g_cutoff * g_cutoff)
            yield lattice + start, table, wave


def _tables(group: Operations, box: tuple[int, int, int]) -> Iterator[_Representatives]:
    """The representatives in a box |k_i| <= box_i, in parts and in lexicographic order; one part at least."""
    n_places = (2 * box[0] + 1) * (2 * box[1] + 1) * (2 * box[2] + 1) // 2
    if n_places <= _BLOCK:
        yield _kept_table(group, box)
    else:
        for start in range(1, n_places + 1, _BLOCK):
            yield _table(group, box, start, min(start + _BLOCK, n_places + 1))


@functools.lru_cache(maxsize=512)
def _kept_table(group: Operations, box: tuple[int, int, int]) -> _Representatives:
    return _table(group, box, 1, (2 * box[0] + 1) * (2 * box[1] + 1) * (2 * box[2] + 1) // 2 + 1)


def _table(operations: Operations, box: tuple[int, int, int], first: int, end: int) -> _Representatives:
    """The representatives among the waves number ``first`` to ``end`` of a box; number 0 is k = 0."""
    group = point_group_operations(operations)
    # 1. The waves, of one half of the box: one of each k, -k.
    in_box = np.arange(first, end, dtype=np.float64)
    width = 2.0 * box[2] + 1, (2.0 * box[1] + 1) * (2 * box[2] + 1)
    waves = np.empty((3, len(in_box)))
    waves[0] = np.rint(in_box / width[1])
    waves[2] = in_box - waves[0] * width[1]
    waves[1] = np.rint(waves[2] / width[0])
    waves[2] -= waves[1] * width[0]
    # 2. Last of their orbit: first under a few rotations, then under all. k R has the place k.rotated[R].
    rotated = group.rotations @ _STRIDES
    waves = waves[:, (np.abs(rotated[group.half[:_FEW]] @ waves) <= _STRIDES @ waves).all(axis=0)]
    places, onto = _STRIDES @ waves, rotated @ waves
    # 3. Not absent: k.t is an integer wherever k R = k.
    kept = (np.abs(onto) <= places).all(axis=0)
    kept &= (group.centrings24 @ waves % TURN == 0).all(axis=0)
    turns24 = group.translations24 @ waves
    kept &= ((onto != places) | (turns24 % TURN == 0)).all(axis=0)
    waves, places, onto, turns24 = waves[:, kept], places[kept], onto[:, kept], turns24[:, kept]
    # 4. Sizes, from the number of rotations that fix a wave; phases, from one that reverses it.
    fixed = (np.abs(onto[group.half]) == places).sum(axis=0)
    reversed_ = onto == -places
    turns48 = np.take_along_axis(turns24, reversed_.argmax(axis=0)[None], axis=0)[0] % (2 * TURN)
    return _Representatives(
        waves=waves,
        products=waves[_PRODUCTS[0]] * waves[_PRODUCTS[1]],
        sizes=2 * len(group.half) // fixed,
        turns48=np.where(reversed_.any(axis=0), turns48, -1).astype(np.int64),
    )
