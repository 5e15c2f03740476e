"""Balanced and frustrated orbits of a setting, with exact phases (T1, T2).

The potential theta of the gains is propagated from each root along the spanning forest,

    theta(root) = 0,    theta(kR) = theta(k) + k.t   (mod 24, in 24ths of a turn),

and every edge of every generator is then checked against it. A component in which one edge disagrees is
frustrated: its coefficients are 0 and it is a systematic absence.

Order and signs (part of the format; a change is a new major version):
  * orbits by (norm, root of O u -O, O before -O), roots in store order (greatest first);
  * the root of O u -O is its first wave in store order; the root of -O is minus the root of O, so that
    psi_{-O} is the complex conjugate of psi_O, wave by wave;
  * O = -O: the phase phi in -6..5 that makes exp(2 pi i phi/24) psi_O real, so that the root's term
    is cos(2 pi k.x + phi) with a positive cosine part, or + sin.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from basis_compiler.dual_graph import SpanningForest, lifted_generators
from basis_compiler.operations import UNIT, IntArray, Operations


@dataclass(frozen=True, eq=False)
class OrbitList:
    """Orbits of some complete shells of one setting; arrays as in :class:`basis_store.CompiledSetting`."""

    orbit_sizes: IntArray
    parts: IntArray
    real_phases24: IntArray
    waves: IntArray
    phases24: IntArray
    absence_sizes: IntArray
    witnesses: IntArray
    absent_waves: IntArray


def find_orbits(group: Operations, forest: SpanningForest) -> OrbitList:
    """Solve the constraints of a setting on the waves of ``forest`` (complete shells, store order)."""
    theta = propagate(group, forest)
    frustrated = _frustrated(group, forest, theta)
    waves, roots = forest.index.waves, forest.roots

    # -O of each orbit. Store order is not symmetric under k -> -k: re-root -O at minus the root of O.
    opposite = forest.index.rows(-waves)
    partner = roots[opposite]
    second = partner < roots
    theta = (theta + np.where(second, theta[opposite[partner]] * -1, 0)) % UNIT
    part = np.where(partner == roots, 0, np.where(second, -1, 1))

    # Sort: orbit pairs by the first root of the pair, O before -O; inside O in store order, inside -O mirrored.
    pair = np.minimum(roots, partner)
    mirrored_row = np.where(second, opposite, np.arange(len(waves)))
    order = np.lexsort((mirrored_row, second, pair))
    balanced, absent = order[~frustrated[order]], order[frustrated[order]]

    sizes, starts = _runs(roots[balanced])
    absence_sizes, absence_starts = _runs(roots[absent])
    first, absent_first = balanced[starts], absent[absence_starts]
    return OrbitList(
        orbit_sizes=sizes,
        parts=part[first],
        real_phases24=np.where(part[first] == 0, _real_phase(theta[opposite[first]]), 0),
        waves=waves[balanced],
        phases24=theta[balanced],
        absence_sizes=absence_sizes,
        witnesses=find_witnesses(group, waves[absent_first]),
        absent_waves=waves[absent],
    )


def propagate(group: Operations, forest: SpanningForest) -> IntArray:
    """The potential theta in 24ths of every wave of the forest, 0 at its roots."""
    gains = _gains(group, forest)
    theta = np.zeros(len(forest.index), dtype=np.int64)
    for children, parents, generators in forest.levels:
        theta[children] = (theta[parents] + gains[generators, parents]) % UNIT
    return theta


def _gains(group: Operations, forest: SpanningForest) -> IntArray:
    _, translations = lifted_generators(group)
    return translations[: len(forest.generators)] @ forest.index.waves.T % UNIT


def _frustrated(group: Operations, forest: SpanningForest, theta: IntArray) -> np.ndarray:
    """Whether each wave's component breaks the potential on any edge of any generator, centring loops included."""
    torn = ((theta + _gains(group, forest) - theta[forest.images]) % UNIT != 0).any(axis=0)
    torn |= (group.centrings24 @ forest.index.waves.T % UNIT != 0).any(axis=0)
    component_torn = np.zeros(len(torn), dtype=bool)
    component_torn[forest.roots[torn]] = True
    return component_torn[forest.roots]


def find_witnesses(group: Operations, waves: IntArray) -> IntArray:
    """For each wave the first operation with kR = k and k.t not an integer, -1 where there is none (T1)."""
    witnesses = np.full(len(waves), -1, dtype=np.int64)
    for number in reversed(range(len(group))):
        fixed = (waves @ group.rotations[number] == waves).all(axis=1)
        witnesses[fixed & (waves @ group.translations24[number] % UNIT != 0)] = number
    return witnesses


def _real_phase(theta_of_minus_root: IntArray) -> IntArray:
    """Phi with theta_{-k} + phi = -(theta_k + phi), from theta(root) = 0; of the two, the one in -6..5.

    theta is even in 24ths (translations are multiples of 1/12, D1), so halving it is exact.
    """
    half = (-theta_of_minus_root // 2) % (UNIT // 2)
    return np.asarray((half + UNIT // 4) % (UNIT // 2) - UNIT // 4)


def _runs(labels: IntArray) -> tuple[IntArray, IntArray]:
    """Lengths and first positions of the runs of equal labels."""
    starts = np.flatnonzero(np.concatenate([[True], labels[1:] != labels[:-1]])[: len(labels)])
    return np.diff(np.append(starts, len(labels))), starts
