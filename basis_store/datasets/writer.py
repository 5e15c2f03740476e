"""Write a compiled dataset: the whole file is built in memory, then put in place in one atomic step."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from basis_store.datasets.crystal_notes import note_lines
from basis_store.datasets.recipe import CrystalRecipe
from basis_store.datasets.record import CrystalRecord
from basis_store.datasets.schema import (
    COLUMNS,
    FOLDS,
    FORMAT_NAME,
    FORMAT_VERSION,
    SPLITS,
    content_digest,
    offsets_of,
    packed,
    target_array,
)
from basis_store.files.atomic_write import write_atomically
from basis_store.files.hdf5_file import file_image, provenance

_PER_CRYSTAL = {
    "lattices": "lattice",
    "changes_of_basis": "change_of_basis",
    "denominators": "denominator",
    "origin_shifts": "origin_shift",
}


def write_crystals(
    path: str | os.PathLike[str],
    records: Iterable[CrystalRecord],
    *,
    recipe: CrystalRecipe | None = None,
    units: Mapping[str, str] | None = None,
    skipped: Sequence[tuple[str, str]] = (),
    notes: Sequence[str] = (),
) -> str:
    """Write ``records`` to ``path`` and return the content hash.

    The file appears whole or not at all, as with :func:`basis_store.write_store`.

    Args:
        path: the file.
        records: crystals, in the order in which they will be read; identifiers are distinct. A target that
            some of them lack, or that is NaN, is missing there.
        recipe: what they were made from.
        units: of the targets, by name; default, and for names not given, ``""``.
        skipped: (identifier, reason) of what was left out.
        notes: on the whole dataset, for its readers; those on single crystals are in their records.

    Raises:
        ValueError: identifiers that are not distinct, an unknown split, a target of several shapes.
        OSError: the folder does not exist, is not writable, or the disk is full.
    """
    image, content_hash = dataset_image(records, recipe=recipe, units=units, skipped=skipped, notes=notes)
    write_atomically(path, image)
    return content_hash


def dataset_image(
    records: Iterable[CrystalRecord],
    *,
    recipe: CrystalRecipe | None = None,
    units: Mapping[str, str] | None = None,
    skipped: Sequence[tuple[str, str]] = (),
    notes: Sequence[str] = (),
) -> tuple[bytes, str]:
    """The bytes of the file that :func:`write_crystals` writes, and the content hash; arguments as there."""
    recipe = recipe or CrystalRecipe()
    arrays = dataset_arrays(list(records), units or {}, skipped, notes)
    attributes = {
        "format": FORMAT_NAME,
        "format_version": ".".join(map(str, FORMAT_VERSION)),
        "recipe": recipe.to_json(),
        "provenance": provenance(),
        "content_sha256": content_digest(recipe, arrays),
    }
    return file_image(attributes, arrays.items()), attributes["content_sha256"]


def dataset_arrays(
    records: Sequence[CrystalRecord],
    units: Mapping[str, str],
    skipped: Sequence[tuple[str, str]],
    notes: Sequence[str],
) -> dict[str, NDArray[Any]]:
    """Every array of the file by its name; arguments as for :func:`write_crystals`."""
    names = sorted({name for record in records for name in record.targets})
    texts = {
        "identifiers": [record.identifier for record in records],
        "target_names": names,
        "target_units": [units.get(name, "") for name in names],
        "skipped_identifiers": [identifier for identifier, _ in skipped],
        "skipped_reasons": [reason for _, reason in skipped],
        "notes": note_lines(notes, records),
    }
    twice = [identifier for identifier, count in Counter(texts["identifiers"]).items() if count > 1]
    if twice:
        raise ValueError(f"identifiers are distinct, but {twice[0]!r} is given twice")
    arrays = {column.path: _column(records, column.name) for column in COLUMNS}
    arrays["sites/offsets"] = offsets_of(len(record) for record in records)
    arrays["images/offsets"] = offsets_of(len(record.images) for record in records)
    if any(record.fold >= 0 for record in records):
        arrays[f"{FOLDS.axis}/{FOLDS.name}"] = np.array([record.fold for record in records], FOLDS.dtype)
    for name, listed in texts.items():
        arrays |= packed(name, listed)
    return arrays | {target_array(name): _target(records, name) for name in names}


def _column(records: Sequence[CrystalRecord], name: str) -> NDArray[Any]:
    (column,) = (column for column in COLUMNS if column.name == name)
    values: Iterator[Any]
    if name == "hall_numbers":
        values = (record.setting.hall_number for record in records)
    elif name == "splits":
        values = (_split(record) for record in records)
    elif name in _PER_CRYSTAL:
        values = (getattr(record, _PER_CRYSTAL[name]) for record in records)
    else:
        empty = np.zeros((0, *column.row_shape), column.dtype)
        return np.concatenate([empty, *(getattr(record, name) for record in records)]).astype(column.dtype)
    return np.array(list(values), dtype=column.dtype).reshape(-1, *column.row_shape)


def _split(record: CrystalRecord) -> int:
    if record.split not in SPLITS:
        raise ValueError(f"{record.identifier}: a split is 'train', 'val', 'test' or '', not {record.split!r}")
    return SPLITS.index(record.split)


def _target(records: Sequence[CrystalRecord], name: str) -> NDArray[np.float64]:
    known = {row: np.asarray(r.targets[name], np.float64) for row, r in enumerate(records) if name in r.targets}
    # A missing tensor may be given as a single NaN.
    shapes = {value.shape for value in known.values() if value.ndim or not np.isnan(value)} or {()}
    if len(shapes) > 1:
        raise ValueError(f"the target {name!r} has values of several shapes: {sorted(shapes)}")
    column = np.full((len(records), *shapes.pop()), np.nan)
    for row, value in known.items():
        column[row] = value
    return column.astype("<f8")
