"""The plane of a crystal that shows most of a field."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from basis_store import GridField
from basis_store.array_types import FloatArray, IntArray
from sgbasis.fields.fourier_series import FourierSeries

_LARGEST_INDEX = 2
_WAVES = 1500
"""The largest of a field, from which its variation in a plane is estimated."""
_IN_PLANE = 0.05
"""Angstrom."""
_EQUAL = 0.02
"""Relative difference of what symmetry makes equal."""
_MAX_ATOMS = 40
"""Whose planes are tried."""


class ChosenPlane(NamedTuple):
    """A plane h x + k y + l z = offset.

    Attributes:
        indices: h, k, l.
        offset: of the plane.
        merits: by which it was chosen: numbers of elements and of atoms, atoms over area, variation of the field.
    """

    indices: tuple[int, int, int]
    offset: float
    merits: tuple[float, float, float, float]


def choose_plane(field: GridField, series: FourierSeries) -> ChosenPlane:
    """The plane with small indices that has most elements.

    Of several it is that with most atoms of the cell, then with most atoms in an area, then with the largest
    variation of the field.

    Args:
        field: for its cell and atoms.
        series: its Fourier series.
    """
    waves, c = series.largest(_WAVES)
    reciprocal = np.linalg.inv(field.lattice)
    found: list[ChosenPlane] = []
    for indices in _directions():
        hkl = np.array(indices)
        spacing = 1 / float(np.linalg.norm(reciprocal @ hkl))
        in_plane = _multiples(waves, hkl)
        for offset in _offsets(field.coordinates[:_MAX_ATOMS] @ hkl):
            away = field.coordinates @ hkl - offset
            near = np.abs(away - np.rint(away)) * spacing < _IN_PLANE
            elements = len(np.unique(field.elements[near]))
            count = int(near.sum())
            merits = (elements, count, count * spacing, _variation(c, in_plane, offset))
            found.append(ChosenPlane(indices, offset, merits))
    # What is equal by symmetry differs by rounding: of nearly equal ones the simplest is taken.
    for place in range(4):
        best = max(one.merits[place] for one in found)
        found = [one for one in found if one.merits[place] >= best * (1 - _EQUAL)]
    return max(found, key=_simplicity)


def _simplicity(plane: ChosenPlane) -> tuple[float, ...]:
    return -sum(map(abs, plane.indices)), -sum(one < 0 for one in plane.indices), -plane.offset, *plane.indices


def _directions() -> list[tuple[int, int, int]]:
    """Coprime indices, one of each pair of opposite directions."""
    span = range(-_LARGEST_INDEX, _LARGEST_INDEX + 1)
    every = [(h, k, m) for h in span for k in span for m in span if math.gcd(h, k, m) == 1]
    return [one for one in every if next(index for index in one if index) > 0]


def _offsets(heights: FloatArray) -> list[float]:
    """Of the planes through the atoms, at ``heights`` (n,); without atoms, some through the origin and between."""
    if not len(heights):
        return [0.0, 0.125, 0.25, 0.5]
    rounded = np.round(heights - np.floor(heights), 4) % 1
    return [float(one) for one in np.unique(rounded)]


def _multiples(waves: IntArray, hkl: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """What waves look like in a plane: (n,) which of them agree there, and (n,) how far they are apart.

    Waves agree if they differ by a multiple t of hkl. Their phases then differ by t times the offset.
    """
    axis = int(np.abs(hkl).argmax())
    t = np.floor_divide(waves[:, axis], hkl[axis])
    rest = waves - t[:, None] * hkl
    _, classes = np.unique(rest, axis=0, return_inverse=True)
    constant = ~rest.any(axis=1)
    return classes.reshape(-1), t, constant.astype(np.int64)


def _variation(c: NDArray[np.complex128], in_plane: tuple[IntArray, IntArray, IntArray], offset: float) -> float:
    """The mean square of the field in a plane, without its mean there."""
    classes, t, constant = in_plane
    turned = np.where(constant > 0, 0, c * np.exp(2j * np.pi * t * offset))
    size = int(classes.max(initial=0)) + 1
    sums = np.bincount(classes, turned.real, size), np.bincount(classes, turned.imag, size)
    return float(np.square(sums).sum()) / 2
