"""Write a store: the whole file is built in memory, then put in place in one atomic step."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import secrets
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import h5py
import numpy as np

from basis_store.frames import FRAMES, ball, ball_norm
from basis_store.integrity import ATTRIBUTES, attributes_digest
from basis_store.recipe import Recipe
from basis_store.schema import AXES, COLUMNS, FORMAT_NAME, FORMAT_VERSION, CompiledSetting, content_digest

_CHUNK_ROWS = 1 << 12


def write_store(path: str | os.PathLike[str], compiled: Sequence[CompiledSetting], recipe: Recipe) -> str:
    """Write ``compiled`` settings to ``path`` and return the content hash.

    The file appears whole or not at all: it is built in memory, written to a temporary file in the same
    folder, flushed to disk and renamed. An existing store stays untouched until then.

    Raises:
        OSError: the folder does not exist, is not writable, or the disk is full.
    """
    compiled = sorted(compiled, key=lambda one: one.setting)
    image, content_hash = _store_image(compiled, recipe)
    write_atomically(path, image)
    return content_hash


def check_writable(path: str | os.PathLike[str]) -> None:
    """Fail before the work, not after it: raise OSError unless a file can be created beside ``path``."""
    path = Path(path)
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise type(error)(error.errno, error.strerror, str(path)) from error


def write_atomically(path: str | os.PathLike[str], content: bytes) -> None:
    """Put ``content`` at ``path`` through a temporary file and a rename; on failure nothing is left behind."""
    path = Path(path)
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with part.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException as error:
        part.unlink(missing_ok=True)
        if isinstance(error, OSError):  # a full disk names no file, a rename names two
            raise type(error)(error.errno, error.strerror, str(path)) from error
        raise


def _store_image(compiled: Sequence[CompiledSetting], recipe: Recipe) -> tuple[bytes, str]:
    shared = {frame: ball(frame, ball_norm(recipe.radius)) for frame in FRAMES}
    digests = [one.digest() for one in compiled]
    attributes = {
        "format": FORMAT_NAME,
        "format_version": ".".join(map(str, FORMAT_VERSION)),
        "recipe": recipe.to_json(),
        "provenance": json.dumps(_provenance(), sort_keys=True),
        "content_sha256": content_digest(recipe, shared, digests),
    }
    # Low bound v110: object headers, indices and the superblock then carry HDF5's own checksums, so a
    # flipped bit in the metadata is an error on opening, not a wild read.
    with h5py.File.in_memory(libver=("v110", "v110")) as file:
        _write_attributes(file, attributes)
        _write_array(file, "settings/hall_number", np.array([c.setting.hall_number for c in compiled], "<i2"))
        _write_array(file, "settings/number", np.array([c.setting.number for c in compiled], "<i2"))
        _write_array(file, "settings/norm_limit", np.array([c.norm_limit for c in compiled], "<i4"))
        _write_array(file, "settings/sha256", np.frombuffer(b"".join(digests), np.uint8).reshape(len(digests), 32))
        for frame in FRAMES:
            _write_array(file, f"shared_waves/{frame}", shared[frame].astype("<i2"))
        for axis in AXES:
            columns = [column for column in COLUMNS if column.axis == axis]
            lengths = [len(getattr(one, columns[0].name)) for one in compiled]
            _write_array(file, f"{axis}/offsets", np.concatenate([[0], np.cumsum(lengths)]).astype("<i8"))
            for column in columns:
                parts = [getattr(one, column.name) for one in compiled]
                empty = np.zeros((0, *column.row_shape), column.dtype)
                _write_array(file, f"{axis}/{column.name}", np.concatenate([empty, *parts]))
        file.flush()
        return file.id.get_file_image(), attributes["content_sha256"]


def _write_attributes(file: h5py.File, attributes: Mapping[str, str]) -> None:
    for name in ATTRIBUTES:
        file.attrs[name] = np.bytes_(attributes[name].encode())
    file.attrs["attributes_sha256"] = np.bytes_(attributes_digest(attributes).encode())


def _write_array(file: h5py.File, name: str, array: np.ndarray) -> None:
    chunks = (min(len(array), _CHUNK_ROWS), *array.shape[1:]) if len(array) else None
    compression = {"compression": "gzip", "shuffle": True, "chunks": chunks} if chunks else {}
    file.create_dataset(name, data=array, track_times=False, **compression)


def _provenance() -> dict[str, str]:
    """Versions of what took part; no time and no place, so that equal builds are equal files."""
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - slow, and readers never need it

    versions = {"hdf5": h5py.version.hdf5_version}
    for name in ("sgbasis", "numpy", "h5py", "spglib", "networkx", "sympy"):
        with contextlib.suppress(PackageNotFoundError):
            versions[name] = version(name)
    return versions
