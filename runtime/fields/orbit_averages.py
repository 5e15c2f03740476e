"""Averages of Fourier coefficients over orbits, in the half spectrum of a grid, and back, in one pass.

    c_root = (1/p) sum_R exp(-2 pi i k.t) c_{kR}         k the root, R the p rotations of the point group
    c_{kR} = exp(2 pi i k.t) c_root

Places and phases of the images of some roots are computed once for both; c_{-k} is the complex conjugate of c_k.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from basis_store import point_group_operations
from basis_store.array_types import BoolArray, IntArray
from runtime.fields.grid_lattice import GridLattice
from runtime.fields.half_spectrum import HalfSpectrum, WavePhases
from runtime.fields.wave_orbits import WaveOrbits

_BLOCK = 1 << 14
"""Roots at a time."""

_Complex = NDArray[np.complex128]


class _Images(NamedTuple):
    """Images of some roots under one rotation: where they are, whether -kR is there instead, and their phases."""

    places: IntArray
    mirrored: BoolArray
    phases: _Complex | None
    opposite_phases: _Complex | None


class OrbitAverages:
    """The pass over the orbits of a grid.

    Args:
        lattice: of the grid.

    Attributes:
        half: where waves are in its half spectrum.
    """

    def __init__(self, lattice: GridLattice) -> None:
        self.half, self._phases = HalfSpectrum(lattice), WavePhases(lattice)
        self._group = point_group_operations(lattice.group)

    def averages(self, orbits: WaveOrbits, spectrum: _Complex, target: _Complex | None = None) -> _Complex:
        """(m,) averages at the roots of a half ``spectrum``, which are also written to all waves of ``target``."""
        found = np.zeros(len(orbits.roots), np.complex128)
        flat = spectrum.reshape(-1)
        for start in range(0, len(found), _BLOCK):
            rows = slice(start, start + _BLOCK)
            images = self._images(orbits.roots[rows])
            self._gather(images, flat, found[rows])
            if not start:  # k = 0 comes first
                found.imag[0] = 0
            if target is not None:
                self._scatter(images, found[rows], target.reshape(-1))
        if target is not None:
            self.half.complete(target)
        return found

    def spread(self, orbits: WaveOrbits, averages: _Complex) -> _Complex:
        """The half spectrum that has the ``averages`` (m,) at the roots."""
        spectrum = np.zeros(self.half.shape, np.complex128)
        for start in range(0, len(averages), _BLOCK):
            rows = slice(start, start + _BLOCK)
            self._scatter(self._images(orbits.roots[rows]), averages[rows], spectrum.reshape(-1))
        self.half.complete(spectrum)
        return spectrum

    def _images(self, roots: IntArray) -> list[_Images]:
        group, columns = self._group, np.ascontiguousarray(roots.T)
        images = []
        for number in group.half:
            rotation = group.rotations[number]
            phases = self._phases(columns, rotation, group.translations24[number])
            opposite = None
            if group.inversion is not None:
                translation = group.translations24[group.products[group.inversion, number]]
                opposite = self._phases(columns, -rotation, translation)
            images.append(_Images(*self.half.places(columns, rotation), phases, opposite))
        return images

    def _gather(self, images: list[_Images], flat: _Complex, sums: _Complex) -> None:
        inversion = self._group.inversion is not None
        for one in images:
            values = flat.take(one.places)
            if inversion and one.phases is None and one.opposite_phases is None:
                sums.real += 2 * values.real
                continue
            np.negative(values.imag, out=values.imag, where=one.mirrored)
            sums += values if one.phases is None else values * one.phases.conj()
            if inversion:  # of -R
                np.negative(values.imag, out=values.imag)
                sums += values if one.opposite_phases is None else values * one.opposite_phases.conj()
        sums /= len(self._group.rotations)

    @staticmethod
    def _scatter(images: list[_Images], averages: _Complex, flat: _Complex) -> None:
        # Of -R with an inversion the conjugates are stored: nothing new.
        for one in images:
            turned = averages.copy() if one.phases is None else averages * one.phases
            np.negative(turned.imag, out=turned.imag, where=one.mirrored)
            flat[one.places] = turned
