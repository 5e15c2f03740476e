"""Read a store. Nothing leaves this module that has not been checked against the store's hashes.

The file is opened for each read and closed again: a :class:`StoreReader` can be pickled, shared by worker
processes and outlive the file's replacement (which it then reports).
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from basis_store.errors import SettingError, SgbasisError, StoreCorruptError, StoreFormatError
from basis_store.frames import FRAMES
from basis_store.integrity import ATTRIBUTES, attributes_digest
from basis_store.locations import default_store_path
from basis_store.recipe import Recipe
from basis_store.schema import (
    AXES,
    COLUMNS,
    FORMAT_NAME,
    CompiledSetting,
    Int16,
    content_digest,
    parse_format_version,
)
from basis_store.setting import Frame, Setting


def open_store(path: str | os.PathLike[str] | None = None) -> StoreReader:
    """Open a store for reading; without a path, the default store that ships with the package.

    Raises:
        FileNotFoundError: there is no such file.
        StoreFormatError: not a store, or a format version this release does not read.
        StoreCorruptError: a store whose content does not match its checksums.
    """
    return StoreReader(default_store_path() if path is None else path)


class StoreReader:
    """A checked, read-only view of one store file.

    Attributes:
        path: the file.
        content_hash: SHA-256 of the content (hexadecimal); models refer to a store by this.
        recipe: how it was built.
        format_version: ``(major, minor)``.
        provenance: versions of the programs that wrote it.
        settings: the settings it holds, in the order of their Hall numbers.
        shared_waves: per frame, the (n, 3) waves that every setting of that frame has, in store order.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        with self._reading() as file:
            attributes = self._attributes(file)
            try:
                self.format_version = parse_format_version(attributes["format_version"])
                self.recipe = Recipe.from_json(attributes["recipe"])
            except StoreFormatError as error:
                raise StoreFormatError(f"{self.path}: {error}") from error
            if attributes_digest(attributes) != _text(file.attrs["attributes_sha256"]):
                raise self._corrupt("its root attributes do not match their checksum")
            self.provenance: dict[str, str] = json.loads(attributes["provenance"])
            self.content_hash = attributes["content_sha256"]
            hall_numbers = file["settings/hall_number"][:].tolist()
            self._norm_limits: list[int] = file["settings/norm_limit"][:].tolist()
            self._digests: list[bytes] = [row.tobytes() for row in file["settings/sha256"][:]]
            self.shared_waves: dict[Frame, Int16] = {
                frame: file[f"shared_waves/{frame}"][:] for frame in FRAMES
            }
            self._offsets = {axis: file[f"{axis}/offsets"][:] for axis in AXES}
            found = content_digest(self.recipe, self.shared_waves, self._digests)
            if found != self.content_hash:
                raise self._corrupt("its content does not match its hash")
            self.settings = tuple(Setting(number) for number in hall_numbers)
            self._rows = {setting: row for row, setting in enumerate(self.settings)}

    def __contains__(self, setting: Setting) -> bool:
        return setting in self._rows

    def __len__(self) -> int:
        return len(self.settings)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.path.name}: {len(self)} settings, {self.content_hash[:12]}>"

    def read(self, setting: Setting) -> CompiledSetting:
        """The compiled basis of one setting, checked against its hash.

        Raises:
            SettingError: the store does not hold this setting, or ``setting`` is a bare number.
            StoreCorruptError: the content does not match its hash.
        """
        with self._reading() as file:
            return self._read(file, setting)

    def __iter__(self) -> Iterator[CompiledSetting]:
        with self._reading() as file:
            for setting in self.settings:
                yield self._read(file, setting)

    def _read(self, file: h5py.File, setting: Setting) -> CompiledSetting:
        row = self._row(setting)
        columns = {}
        for column in COLUMNS:
            start, stop = (int(edge) for edge in self._offsets[column.axis][row : row + 2])
            dataset = file[f"{column.axis}/{column.name}"]
            # A corrupt offset must not make h5py allocate; rows past the end are corruption, not a clip.
            if not 0 <= start <= stop <= len(dataset) or dataset.shape[1:] != column.row_shape:
                raise self._corrupt(f"the rows of {setting.label} are out of range")
            columns[column.name] = dataset[start:stop]
        compiled = CompiledSetting(setting=setting, norm_limit=self._norm_limits[row], **columns)
        if compiled.digest() != self._digests[row]:
            raise self._corrupt(f"the basis of {setting.label} does not match its checksum")
        return compiled

    def _row(self, setting: Setting) -> int:
        if not isinstance(setting, Setting):
            raise SettingError(f"give a Setting, such as Setting.standard(227), not {setting!r}")
        try:
            return self._rows[setting]
        except KeyError:
            raise SettingError(
                f"{self.path.name} holds no basis for {setting.label} (hall:{setting.hall_number}); "
                f"it was compiled with settings={self.recipe.settings!r}"
            ) from None

    def _attributes(self, file: h5py.File) -> dict[str, str]:
        if "format" not in file.attrs or _text(file.attrs["format"]) != FORMAT_NAME:
            raise StoreFormatError(f"{self.path} is an HDF5 file, but not an sgbasis store")
        return {name: _text(file.attrs[name]) for name in ATTRIBUTES}

    def _corrupt(self, why: str) -> StoreCorruptError:
        return StoreCorruptError(f"{self.path} is damaged: {why}; fetch it again or run 'make store'")

    @contextlib.contextmanager
    def _reading(self) -> Iterator[h5py.File]:
        """Open the file; whatever HDF5 raises over damaged bytes becomes one of our errors."""
        with self.path.open("rb") as raw:
            if raw.read(8) != b"\x89HDF\r\n\x1a\n":
                raise StoreFormatError(f"{self.path} is not an sgbasis store (not an HDF5 file)")
        try:
            # No lock: stores are replaced, never changed, and may lie on read-only or network disks.
            with h5py.File(self.path, "r", locking=False) as file:
                yield file
        except SgbasisError as error:
            if isinstance(error, SettingError) and not hasattr(self, "settings"):
                raise self._corrupt(str(error)) from error
            raise
        except (OSError, KeyError, ValueError, TypeError, RuntimeError, MemoryError, AttributeError) as error:
            reason = str(error).strip("'\"").split("\n")[0]
            raise self._corrupt(f"HDF5 says: {reason}") from error


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes | np.bytes_) else str(value)
