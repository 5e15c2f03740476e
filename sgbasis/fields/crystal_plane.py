"""A rectangle in a plane of a crystal, and its coordinates: u to the right and v upwards, in Angstrom.

The plane is given by Miller indices, h x + k y + l z = offset, or by three points. It is seen from the side to
which its normal points, that of the reciprocal vector h a* + k b* + l c*.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from basis_store import FieldError
from basis_store.array_types import FloatArray, IntArray
from basis_store.tables.short_repr import ShortRepr
from sgbasis.fields.fourier_series import FourierSeries

MAX_INDEX = 24
"""Of Miller indices."""

_MARGIN = 0.08
"""Around the cells of a plane, as a part of their smaller extent."""
_AROUND = 0.4
"""Around three points, as a part of their larger extent."""
_SMALLEST_MARGIN = 1.2
"""Around three points, in Angstrom."""
_SAME = 1e-6
_MAX_IMAGES = 5_000_000
"""Images of atoms that are looked at: in a rectangle of more than thousands of cells there are none to be seen."""


@dataclass(frozen=True, eq=False, repr=False)
class CrystalPlane(ShortRepr):
    """A rectangle in a plane; see the head of this module.

    Attributes:
        lattice: (3, 3) rows of the cell in Angstrom.
        corner: (3,) fractional coordinates of the point u = v = 0.
        axes: (3, 3) Cartesian unit vectors along u, along v and along the normal; right-handed.
        u_range: smallest and largest u, in Angstrom.
        v_range: smallest and largest v.
        indices: (h, k, l), or None where the plane has no small ones.
        offset: h x + k y + l z in the plane; 0 where there are no indices.
        vectors: (2, 3) lattice vectors A and B that span the lattice of the plane, A along u; None as for indices.
        cells: how many cells of the plane are in the rectangle, along A and B; None: it is around three points.
    """

    lattice: FloatArray
    corner: FloatArray
    axes: FloatArray
    u_range: tuple[float, float]
    v_range: tuple[float, float]
    indices: tuple[int, int, int] | None
    offset: float
    vectors: IntArray | None
    cells: tuple[int, int] | None

    @classmethod
    def of_indices(
        cls,
        lattice: FloatArray,
        indices: Sequence[int],
        *,
        offset: float = 0.0,
        cells: tuple[int, int] = (1, 1),
    ) -> CrystalPlane:
        """The plane (h k l) of a cell.

        Args:
            lattice: (3, 3) rows in Angstrom.
            indices: h, k, l.
            offset: distance from the origin in interplanar spacings: h x + k y + l z.
            cells: how many cells of the plane to have, along both of its vectors.

        Raises:
            FieldError: the indices are 0 0 0, or too large.
        """
        h, k, l = (int(one) for one in indices)  # noqa: E741 - Miller's
        divisor = math.gcd(h, k, l)
        if not divisor or max(abs(h), abs(k), abs(l)) > MAX_INDEX:
            raise FieldError(
                f"({h} {k} {l}) is no plane that is drawn: indices are integers from -{MAX_INDEX} to {MAX_INDEX}, "
                "not all 0"
            )
        vectors, step = _plane_vectors(lattice, (h // divisor, k // divisor, l // divisor))
        normal = np.linalg.inv(lattice) @ np.array([h, k, l])
        first, second = vectors @ lattice
        axes = _frame(first, normal)
        cell = np.array([first, second]) @ axes[:2].T * np.array(cells)[:, None]
        corners = np.array([[0.0, 0.0], cell[0], cell[1], cell[0] + cell[1]])
        low, high = corners.min(axis=0), corners.max(axis=0)
        margin = _MARGIN * float((high - low).min())
        return cls(
            lattice=np.array(lattice),
            corner=np.asarray(step * (offset / divisor), dtype=np.float64),
            axes=axes,
            u_range=(float(low[0]) - margin, float(high[0]) + margin),
            v_range=(float(low[1]) - margin, float(high[1]) + margin),
            indices=(h, k, l),
            offset=offset,
            vectors=vectors,
            cells=cells,
        )

    @classmethod
    def through(cls, lattice: FloatArray, points: Sequence[Sequence[float] | FloatArray]) -> CrystalPlane:
        """The plane through three points: u runs from the first to the second, the third has a larger v.

        Args:
            lattice: (3, 3) rows in Angstrom.
            points: (3, 3) three fractional coordinates.

        Raises:
            FieldError: they are on one line.
        """
        given = np.array(points, dtype=np.float64)
        first, second = (given[1:] - given[0]) @ lattice
        normal = np.cross(first, second)
        area = float(np.linalg.norm(normal))
        if not area > _SAME * max(1e-300, float(np.linalg.norm(first) * np.linalg.norm(second))):
            raise FieldError("a plane needs three points that are not on one line")
        indices = _small_indices(lattice @ normal / area)
        if indices is not None:  # free of the rounding of the points
            normal = np.linalg.inv(lattice) @ np.array(indices)
        axes = _frame(first, normal)
        flat = (given - given[0]) @ lattice @ axes[:2].T
        low, high = flat.min(axis=0), flat.max(axis=0)
        margin = max(_SMALLEST_MARGIN, _AROUND * float((high - low).max()))
        return cls(
            lattice=np.array(lattice),
            corner=given[0],
            axes=axes,
            u_range=(float(low[0]) - margin, float(high[0]) + margin),
            v_range=(float(low[1]) - margin, float(high[1]) + margin),
            indices=indices,
            offset=0.0 if indices is None else float(np.array(indices) @ given[0]),
            vectors=None if indices is None else _plane_vectors(lattice, indices)[0],
            cells=None,
        )

    @property
    def steps(self) -> FloatArray:
        """(2, 3) fractional coordinates of 1 Angstrom along u and along v."""
        return np.asarray(self.axes[:2] @ np.linalg.inv(self.lattice))

    @property
    def distance(self) -> float:
        """From the origin of the cell, in Angstrom, along the normal."""
        return float(self.corner @ self.lattice @ self.axes[2])

    def coordinates(self, points: FloatArray) -> FloatArray:
        """(n, 3) u, v and the height above the plane in Angstrom, of fractional coordinates ``points`` (n, 3)."""
        return np.asarray((points - self.corner) @ self.lattice @ self.axes.T)

    def points(self, longer: int) -> tuple[FloatArray, FloatArray]:
        """(U,) u and (V,) v at equal steps over the rectangle, ``longer`` of them along its longer side."""
        lengths = [high - low for low, high in (self.u_range, self.v_range)]
        u, v = (max(2, math.ceil((longer - 1) * one / max(lengths) - _SAME) + 1) for one in lengths)
        return np.linspace(*self.u_range, u), np.linspace(*self.v_range, v)

    def section(self, series: FourierSeries, longer: int) -> tuple[FloatArray, FloatArray, FloatArray]:
        """A field in the rectangle, exact at each point.

        Args:
            series: of a field of this cell.
            longer: number of points along the longer side.

        Returns:
            (U,) u and (V,) v in Angstrom, and (U, V) values.
        """
        u, v = self.points(longer)
        first, second = self.steps
        return u, v, series.net_values(self.corner, first, second, u, v, vectors=self.vectors)

    def images(self, coordinates: FloatArray, height: float) -> tuple[IntArray, FloatArray]:
        """Which atoms the rectangle has near it, with their periodic images.

        Args:
            coordinates: (n, 3) fractional ones of the atoms.
            height: above or below the plane at most, in Angstrom.

        Returns:
            (m,) number of the atom, and (m, 3) u, v and height of the image; none of a rectangle of thousands of
            cells.
        """
        # 1. Which translations may lead into the box around the rectangle.
        ends = itertools.product(self.u_range, self.v_range, (-height, height))
        box = np.array(list(ends)) @ self.axes @ np.linalg.inv(self.lattice) + self.corner
        low, high = np.floor(box.min(axis=0)) - 1, np.ceil(box.max(axis=0)) + 1
        if float(np.prod(high - low + 1)) * len(coordinates) > _MAX_IMAGES:
            return np.zeros(0, dtype=np.int64), np.zeros((0, 3))
        axes = [np.arange(a, b + 1) for a, b in zip(low, high, strict=True)]
        translations = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
        # 2. Those that do.
        wrapped = coordinates - np.floor(coordinates)
        numbers, places = [], []
        for number, one in enumerate(wrapped):
            found = self.coordinates(one + translations)
            lower = np.array([self.u_range[0], self.v_range[0], -height]) - _SAME
            upper = np.array([self.u_range[1], self.v_range[1], height]) + _SAME
            inside = found[((found >= lower) & (found <= upper)).all(axis=1)]
            numbers += [number] * len(inside)
            places.append(inside)
        return np.array(numbers, dtype=np.int64), np.concatenate([np.zeros((0, 3)), *places])


def _frame(first: FloatArray, normal: FloatArray) -> FloatArray:
    w = normal / np.linalg.norm(normal)
    u = first - (first @ w) * w
    u /= np.linalg.norm(u)
    return np.array([u, np.cross(w, u), w])


def _plane_vectors(lattice: FloatArray, indices: tuple[int, int, int]) -> tuple[IntArray, IntArray]:
    """The lattice vectors of a plane, and one that leads to the next plane.

    Args:
        lattice: (3, 3) rows.
        indices: coprime h, k, l.

    Returns:
        (2, 3) the shortest two vectors, seen from the side of the normal turning left, with as few minus signs as
        can be and the second one along c as far as can be; (3,) the vector nearest to the normal.
    """
    # 1. Some basis of the vectors with h x + k y + l z = 0, and one vector with 1.
    h, k, l = indices  # noqa: E741 - Miller's
    inner, p, q = _bezout(h, k)
    if inner:
        _, r, s = _bezout(inner, l)
        vectors = np.array([[k // inner, -h // inner, 0], [-l * p, -l * q, inner]])
        step = np.array([r * p, r * q, s])
    else:
        vectors, step = np.array([[1, 0, 0], [0, 1, 0]]), np.array([0, 0, l])
    # 2. Gauss' reduction, with a tolerance so that rounding does not decide.
    a, b = vectors
    while True:
        if (a @ lattice) @ (a @ lattice) > (b @ lattice) @ (b @ lattice) * (1 + _SAME):
            a, b = b, a
        ratio = float((a @ lattice) @ (b @ lattice) / ((a @ lattice) @ (a @ lattice)))
        if abs(ratio) <= 0.5 + _SAME:
            break
        b = b - round(ratio) * a
    # 3. The orientation, the signs and the order. A rhombic net has one more vector that may be taken.
    normal = np.linalg.inv(lattice) @ np.array(indices)
    sides = [a, b, b - math.copysign(1, ratio) * a] if abs(abs(ratio) - 0.5) < _SAME else [a, b]
    shortest = float(np.linalg.norm(a @ lattice)) * (1 + _SAME)
    choices = []
    for one, other in itertools.permutations([*sides, *(-side for side in sides)], 2):
        first, second = one @ lattice, other @ lattice
        if min(np.linalg.norm(first), np.linalg.norm(second)) > shortest:
            continue
        if np.cross(first, second) @ normal > _SAME * shortest**2 * float(np.linalg.norm(normal)):
            pair = np.array([one, other], dtype=np.int64)
            choices.append((int((pair < 0).sum()), -int(pair[1, 2]), int(np.abs(pair).sum()), (-pair).tolist()))
    found = -np.array(min(choices)[3])
    # 4. The vector to the next plane that is closest to the normal.
    flat = np.linalg.lstsq((found @ lattice).T, step @ lattice, rcond=None)[0]
    return found, step - np.rint(flat - _SAME).astype(np.int64) @ found


def _bezout(m: int, n: int) -> tuple[int, int, int]:
    """The greatest common divisor g >= 0 of two integers, and p, q with p m + q n = g."""
    old, new = (m, 1, 0), (n, 0, 1)
    while new[0]:
        quotient = old[0] // new[0]
        old, new = new, (old[0] - quotient * new[0], old[1] - quotient * new[1], old[2] - quotient * new[2])
    sign = -1 if old[0] < 0 else 1
    return sign * old[0], sign * old[1], sign * old[2]


def _small_indices(normal: FloatArray) -> tuple[int, int, int] | None:
    """The coprime integers up to 12 in the ratio of the components of a reciprocal vector (3,), or None."""
    scaled = normal / np.abs(normal).max()
    for largest in range(1, 13):
        rounded = np.rint(scaled * largest)
        if np.abs(scaled * largest - rounded).max() < 1e-4 * largest:
            h, k, l = (int(one) for one in rounded)  # noqa: E741 - Miller's
            divisor = math.gcd(h, k, l)
            return h // divisor, k // divisor, l // divisor
    return None
