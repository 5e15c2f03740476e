"""Symmetry-equivalent labels, where the values of a dataset are known up to the point group's normalizer only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from basis_store import CrystalRecord
from basis_store.array_types import FloatArray
from runtime.bases.store import load_store
from runtime.targets.target import Target, columns
from runtime.tensors.point_group_normalizer import normalizer_cosets


def equivalent_labels(
    values: FloatArray, records: Iterable[CrystalRecord], targets: Sequence[Target]
) -> FloatArray:
    """The labels that are symmetry-equivalent to known values.

    Args:
        values: (n, columns).
        records: their crystals.
        targets: what the columns are.

    Returns:
        (n, a, columns); ``values`` come first, and fill up the rows of crystals with fewer equivalent labels.
    """
    if not any(target.has_equivalent_labels for target in targets):
        return values[:, None]
    store, own, rows = load_store(), columns(targets), []
    for row, record in zip(values, records, strict=True):
        cosets = normalizer_cosets(record, store.compiled(record.setting))
        parts = [target.equivalent_labels(row[part], cosets) for target, part in zip(targets, own, strict=True)]
        rows.append(np.concatenate(parts, axis=1))
    stacked = np.repeat(values[:, None], max(map(len, rows), default=1), axis=1)
    for whole, found in zip(stacked, rows, strict=True):
        whole[: len(found)] = found
    return stacked
