"""HDF5 files as this project writes and reads them: checksummed metadata, and errors that name file and remedy."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from basis_store.errors import SgbasisError, StoreCorruptError, StoreFormatError
from basis_store.files.integrity import ATTRIBUTES, attributes_digest
from basis_store.version import VERSION

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_CHUNK_ROWS = 1 << 12


def file_image(attributes: Mapping[str, str], arrays: Iterable[tuple[str, NDArray[Any]]]) -> bytes:
    """The bytes of an HDF5 file with the root attributes and ``arrays`` by name, compressed; built in memory."""
    # Low bound v110: object headers, indices and the superblock then carry HDF5's own checksums, so a
    # flipped bit in the metadata is an error on opening, not a wild read.
    with h5py.File.in_memory(libver=("v110", "v110")) as file:
        for name in ATTRIBUTES:
            file.attrs[name] = np.bytes_(attributes[name].encode())
        file.attrs["attributes_sha256"] = np.bytes_(attributes_digest(attributes).encode())
        for name, array in arrays:
            _write_array(file, name, array)
        file.flush()
        image: bytes = file.id.get_file_image()
        return image


def _write_array(file: h5py.File, name: str, array: NDArray[Any]) -> None:
    chunks = (min(len(array), _CHUNK_ROWS), *array.shape[1:]) if len(array) else None
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

    Args:
        path: the file.
        kind: what it should be, for messages: ``"an sgbasis store"``.
        hint: what to do about a damaged one.

    Raises:
        FileNotFoundError: there is no such file.
        StoreFormatError: it is not an HDF5 file.
        StoreCorruptError: HDF5 cannot open it.
    """

    def __init__(self, path: str | os.PathLike[str], *, kind: str, hint: str) -> None:
        self.path = Path(path)
        self._kind = kind
        self._hint = hint
        with self.path.open("rb") as raw:
            if raw.read(len(_SIGNATURE)) != _SIGNATURE:
                raise StoreFormatError(f"{self.path} is not {kind} (not an HDF5 file)")
        with self.errors():
            # No lock: files are replaced, never changed, and may lie on read-only or network disks.
            self.hdf5 = h5py.File(self.path, "r", locking=False)

    def attributes(self, format_name: str) -> dict[str, str]:
        """The root attributes; their checksum is checked by :meth:`check_attributes`, after the version."""
        attributes = self.hdf5.attrs
        if "format" not in attributes or text_of(attributes["format"]) != format_name:
            raise StoreFormatError(f"{self.path} is an HDF5 file, but not {self._kind}")
        return {name: text_of(attributes[name]) for name in ATTRIBUTES}

    def check_attributes(self, attributes: Mapping[str, str]) -> None:
        """Compare the root attributes with their checksum."""
        if attributes_digest(attributes) != text_of(self.hdf5.attrs["attributes_sha256"]):
            raise self.corrupt("its root attributes do not match their checksum")

    def read(self, name: str, dtype: str) -> NDArray[Any]:
        """A whole array; one of another type is an error."""
        dataset = self.hdf5[name]
        if dataset.dtype != np.dtype(dtype):
            raise self.corrupt(f"{name} is stored as {dataset.dtype}")
        return np.asarray(dataset[:])

    def corrupt(self, why: str) -> StoreCorruptError:
        """The error to raise for damaged content."""
        return StoreCorruptError(f"{self.path} is damaged: {why}; {self._hint}")

    @contextlib.contextmanager
    def errors(self) -> Iterator[None]:
        """A context in which HDF5's errors over damaged bytes become ones that name the file and what to do."""
        try:
            yield
        except SgbasisError:
            raise
        except (OSError, KeyError, ValueError, TypeError, RuntimeError, MemoryError, AttributeError) as error:
            reason = str(error).strip("'\"").split("\n")[0]
            if "locking" in reason:  # another h5py handle of this process holds it with other options
                raise OSError(
                    f"{self.path} is open elsewhere with another locking option: close it first"
                ) from error
            raise self.corrupt(f"HDF5 says: {reason}") from error

    def close(self) -> None:
        """Close the file."""
        self.hdf5.close()


def format_of(path: str | os.PathLike[str]) -> str:
    """The name of a file's format, ``""`` for any other HDF5 file.

    Raises:
        FileNotFoundError: there is no such file.
        StoreFormatError: it is not an HDF5 file.
        StoreCorruptError: HDF5 cannot open it.
    """
    file = CheckedFile(path, kind="an sgbasis file", hint="fetch or compile it again")
    with file.errors(), contextlib.closing(file):
        return text_of(file.hdf5.attrs["format"]) if "format" in file.hdf5.attrs else ""


def text_of(value: Any) -> str:
    """A string attribute as text."""
    return value.decode() if isinstance(value, bytes | np.bytes_) else str(value)
