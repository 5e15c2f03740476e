"""The store's format: which arrays there are, and the hashes that protect them.

One compiled setting is a handful of arrays (:class:`basis_store.CompiledSetting`). In the file the arrays of all
settings are concatenated along *axes*; ``<axis>/offsets`` says which rows belong to which setting, so one
setting is read without reading the rest. :data:`COLUMNS` is the whole layout, as data.

Hashes form a tree, so that every read is checked at the cost of what it reads:

    setting hash = SHA-256(Hall number, norm limit, every column of that setting)
                   with the number and the column of its character in addition, if that is not the trivial one;
                   of other groups than space groups with the name of the kind before its key
    content hash = SHA-256(major format version, recipe, shared waves, all setting hashes)
    tensors hash = SHA-256(content hash, every column of the tensor table)
    Wyckoff hash = SHA-256(content hash, every column of the table of Wyckoff positions)

The content hash is that of the bases, and models name their store by it. All hashes are taken over little-endian
array bytes with names, types and shapes, not over HDF5's own layout.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np

from basis_store.array_types import Int16Array
from basis_store.bases.recipe import Recipe
from basis_store.files.integrity import parse_version
from basis_store.files.stored_arrays import StoredArray
from basis_store.groups.group import Kind, LatticeFamily
from basis_store.groups.operations import TURN
from basis_store.groups.wave_shells import LATTICE_FAMILIES, MAX_RADIUS, ball_norm

FORMAT_NAME = "sgbasis-store"
FORMAT_VERSION = (1, 3)
"""(major, minor). A change of sign, order or normalisation is a new major version."""
MAX_OPERATIONS = 384
"""Of a group, modulo the translations of its cell: 192, twice as many with two colours of translations."""

KEYS: dict[Kind, StoredArray] = {
    "space": StoredArray("settings", "hall_number", "<i2", (), 1, 530),
    "magnetic": StoredArray("settings", "uni_number", "<i2", (), 1, 1651),
    "plane": StoredArray("settings", "plane_number", "<i2", (), 1, 17),
}
"""By kind of group, the keys of the settings."""
SETTING_ARRAYS = (
    StoredArray("settings", "number", "<i2", (), 1, 230),
    StoredArray("settings", "norm_limit", "<i4", (), 0, ball_norm(MAX_RADIUS)),
    StoredArray("settings", "sha256", "|u1", (32,)),
)
COLUMNS = (
    StoredArray("operations", "rotations", "<i1", (3, 3), -1, 1),
    StoredArray("operations", "translations24", "<i1", (3,), 0, TURN - 1),
    StoredArray("orbits", "orbit_sizes", "<i2", (), 1, 48),
    StoredArray("orbits", "parts", "<i1", (), -1, 1),
    StoredArray("orbits", "real_phases24", "<i1", (), -6, 5),
    StoredArray("waves", "waves", "<i2", (3,), -MAX_RADIUS, MAX_RADIUS),
    StoredArray("waves", "phases24", "<i1", (), 0, TURN - 1),
    StoredArray("absences", "absence_sizes", "<i2", (), 1, 48),
    StoredArray("absences", "witnesses", "<i2", (), 0, MAX_OPERATIONS - 1),
    StoredArray("absent_waves", "absent_waves", "<i2", (3,), -MAX_RADIUS, MAX_RADIUS),
    StoredArray("origin_shifts", "shifts24", "<i1", (3,), 0, TURN - 1),
    StoredArray("origin_shifts", "shift_orders", "<i1", (), 2, TURN),
    StoredArray("origin_directions", "shift_directions", "<i1", (3,), -1, 1),
)
"""The arrays of a compiled setting; in the plane those of :func:`in_dimension`.

