"""Crystals of a compiled dataset, a few rows at a time: what :func:`basis_store.open_crystals` reads whole."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from basis_store import CrystalRecipe, CrystalRecord, CrystalTable
from basis_store.crystals.reader import _inconsistency
from basis_store.crystals.schema import (
    COLUMNS,
    FORMAT_NAME,
    FORMAT_VERSION,
    RAGGED,
    TEXTS,
    Arrays,
    packed,
    parse_format_version,
    target_array,
    unpacked,
)
from basis_store.errors import StoreFormatError
from basis_store.files.hdf5_file import CheckedFile

_ROWS = 1 << 16
"""Rows that are held at once while the hash is worked out."""


def is_dataset(path: Path) -> bool:
    """Whether a file is a compiled dataset, by its name."""
    return path.suffix.lower() in (".h5", ".hdf5")


class DatasetRows:
    """A compiled dataset on disk, without its targets. The file is open only while it is read.

    Args:
        path: the file.

    Attributes:
        path: the file.
        content_hash: what it says of its content; see :meth:`check`.

    Raises:
        As :func:`basis_store.open_crystals`, but for what :meth:`check` and :meth:`take` find.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._open() as file:
            attributes = file.attributes(FORMAT_NAME)
            try:
                parse_format_version(attributes["format_version"])
                self._recipe = CrystalRecipe.from_json(attributes["recipe"])
            except StoreFormatError as error:
                raise StoreFormatError(f"{path}: {error}") from error
            file.check_attributes(attributes)
            self.content_hash = attributes["content_sha256"]
            self._count = len(file.hdf5["crystals/hall_numbers"])

    def __len__(self) -> int:
        return self._count

    def check(self) -> None:
        """Compare the content with its hash, as :func:`basis_store.crystals.schema.content_digest` defines it.

        Raises:
            StoreCorruptError: they differ.
        """
        digest = hashlib.sha256(f"{FORMAT_NAME} {FORMAT_VERSION[0]}\n{self._recipe.to_json()}\n".encode())
        with self._open() as file:
            for name in _names(file):
                array = file.hdf5[name]
                digest.update(f";{name}:{array.dtype.str}:{array.shape}:".encode())
                for start in range(0, len(array), _ROWS):
                    digest.update(np.ascontiguousarray(array[start : start + _ROWS]).data)
            if digest.hexdigest() != self.content_hash:
                raise file.corrupt("its content does not match its hash")

    def take(self, start: int, stop: int) -> Iterator[CrystalRecord]:
        """The crystals in rows ``start`` to ``stop``.

        Raises:
            StoreCorruptError: the rows contradict each other.
        """
        with self._open() as file:
            arrays = _arrays(file, start, stop)
            if (problem := _inconsistency(arrays)) is not None:
                raise file.corrupt(problem)
        return iter(_Slice(self.path, arrays))

    @contextlib.contextmanager
    def _open(self) -> Iterator[CheckedFile]:
        file = CheckedFile(self.path, kind="an sgbasis crystal dataset", hint="compile it anew")
        with file.errors(), contextlib.closing(file):
            yield file


def _names(file: CheckedFile) -> list[str]:
    """Of all arrays of a file, sorted."""
    texts = [f"{name}/{part}" for name in TEXTS for part in ("offsets", "utf8")]
    targets = {name: file.hdf5[name][:] for name in ("target_names/offsets", "target_names/utf8")}
    return sorted(
        [
            *(f"{column.axis}/{column.name}" for column in COLUMNS),
            *(f"{axis}/offsets" for axis in RAGGED),
            *texts,
            *(target_array(name) for name in unpacked("target_names", targets)),
        ]
    )


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


class _Slice(CrystalTable):
    """Some rows of a dataset."""

    def __init__(self, path: Path, arrays: Arrays) -> None:
        self.path = path
        self._take(arrays)
