"""One real basis function as a sum of plane waves, evaluated with NumPy alone.

f(x) = sum_k c_k exp(2 pi i k.x)        x: fractional coordinates, k: integer waves
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from basis_store import TURN, CompiledSetting
from basis_store.array_types import FloatArray


@dataclass(frozen=True, eq=False)
class WaveSum:
    """A real function.

    Attributes:
        waves: (n, d) k, d = 3 or 2.
        coefficients: (n,) c_k.
    """

    waves: NDArray[np.int64]
    coefficients: NDArray[np.complex128]

    @classmethod
    def of(cls, compiled: CompiledSetting, function: int) -> WaveSum:
        """Function number ``function`` of a setting, numbered from 0 (T2); the real part of a complex one (T9).

        Raises:
            IndexError: the setting has no function of this number.
        """
        if not compiled.representation.is_real:
            compiled.check_function(function)
            rows = slice(*compiled.orbit_starts[[function, function + 1]])
            waves, phases = compiled.waves[rows].astype(np.int64), compiled.phases24[rows].astype(float)
            halves = np.exp(2j * np.pi * phases / TURN) / (2 * math.sqrt(len(waves)))
            return cls(np.concatenate([waves, -waves]), np.concatenate([halves, halves.conj()]))
        real = compiled.real_function(function)
        # A cosine is half the sum of a plane wave and its complex conjugate.
        amplitude = math.sqrt(real.amplitude_squared) / 2
        halves = amplitude * np.exp(2j * np.pi * real.phases24 / TURN)
        return cls(np.concatenate([real.waves, -real.waves]), np.concatenate([halves, halves.conj()]))

    @property
    def max_index(self) -> int:
        """The largest absolute value of an index of a wave."""
        return int(np.abs(self.waves).max())

    def values(self, points: FloatArray) -> FloatArray:
        """(...,) f at fractional ``points`` (..., d)."""
        return np.asarray((np.exp(2j * np.pi * (points @ self.waves.T)) @ self.coefficients).real)

    def gradient(self, points: FloatArray) -> FloatArray:
        """(m, d) derivatives of f along the fractional coordinates at ``points`` (m, d)."""
        phases = np.exp(2j * np.pi * (points @ self.waves.T))
        return np.asarray((phases @ (2j * np.pi * self.coefficients[:, None] * self.waves)).real)

    def grid_values(self, points: int) -> FloatArray:
        """(points, points, points) f on a periodic grid over the cell: one inverse Fourier transform."""
        spectrum = np.zeros((points,) * 3, dtype=np.complex128)
        np.add.at(spectrum, tuple((self.waves % points).T), self.coefficients)
        return np.asarray(np.fft.ifftn(spectrum, norm="forward").real)
