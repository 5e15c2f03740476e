"""What models read of many crystals, as flat arrays: one crystal after another, without an object for each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from basis_store.array_types import FloatArray, Int16Array, IntArray
from basis_store.datasets.columns import CrystalColumns
from basis_store.datasets.record import CrystalRecord
from basis_store.groups.setting import Setting, all_settings
from basis_store.tables.short_repr import ShortRepr


@dataclass(frozen=True, eq=False, repr=False)
class CrystalArrays(ShortRepr):
    """N crystals with S sites and A atoms in their conventional cells.

    Attributes:
        hall_numbers: (N,) of the settings.
        lattices: (N, 3, 3) rows in Angstrom.
        site_counts: (N,) sites of each crystal.
        numbers: (S,) atomic numbers.
        coordinates: (S, 3) fractional.
        multiplicities: (S,) atoms of each site in the conventional cell.
        images: (A,) for each site in turn, indices of the setting's operations that map it to its atoms.
    """

    hall_numbers: Int16Array
    lattices: FloatArray
    site_counts: IntArray
    numbers: NDArray[np.uint8]
    coordinates: FloatArray
    multiplicities: NDArray[np.int32]
    images: Int16Array

    @classmethod
    def of(cls, crystals: CrystalColumns | CrystalArrays | Iterable[CrystalRecord]) -> CrystalArrays:
        """The arrays of crystals.

        Args:
            crystals: a compiled dataset, whose columns are not copied; records; or arrays, which are returned.
        """
        if isinstance(crystals, CrystalArrays):
            return crystals
        if isinstance(crystals, CrystalColumns):
            return cls(
                crystals.hall_numbers,
                crystals.lattices,
                np.diff(crystals.site_offsets),
                crystals.numbers,
                crystals.coordinates,
                crystals.multiplicities,
                crystals.images,
            )
        records = list(crystals)
        return cls(
            hall_numbers=np.array([record.setting.hall_number for record in records], np.int16),
            lattices=np.array([record.lattice for record in records]).reshape(-1, 3, 3),
            site_counts=np.array([len(record) for record in records], np.int64),
            numbers=_joined([record.numbers for record in records], np.zeros(0, np.uint8)),
            coordinates=_joined([record.coordinates for record in records], np.zeros((0, 3))),
            multiplicities=_joined([record.multiplicities for record in records], np.zeros(0, np.int32)),
            images=_joined([record.images for record in records], np.zeros(0, np.int16)),
        )

    def __len__(self) -> int:
        return len(self.hall_numbers)

    def take(self, rows: IntArray) -> Self:
        """Some of the crystals.

        Args:
            rows: (n,) their numbers, in any order.
        """
        sites = ragged_rows(self.site_counts, rows)
        atoms = ragged_rows(self.multiplicities.astype(np.int64), sites)
        return type(self)(
            self.hall_numbers[rows],
            self.lattices[rows],
            self.site_counts[rows],
            self.numbers[sites],
            self.coordinates[sites],
            self.multiplicities[sites],
            self.images[atoms],
        )

    @property
    def atom_counts(self) -> IntArray:
        """(N,) atoms of each conventional cell."""
        ends = np.concatenate([[0], np.cumsum(self.multiplicities, dtype=np.int64)])
        offsets = np.concatenate([[0], np.cumsum(self.site_counts)])
        return np.asarray(np.diff(ends[offsets]))

    @property
    def volumes(self) -> FloatArray:
        """(N,) of the conventional cells, in cubic Angstrom."""
        return np.asarray(np.abs(np.linalg.det(self.lattices)))

    def settings(self) -> tuple[list[Setting], IntArray]:
        """The settings that occur.

        Returns:
            Each of them once, and (N,) which of them each crystal has.
        """
        found, places = np.unique(self.hall_numbers, return_inverse=True)
        return [all_settings()[number - 1] for number in found.tolist()], places


def ragged_rows(counts: IntArray, rows: IntArray) -> IntArray:
    """The members of some groups of consecutive rows, one group after another.

    >>> ragged_rows(np.array([2, 1, 3]), np.array([2, 0]))
    array([3, 4, 5, 0, 1])

    Args:
        counts: (N,) members of each group.
        rows: (n,) numbers of groups.
    """
    starts, taken = np.cumsum(counts) - counts, counts[rows]
    within = np.arange(taken.sum()) - np.repeat(np.cumsum(taken) - taken, taken)
    return np.asarray(np.repeat(starts[rows], taken) + within)


def _joined(parts: Sequence[NDArray[Any]], empty: NDArray[Any]) -> NDArray[Any]:
    return np.concatenate([empty, *parts], dtype=empty.dtype)
