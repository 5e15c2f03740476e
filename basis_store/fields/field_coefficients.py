"""A field as coefficients of the real functions of its setting, invariant or with another character (T2, T12).

    f(x) = sum_j b_j f_j(x)                         mean of f^2 over the cell = sum_j b_j^2
    c_root = b exp(2 pi i phi/24) / sqrt|O|         O = -O
    c_root = (b - i b') / sqrt(2 |O|)               a pair: b of sqrt2 Re psi_O, b' of sqrt2 Im psi_O

c_root is the Fourier coefficient of the root of O. Function 0 is the constant, if the character is trivial; the
others are in the order of the store. They need not be complete shells: a grid has room for waves in its box, not
in a ball.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from basis_store.array_types import FloatArray, Int8Array, Int16Array, IntArray
from basis_store.fields.cell_change import CellChange
from basis_store.groups.group import Group
from basis_store.groups.operations import TURN
from basis_store.groups.representation import Representation
from basis_store.tables.short_repr import ShortRepr

_BLOCK = 1 << 14
"""Orbits at a time."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class FieldSource(ShortRepr):
    """The grid that coefficients come from.

    Attributes:
        cell: its cell.
        shape: (N1, N2, N3).
        elements: (n,) atomic numbers of its atoms; may be empty.
        coordinates: (n, 3) their fractional coordinates in its cell.
        name: of the file.
        sha256: of the file's bytes (hexadecimal), or ``""``.
    """

    cell: CellChange = field(default_factory=CellChange.conventional)
    shape: tuple[int, int, int] = (1, 1, 1)
    elements: IntArray = field(default_factory=lambda: np.zeros(0, np.int64))
    coordinates: FloatArray = field(default_factory=lambda: np.zeros((0, 3)))
    name: str = ""
    sha256: str = ""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class FieldCoefficients(ShortRepr):
    """A field in the functions of its setting; see the head of this module.

    Attributes:
        setting: the setting of a space group, or a magnetic group.
        character: number of the character, as in :class:`basis_store.Representation`; 0: the field is invariant.
        lattice: (3, 3) rows of its conventional cell in Angstrom.
        roots: (M, 3) the root of the orbit of each function; 0 for the constant, the first of invariant ones.
        sizes: (M,) |O|.
        parts: (M,) 0 where O = -O; 1 and -1 for the two functions of a pair.
        real_phases24: (M,) phi in 24ths where O = -O, else 0.
        values: (M,) b, the coefficients, in :attr:`unit`.
        quantity: what the field is.
        unit: of the field.
        source: the grid that it comes from.
        residual: the part of the grid's values that has not the character, relative to their fluctuation (L2).
        proved_norm: up to this norm orbits and phases were proved when the file was made; 0: not at all.
    """

    setting: Group
    lattice: FloatArray
    roots: Int16Array
    sizes: Int16Array
    parts: Int8Array
    real_phases24: Int8Array
    values: FloatArray
    character: int = 0
    quantity: str = "field"
    unit: str = "1"
    source: FieldSource = field(default_factory=FieldSource)
    residual: float = 0.0
    proved_norm: int = 0

    def __len__(self) -> int:
        return len(self.values)

    @property
    def representation(self) -> Representation:
        """The setting and the character."""
        return Representation(self.setting, self.character)

    @property
    def n_constants(self) -> int:
        """1 where the constant is a function, as function 0; 0 where the character is not trivial."""
        return int(self.character == 0)

    @property
    def volume(self) -> float:
        """Of the conventional cell, in cubic Angstrom."""
        return float(abs(np.linalg.det(self.lattice)))

    @property
    def mean(self) -> float:
        """Of the field over the cell; 0 where the character is not trivial."""
        return float(self.values[0]) if self.n_constants else 0.0

    @property
    def integral(self) -> float:
        """Of the field over the conventional cell."""
        return self.mean * self.volume

    @property
    def norm(self) -> float:
        """Root mean square of the field over the cell: Parseval's sum of the squares of the coefficients."""
        return float(np.sqrt(np.square(self.values).sum()))

    @property
    def orbits(self) -> NDArray[np.intp]:
        """(m,) the functions that stand for an orbit O u -O: all but the second of each pair."""
        return np.flatnonzero(self.parts >= 0)

    def fourier_coefficients(self) -> NDArray[np.complex128]:
        """(m,) c of the roots of :attr:`orbits`, in the unit of the field."""
        rows = self.orbits
        paired = self.parts[rows] == 1
        first = self.values[rows]
        second = np.where(paired, self.values[np.minimum(rows + 1, len(self) - 1)], 0.0)
        phases = _TURNS[self.real_phases24[rows] % TURN]
        size = np.sqrt(self.sizes[rows] * np.where(paired, 2.0, 1.0))
        return np.asarray((first - 1j * second) * phases / size)


