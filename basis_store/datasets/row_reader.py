"""Crystals of a compiled dataset, a few rows at a time: what :func:`basis_store.open_crystals` reads whole."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from basis_store.datasets.columns import CrystalColumns
from basis_store.datasets.crystal_checks import check_arrays
from basis_store.datasets.crystal_notes import split_notes
from basis_store.datasets.reader import array_paths, open_dataset, read_header
from basis_store.datasets.record import CrystalRecord
from basis_store.datasets.schema import COLUMNS, TEXTS, Arrays, content_digest, packed, unpacked
from basis_store.files.hdf5_file import CheckedFile
from basis_store.files.stored_arrays import ContentError

_CHECKED_ROWS = 4096


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
            self._identity = file.identity
            self._header = read_header(file)
            array_paths(file, self._header.format_version)
            self._count = len(file.stored_array("crystals/hall_numbers"))
        self._notes: Mapping[str, tuple[str, ...]] | None = None

    @property
    def content_hash(self) -> str:
        """As stored."""
        return self._header.content_hash

    def __len__(self) -> int:
        return self._count

    def check(self) -> None:
        """Compare the content with its hash, and every crystal with the format.

        Raises:
            StoreCorruptError: they differ.
        """
        with self._opened() as (file, paths):
            arrays = {path: file.stored_array(path) for path in paths}
            if content_digest(self._header.recipe, arrays) != self.content_hash:
                raise file.corrupt("its content does not match its hash")
            for name in TEXTS:
                if name != "identifiers":  # these are checked with their crystals
                    unpacked(name, _texts(file, name))
            for start in range(0, len(self), _CHECKED_ROWS):
                self._columns(file, start, min(start + _CHECKED_ROWS, len(self)))

    def take(self, start: int, stop: int) -> Iterator[CrystalRecord]:
        """The crystals in rows ``start`` to ``stop``.

        Raises:
            StoreCorruptError: the rows contradict each other, or the file is not the one that was opened first.
        """
        with self._opened() as (file, _):
            return iter(self._columns(file, start, stop))

    @contextlib.contextmanager
    def _opened(self) -> Iterator[tuple[CheckedFile, list[str]]]:
        with open_dataset(self.path) as file:
            if file.identity != self._identity:
                raise file.corrupt("it was changed while it was read")
            yield file, array_paths(file, self._header.format_version)

    def _columns(self, file: CheckedFile, start: int, stop: int) -> CrystalColumns:
        arrays = _arrays(file, start, stop)
        check_arrays(arrays)
        columns = CrystalColumns(self.path.name, arrays)
        if self._notes is None:  # of all crystals: they are few, or the same for many
            self._notes = split_notes(unpacked("notes", _texts(file, "notes")))[1]
        columns.crystal_notes = self._notes
        return columns


def _texts(file: CheckedFile, name: str) -> Arrays:
    return {f"{name}/{part}": file.read(f"{name}/{part}") for part in ("offsets", "utf8")}


def _arrays(file: CheckedFile, start: int, stop: int) -> Arrays:
    """All arrays but the targets, of some rows."""
    bounds = {"crystals": (start, stop)}
    arrays: dict[str, NDArray[Any]] = {}
    for name in TEXTS:
        arrays |= packed(name, ())
    for axis, first_array in (("sites", "numbers"), ("images", "images"), ("identifiers", "utf8")):
        offsets = file.stored_array(f"{axis}/offsets").read(start, stop + 1)
        first, last = bounds[axis] = int(offsets[0]), int(offsets[-1])
        if not 0 <= first <= last <= len(file.stored_array(f"{axis}/{first_array}")):
            raise ContentError(f"the rows of {axis} are out of range")
        arrays[f"{axis}/offsets"] = offsets - first
    arrays["identifiers/utf8"] = file.stored_array("identifiers/utf8").read(*bounds["identifiers"])
    for column in COLUMNS:
        arrays[column.path] = file.stored_array(column.path).read(*bounds[column.axis])
    return arrays