What connects them is in :mod:`basis_store.bases.store_checks`.
"""
CHARACTERS = StoredArray("operations", "characters24", "<i1", (), 0, TURN - 1)
CHARACTER_ARRAYS = (StoredArray("settings", "characters", "<i1", (), 0, 11), CHARACTERS)
"""The number of each setting's character, and c of every operation (T9); in stores with characters only."""
AXES = tuple(dict.fromkeys(column.axis for column in COLUMNS))
OFFSETS = {axis: StoredArray(axis, "offsets", "<i8", (), 0, rows="settings+1") for axis in AXES}
SHARED_WAVES = {
    family: StoredArray("shared_waves", family, "<i2", (3,), -MAX_RADIUS, MAX_RADIUS, rows=family)
    for family in LATTICE_FAMILIES
}
TENSOR_COLUMNS = (
    StoredArray("tensors", "orientations", "<i2", (), 0, 529, rows="settings"),
    StoredArray("tensors", "dimensions", "<i1", (2, 4), 0, 81, rows="orientations"),
    StoredArray("tensors", "row_sizes", "<i1", (), 1, 81, rows="tensor rows"),
    StoredArray("tensors", "components", "<i1", (), 0, 80, rows="tensor entries"),
    StoredArray("tensors", "numerators", "<i1", (), -24, 24, rows="tensor entries"),
    StoredArray("tensors", "denominators", "<i1", (), 1, 24, rows="tensor entries"),
)
"""See :mod:`basis_store.tensors.tensor_table`. The least common multiple of 1 to 24 fits into 64 bits."""
TENSORS_HASH = StoredArray("tensors", "sha256", "|u1", rows="bytes of the tensors hash")
TENSOR_ARRAYS = (*TENSOR_COLUMNS, TENSORS_HASH)
WYCKOFF_COLUMNS = (
    StoredArray("wyckoff", "position_counts", "<i1", (), 1, 27, rows="settings"),
    StoredArray("wyckoff", "letters", "|u1", (), ord("A"), ord("z")),
    StoredArray("wyckoff", "multiplicities", "<i2", (), 1, 192),
    StoredArray("wyckoff", "site_symmetries", "|u1", (8,), 0, ord("m")),
    StoredArray("wyckoff", "matrices", "<i1", (3, 3), -2, 2),
    StoredArray("wyckoff", "shifts24", "<i1", (3,), 0, TURN - 1),
)
"""See :mod:`basis_store.groups.wyckoff.position_table`."""
WYCKOFF_HASH = StoredArray("wyckoff", "sha256", "|u1", rows="bytes of the Wyckoff hash")


def in_dimension(arrays: Iterable[StoredArray], dimension: int) -> tuple[StoredArray, ...]:
    """Arrays of space as they are in another dimension: vectors and matrices are shorter."""
    return tuple(one._replace(row_shape=(dimension,) * len(one.row_shape)) for one in arrays)


def arrays_of(recipe: Recipe, version: tuple[int, int]) -> tuple[StoredArray, ...]:
    """Every array of a store with this recipe in a format version."""
    shared, columns = (in_dimension(some, recipe.dimension) for some in (SHARED_WAVES.values(), COLUMNS))
    arrays = (KEYS[recipe.groups], *SETTING_ARRAYS, *shared, *OFFSETS.values(), *columns)
    arrays += CHARACTER_ARRAYS if recipe.characters == "all" else ()
    arrays += TENSOR_ARRAYS if recipe.groups == "space" else ()
    return arrays + ((*WYCKOFF_COLUMNS, WYCKOFF_HASH) if has_wyckoff_positions(recipe, version) else ())


def can_have_wyckoff_positions(recipe: Recipe) -> bool:
    """Whether a store with this recipe may have Wyckoff positions: of space groups, one basis for each setting."""
    return recipe.groups == "space" and recipe.characters == "trivial"


def has_wyckoff_positions(recipe: Recipe, version: tuple[int, int]) -> bool:
    """Whether a store with this recipe in a format version has Wyckoff positions."""
    return can_have_wyckoff_positions(recipe) and version >= (1, 3)


def format_version_of(recipe: Recipe, *, wyckoff: bool) -> tuple[int, int]:
    """The lowest version that has everything.

    It is 1.1 for characters, 1.2 for groups of other kinds, 1.3 with Wyckoff positions, else 1.0.
    """
    minor = 3 if wyckoff else 2 if recipe.groups != "space" else 1 if recipe.characters == "all" else 0
    return FORMAT_VERSION[0], minor


def content_digest(
    recipe: Recipe, shared_waves: dict[LatticeFamily, Int16Array], setting_digests: Iterable[bytes]
) -> str:
    """The content hash of a whole store (hexadecimal SHA-256); see the head of this module."""
    digest = hashlib.sha256(f"{FORMAT_NAME} {FORMAT_VERSION[0]}\n{recipe.to_json()}\n".encode())
    for family in LATTICE_FAMILIES:
        digest.update(f"{family}:{shared_waves[family].shape}:".encode())
        digest.update(np.ascontiguousarray(shared_waves[family], dtype="<i2").data)
    for setting_digest in setting_digests:
        digest.update(setting_digest)
    return digest.hexdigest()


def parse_format_version(text: str) -> tuple[int, int]:
    """Read ``"major.minor"``, strictly; raise :class:`StoreFormatError` for versions this release cannot read."""
    return parse_version(text, kind="store", reads=FORMAT_VERSION, hint="compile or fetch the store again")
