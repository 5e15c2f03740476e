"""Crystals as rows of the arrays of a dataset."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from basis_store.counted import counted
from basis_store.datasets.crystal_notes import split_notes
from basis_store.datasets.record import CrystalRecord
from basis_store.datasets.schema import COLUMNS, FOLDS, SPLITS, Arrays, target_array, unpacked
from basis_store.groups.setting import all_settings


class CrystalColumns:
    """N crystals with S sites, in memory; ``columns[i]`` is a :class:`CrystalRecord`.

    Args:
        name: what messages call it.
        arrays: by their names in the file.

    Attributes:
        name: what messages call it.
        identifiers: (N,) texts, distinct.
        splits: (N,) ``"train"``, ``"val"``, ``"test"`` or ``""``.
        folds: (N,) numbers of the folds of cross-validation from 0; -1 where a crystal is in none.
        targets: by name, (N, ...) float64, NaN where missing.
        units: of every target, by name; ``""`` where not known.
        notes: on the whole of them.
        crystal_notes: on single crystals, by identifier: how they were read, where there was doubt.
        hall_numbers: (N,) of the settings.
        lattices: (N, 3, 3) rows in Angstrom.
        changes_of_basis: (N, 3, 3) integers; over ``denominators`` (N,), they and ``origin_shifts`` (N, 3)
            transform coordinates of the source to those here.
        numbers: (S,) atomic numbers of the sites of all crystals, one crystal after another.
        coordinates: (S, 3) fractional.
        multiplicities: (S,) atoms of each site in the conventional cell.
        wyckoff: (S,) letters, as bytes.
        site_offsets: (N + 1,) the sites of crystal i are ``site_offsets[i]`` to ``site_offsets[i + 1]``.
        images: (sum of multiplicities,) see :attr:`CrystalRecord.images`.
        image_offsets: (N + 1,) the same for ``images``.
    """

    hall_numbers: NDArray[np.int16]
    lattices: NDArray[np.float64]
    changes_of_basis: NDArray[np.int32]
    denominators: NDArray[np.int8]
    origin_shifts: NDArray[np.float64]
    numbers: NDArray[np.uint8]
    coordinates: NDArray[np.float64]
    multiplicities: NDArray[np.int32]
    wyckoff: NDArray[np.bytes_]
    images: NDArray[np.int16]

    def __init__(self, name: str, arrays: Arrays) -> None:
        self.name = name
        self.identifiers = unpacked("identifiers", arrays)
        self.crystal_notes: Mapping[str, tuple[str, ...]]
        self.notes, self.crystal_notes = split_notes(unpacked("notes", arrays))
        self.units = dict(zip(unpacked("target_names", arrays), unpacked("target_units", arrays), strict=True))
        self.targets: dict[str, NDArray[np.float64]] = {one: arrays[target_array(one)] for one in self.units}
        for column in COLUMNS:
            if column.name != "splits":
                setattr(self, column.name, arrays[column.path])
        self.splits = tuple(SPLITS[number] for number in arrays["crystals/splits"])
        folds = arrays.get(f"{FOLDS.axis}/{FOLDS.name}")
        self.folds: NDArray[np.int16] = np.full(len(self.splits), -1, np.int16) if folds is None else folds
        self.site_offsets: NDArray[np.int64] = arrays["sites/offsets"]
        self.image_offsets: NDArray[np.int64] = arrays["images/offsets"]

    @property
    def n_folds(self) -> int:
        """Number of folds; 0 if there are none."""
        return int(self.folds.max(initial=-1)) + 1

    def __len__(self) -> int:
        return len(self.identifiers)

    def __iter__(self) -> Iterator[CrystalRecord]:
        return (self[row] for row in range(len(self)))

    def __getitem__(self, index: int) -> CrystalRecord:
        """The crystal in row ``index``; its arrays are views of the columns."""
        i = operator.index(index)
        if not -len(self) <= i < len(self):
            raise IndexError(f"{self.name} has {counted(len(self), 'crystal')}; there is no number {index}")
        i %= len(self)
        sites = slice(*self.site_offsets[i : i + 2])
        return CrystalRecord(
            identifier=self.identifiers[i],
            setting=all_settings()[self.hall_numbers[i] - 1],
            lattice=self.lattices[i],
            change_of_basis=self.changes_of_basis[i].astype(np.int64),
            denominator=int(self.denominators[i]),
            origin_shift=self.origin_shifts[i],
            numbers=self.numbers[sites],
            coordinates=self.coordinates[sites],
            multiplicities=self.multiplicities[sites],
            wyckoff=self.wyckoff[sites],
            images=self.images[slice(*self.image_offsets[i : i + 2])],
            targets={name: np.asarray(values[i]) for name, values in self.targets.items()},
            split=self.splits[i],
            fold=int(self.folds[i]),
            notes=self.crystal_notes.get(self.identifiers[i], ()),
        )
