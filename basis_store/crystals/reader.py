"""Read a compiled dataset. It is read whole and checked against its hash; then the file is closed."""

from __future__ import annotations

import contextlib
import json
import operator
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from basis_store.crystals.recipe import CrystalRecipe
from basis_store.crystals.record import CrystalRecord
from basis_store.crystals.schema import (
    COLUMNS,
    FORMAT_NAME,
    RAGGED,
    SPLITS,
    TEXTS,
    Arrays,
    content_digest,
    parse_format_version,
    target_array,
    unpacked,
)
from basis_store.errors import StoreFormatError
from basis_store.files.hdf5_file import CheckedFile
from basis_store.groups.setting import all_settings


def open_crystals(path: str | os.PathLike[str]) -> CrystalTable:
    """Read a compiled dataset.

    Raises:
        FileNotFoundError: there is no such file.
        StoreFormatError: not a dataset, or a format version this release does not read.
        StoreCorruptError: a dataset whose content does not match its checksums.
    """
    return CrystalTable(path)


class CrystalTable:
    """A checked dataset of N crystals with S sites, in memory; ``table[i]`` is a :class:`CrystalRecord`.

    Attributes:
        path: the file it was read from.
        content_hash: SHA-256 of the content (hexadecimal).
        recipe: how it was made.
        format_version: ``(major, minor)``.
        provenance: versions of the programs that wrote it.
        identifiers: (N,) texts, distinct.
        splits: (N,) ``"train"``, ``"val"``, ``"test"`` or ``""``.
        targets: by name, (N, ...) float64, NaN where missing.
        units: of every target, by name; ``""`` where not known.
        skipped: (identifier, reason) of what was left out when it was made.
        notes: what else was said when it was made.
        hall_numbers: (N,) of the settings.
        lattices: (N, 3, 3) rows in Angstrom.
        changes_of_basis: (N, 3, 3) integers; over ``denominators`` (N,), they and ``origin_shifts`` (N, 3) carry
            the coordinates of the source to those here.
        numbers: (S,) atomic numbers of the sites of all crystals, one after the other.
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

    def __init__(self, path: str | os.PathLike[str]) -> None:
        file = CheckedFile(path, kind="an sgbasis crystal dataset", hint="compile it anew")
        self.path: Path = file.path
        with file.errors(), contextlib.closing(file):
            attributes = file.attributes(FORMAT_NAME)
            try:
                self.format_version = parse_format_version(attributes["format_version"])
                self.recipe = CrystalRecipe.from_json(attributes["recipe"])
            except StoreFormatError as error:
                raise StoreFormatError(f"{self.path}: {error}") from error
            file.check_attributes(attributes)
            arrays = _read_arrays(file)
            self.content_hash = attributes["content_sha256"]
            if content_digest(self.recipe, arrays) != self.content_hash:
                raise file.corrupt("its content does not match its hash")
            if (problem := _inconsistency(arrays)) is not None:
                raise file.corrupt(problem)
            self.provenance: dict[str, str] = json.loads(attributes["provenance"])
            self._take(arrays)

    def _take(self, arrays: Arrays) -> None:
        texts = {name: unpacked(name, arrays) for name in TEXTS}
        self.identifiers = texts["identifiers"]
        self.units = dict(zip(texts["target_names"], texts["target_units"], strict=True))
        self.targets: dict[str, NDArray[np.float64]] = {name: arrays[target_array(name)] for name in self.units}
        self.skipped = tuple(zip(texts["skipped_identifiers"], texts["skipped_reasons"], strict=True))
        self.notes = texts["notes"]
        for column in COLUMNS:
            if column.name != "splits":
                setattr(self, column.name, arrays[f"{column.axis}/{column.name}"])
        self.splits = tuple(SPLITS[number] for number in arrays["crystals/splits"])
        self.site_offsets: NDArray[np.int64] = arrays["sites/offsets"]
        self.image_offsets: NDArray[np.int64] = arrays["images/offsets"]

    def __len__(self) -> int:
        return len(self.identifiers)

    def __iter__(self) -> Iterator[CrystalRecord]:
        return (self[row] for row in range(len(self)))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.path.name}: {len(self)} crystals, {self.content_hash[:12]}>"

    def __getitem__(self, index: int) -> CrystalRecord:
        """The crystal in row ``index``; its arrays are views of the table's."""
        i = operator.index(index)
        if not -len(self) <= i < len(self):
            raise IndexError(f"{self.path.name} has {len(self)} crystals; there is no number {index}")
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
        )


def _read_arrays(file: CheckedFile) -> dict[str, NDArray[Any]]:
    arrays = {f"{column.axis}/{column.name}": column.dtype for column in COLUMNS}
    arrays |= {f"{axis}/offsets": "<i8" for axis in (*RAGGED, *TEXTS)}
    arrays |= {f"{name}/utf8": "|u1" for name in TEXTS}
    read = {name: file.read(name, dtype) for name, dtype in arrays.items()}
    if (problem := _wrong_offsets("target_names", read)) is not None:
        raise file.corrupt(problem)
    targets = (target_array(name) for name in unpacked("target_names", read))
    return read | {name: file.read(name, "<f8") for name in targets}


def _wrong_offsets(axis: str, arrays: Arrays) -> str | None:
    offsets = arrays[f"{axis}/offsets"]
    rows = {len(array) for name, array in arrays.items() if name.startswith(f"{axis}/") and "offsets" not in name}
    if offsets.ndim != 1 or not len(offsets) or (np.diff(offsets) < 0).any() or rows != {offsets[-1]}:
        return f"the rows of {axis} are out of range"
    return None


def _inconsistency(arrays: Arrays) -> str | None:
    """What another writer may have got wrong; damage is found by the hash."""
    for axis in (*RAGGED, *TEXTS):
        if (problem := _wrong_offsets(axis, arrays)) is not None:
            return problem
    for column in COLUMNS:
        if arrays[f"{column.axis}/{column.name}"].shape[1:] != column.row_shape:
            return f"{column.name} has rows of another shape than {column.row_shape}"
    rows = len(arrays["identifiers/offsets"]) - 1
    by_crystal = [array for name, array in arrays.items() if name.startswith(("crystals/", "targets/"))]
    if {len(array) for array in by_crystal} | {len(arrays[f"{axis}/offsets"]) - 1 for axis in RAGGED} != {rows}:
        return "its columns differ in length"
    for one, other in (("target_names", "target_units"), ("skipped_identifiers", "skipped_reasons")):
        if len(arrays[f"{one}/offsets"]) != len(arrays[f"{other}/offsets"]):
            return f"{one} and {other} differ in length"
    halls, splits = arrays["crystals/hall_numbers"], arrays["crystals/splits"]
    if ((halls < 1) | (halls > 530)).any() or ((splits < 0) | (splits >= len(SPLITS))).any():
        return "it lists a setting or a split that does not exist"
    atoms = np.concatenate([[0], np.cumsum(arrays["sites/multiplicities"])])[arrays["sites/offsets"]]
    return None if np.array_equal(atoms, arrays["images/offsets"]) else "its images do not fit its multiplicities"
