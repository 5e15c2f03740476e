"""A compiled field: its coefficients in one checksummed HDF5 file.

One row for each function, in the order of :class:`FieldCoefficients`; setting, character, lattice, quantity, unit
and the grid that the field comes from are in the recipe.

    content hash = SHA-256(format name, major version, recipe, every column)
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from basis_store.errors import StoreFormatError
from basis_store.fields.field_coefficients import FieldCoefficients
from basis_store.fields.field_recipe import FieldRecipe
from basis_store.files.atomic_write import write_atomically
from basis_store.files.hdf5_file import CheckedFile, file_image, provenance
from basis_store.files.integrity import add_column, parse_version
from basis_store.files.stored_arrays import ContentError, StoredArray
from basis_store.groups.wave_shells import CODE, MAX_RADIUS, in_store_order, wave_norm

FORMAT_NAME = "sgbasis-field"
FORMAT_VERSION = (1, 1)
"""(major, minor). A change of sign, order or normalisation is a new major version."""

COLUMNS = (
    StoredArray("functions", "roots", "<i2", (3,), -MAX_RADIUS, MAX_RADIUS),
    StoredArray("functions", "sizes", "<i2", (), 1, 48),
    StoredArray("functions", "parts", "<i1", (), -1, 1),
    StoredArray("functions", "real_phases24", "<i1", (), -6, 5),
    StoredArray("functions", "values", "<f8", (), -1e100, 1e100),
)
"""The columns of :class:`FieldCoefficients`."""


def write_coefficients(path: str | os.PathLike[str], field: FieldCoefficients) -> str:
    """Write a field to ``path`` and return the content hash; the file appears whole or not at all.

    Args:
        path: the file; an existing one is replaced.
        field: its coefficients.

    Raises:
        OSError: the folder does not exist, is not writable, or the disk is full.
    """
    recipe, minor = FieldRecipe.of(field).to_json(), _minor_version(field)
    columns = {column.path: getattr(field, column.name) for column in COLUMNS}
    attributes = {
        "format": FORMAT_NAME,
        "format_version": f"{FORMAT_VERSION[0]}.{minor}",
        "recipe": recipe,
        "provenance": provenance(),
        "content_sha256": _content_digest(recipe, columns),
    }
    write_atomically(path, file_image(attributes, columns.items()))
    return attributes["content_sha256"]


class CoefficientFile:
    """A file of field coefficients, read whole and checked against its hash; then it is closed.

    Args:
        path: the file.

    Attributes:
        path: the file.
        field: the coefficients.
        content_hash: SHA-256 of the content (hexadecimal).
        format_version: ``(major, minor)``.
        provenance: versions of the programs that wrote it.

    Raises:
        FileNotFoundError: there is no such file.
        StoreFormatError: no such file of coefficients, or a format version this release does not read.
        StoreCorruptError: its content does not match its checksums, or cannot be.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        file = CheckedFile(path, kind="an sgbasis file of field coefficients", hint="expand the field again")
        with contextlib.closing(file), file.errors():
            self.path: Path = file.path
            attributes = file.attributes(FORMAT_NAME)
            try:
                hint = "expand the field again"
                self.format_version = parse_version(
                    attributes["format_version"], kind="field", reads=FORMAT_VERSION, hint=hint
                )
                recipe = FieldRecipe.from_json(attributes["recipe"])
                facts = recipe.facts()
            except StoreFormatError as error:
                raise StoreFormatError(f"{self.path}: {error}") from error
            self.provenance = file.check_attributes(attributes, recipe.to_json())
            file.open_arrays(COLUMNS)
            if self.format_version[1] <= FORMAT_VERSION[1]:  # a newer minor version may have more
                file.check_others(column.path for column in COLUMNS)
            columns = {column.path: file.read(column.path) for column in COLUMNS}
            self.content_hash = attributes["content_sha256"]
            if _content_digest(attributes["recipe"], columns) != self.content_hash:
                raise file.corrupt("its content does not match its hash")
            for column in COLUMNS:
                column.check_range(columns[column.path])
            facts |= {column.name: columns[column.path] for column in COLUMNS}
            self.field = FieldCoefficients(**facts)
            _check_orbits(self.field)


def read_coefficients(path: str | os.PathLike[str]) -> FieldCoefficients:
    """Read a field from a file of coefficients.

    Args:
        path: the file.

    Raises:
        FileNotFoundError: there is no such file.
        StoreFormatError: no such file of coefficients, or a format version this release does not read.
        StoreCorruptError: its content does not match its checksums, or cannot be.
    """
    return CoefficientFile(path).field


def _content_digest(recipe: str, columns: Mapping[str, NDArray[Any]]) -> str:
    digest = hashlib.sha256(f"{FORMAT_NAME} {FORMAT_VERSION[0]}\n{recipe}\n".encode())
    for column in COLUMNS:
        add_column(digest, column.name, column.dtype, columns[column.path])
    return digest.hexdigest()


def _minor_version(field: FieldCoefficients) -> int:
    """The lowest one that has what the recipe says: 1 for characters and for magnetic groups."""
    return int(field.character != 0 or field.setting.kind != "space")


def _check_orbits(field: FieldCoefficients) -> None:
    """Check what does not need the operations: the constant, pairs, and the order of the store."""
    roots, parts, constants = field.roots.astype(np.int64), field.parts, field.n_constants
    if not len(field):
        raise ContentError("functions/roots lists no function")
    if constants and (roots[0].any() or field.sizes[0] != 1 or parts[0] or field.real_phases24[0]):
        raise ContentError("functions/roots does not begin with the constant")
    second = np.flatnonzero(parts == -1)
    if not np.array_equal(np.flatnonzero(parts == 1) + 1, second):
        raise ContentError("functions/parts does not consist of pairs and single functions")
    if (roots[second] != -roots[second - 1]).any() or (field.sizes[second] != field.sizes[second - 1]).any():
        raise ContentError("functions/roots has a pair that is not k and -k")
    if field.real_phases24[parts != 0].any():
        raise ContentError("functions/real_phases24 gives a phase to a function of a pair")
    first = roots[parts >= 0]
    codes, norms = first @ CODE, wave_norm(first, field.setting.lattice_family)
    if (codes[constants:] <= 0).any() or not in_store_order(codes, norms):
        raise ContentError("functions/roots is not in the order of the store")