def real_columns(
    roots: NDArray[np.signedinteger],
    sizes: NDArray[np.signedinteger],
    paired: NDArray[np.bool_],
    real_phases24: NDArray[np.signedinteger],
    coefficients: NDArray[np.complex128],
) -> dict[str, NDArray[Any]]:
    """The columns of :class:`FieldCoefficients`, from the Fourier coefficients of roots.

    Args:
        roots: (m, 3) one of each O u -O in store order.
        sizes: (m,) |O|.
        paired: (m,) whether O != -O.
        real_phases24: (m,) phi; 0 for pairs.
        coefficients: (m,) c of the roots.
    """
    count = len(paired) + int(np.count_nonzero(paired))
    columns: dict[str, NDArray[Any]] = {
        "roots": np.empty((count, 3), np.int16),
        "sizes": np.empty(count, np.int16),
        "parts": np.zeros(count, np.int8),
        "real_phases24": np.zeros(count, np.int8),
        "values": np.empty(count),
    }
    stop = 0
    for start in range(0, len(paired), _BLOCK):
        some = slice(start, start + _BLOCK)
        first, second, pairs = _functions(paired[some], stop)
        stop += len(paired[some]) + int(np.count_nonzero(paired[some]))
        columns["sizes"][first] = sizes[some]
        columns["sizes"][second] = sizes[some][pairs]
        for column, index in zip(columns["roots"].T, roots[some].T, strict=True):
            column[first] = index
            column[second] = -index[pairs]
        columns["parts"][first] = paired[some]
        columns["parts"][second] = -1
        c = coefficients[some]
        if not paired[some].all():
            columns["real_phases24"][first] = real_phases24[some]
            c = c * _TURNS[-real_phases24[some] % TURN]
        size = np.sqrt(sizes[some] * (1.0 + paired[some]))
        columns["values"][first] = c.real * size
        columns["values"][second] = -c.imag[pairs] * size[pairs]
    return columns


_Rows = slice | NDArray[Any]


def _functions(paired: NDArray[np.bool_], start: int) -> tuple[_Rows, _Rows, _Rows]:
    """Numbers, from ``start`` on, of the first and the second functions of orbits; which orbits have a second."""
    if paired.all():
        stop = start + 2 * len(paired)
        return slice(start, stop, 2), slice(start + 1, stop, 2), slice(None)
    if not paired.any():
        return slice(start, start + len(paired)), slice(0, 0), slice(0, 0)
    first = start + np.arange(len(paired)) + np.cumsum(paired) - paired
    return first, first[paired] + 1, paired


def exact_turns() -> NDArray[np.complex128]:
    """(24,) exp(2 pi i n / 24), exact where it is 0, 1/2 or 1 in a part."""
    eighth, twelfth = np.sqrt(0.5), np.sqrt(0.75)
    fifteen = np.array([np.cos(np.pi / 12), np.sin(np.pi / 12)])
    cosines = np.array([1.0, fifteen[0], twelfth, eighth, 0.5, fifteen[1], 0.0])
    quadrant = np.concatenate([cosines, -cosines[-2::-1]])
    cosine = np.concatenate([quadrant, quadrant[-2:0:-1]])
    return np.asarray(cosine + 1j * np.roll(cosine, TURN // 4))


_TURNS = exact_turns()
