"""The plain path: from plane waves to the symmetrised ones of a setting, through one number per unit (T4)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from basis_store.array_types import IntArray
from basis_store.groups.wave_shells import is_leading
from runtime.encoding.bags import Bags, Entries
from runtime.encoding.half_orbits import HalfOrbits

_QUARTER, _HALF = (
    6,
    12,
)  # turns in 24ths: cos(a - quarter) = sin a, cos(a + quarter) = -sin a, cos(a + half) = -cos a


class OrbitSums:
    """Projects waves on the invariants of a setting: first on the units u (:class:`HalfOrbits`), then on all P_k.

    Args:
        orbits: of the setting.
        waves: (K, 3) the list of waves.
    """

    def __init__(self, orbits: HalfOrbits, waves: NDArray[np.integer]) -> None:
        n_units, n_waves = 2 * len(orbits.sizes), len(waves)
        self._to_units = Bags(_to_units(orbits, waves), (n_units, n_waves))
        self._to_waves = Bags(_to_waves(orbits), (2 * n_waves, n_units))

    def __call__(self, exponentials: Tensor) -> Tensor:
        """Symmetrise.

        Args:
            exponentials: (K, n) cos 2 pi k.x of one of each k, -k, in the order of the list, then their sines.

        Returns:
            (2 K, n) Re P_k and Im P_k of each wave in turn; 0 for systematic absences.
        """
        return self._to_waves(self._to_units(exponentials))

    def adjoint(self, gradients: Tensor) -> Tensor:
        """(2 K, n) gradients by the result -> (K, n) gradients by the exponentials; without a graph.

        Rows beyond those of this setting's waves are left out.
        """
        return self._to_units.adjoint(self._to_waves.adjoint(gradients))


def _to_units(orbits: HalfOrbits, waves: NDArray[np.integer]) -> Entries:
    """Sums of exp(i a) e = cos a C - sin a S + i (sin a C + cos a S); S of -k is minus that of k."""
    leading = is_leading(waves)
    n_halves, place = int(leading.sum()), np.cumsum(leading) - 1
    mirrored = ~is_leading(orbits.waves)
    cosines = place[np.where(mirrored, orbits.columns[:, 1], orbits.columns[:, 0])]
    sines, sign = cosines + n_halves, np.where(mirrored, _HALF, 0)
    real, imaginary, alpha = orbits.units, orbits.units + len(orbits.sizes), orbits.phases24
    terms = [
        (real, cosines, alpha),
        (real, sines, alpha + _QUARTER + sign),
        (imaginary, cosines, alpha - _QUARTER),
        (imaginary, sines, alpha + sign),
    ]
    rows, columns, phases24 = (np.concatenate(part) for part in zip(*terms, strict=True))
    return _without_real_units(Entries(rows, columns, phases24, np.ones_like(rows)), rows, orbits)


def _to_waves(orbits: HalfOrbits) -> Entries:
    """P_k = exp(-i a) u / |O|, and P_{-k} its conjugate; a real u is twice the sum over its half orbit."""
    real, imaginary, alpha = orbits.units, orbits.units + len(orbits.sizes), orbits.phases24
    terms: list[tuple[IntArray, IntArray, IntArray]] = []
    for column, sign in zip(orbits.columns.T, (0, _HALF), strict=True):
        terms += [
            (2 * column, real, alpha),
            (2 * column, imaginary, alpha - _QUARTER),
            (2 * column + 1, real, alpha + _QUARTER + sign),
            (2 * column + 1, imaginary, alpha + sign),
        ]
    rows, columns, phases24 = (np.concatenate(part) for part in zip(*terms, strict=True))
    sizes = np.where(orbits.real, orbits.sizes // 2, orbits.sizes)
    entries = Entries(rows, columns, phases24, sizes[columns % len(sizes)])
    return _without_real_units(entries, columns, orbits)


def _without_real_units(entries: Entries, units: IntArray, orbits: HalfOrbits) -> Entries:
    """Leave out the imaginary parts of real units, which are 0 and numbered after all real parts."""
    kept = (units < len(orbits.sizes)) | ~orbits.real[units % len(orbits.sizes)]
    return Entries(*(part[kept] for part in entries))
