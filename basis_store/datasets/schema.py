"""The format of a compiled dataset: which arrays there are, and the hash that protects them.

Rows of all crystals are concatenated along *axes*; on ``sites`` and ``images`` those of crystal i are
``offsets[i]`` to ``offsets[i + 1]``, on ``crystals`` it has row i. Lists of texts are UTF-8 bytes with offsets.
Each target is a separate array, with one value of fixed shape per crystal.

    content hash = SHA-256(format version, recipe, every array)

There is one hash for the whole file. Code that reads only some rows must check the whole file once.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from basis_store.datasets.recipe import MAX_FOLDS, CrystalRecipe
from basis_store.files.hdf5_objects import SafeArray
from basis_store.files.integrity import parse_version
from basis_store.files.stored_arrays import ContentError, StoredArray, check_offsets

FORMAT_NAME = "sgbasis-crystals"
FORMAT_VERSION = (1, 0)
"""(major, minor). A change of meaning or layout is a new major version."""

SPLITS = ("", "train", "val", "test")
"""Names of the splits by their number in the file."""

COLUMNS = (
    StoredArray("crystals", "hall_numbers", "<i2", (), 1, 530),
    StoredArray("crystals", "lattices", "<f8", (3, 3), -1e6, 1e6),
    StoredArray("crystals", "changes_of_basis", "<i4", (3, 3)),
    StoredArray("crystals", "denominators", "|i1", (), 1, 6),
    StoredArray("crystals", "origin_shifts", "<f8", (3,), 0, 1),
    StoredArray("crystals", "splits", "|i1", (), 0, len(SPLITS) - 1),
    StoredArray("sites", "numbers", "|u1", (), 1, 118),
    StoredArray("sites", "coordinates", "<f8", (3,), 0, 1),
    StoredArray("sites", "multiplicities", "<i4", (), 1, 192),
    StoredArray("sites", "wyckoff", "|S1"),
    StoredArray("images", "images", "<i2", (), 0, 191),
)
"""The arrays of crystals. What connects them is in :mod:`basis_store.datasets.crystal_checks`."""
FOLDS = StoredArray("crystals", "folds", "<i2", (), -1, MAX_FOLDS - 1)
"""In datasets that have folds only: the number of each crystal's fold from 0, -1 for none."""
RAGGED = ("sites", "images")
TEXTS = {
    "identifiers": "crystals",
    "target_units": "targets",
    "target_names": "targets",
    "skipped_identifiers": "skipped",
    "skipped_reasons": "skipped",
    "notes": "notes",
}
"""The lists of texts, with the name of the count of their entries."""
FIXED_ARRAYS = (
    *COLUMNS,
    *(StoredArray(axis, "offsets", "<i8", (), 0, rows="crystals+1") for axis in RAGGED),
    *(StoredArray(name, "offsets", "<i8", (), 0, rows=f"{count}+1") for name, count in TEXTS.items()),
    *(StoredArray(name, "utf8", "|u1", rows=f"bytes of {name}") for name in TEXTS),
)
"""Every array but the targets."""

_HASHED_ROWS = 1 << 16
"""Rows that are in memory at once while an array of a file is hashed."""

Arrays = Mapping[str, NDArray[Any]]


def target_array(name: str) -> str:
    """Name of the HDF5 dataset of a target: a slash would make a group of it, and a dot is the group itself."""
    escaped = name.replace("%", "%25").replace("/", "%2F").replace("\0", "%00")
    return f"targets/{'%2E' if escaped == '.' else escaped}"


def content_digest(recipe: CrystalRecipe, arrays: Mapping[str, NDArray[Any] | SafeArray]) -> str:
    """The content hash (hexadecimal SHA-256).

    Args:
        recipe: of the dataset.
        arrays: all of them, by their names in the file: numpy arrays, or arrays of an open file, of which only
            some rows are in memory at a time.
    """
    digest = hashlib.sha256(f"{FORMAT_NAME} {FORMAT_VERSION[0]}\n{recipe.to_json()}\n".encode())
    for name in sorted(arrays):
        array = arrays[name]
        digest.update(f";{name}:{array.dtype.str}:{array.shape}:".encode())
        for start in range(0, len(array), _HASHED_ROWS):
            stop = min(start + _HASHED_ROWS, len(array))
            rows = array.read(start, stop) if isinstance(array, SafeArray) else array[start:stop]
            digest.update(np.ascontiguousarray(rows).data)
    return digest.hexdigest()


def parse_format_version(text: str) -> tuple[int, int]:
    """Read ``"major.minor"``, strictly; raise :class:`StoreFormatError` for versions this release cannot read."""
    return parse_version(text, kind="dataset", reads=FORMAT_VERSION, hint="compile the dataset again")


def offsets_of(lengths: Iterable[int]) -> NDArray[np.int64]:
    """``[0, length_0, length_0 + length_1, ...]``."""
    return np.concatenate([[0], np.cumsum(list(lengths), dtype=np.int64)]).astype("<i8")


def packed(name: str, texts: Sequence[str]) -> dict[str, NDArray[Any]]:
    """A list of texts as the arrays ``name/offsets`` and ``name/utf8``."""
    encoded = [text.encode("utf-8", "replace") for text in texts]
    content = np.frombuffer(b"".join(encoded), np.uint8)
    return {f"{name}/offsets": offsets_of(map(len, encoded)), f"{name}/utf8": content}


def unpacked(name: str, arrays: Arrays) -> tuple[str, ...]:
    """Inverse of :func:`packed`.

    Raises:
        ContentError: the offsets do not cut the bytes into texts, or these are not UTF-8.
    """
    offsets, content = arrays[f"{name}/offsets"], arrays[f"{name}/utf8"].tobytes()
    check_offsets(name, offsets, len(content))
    try:
        return tuple(content[start:stop].decode() for start, stop in itertools.pairwise(offsets.tolist()))
    except UnicodeDecodeError as error:
        raise ContentError(f"{name} is not a list of texts: {error}") from None
