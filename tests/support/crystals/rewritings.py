"""Equivalent descriptions of a crystal, for which models and encodings must agree."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np

from basis_store import CrystalRecord
from runtime import Store
from tests.support.crystals.made_records import in_p1, moved


def rewritings(
    record: CrystalRecord, store: Store, rng: np.random.Generator
) -> Iterator[tuple[str, CrystalRecord]]:
    compiled = store.compiled(record.setting)
    n = len(record)
    x = record.coordinates
    g = rng.integers(len(compiled.rotations), size=n)
    rotated = np.einsum("nij,nj->ni", compiled.rotations[g].astype(float), x) + compiled.translations24[g] / 24
    yield "operations of the group and lattice translations", moved(record, rotated + rng.integers(-3, 4, (n, 3)))
    for shift in compiled.shifts24:
        yield f"origin shift {shift}/24", moved(record, x + shift / 24)
    for direction in compiled.shift_directions:
        yield f"polar shift along {direction}", moved(record, x + rng.random() * direction)
    rotation = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    yield "rotation", dataclasses.replace(record, lattice=record.lattice @ rotation)
    yield "reflection", dataclasses.replace(record, lattice=record.lattice @ -rotation)
    yield "permutation", moved(record, x, rng.permutation(n))


def larger_cells(record: CrystalRecord) -> Iterator[tuple[str, CrystalRecord]]:
    whole = in_p1(record)
    yield "the full cell", whole
    yield "2x1x1", in_p1(whole, change=np.diag([2, 1, 1]))
    yield "unimodular", in_p1(whole, change=np.array([[1, 1, 0], [0, 1, -1], [1, 0, 0]]))
