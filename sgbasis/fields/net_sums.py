"""Sums of plane waves at the points of a net: waves anywhere, points at equal steps.

    f_ij = Re sum_m c_m exp(2 pi i (u_i a_m + v_j b_m))

Points times waves exponentials are too many. At equal steps this is a non-uniform Fourier transform of type 1:

1. each wave is spread over the W x W nearest points of a net of frequencies twice as fine, with the weights of a
   smooth kernel phi;
2. the net is transformed by FFT;
3. each value is divided by the transform of phi, which undoes the spreading.

What is left of the kernel's aliases is less than 1e-13 of sum |c|.

Source: A. H. Barnett, J. Magland, L. af Klinteberg, SIAM J. Sci. Comput. 41, C479 (2019) (the kernel, "exponential
of semicircle", its width and shape).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from basis_store.array_types import FloatArray

_WIDTH = 15
"""W: points of the finer net along each axis that a wave is spread over."""
_SHAPE = 2.30 * _WIDTH
_NODES = 60
"""Of the quadrature of the transform of the kernel."""
_DIRECT = 64
"""U + V up to which exponentials of all points and waves are cheaper."""
_BLOCK = 1 << 21
"""Elements of a matrix of waves and points at a time."""


class NetSum:
    """Collects waves, in as many calls as one likes, and returns their sum at all points of a net.

    Args:
        u: (U,) numbers at equal steps.
        v: (V,) numbers at equal steps.
    """

    def __init__(self, u: FloatArray, v: FloatArray) -> None:
        self._u, self._v = u, v
        self._is_direct = len(u) + len(v) <= _DIRECT
        shape = (len(u), len(v)) if self._is_direct else (_fine(len(u)) + _WIDTH, _fine(len(v)) + _WIDTH)
        self._real, self._imaginary = np.zeros(shape), np.zeros((0, 0) if self._is_direct else shape)

    def add(self, along: FloatArray, across: FloatArray, c: NDArray[np.complex128]) -> None:
        """Add m waves: (m,) a, (m,) b and (m,) c."""
        if self._is_direct:
            self._add_products(along, across, c)
        else:
            self._spread(along, across, c)

    def values(self) -> FloatArray:
        """(U, V) the sum."""
        if self._is_direct:
            return self._real
        # 1. What was spread beyond the end belongs to the beginning.
        net = self._real + 1j * self._imaginary
        net[:_WIDTH] += net[-_WIDTH:]
        net[:, :_WIDTH] += net[:, -_WIDTH:]
        # 2. FFT; points are counted from the middle one, where the kernel's transform is symmetric.
        transformed = np.fft.ifft2(net[:-_WIDTH, :-_WIDTH], norm="forward")
        rows, columns = (np.arange(n) - n // 2 for n in (len(self._u), len(self._v)))
        found = transformed[np.ix_(rows, columns)].real
        # 3. The kernel.
        return np.asarray(found / np.outer(*(_transform(n) for n in (len(self._u), len(self._v)))))

    def _spread(self, along: FloatArray, across: FloatArray, c: NDArray[np.complex128]) -> None:
        starts, weights = [], []
        turned = c
        for numbers, waves in ((self._u, along), (self._v, across)):
            middle = numbers[len(numbers) // 2]
            step = (numbers[-1] - numbers[0]) / max(1, len(numbers) - 1)
            turned = turned * np.exp(2j * np.pi * _fraction(middle * waves))
            place = (step * waves - np.floor(step * waves)) * _fine(len(numbers))
            start = np.ceil(place - _WIDTH / 2)
            weights.append(_kernel(start + np.arange(_WIDTH)[:, None] - place))
            starts.append(start.astype(np.int64) % _fine(len(numbers)))
        width = self._real.shape[1]
        first = starts[0] * width + starts[1]
        size = self._real.size
        real, imaginary = self._real.reshape(-1), self._imaginary.reshape(-1)
        for i, row in enumerate(weights[0]):
            part = turned * row
            for j, column in enumerate(weights[1]):
                shift = i * width + j
                real[shift:] += np.bincount(first, part.real * column, size)[: size - shift]
                imaginary[shift:] += np.bincount(first, part.imag * column, size)[: size - shift]

    def _add_products(self, along: FloatArray, across: FloatArray, c: NDArray[np.complex128]) -> None:
        rows = max(1, _BLOCK // max(len(self._u), len(self._v)))
        for start in range(0, len(c), rows):
            some = slice(start, start + rows)
            left = np.exp(2j * np.pi * _fraction(np.outer(self._u, along[some])))
            right = np.exp(2j * np.pi * _fraction(np.outer(across[some], self._v))) * c[some, None]
            self._real += left.real @ right.real - left.imag @ right.imag


def _fine(count: int) -> int:
    """Points of the finer net: at least twice as many, and a number that FFTs like."""
    return next(n for n in range(max(2 * count, 2 * _WIDTH), 10**9) if _is_smooth(n))


def _is_smooth(n: int) -> bool:
    for prime in (2, 3, 5):
        while n % prime == 0:
            n //= prime
    return n == 1


def _kernel(steps: FloatArray) -> FloatArray:
    """Phi at distances in steps of the finer net, up to W/2."""
    inside = np.maximum(1 - (2 * steps / _WIDTH) ** 2, 0)
    return np.asarray(np.exp(_SHAPE * (np.sqrt(inside) - 1)))


def _transform(count: int) -> FloatArray:
    """(count,) sum over the finer net of phi exp(2 pi i n x), n from -count // 2 on: its Fourier integral."""
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    n = np.arange(count) - count // 2
    steps = nodes * _WIDTH / 2
    waves = np.cos(2 * np.pi * np.outer(n, steps) / _fine(count))
    return np.asarray(waves @ (weights * _kernel(steps)) * _WIDTH / 2)


def _fraction(turns: FloatArray) -> FloatArray:
    return np.asarray(turns - np.rint(turns))
