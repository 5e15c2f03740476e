"""The format of a compiled dataset: which arrays there are, and the hash that protects them.

Rows of all crystals are concatenated along *axes*; on ``sites`` and ``images`` those of crystal i are
``offsets[i]`` to ``offsets[i + 1]``, on ``crystals`` it has row i. Lists of texts are UTF-8 bytes with offsets.
Each target is an array of its own, with one value of fixed shape per crystal.

    content hash = SHA-256(format version, recipe, every array)

A dataset is read whole, so it needs one hash only.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from basis_store.bases.schema import Column
from basis_store.crystals.recipe import CrystalRecipe
from basis_store.files.integrity import add_column, parse_version

FORMAT_NAME = "sgbasis-crystals"
FORMAT_VERSION = (1, 0)
"""(major, minor). A change of meaning or layout is a new major version."""

SPLITS = ("", "train", "val", "test")
"""Names of the splits by their number in the file."""

COLUMNS = (
    Column("crystals", "hall_numbers", "<i2"),
    Column("crystals", "lattices", "<f8", (3, 3)),
    Column("crystals", "changes_of_basis", "<i4", (3, 3)),
    Column("crystals", "denominators", "|i1"),
    Column("crystals", "origin_shifts", "<f8", (3,)),
    Column("crystals", "splits", "|i1"),
    Column("sites", "numbers", "|u1"),
    Column("sites", "coordinates", "<f8", (3,)),
    Column("sites", "multiplicities", "<i4"),
    Column("sites", "wyckoff", "|S1"),
    Column("images", "images", "<i2"),
)
RAGGED = ("sites", "images")
TEXTS = ("identifiers", "target_names", "target_units", "skipped_identifiers", "skipped_reasons", "notes")

Arrays = Mapping[str, NDArray[Any]]


def target_array(name: str) -> str:
    """Name of the HDF5 dataset of a target: a slash would make a group of it, and a dot is the group itself."""
    escaped = name.replace("%", "%25").replace("/", "%2F").replace("\0", "%00")
    return f"targets/{'%2E' if escaped == '.' else escaped}"


def content_digest(recipe: CrystalRecipe, arrays: Arrays) -> str:
    """The content hash (hexadecimal SHA-256) of all arrays by their names in the file."""
    digest = hashlib.sha256(f"{FORMAT_NAME} {FORMAT_VERSION[0]}\n{recipe.to_json()}\n".encode())
    for name in sorted(arrays):
        add_column(digest, name, arrays[name].dtype.str, arrays[name])
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
    """Inverse of :func:`packed`."""
    bounds, content = arrays[f"{name}/offsets"].tolist(), arrays[f"{name}/utf8"].tobytes()
    return tuple(content[start:stop].decode() for start, stop in itertools.pairwise(bounds))
