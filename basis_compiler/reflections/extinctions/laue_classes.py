"""Laue classes in given axes: the point groups of the 530 settings, each with the inversion.

As matrices they are 16: 2/m has three unique axes, the trigonal ones have hexagonal or rhombohedral axes, and -3m1
and -31m differ. Measured intensities have at least this symmetry (Friedel's law; differences of Friedel mates by
resonant scattering are small).
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from basis_compiler.groups.spglib_database import operations
from basis_store import Setting, all_settings
from basis_store.array_types import FloatArray, IntArray
from basis_store.groups.cell_parameters import symmetry_misfit
from basis_store.reflections.reflection_data import metric_tensor

_SYMBOLS = {
    "1": "-1", "2": "2/m", "m": "2/m", "222": "mmm", "mm2": "mmm", "4": "4/m", "-4": "4/m", "422": "4/mmm",
    "4mm": "4/mmm", "-42m": "4/mmm", "3": "-3", "32": "-3m", "3m": "-3m", "6": "6/m", "-6": "6/m", "622": "6/mmm",
    "6mm": "6/mmm", "-6m2": "6/mmm", "23": "m-3", "432": "m-3m", "-43m": "m-3m",
}  # fmt: skip
"""By point group without inversion, that with it."""


@dataclass(frozen=True, eq=False)
class LaueClass:
    """A Laue class in one set of axes.

    Attributes:
        symbol: ``"mmm"``; ``"-3m1"`` and ``"-31m"`` in hexagonal axes.
        axes: ``"unique axis b"``, ``"rhombohedral axes"`` or ``""``.
        rotations: (p, 3, 3) its integer matrices, which act on rows of indices as k -> k R.
        settings: those of the 530 that have it in these axes.
    """

    symbol: str
    axes: str
    rotations: IntArray
    settings: tuple[Setting, ...]

    @property
    def name(self) -> str:
        """Symbol and axes, such as ``"2/m (unique axis b)"``."""
        return f"{self.symbol} ({self.axes})" if self.axes else self.symbol

    @property
    def order(self) -> int:
        """Number of rotations."""
        return len(self.rotations)

    @functools.cached_property
    def free_parameters(self) -> int:
        """How many parameters of a cell it leaves free, 1 to 6: the mean trace on symmetric matrices."""
        traces = np.trace(self.rotations, axis1=1, axis2=2)
        squares = np.trace(self.rotations @ self.rotations, axis1=1, axis2=2)
        return round(float(((traces**2 + squares) / 2).mean()))

    def misfit(self, cell: FloatArray) -> float:
        """How far the metric of a (6,) cell is from the symmetry: largest change of a_i.a_j / |a_i||a_j|."""
        return symmetry_misfit(metric_tensor(cell), self.rotations)

    def representatives(self, hkl: IntArray) -> tuple[IntArray, IntArray]:
        """The orbits of (n, 3) indices: (m, 3) a wave of each, and (n,) the orbit of each row."""
        # The largest image by one number that is different for different indices.
        base = 2 * int(np.abs(hkl).max(initial=0)) * 2 + 1
        weights = np.array([base**2, base, 1])
        codes = np.full(len(hkl), np.iinfo(np.int64).min)
        best = np.zeros(len(hkl), dtype=np.int64)
        for number, rotation in enumerate(self.rotations):
            code = hkl @ (rotation @ weights)
            better = code > codes
            codes[better], best[better] = code[better], number
        _, first, orbits = np.unique(codes, return_index=True, return_inverse=True)
        waves = np.einsum("ni,nij->nj", hkl[first], self.rotations[best[first]])
        return waves, orbits.reshape(-1)


@functools.cache
def laue_classes() -> tuple[LaueClass, ...]:
    """All of them, by falling order."""
    settings: dict[bytes, list[Setting]] = {}
    rotations: dict[bytes, IntArray] = {}
    for setting in all_settings():
        own = operations(setting).point_group
        both = np.unique(np.concatenate([own, -own]), axis=0)
        settings.setdefault(both.tobytes(), []).append(setting)
        rotations[both.tobytes()] = both
    found = [LaueClass(*_name(members), rotations[key], tuple(members)) for key, members in settings.items()]
    return tuple(sorted(found, key=lambda one: -one.order))


def laue_symbol(point_group: str) -> str:
    """The Laue class of a point group in any axes: ``"4/mmm"`` of ``"422"``."""
    return _SYMBOLS.get(point_group, point_group)


def _name(settings: list[Setting]) -> tuple[str, str]:
    first = settings[0]
    symbol = laue_symbol(first.point_group)
    if first.crystal_system == "monoclinic":
        return symbol, f"unique axis {first.choice.lstrip('-')[0]}"
    if first.choice == "R":
        return symbol, "rhombohedral axes"
    if symbol == "-3m":
        # P 3 2 1 has its twofold axes along a.
        return ("-3m1" if first.full_symbol.split()[-1] == "1" else "-31m"), ""
    return symbol, ""
