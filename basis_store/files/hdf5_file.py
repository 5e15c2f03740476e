"""HDF5 files as this project writes and reads them: checksummed metadata, and errors that name file and remedy."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from basis_store.errors import SgbasisError, StoreCorruptError, StoreFormatError
from basis_store.files.hdf5_objects import SafeArray, fits, open_arrays, text_attribute
from basis_store.files.integrity import ATTRIBUTES, attributes_digest
from basis_store.files.regular_file import open_regular
from basis_store.files.stored_arrays import ContentError, StoredArray, check_shapes
from basis_store.version import VERSION

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_CHUNK_ROWS = 1 << 12
_CHECKSUM = "attributes_sha256"
_CONTENT_ERRORS = (
    OSError, LookupError, ValueError, TypeError, RuntimeError, ArithmeticError, MemoryError, AttributeError,
)  # fmt: skip
"""What HDF5 and numpy raise over damaged bytes."""


def file_image(attributes: Mapping[str, str], arrays: Iterable[tuple[str, NDArray[Any]]]) -> bytes:
    """The bytes of an HDF5 file with the root attributes and ``arrays`` by name; built in memory.

    Arrays are compressed, unless that makes the file so small that readers would not trust it.
    """
    arrays = list(arrays)
    image = _file_image(attributes, arrays, compressed=True)
    if fits(((name, array.nbytes) for name, array in arrays), len(image)):
        return image
    return _file_image(attributes, arrays, compressed=False)


def _file_image(
    attributes: Mapping[str, str], arrays: Iterable[tuple[str, NDArray[Any]]], *, compressed: bool
) -> bytes:
    # Low bound v110: object headers, indices and the superblock then carry HDF5's own checksums, so a
    # flipped bit in the metadata is an error on opening, not a wild read.
    with h5py.File.in_memory(libver=("v110", "v110")) as file:
        for name in ATTRIBUTES:
            file.attrs[name] = np.bytes_(attributes[name].encode())
        file.attrs["attributes_sha256"] = np.bytes_(attributes_digest(attributes).encode())
        for name, array in arrays:
            _write_array(file, name, array, compressed)
        file.flush()
        image: bytes = file.id.get_file_image()
        return image


def _write_array(file: h5py.File, name: str, array: NDArray[Any], compressed: bool) -> None:
    chunks = (min(len(array), _CHUNK_ROWS), *array.shape[1:]) if compressed and len(array) else None
    compression = {"compression": "gzip", "shuffle": True, "chunks": chunks} if chunks else {}
    file.create_dataset(name, data=array, track_times=False, **compression)


def provenance() -> str:
    """Versions of the libraries used, as JSON; no time and no host, so that equal builds are equal files."""
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - slow, and readers never need it

    versions = {"hdf5": h5py.version.hdf5_version, "sgbasis": VERSION}
    for name in ("numpy", "h5py", "spglib", "networkx", "sympy"):
        with contextlib.suppress(PackageNotFoundError):
            versions[name] = version(name)
    return json.dumps(versions, sort_keys=True)


class CheckedFile:
    """A file of this project, open for reading; :meth:`errors` turns HDF5's errors into ours.

    Nothing in it is trusted: the order of calls is :meth:`attributes`, :meth:`check_attributes`,
    :meth:`open_arrays`, :meth:`read`.

    Args:
        path: the file.
        kind: what it should be, for messages: ``"an sgbasis store"``.
        hint: what to do about a damaged one.

    Attributes:
        path: the file.
        size: in bytes.
        identity: of the file; another file, or a changed one, has another.

    Raises:
        FileNotFoundError: there is no such file.
        OSError: it is a folder, a device or a pipe.
        StoreFormatError: it is not an HDF5 file.
        StoreCorruptError: HDF5 cannot open it.
    """

    def __init__(self, path: str | os.PathLike[str], *, kind: str, hint: str) -> None:
        self.path = Path(path)
        self._kind = kind
        self._hint = hint
        self._arrays: dict[str, SafeArray] = {}
        with open_regular(self.path) as raw:
            if raw.read(len(_SIGNATURE)) != _SIGNATURE:
                raise StoreFormatError(f"{self.path} is not {kind} (not an HDF5 file)")
            status = os.fstat(raw.fileno())
            self.size = status.st_size
            self.identity = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
            with self.errors():
                # No lock: files are replaced, never changed, and may lie on read-only or network disks.
                self._hdf5 = h5py.File(self.path, "r", locking=False)
                if not os.path.samestat(status, os.fstat(self._hdf5.id.get_vfd_handle())):
                    self.close()
                    raise self.corrupt("it was replaced while it was opened")

    def __bool__(self) -> bool:
        """Whether it is open."""
        return bool(self._hdf5)

    @property
    def format_name(self) -> str:
        """The name of its format, ``""`` if it has none."""
        return text_attribute(self._hdf5, "format", self.size) or ""

    def attributes(self, format_name: str) -> dict[str, str]:
        """The root attributes; their checksum is checked by :meth:`check_attributes`, after the version."""
        if self.format_name != format_name:
            raise StoreFormatError(f"{self.path} is an HDF5 file, but not {self._kind}")
        found: dict[str, str | None] = {"format": format_name}
        found |= {name: text_attribute(self._hdf5, name, self.size) for name in (*ATTRIBUTES[1:], _CHECKSUM)}
        attributes = {name: text for name, text in found.items() if text is not None}
        if missing := found.keys() - attributes.keys():
            raise self.corrupt(f"its attribute {min(missing)} is missing")
        return attributes

    def check_attributes(self, attributes: Mapping[str, str], recipe: str) -> dict[str, str]:
        """Compare the root attributes with their checksum; the programs that wrote the file, with their versions.

        Args:
            attributes: as :meth:`attributes` gives them.
            recipe: the recipe as canonical JSON, which the stored one must be.
        """
        if attributes_digest(attributes) != attributes[_CHECKSUM]:
            raise self.corrupt("its root attributes do not match their checksum")
        if attributes["recipe"] != recipe:
            raise self.corrupt("its recipe is not canonical JSON")
        try:
            programs = json.loads(attributes["provenance"])
        except (ValueError, RecursionError):
            programs = None
        if not isinstance(programs, dict) or not all(isinstance(version, str) for version in programs.values()):
            raise self.corrupt("its attribute provenance does not list versions of programs")
        return programs

    def open_arrays(
        self, arrays: Sequence[StoredArray], *, optional: Sequence[StoredArray] = ()
    ) -> list[StoredArray]:
        """Check what the file consists of, and type and shape of its arrays; nothing is read.

        Args:
            arrays: that the format has.
            optional: that some files of the format have.

        Returns:
            The arrays of the format that this file has.

        Raises:
            StoreCorruptError: naming the array and what is wrong.
        """
        self._arrays = open_arrays(self._hdf5, self.size)
        arrays = [*arrays, *(array for array in optional if array.path in self._arrays)]
        for array in arrays:
            found = self._arrays.get(array.path)
            if found is None:
                raise self.corrupt(f"{array.path} is missing")
            if not found.is_of(array.dtype):
                raise self.corrupt(f"{array.path} is stored as {found.type_name}")
            if found.shape[1:] != array.row_shape:
                shape = found.shape[1:]
                raise self.corrupt(f"{array.path} has rows of another shape than {array.row_shape}: {shape}")
        with self.errors():
            check_shapes(arrays, {path: one.shape[0] for path, one in self._arrays.items() if one.shape})
        return arrays

    def check_others(self, paths: Iterable[str]) -> None:
        """Raise StoreCorruptError if there is an array or a root attribute that the format does not know."""
        if others := self._arrays.keys() - set(paths):
            raise self.corrupt(f"it has an array {min(others)!r}, which its format does not know")
        if h5py.h5a.get_num_attrs(self._hdf5.id) > len(ATTRIBUTES) + 1:
            others = set(self._hdf5.attrs) - {*ATTRIBUTES, _CHECKSUM}
            raise self.corrupt(f"it has an attribute {min(others)!r}, which its format does not know")

    def stored_array(self, path: str) -> SafeArray:
        """An array that :meth:`open_arrays` has found.

        Raises:
            StoreCorruptError: there is none.
        """
        if path not in self._arrays:
            raise self.corrupt(f"{path} is missing")
        return self._arrays[path]

    def read(self, path: str) -> NDArray[Any]:
        """A whole array."""
        return self.stored_array(path).read()

    def corrupt(self, why: str) -> StoreCorruptError:
        """The error to raise for damaged content."""
        return StoreCorruptError(f"{self.path} is damaged: {why}; {self._hint}")

    @contextlib.contextmanager
    def errors(self) -> Iterator[None]:
        """A context in which errors over damaged or impossible content name the file and what to do."""
        try:
            yield
        except SgbasisError:
            raise
        except ContentError as error:
            raise self.corrupt(str(error)) from error
        except _CONTENT_ERRORS as error:
            reason = str(error).strip("'\"").split("\n")[0]
            if "locking" in reason:  # another h5py handle of this process holds it with other options
                raise OSError(
                    f"{self.path} is open elsewhere with another locking option: close it first"
                ) from error
            raise self.corrupt(f"HDF5 says: {reason or type(error).__name__}") from error

    def close(self) -> None:
        """Close the file."""
        self._arrays = {}
        self._hdf5.close()


def format_of(path: str | os.PathLike[str]) -> str:
    """The name of a file's format, ``""`` for any other HDF5 file.

    Raises:
        FileNotFoundError: there is no such file.
        StoreFormatError: it is not an HDF5 file.
        StoreCorruptError: HDF5 cannot open it.
    """
    file = CheckedFile(path, kind="an sgbasis file", hint="fetch or compile it again")
    with contextlib.closing(file), file.errors():
        return file.format_name
