"""What all files of this project share: a format version, root attributes, and the hashes that protect them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from basis_store.errors import StoreFormatError

if TYPE_CHECKING:
    from hashlib import _Hash

    from basis_store.files.stored_arrays import StoredArray

ATTRIBUTES = ("format", "format_version", "recipe", "provenance", "content_sha256")


def attributes_digest(attributes: Mapping[str, str]) -> str:
    """SHA-256 over all root attributes, provenance included."""
    text = "\n".join(f"{name}={attributes[name]}" for name in ATTRIBUTES)
    return hashlib.sha256(text.encode()).hexdigest()


def add_column(digest: _Hash, name: str, dtype: str, array: NDArray[np.generic]) -> None:
    """Add one array to a hash: name, type and shape, then its bytes in C order, whatever the layout in HDF5."""
    array = np.ascontiguousarray(array, dtype=dtype)
    digest.update(f";{name}:{dtype}:{array.shape}:".encode())
    digest.update(array.data)


def table_digest(content_hash: str, columns: Iterable[StoredArray], table: object) -> bytes:
    """SHA-256 (32 bytes) of a table of a store that is not part of its content hash.

    Args:
        content_hash: of the store, so that the table of another store is recognised.
        columns: of the table, in order.
        table: has an attribute of the name of each.
    """
    digest = hashlib.sha256(f"{content_hash}\n".encode())
    for column in columns:
        add_column(digest, column.name, column.dtype, getattr(table, column.name))
    return digest.digest()


def parse_version(text: str, *, kind: str, reads: tuple[int, int], hint: str) -> tuple[int, int]:
    """Read ``"major.minor"``, strictly.

    Args:
        text: the version.
        kind: of the file, for messages: ``"store"``.
        reads: the version that this release writes; it reads every minor version of that major version.
        hint: what to do about an older one.

    Raises:
        StoreFormatError: it is not a version, or not one that this release can read.
    """
    match = re.fullmatch(r"(0|[1-9]\d{0,3})\.(0|[1-9]\d{0,3})", text)
    if not match:
        raise StoreFormatError(f"{text!r} is not a {kind} format version of the form major.minor")
    version = (int(match[1]), int(match[2]))
    if version[0] != reads[0]:
        hint = "upgrade sgbasis" if version[0] > reads[0] else hint
        raise StoreFormatError(
            f"{kind} format {text} cannot be read by this release, which reads {reads[0]}.x: {hint}"
        )
    return version
