"""Empty layers in crystals, which make a slab, a wire or a molecule in a box of one, and volumes without them.

A family of planes is given by a primitive reciprocal vector G = h_1 b_1 + h_2 b_2 + h_3 b_3 with integers h; its
period is d = 1/|G|. Atoms at the fractional coordinates x lie in the planes G.x = h.x mod 1, so the thickest layer
between planes that hold atoms is d times the largest distance of neighbours among the h.x on a circle of length 1.
Only |G| < 1/t can have one thicker than t, and then |h_i| = |G.a_i| < |a_i| / t: few families in a usual cell.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from itertools import product
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from basis_store import CompiledSetting, CrystalArrays, Setting
from basis_store.array_types import FloatArray, IntArray
from basis_store.datasets.crystal_arrays import ragged_rows
from runtime.site_kernels.neighbours import _cell_atoms

THICKNESS = 5.0
"""Angstrom, between the planes of atoms on both sides. Layered crystals such as graphite and MoS2 have up to 4; of
the crystals that the models were trained on, about one in a thousand has more, single layers with vacuum."""

_HIGHEST_INDEX = 6
"""Of planes; enough for all layers in cells of up to 30 Angstrom, and for those of low indices in larger ones."""


_FEW = 12
"""Atoms of a crystal that rule out most families of planes."""


class _Layers(NamedTuple):
    """The thickest layer of each family of planes that has one thicker than :data:`THICKNESS`.

    Attributes:
        crystals: (F,) numbers.
        planes: (F, 3) indices of the families.
        thicknesses: (F,) in Angstrom.
        periods: (F,) of the families, in Angstrom.
    """

    crystals: IntArray
    planes: IntArray
    thicknesses: FloatArray
    periods: FloatArray


def empty_layers(crystals: CrystalArrays, compiled_of: Callable[[Setting], CompiledSetting]) -> FloatArray:
    """The thickness of the thickest layer without atoms.

    Args:
        crystals: N crystals.
        compiled_of: the operations of a setting, such as a :class:`runtime.Store`.

    Returns:
        (N,) in Angstrom, from nuclei to nuclei; 0 where it is not more than :data:`THICKNESS`.
    """
    thickest = np.zeros(len(crystals))
    layers = _layers(crystals, compiled_of)
    np.maximum.at(thickest, layers.crystals, layers.thicknesses)
    return thickest


def filled_volumes(
    crystals: CrystalArrays, compiled_of: Callable[[Setting], CompiledSetting], lattices: Tensor
) -> Tensor:
    """Volumes of conventional cells in which no empty layer is thicker than :data:`THICKNESS`.

    They are those of the cells, except where a crystal has vacuum: there they do not depend on how much. Thicker
    layers of up to three independent families of planes, those with the thickest layers, count as so thick.

    Args:
        crystals: N crystals.
        compiled_of: the operations of a setting, such as a :class:`runtime.Store`.
        lattices: (N, 3, 3) rows in Angstrom; those of the crystals, perhaps with a graph.

    Returns:
        (N,) in cubic Angstrom.
    """
    volumes: Tensor = torch.linalg.det(lattices).abs()
    layers = _layers(crystals, compiled_of)
    rows = _independent(layers)
    if not len(rows):
        return volumes
    owners, planes = (torch.from_numpy(part[rows]).to(lattices.device) for part in layers[:2])
    empty = torch.from_numpy((layers.thicknesses / layers.periods)[rows]).to(lattices)
    reciprocal = torch.linalg.inv(lattices).mT.index_select(0, owners)
    lengths = torch.linalg.vector_norm((planes.to(lattices)[:, None] @ reciprocal).squeeze(1), dim=1)
    left = 1 - empty + THICKNESS * lengths
    shares = torch.zeros_like(volumes).index_add(0, owners, left.log()).exp()
    return volumes * shares


def _independent(layers: _Layers) -> IntArray:
    """Rows of up to three linearly independent planes of each crystal, thickest layers first."""
    rows: list[int] = []
    for crystal in np.unique(layers.crystals):
        own = np.flatnonzero(layers.crystals == crystal)
        chosen: list[int] = []
        for row in own[np.argsort(-layers.thicknesses[own], kind="stable")]:
            if np.linalg.matrix_rank(layers.planes[[*chosen, row]]) > len(chosen):
                chosen.append(int(row))
        rows += chosen
    return np.array(rows, np.int64)


def _layers(crystals: CrystalArrays, compiled_of: Callable[[Setting], CompiledSetting]) -> _Layers:
    # 1. Families of planes with a long period, for each crystal.
    owners, planes, periods = _planes(crystals.lattices)
    if not len(owners):
        return _Layers(owners, planes, periods, periods)
    # 2. Some atoms of each crystal rule out most families: with more atoms, layers are only thinner.
    coordinates, counts = torch.from_numpy(crystals.coordinates), crystals.atom_counts
    atoms = _cell_atoms(crystals, compiled_of, coordinates)[0].numpy()
    few = np.minimum(counts, _FEW)
    ranks = np.arange(few.sum()) - np.repeat(np.cumsum(few) - few, few)
    chosen = np.repeat(np.cumsum(counts) - counts, few) + ranks * np.repeat(counts, few) // np.repeat(few, few)
    left = np.flatnonzero(_thickest(atoms[chosen], few, owners, planes, periods) > THICKNESS)
    # 3. All atoms decide on the others.
    thicknesses = _thickest(atoms, counts, owners[left], planes[left], periods[left])
    thick = thicknesses > THICKNESS
    left = left[thick]
    return _Layers(owners[left], planes[left], thicknesses[thick], periods[left])


def _thickest(
    atoms: FloatArray, counts: IntArray, owners: IntArray, planes: IntArray, periods: FloatArray
) -> FloatArray:
    """(F,) the thickest empty layer of each family of planes, given the atoms of each crystal, which has some."""
    if not len(owners):
        return np.zeros(0)
    # 1. The place of every atom in every family of its crystal: a number from 0 to 1.
    per_family = counts[owners]
    own = np.repeat(np.arange(len(owners)), per_family)
    rows = ragged_rows(counts, owners)
    places = np.einsum("ij,ij->i", atoms[rows], planes[own]) % 1.0
    # 2. Distances of neighbours on the circle: sorted within each family, then from the last to the first.
    ordered = np.sort(own + np.minimum(places, 1 - 1e-9)) - own
    last = np.cumsum(per_family) - 1
    gaps = np.empty(len(ordered))
    gaps[:-1] = np.diff(ordered)
    gaps[last] = ordered[last - per_family + 1] + 1 - ordered[last]
    return np.asarray(np.maximum.reduceat(gaps, last - per_family + 1) * periods)


def _planes(lattices: FloatArray) -> tuple[IntArray, IntArray, FloatArray]:
    """Families of planes with a period above :data:`THICKNESS`: crystals (F,), indices (F, 3), periods (F,)."""
    reciprocal = np.linalg.inv(lattices).swapaxes(1, 2)
    bounds = np.minimum(np.linalg.norm(lattices, axis=2) / THICKNESS, _HIGHEST_INDEX).astype(np.int64)
    owners, planes, periods = [np.zeros(0, np.int64)], [np.zeros((0, 3), np.int64)], [np.zeros(0)]
    kinds, kind_of = np.unique(bounds, axis=0, return_inverse=True)
    for kind, bound in enumerate(kinds.tolist()):
        rows, indices = np.flatnonzero(kind_of.ravel() == kind), _primitive(*bound)
        found = 1 / np.linalg.norm(indices @ reciprocal[rows], axis=2)
        which, plane = np.nonzero(found > THICKNESS)
        owners.append(rows[which])
        planes.append(indices[plane])
        periods.append(found[which, plane])
    return np.concatenate(owners), np.concatenate(planes), np.concatenate(periods)


@functools.lru_cache(maxsize=1000)
def _primitive(*bound: int) -> IntArray:
    """(H, 3) indices without a common factor up to a bound for each, one of h and -h."""
    ranges = (range(-most, most + 1) for most in bound)
    found = [h for h in product(*ranges) if h > (0, 0, 0) and np.gcd.reduce(h) == 1]
    return np.array(found, np.int64).reshape(-1, 3)
