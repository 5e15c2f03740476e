"""Which orbits of a setting are balanced, with their exact phases, and which are frustrated (T1, T2).

The potential theta of the gains is propagated from each root along the spanning forest,

    theta(root) = 0,    theta(kR) = theta(k) + k.t - c   (mod 24, in 24ths of a turn),

and every edge of every generator is then checked against it. A component in which one edge disagrees is
frustrated: its coefficients are 0 and it is a systematic absence.

Signs (part of the format, as their order is): where O = -O, the phase phi in -6..5 that makes
exp(2 pi i phi/24) psi_O real, so that the root's term is cos(2 pi k.x + phi) with a positive cosine part,
or + sin. The functions of a complex character are complex: -O then belongs to the conjugate character, so every
orbit stands alone, with phi = 0 (T9).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from basis_compiler.bases.dual_graph import SpanningForest, lifted_generators
from basis_store import TURN, CertificateError, Operations
from basis_store.array_types import IntArray


@dataclass(frozen=True, eq=False)
class SolvedOrbits:
    """Orbits of some complete shells of one setting; arrays as in :class:`basis_store.CompiledSetting`."""

    orbit_sizes: IntArray
    parts: IntArray
    real_phases24: IntArray
    waves: IntArray
    phases24: IntArray
    absence_sizes: IntArray
    witnesses: IntArray
    absent_waves: IntArray


def solve_phases(group: Operations, forest: SpanningForest) -> SolvedOrbits:
    """Solve c_{kR} = c_k exp(2 pi i (k.t - c)) on the waves of ``forest``."""
    index, sizes = forest.index, forest.orbit_sizes
    starts = np.cumsum(sizes) - sizes
    gains = lifted_generators(group).gains24(index.columns)
    theta = potential(gains, forest)
    frustrated = np.logical_or.reduceat(_breaks_potential(gains, forest, theta), starts)
    frustrated_waves = np.repeat(frustrated, sizes)
    opposite_roots = index.rows(-index.waves[starts])
    parts = forest.parts if group.is_real else np.zeros_like(forest.parts)
    alone = (forest.parts == 0) & group.is_real & ~frustrated
    real_phases = np.zeros_like(sizes)
    real_phases[alone] = _real_phase(theta[opposite_roots[alone]])
    return SolvedOrbits(
        orbit_sizes=sizes[~frustrated],
        parts=parts[~frustrated],
        real_phases24=real_phases[~frustrated],
        waves=index.waves[~frustrated_waves],
        phases24=theta[~frustrated_waves],
        absence_sizes=sizes[frustrated],
        witnesses=forbidding_operations(group, index.waves[starts[frustrated]]),
        absent_waves=index.waves[frustrated_waves],
    )


def potential(gains: IntArray, forest: SpanningForest) -> IntArray:
    """The potential theta in 24ths of every wave of the forest, 0 at its roots."""
    theta = np.zeros(len(forest.index), dtype=np.int64)
    for children, parents, generators in forest.levels:
        theta[children] = (theta[parents] + gains[generators, parents]) % TURN
    return theta


def _breaks_potential(gains: IntArray, forest: SpanningForest, theta: IntArray) -> np.ndarray:
    """Whether an edge that leaves a wave breaks the potential, for any generator; the centring loops come last."""
    frustrated = gains[len(forest.images) :].any(axis=0)
    for gain, heads in zip(gains, forest.images, strict=False):
        frustrated |= (theta + gain - theta[heads]) % TURN != 0
    return np.asarray(frustrated)


def forbidding_operations(group: Operations, waves: IntArray) -> IntArray:
    """For each wave the first operation with kR = k and k.t - c not an integer, -1 where there is none (T1)."""
    fixed = (waves @ group.rotations == waves).all(axis=2)
    proving = fixed & (group.gains24(waves.T) != 0)
    return np.asarray(np.where(proving.any(axis=0), proving.argmax(axis=0), -1))


def _real_phase(theta_of_minus_root: IntArray) -> IntArray:
    """Phi with theta_{-k} + phi = -(theta_k + phi), from theta(root) = 0; of the two, the one in -6..5.

    theta is even in 24ths, as translations and characters are (D1, T9), so half of it is an integer. If it were
    not, the unit would have to become 1/48, by TURN, in every table and file.
    """
    if (theta_of_minus_root % 2).any():
        raise CertificateError(f"a phase is an odd multiple of 1/{TURN} turn, so that half of it is no multiple")
    half = (-theta_of_minus_root // 2) % (TURN // 2)
    return np.asarray((half + TURN // 4) % (TURN // 2) - TURN // 4)
