"""Write a store: the whole file is built in memory, then moved into place in one atomic step."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from basis_store.array_types import Int16Array
from basis_store.bases.compiled_setting import CompiledSetting
from basis_store.bases.recipe import Recipe
from basis_store.bases.schema import (
    AXES,
    CHARACTERS,
    COLUMNS,
    FORMAT_NAME,
    KEYS,
    TENSOR_COLUMNS,
    WYCKOFF_COLUMNS,
    WYCKOFF_HASH,
    can_have_wyckoff_positions,
    content_digest,
    format_version_of,
    in_dimension,
)
from basis_store.files.atomic_write import write_atomically
from basis_store.files.hdf5_file import file_image, provenance
from basis_store.files.stored_arrays import StoredArray
from basis_store.groups.group import LatticeFamily
from basis_store.groups.wave_shells import LATTICE_FAMILIES, ball_norm, waves_within
from basis_store.groups.wyckoff.position_table import WyckoffTable
from basis_store.tensors.tensor_table import TensorTable


def write_store(
    path: str | os.PathLike[str],
    compiled: Sequence[CompiledSetting],
    recipe: Recipe,
    *,
    tensors: TensorTable | None,
    wyckoff: WyckoffTable | None = None,
) -> str:
    """Write ``compiled`` settings to ``path`` and return the content hash.

    The file appears whole or not at all: it is built in memory, written to a temporary file in the same
    folder, flushed to disk and renamed. An existing store stays untouched until then.

    Args:
        path: of the file; an existing one is replaced.
        compiled: the settings, each with one or several characters, in any order.
        recipe: what they were compiled from.
        tensors: the invariant tensors of the setting of each, in the order of the Hall numbers, as
            :func:`basis_compiler.compile_tensors` makes them; None for groups of another kind than space groups.
        wyckoff: the Wyckoff positions of each setting, in the same order, as
            :func:`basis_compiler.compile_wyckoff_positions` makes them; None for a store without them, as all
            with characters and of other groups are.

    Raises:
        ValueError: tensors or Wyckoff positions are not those of as many settings, or there is a group or a
            character that the recipe does not name.
        OSError: the folder does not exist, is not writable, or the disk is full.
    """
    compiled = sorted(compiled, key=lambda one: one.representation)
    if (tensors is not None) != (recipe.groups == "space"):
        raise ValueError("a store of space groups has tensors, and no other has")
    if tensors is not None and len(tensors.orientations) != len(compiled):
        raise ValueError(f"tensors of {len(tensors.orientations)} settings do not fit {len(compiled)} settings")
    if wyckoff is not None and not can_have_wyckoff_positions(recipe):
        raise ValueError("only a store of space groups with trivial characters has Wyckoff positions")
    if wyckoff is not None and len(wyckoff.position_counts) != len(compiled):
        raise ValueError(
            f"positions of {len(wyckoff.position_counts)} settings do not fit {len(compiled)} settings"
        )
    if recipe.characters == "trivial" and any(one.character for one in compiled):
        raise ValueError("the recipe names trivial characters only, but there are others")
    if any(one.setting.kind != recipe.groups for one in compiled):
        raise ValueError(f"the recipe names {recipe.groups} groups, but there are others")
    image, content_hash = _store_image(compiled, recipe, tensors, wyckoff)
    write_atomically(path, image)
    return content_hash


def _store_image(
    compiled: Sequence[CompiledSetting],
    recipe: Recipe,
    tensors: TensorTable | None,
    wyckoff: WyckoffTable | None,
) -> tuple[bytes, str]:
    limit, dimension = ball_norm(recipe.radius), recipe.dimension
    shared = {family: waves_within(family, limit, dimension) for family in LATTICE_FAMILIES}
    digests = [one.digest() for one in compiled]
    attributes = {
        "format": FORMAT_NAME,
        "format_version": ".".join(map(str, format_version_of(recipe, wyckoff=wyckoff is not None))),
        "recipe": recipe.to_json(),
        "provenance": provenance(),
        "content_sha256": content_digest(recipe, shared, digests),
    }
    content_hash = attributes["content_sha256"]
    key = KEYS[recipe.groups]
    keys = np.array([one.setting.key for one in compiled], key.dtype)
    columns = in_dimension(COLUMNS, dimension)
    arrays = itertools.chain([(key.path, keys)], _arrays(compiled, shared, digests, columns))
    if tensors is not None:
        arrays = itertools.chain(arrays, _tensor_arrays(tensors, content_hash))
    if wyckoff is not None:
        arrays = itertools.chain(arrays, _wyckoff_arrays(wyckoff, content_hash))
    if recipe.characters == "all":
        arrays = itertools.chain(arrays, _character_arrays(compiled))
    return file_image(attributes, arrays), content_hash


def _arrays(
    compiled: Sequence[CompiledSetting],
    shared: Mapping[LatticeFamily, Int16Array],
    digests: Sequence[bytes],
    columns: Sequence[StoredArray],
) -> Iterator[tuple[str, NDArray[Any]]]:
    yield "settings/number", np.array([c.setting.number for c in compiled], "<i2")
    yield "settings/norm_limit", np.array([c.norm_limit for c in compiled], "<i4")
    yield "settings/sha256", np.frombuffer(b"".join(digests), np.uint8).reshape(len(digests), 32)
    for family in LATTICE_FAMILIES:
        yield f"shared_waves/{family}", shared[family].astype("<i2")
    for axis in AXES:
        members = [column for column in columns if column.axis == axis]
        lengths = [len(getattr(one, members[0].name)) for one in compiled]
        yield f"{axis}/offsets", np.concatenate([[0], np.cumsum(lengths)]).astype("<i8")
        for column in members:
            parts = [getattr(one, column.name) for one in compiled]
            empty = np.zeros((0, *column.row_shape), column.dtype)
            yield column.path, np.concatenate([empty, *parts])


def _character_arrays(compiled: Sequence[CompiledSetting]) -> Iterator[tuple[str, NDArray[Any]]]:
    yield "settings/characters", np.array([one.character for one in compiled], "<i1")
    yield CHARACTERS.path, np.concatenate([one.characters24 for one in compiled])


def _tensor_arrays(tensors: TensorTable, content_hash: str) -> Iterator[tuple[str, NDArray[Any]]]:
    for column in TENSOR_COLUMNS:
        yield column.path, getattr(tensors, column.name)
    yield "tensors/sha256", np.frombuffer(tensors.digest(content_hash), np.uint8)


def _wyckoff_arrays(wyckoff: WyckoffTable, content_hash: str) -> Iterator[tuple[str, NDArray[Any]]]:
    for column in WYCKOFF_COLUMNS:
        yield column.path, getattr(wyckoff, column.name)
    yield WYCKOFF_HASH.path, np.frombuffer(wyckoff.digest(content_hash), np.uint8)
