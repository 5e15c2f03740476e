"""Reflections of one crystal: what readers of files make, and what computed patterns and maps are made from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from basis_store.array_types import FloatArray, IntArray
from basis_store.errors import ReflectionError
from basis_store.reflections.radiation import RADIATIONS, Radiation
from basis_store.tables.short_repr import ShortRepr

MAX_INDEX = 10_000
"""Of |h|, |k| and |l|: a larger one comes from a wrong column."""

MAX_VALUE = 1e30
"""Of intensities and amplitudes: larger ones could not be squared and summed."""


@dataclass(frozen=True, eq=False, repr=False)
class ReflectionData(ShortRepr):
    """Reflections of one crystal.

    An index may occur several times: every row is a measurement of its own. Friedel pairs are two rows.

    Attributes:
        hkl: (n, 3) Miller indices.
        intensities: (n,) on any scale, corrected for everything but symmetry, so proportional to |F|^2; may be
            negative, as weak ones are after the background is subtracted. None if there are none.
        sigmas: (n,) standard uncertainties of the intensities, at least 0; or None.
        amplitudes: (n,) |F|, at least 0; or None.
        phases: (n,) of F, in degrees; or None.
        cell: (6,) a, b, c in Angstrom, alpha, beta, gamma in degrees; or None if it is not known.
        setting: Hall number of the setting that the indices refer to; or None.
        wavelength: in Angstrom; or None.
        radiation: what was scattered: ``"xray"``, ``"neutron"`` or ``"electron"``; or None if it is not known.
        f000: F(000) on the scale of the amplitudes, the electrons of the cell for X-rays; or None.
        notes: what was decided when they were read, one sentence each.

    Raises:
        ReflectionError: arrays of different lengths; values that are not finite; indices that are not integers;
            negative sigmas or amplitudes; a cell without volume; no setting of this number; no such
            radiation; an F(000) beyond :data:`MAX_VALUE`.
    """

    hkl: IntArray
    intensities: FloatArray | None = None
    sigmas: FloatArray | None = None
    amplitudes: FloatArray | None = None
    phases: FloatArray | None = None
    cell: FloatArray | None = None
    setting: int | None = None
    wavelength: float | None = None
    radiation: Radiation | None = None
    f000: float | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "hkl", _indices(self.hkl))
        for name in ("intensities", "sigmas", "amplitudes", "phases"):
            if (values := getattr(self, name)) is not None:
                object.__setattr__(self, name, _column(values, name, len(self.hkl)))
        for name in ("sigmas", "amplitudes"):
            if (values := getattr(self, name)) is not None and (values < 0).any():
                row = int((values < 0).argmax())
                raise ReflectionError(f"{name} has {values[row]:g} for {_text(self.hkl[row])}: none is negative")
        if self.sigmas is not None and self.intensities is None:
            raise ReflectionError("sigmas are given without the intensities that they belong to")
        if self.cell is not None:
            object.__setattr__(self, "cell", checked_cell(self.cell))
        if self.setting is not None and not 1 <= self.setting <= 530:
            raise ReflectionError(f"there is no Hall number {self.setting}: they run from 1 to 530")
        if self.wavelength is not None and not 0 < self.wavelength < np.inf:
            raise ReflectionError(f"a wavelength is a positive number of Angstrom, not {self.wavelength:g}")
        if self.radiation is not None and self.radiation not in RADIATIONS:
            raise ReflectionError(f"no radiation {self.radiation!r}: give {', '.join(RADIATIONS)} or None")
        if self.f000 is not None and not abs(self.f000) <= MAX_VALUE:
            raise ReflectionError(f"F(000) is {self.f000:g}, not a number up to {MAX_VALUE:g}")

    def __len__(self) -> int:
        return len(self.hkl)


def checked_cell(cell: object) -> FloatArray:
    """(6,) the parameters of a unit cell, in Angstrom and degrees.

    Raises:
        ReflectionError: they are not six numbers that give a cell with a volume.
    """
    try:
        values = np.array(cell, dtype=np.float64)
    except (TypeError, ValueError):
        values = np.empty(0)
    if values.shape != (6,) or not np.isfinite(values).all():
        raise ReflectionError("a cell is six numbers: a, b, c in Angstrom, alpha, beta, gamma in degrees")
    text = " ".join(f"{value:g}" for value in values)
    if (values[:3] <= 0).any() or (values[:3] > 1e5).any():
        raise ReflectionError(f"no cell has the edges of {text}: they are lengths in Angstrom")
    if (values[3:] <= 0).any() or (values[3:] >= 180).any() or _relative_volume(values) < 1e-3:
        raise ReflectionError(f"no cell has the angles of {text} degrees")
    return values


def metric_tensor(cell: FloatArray) -> FloatArray:
    """(3, 3) the scalar products of a, b and c of a (6,) cell, in Angstrom^2."""
    cosines = np.cos(np.deg2rad(cell[3:]))
    products = np.outer(cell[:3], cell[:3])
    angles = np.ones((3, 3))
    for (i, j), cosine in zip(((1, 2), (0, 2), (0, 1)), cosines, strict=True):
        # Exactly 0 for 90 degrees, so that orthogonal axes stay orthogonal.
        angles[i, j] = angles[j, i] = 0.0 if abs(cosine) < 1e-15 else cosine
    return np.asarray(products * angles)


def inverse_squares(hkl: IntArray, cell: FloatArray) -> FloatArray:
    """(n,) 1/d^2 = |G|^2 of (n, 3) indices in a (6,) cell, in 1/Angstrom^2."""
    return np.asarray(np.einsum("ni,ij,nj->n", hkl, np.linalg.inv(metric_tensor(cell)), hkl))


def _relative_volume(cell: FloatArray) -> float:
    """Volume over a b c; 0 or less where the angles cannot meet."""
    one, two, three = np.cos(np.deg2rad(cell[3:]))
    return float(np.sqrt(max(0.0, 1 - one**2 - two**2 - three**2 + 2 * one * two * three)))


def _indices(hkl: object) -> IntArray:
    try:
        given = np.array(hkl, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise ReflectionError("indices are three integers for each reflection: an array (n, 3)") from error
    if given.ndim != 2 or given.shape[1] != 3:
        raise ReflectionError(f"indices are an array (n, 3), not {given.shape}")
    wrong = ~(np.isfinite(given) & (given == np.rint(given)) & (np.abs(given) <= MAX_INDEX)).all(axis=1)
    if wrong.any():
        row = int(wrong.argmax())
        values = " ".join(f"{value:g}" for value in given[row])
        raise ReflectionError(
            f"reflection {row + 1} has the indices {values}: integers up to {MAX_INDEX} are needed"
        )
    return given.astype(np.int64)


def _column(values: object, name: str, count: int) -> FloatArray:
    if np.asarray(values).dtype.kind == "c":
        raise ReflectionError(f"{name} are real numbers, not complex ones")
    try:
        column = np.array(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ReflectionError(f"{name} are numbers, one for each reflection") from error
    if column.shape != (count,):
        raise ReflectionError(f"there are {count} reflections, and {name} of shape {column.shape}")
    wrong = ~(np.abs(column) <= MAX_VALUE)
    if wrong.any():
        row = int(wrong.argmax())
        raise ReflectionError(f"{name} of reflection {row + 1} is {column[row]}, not a number up to {MAX_VALUE:g}")
    return column


def _text(hkl: IntArray) -> str:
    return " ".join(map(str, hkl.tolist()))
