"""Write a store: the whole file is built in memory, then put in place in one atomic step."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from basis_store.atomic_write import write_atomically
from basis_store.frames import FRAMES, ball, ball_norm
from basis_store.hdf5_file import file_image, provenance
from basis_store.recipe import Recipe
from basis_store.schema import AXES, COLUMNS, FORMAT_NAME, FORMAT_VERSION, CompiledSetting, Int16, content_digest
from basis_store.setting import Frame


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


def _store_image(compiled: Sequence[CompiledSetting], recipe: Recipe) -> tuple[bytes, str]:
    shared = {frame: ball(frame, ball_norm(recipe.radius)) for frame in FRAMES}
    digests = [one.digest() for one in compiled]
    attributes = {
        "format": FORMAT_NAME,
        "format_version": ".".join(map(str, FORMAT_VERSION)),
        "recipe": recipe.to_json(),
        "provenance": provenance(),
        "content_sha256": content_digest(recipe, shared, digests),
    }
    return file_image(attributes, _arrays(compiled, shared, digests)), attributes["content_sha256"]


def _arrays(
    compiled: Sequence[CompiledSetting], shared: Mapping[Frame, Int16], digests: Sequence[bytes]
) -> Iterator[tuple[str, NDArray[Any]]]:
    yield "settings/hall_number", np.array([c.setting.hall_number for c in compiled], "<i2")
    yield "settings/number", np.array([c.setting.number for c in compiled], "<i2")
    yield "settings/norm_limit", np.array([c.norm_limit for c in compiled], "<i4")
    yield "settings/sha256", np.frombuffer(b"".join(digests), np.uint8).reshape(len(digests), 32)
    for frame in FRAMES:
        yield f"shared_waves/{frame}", shared[frame].astype("<i2")
    for axis in AXES:
        columns = [column for column in COLUMNS if column.axis == axis]
        lengths = [len(getattr(one, columns[0].name)) for one in compiled]
        yield f"{axis}/offsets", np.concatenate([[0], np.cumsum(lengths)]).astype("<i8")
        for column in columns:
            parts = [getattr(one, column.name) for one in compiled]
            empty = np.zeros((0, *column.row_shape), column.dtype)
            yield f"{axis}/{column.name}", np.concatenate([empty, *parts])
