"""Crystals of a compiled dataset, a few rows at a time: what :func:`basis_store.open_crystals` reads whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from basis_store.datasets.columns import CrystalColumns
from basis_store.datasets.crystal_notes import split_notes
from basis_store.datasets.reader import open_dataset, read_header, target_names
from basis_store.datasets.record import CrystalRecord
from basis_store.datasets.schema import (
    COLUMNS,
    RAGGED,
    TEXTS,
    Arrays,
    content_digest,
    fixed_arrays,
    inconsistency,
    optional_arrays,
    packed,
    target_array,
    unpacked,
    wrong_offsets,
)
from basis_store.files.hdf5_file import CheckedFile


def is_dataset(path: Path) -> bool:
    """Whether a file is a compiled dataset, by its name."""
    return path.suffix.lower() in (".h5", ".hdf5")


class DatasetRows:
    """A compiled dataset on disk, without its targets. The file is open only while it is read.

    Args:
        path: the file.

    Attributes:
        path: the file.
        content_hash: as stored in the file; :meth:`check` compares it with the content.

    Raises:
        As :func:`basis_store.open_crystals`, except for what :meth:`check` and :meth:`take` find.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with open_dataset(path) as file:
            header = read_header(file)
            self._recipe = header.recipe
            self.content_hash = header.content_hash
            self._count = len(file.hdf5["crystals/hall_numbers"])
        self._notes: Mapping[str, tuple[str, ...]] | None = None

    def __len__(self) -> int:
        return self._count

    def check(self) -> None:
        """Compare the content with its hash.

        Raises:
            StoreCorruptError: they differ.
        """
        with open_dataset(self.path) as file:
            names = [*fixed_arrays(), *optional_arrays(file.hdf5), *map(target_array, target_names(file))]
            if content_digest(self._recipe, {name: file.hdf5[name] for name in names}) != self.content_hash:
                raise file.corrupt("its content does not match its hash")

    def take(self, start: int, stop: int) -> Iterator[CrystalRecord]:
        """The crystals in rows ``start`` to ``stop``.

        Raises:
            StoreCorruptError: the rows contradict each other.
        """
        with open_dataset(self.path) as file:
            arrays = _arrays(file, start, stop)
            if (problem := inconsistency(arrays)) is not None:
                raise file.corrupt(problem)
            if self._notes is None:
                self._notes = _crystal_notes(file)
        columns = CrystalColumns(self.path.name, arrays)
        columns.crystal_notes = self._notes
        return iter(columns)


def _crystal_notes(file: CheckedFile) -> Mapping[str, tuple[str, ...]]:
    """The notes on all crystals: they are few, or the same for many."""
    arrays = {name: file.read(name, fixed_arrays()[name]) for name in ("notes/offsets", "notes/utf8")}
    if (problem := wrong_offsets("notes", arrays)) is not None:
        raise file.corrupt(problem)
    return split_notes(unpacked("notes", arrays))[1]


def _arrays(file: CheckedFile, start: int, stop: int) -> Arrays:
    """All arrays but the targets, of some rows."""
    hdf5, bounds = file.hdf5, {"crystals": (start, stop)}
    arrays: dict[str, NDArray[Any]] = {}
    for name in TEXTS:
        arrays |= packed(name, ())
    for axis in (*RAGGED, "identifiers"):
        offsets = hdf5[f"{axis}/offsets"][start : stop + 1]
        bounds[axis] = int(offsets[0]), int(offsets[-1])
        arrays[f"{axis}/offsets"] = offsets - offsets[0]
    arrays["identifiers/utf8"] = hdf5["identifiers/utf8"][slice(*bounds["identifiers"])]
    for column in COLUMNS:
        name = f"{column.axis}/{column.name}"
        arrays[name] = hdf5[name][slice(*bounds[column.axis])]
    return arrays
