"""HDF5 files with impossible content and right hashes, as a person writes them who wants to be believed."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np

from basis_store.bases.schema import COLUMNS, FORMAT_NAME, TENSOR_COLUMNS, WYCKOFF_COLUMNS
from basis_store.files.integrity import ATTRIBUTES, add_column, attributes_digest

Arrays = dict[str, np.ndarray[Any, Any]]


class Content(NamedTuple):
    """Root attributes and arrays of a file."""

    attributes: dict[str, str]
    arrays: Arrays


def read_content(path: Path) -> Content:
    """All of a good file."""
    arrays: Arrays = {}
    with h5py.File(path) as file:
        file.visititems(
            lambda name, one: arrays.update({name: one[()]}) if isinstance(one, h5py.Dataset) else None
        )
        return Content({name: file.attrs[name].decode() for name in ATTRIBUTES}, arrays)


def write_forged(path: Path, attributes: dict[str, str], arrays: Arrays) -> None:
    """Write any arrays, with the hashes that the format asks for."""
    forge = forged_store if attributes["format"] == FORMAT_NAME else forged_dataset
    attributes, arrays = forge(attributes, arrays)
    with h5py.File(path, "w", libver=("v110", "v110")) as file:
        for name, text in (*attributes.items(), ("attributes_sha256", attributes_digest(attributes))):
            file.attrs[name] = np.bytes_(text.encode())
        for name, array in arrays.items():
            file[name] = array


def forged_dataset(attributes: dict[str, str], arrays: Arrays) -> Content:
    """With the content hash of docs/reference/format.md."""
    digest = hashlib.sha256(f"sgbasis-crystals 1\n{attributes['recipe']}\n".encode())
    for name, array in sorted(arrays.items()):
        digest.update(f";{name}:{array.dtype.str}:{array.shape}:".encode() + array.tobytes())
    return Content(attributes | {"content_sha256": digest.hexdigest()}, arrays)


def forged_store(attributes: dict[str, str], arrays: Arrays) -> Content:
    """With the hashes of docs/reference/format.md, wherever the arrays allow to compute them."""
    arrays = dict(arrays)
    digests = np.array(arrays["settings/sha256"])
    for row in range(len(digests) if digests.ndim == 2 else 0):
        try:
            digests[row] = np.frombuffer(_setting_hash(arrays, row), np.uint8)
        except (IndexError, TypeError, ValueError, KeyError):
            continue
    arrays["settings/sha256"] = digests
    digest = hashlib.sha256(f"sgbasis-store 1\n{attributes['recipe']}\n".encode())
    for family in ("orthogonal", "hexagonal"):
        waves = arrays.get(f"shared_waves/{family}", np.zeros(0))
        digest.update(f"{family}:{waves.shape}:".encode() + waves.tobytes())
    content_hash = digest.copy()
    content_hash.update(digests.tobytes())
    attributes = attributes | {"content_sha256": content_hash.hexdigest()}
    for name, columns in (("tensors/sha256", TENSOR_COLUMNS), ("wyckoff/sha256", WYCKOFF_COLUMNS)):
        of_table = hashlib.sha256(f"{content_hash.hexdigest()}\n".encode())
        for column in columns:
            array = arrays.get(column.path, np.zeros(0))
            of_table.update(f";{column.name}:{column.dtype}:{array.shape}:".encode() + array.tobytes())
        if np.shape(arrays.get(name)) == (32,):
            arrays[name] = np.frombuffer(of_table.digest(), np.uint8)
    return Content(attributes, arrays)


def _setting_hash(arrays: Arrays, row: int) -> bytes:
    hall, limit = (int(arrays[f"settings/{name}"][row]) for name in ("hall_number", "norm_limit"))
    digest = hashlib.sha256(f"{hall},{limit}".encode())
    for column in COLUMNS:
        start, stop = arrays[f"{column.axis}/offsets"][row : row + 2].tolist()
        add_column(digest, column.name, column.dtype, arrays[column.path][max(start, 0) : max(stop, 0)])
    return digest.digest()


def corruptions(array: np.ndarray[Any, Any]) -> Iterator[tuple[str, np.ndarray[Any, Any]]]:
    """Every kind of wrong array, each with its name: type, shape, length, and each odd value in two places."""
    for dtype in ("<i8", "<f4", "|S8", ">i4"):
        if np.dtype(dtype) != array.dtype and (array.dtype.kind != "S" or dtype == "|S8"):
            yield f"as {dtype}", array.astype(dtype)
    yield "a scalar", np.array(array.reshape(-1)[0] if array.size else 0, array.dtype)
    yield "one axis more", array.reshape(1, *array.shape)
    yield "flat", array.reshape(-1) if array.ndim > 1 else array.reshape(-1, 1)
    yield "empty", array[:0]
    yield "shorter", array[:-1]
    yield (
        "longer",
        np.concatenate([array, array[-1:]]) if len(array) else np.zeros((1, *array.shape[1:]), array.dtype),
    )
    if array.size:
        for value in _odd_values(array.dtype):
            for place in {0, array.size - 1}:
                changed = array.copy()
                changed.reshape(-1)[place] = value
                if changed.tobytes() != array.tobytes():
                    yield f"{value!r} at {place}", changed
        yield "one value", np.full_like(array, array.reshape(-1)[0])
        yield "reversed", array[::-1].copy()


def _odd_values(dtype: np.dtype[Any]) -> tuple[Any, ...]:
    if dtype.kind == "f":
        return (math.nan, math.inf, 1e23, -1e308, 1e-300, 0.0)
    if dtype.kind == "S":
        return (b"\x00", b"\x1b", b"\xff")
    limits = np.iinfo(dtype)
    return (limits.min, limits.max, 0, 1, -1 if limits.min else 2, 13)


def odd_attributes(attributes: dict[str, str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Every kind of wrong root attribute, each with its name."""
    nested = "[" * 50_000
    for name in ("recipe", "provenance"):
        values = json.loads(attributes[name])
        for odd in ("", "null", "[]", "1", '"x"', nested, '{"a":' * 50_000, "{}", "\x00", "é", "1" * 5000):
            yield f"{name} {odd[:9]!r}", attributes | {name: odd}
        for key in values:
            for odd_value in (None, -1, 1e308, "x", [], {}, [[1]], True, 10**400):
                if values[key] != odd_value:
                    text = json.dumps(values | {key: odd_value}, sort_keys=True, separators=(",", ":"))
                    yield f"{name} {key} {odd_value!r:.9}", attributes | {name: text}
        yield f"{name} with spaces", attributes | {name: json.dumps(values | {"x": 1})}
