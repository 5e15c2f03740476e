"""Averages of Fourier coefficients over orbits, in the half spectrum of a grid, and back.

    c_root = (1/p) sum_R exp(-2 pi i (k.t - c)) c_{kR}   k the root, R the p rotations of the point group
    c_{kR} = exp(2 pi i (k.t - c)) c_root

c is that of a real character (T9), 0 for invariant functions. Coefficients of operations with the same phases are
added first. c_{-k} is the complex conjugate of c_k, so that with an inversion one of each R, -R is enough.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from basis_store import TURN, point_group_operations
from basis_store.array_types import IntArray
from basis_store.groups.operations import PointGroupOperations
from runtime.fields.grid_lattice import GridLattice
from runtime.fields.half_spectrum import Gain, HalfSpectrum, ImagePlaces, Vectors, WavePhases
from runtime.fields.wave_runs import WaveRuns

_BLOCK = 1 << 13
"""Roots at a time."""

_Complex = NDArray[np.complex128]


class _PhaseClass(NamedTuple):
    """Operations with the same phases.

    Attributes:
        rotations: the vectors of each R; see :meth:`HalfSpectrum.vectors`.
        gain: of their phases.
        opposite: that of the operations with the rotations -R, with an inversion.
        real: whether all phases are 1 or -1, and the same for R and -R: then only real parts of sums remain.
    """

    rotations: list[Vectors]
    gain: Gain
    opposite: Gain | None
    real: bool


class OrbitAverages:
    """The averages over the orbits of a grid's waves.

    Args:
        lattice: of the grid.

    Attributes:
        half: where waves are in its half spectrum.
    """

    def __init__(self, lattice: GridLattice) -> None:
        self.half, self._phases = HalfSpectrum(lattice), WavePhases(lattice)
        group = point_group_operations(lattice.group)
        self._order = len(group.rotations)
        found: dict[tuple[Gain, Gain | None], list[Vectors]] = {}
        for number in group.half:
            rotation = group.rotations[number]
            gain, opposite = self._gain(rotation, group, number), None
            if group.inversion is not None:
                opposite = self._gain(-rotation, group, group.products[group.inversion, number])
            found.setdefault((gain, opposite), []).append(self.half.vectors(rotation))
        self._classes = [
            _PhaseClass(rotations, gain, opposite, gain == opposite and _is_sign(gain))
            for (gain, opposite), rotations in found.items()
        ]

    def _gain(self, rotation: IntArray, group: PointGroupOperations, number: int) -> Gain:
        return self._phases.gain(rotation, group.translations24[number], group.characters24[number])

    def images(self, roots: WaveRuns) -> ImagePlaces:
        """Places of the images of n roots."""
        return ImagePlaces(self.half, roots)

    def gather(self, images: ImagePlaces, spectrum: _Complex) -> _Complex:
        """(n,) averages of a half ``spectrum`` at the roots of some images."""
        flat = spectrum.reshape(-1)
        total = np.zeros(len(images.waves), np.complex128)
        for one in self._classes:
            part: _Complex | None = None
            for vectors in one.rotations:
                places, signs = images(vectors)
                values = flat.take(places)
                if not one.real:
                    _conjugate(values, signs)
                part = values if part is None else np.add(part, values, out=part)
            assert part is not None
            phases = self._phases(images.waves, one.gain)
            if one.real:
                total.real += 2 * part.real if phases is None else 2 * phases.real * part.real
                continue
            total += part if phases is None else part * phases.conj()
            if one.opposite is not None:  # of -R
                phases = self._phases(images.waves, one.opposite)
                total += part.conj() if phases is None else (part * phases).conj()
        total.view(np.float64)[:] /= self._order
        return total

    def scatter(self, images: ImagePlaces, averages: _Complex, spectrum: _Complex) -> None:
        """Write the coefficients of all images of some roots, from the ``averages`` (n,), to a half ``spectrum``.

        Where both waves of a pair k, -k have a place, :meth:`HalfSpectrum.complete` has to write one of them.
        """
        flat = spectrum.reshape(-1)
        for one in self._classes:  # of -R with an inversion the conjugates are stored: nothing new
            phases = self._phases(images.waves, one.gain)
            turned = averages if phases is None else averages * phases
            for vectors in one.rotations:
                places, signs = images(vectors)
                values = turned.copy()
                _conjugate(values, signs)
                flat[places] = values

    def spread(self, roots: NDArray[np.signedinteger], averages: _Complex) -> _Complex:
        """The half spectrum that has the ``averages`` (m,) at ``roots`` (m, 3)."""
        spectrum = np.zeros(self.half.shape, np.complex128)
        for start in range(0, len(averages), _BLOCK):
            rows = slice(start, start + _BLOCK)
            h, k, last = roots[rows].astype(np.int64).T.copy()
            self.scatter(self.images(WaveRuns(h, k, None, last)), averages[rows], spectrum)
        self.half.complete(spectrum)
        return spectrum


def _conjugate(values: _Complex, signs: NDArray[np.float64] | float) -> None:
    """Multiply the imaginary parts of ``values`` (n,) by ``signs``."""
    if not isinstance(signs, float):
        values.imag *= signs
    elif signs < 0:
        np.conj(values, out=values)


def _is_sign(gain: Gain) -> bool:
    return not any(gain.rest) and not any(2 * one % TURN for one in gain.turns24)
