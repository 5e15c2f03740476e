"""Equivalent descriptions against their definition and against brute force, for all 230 standard settings."""

from __future__ import annotations

import functools
import itertools

import numpy as np
import pytest

from basis_compiler import operations
from basis_compiler.groups.normalizer import normalizer
from basis_store import Setting, standard_settings
from basis_store.groups.operations import rotation_generators

SMALL = np.array(list(itertools.product((-1, 0, 1), repeat=9))).reshape(-1, 3, 3)
SMALL = SMALL[np.rint(np.linalg.det(SMALL)) == 1]
each_group = pytest.mark.parametrize("setting", standard_settings(), ids=lambda setting: str(setting.number))


def as_set(rotations: np.ndarray, translations24: np.ndarray) -> set[bytes]:
    return {row.tobytes() for row in np.hstack([rotations.reshape(-1, 9), translations24 % 24]).astype(np.int8)}


@each_group
def test_every_description_maps_the_operations_onto_themselves(setting: Setting) -> None:
    group, found = operations(setting), normalizer(setting)
    own = as_set(group.rotations, group.translations24)
    shifts = [*found.shifts24, *found.directions, *(7 * found.directions)]
    cases = [(w, t) for w, t in zip(found.rotations[:200], found.translations24[:200], strict=True)]
    cases += [(found.rotations[-1], found.translations24[-1] + shift) for shift in shifts]
    for change, shift in cases:
        assert round(np.linalg.det(change)) == 1
        inverse = np.rint(np.linalg.inv(change)).astype(int)
        rotations = change @ group.rotations @ inverse
        translations = group.translations24 @ change.T + shift - rotations @ shift
        assert as_set(rotations, translations) == own
    assert np.array_equal(found.rotations[0], np.eye(3))
    assert not found.translations24[0].any() and not found.shifts24[0].any()


@each_group
def test_descriptions_differ_by_more_than_an_operation(setting: Setting) -> None:
    found, group = normalizer(setting), operations(setting)
    point_group = np.unique(group.rotations, axis=0)
    cosets = {min((rotation @ change).tobytes() for rotation in point_group) for change in found.rotations[:300]}
    assert len(cosets) == len(found.rotations[:300])
    lattice = {tuple(row) for row in np.vstack([[[0, 0, 0]], group.centrings24])}
    for one, other in itertools.combinations(found.shifts24, 2):
        assert tuple((one - other) % 24) not in lattice


@functools.cache
def normalizing(point_group: bytes) -> np.ndarray:
    """The W with entries -1, 0, 1 and determinant 1 that map a point group to itself."""
    rotations = np.frombuffer(point_group, np.int8).reshape(-1, 3, 3).astype(int)
    inverses = np.rint(np.linalg.inv(SMALL)).astype(int)
    kept = np.ones(len(SMALL), bool)
    for rotation in rotations:
        rotated = SMALL @ rotation @ inverses
        kept &= (rotated[:, None] == rotations[None]).all(axis=(2, 3)).any(axis=1)
    return SMALL[kept]


@pytest.mark.parametrize("setting", standard_settings()[15:], ids=lambda setting: str(setting.number))
def test_nothing_is_missing_where_the_frame_is_fixed(setting: Setting) -> None:
    """Every small W that keeps the point group, with shifts on a grid finer than 24ths."""
    group, found = operations(setting), normalizer(setting)
    point_group = np.unique(group.rotations, axis=0)
    changes = normalizing(point_group.astype(np.int8).tobytes())
    assert len(changes) in ({12} if setting.lattice_family == "hexagonal" else {8, 24})
    unit = 72 if setting.lattice_family == "hexagonal" else 48
    pivots = [int(np.flatnonzero(row)[0]) for row in found.directions]
    axes = [[0] if i in pivots else range(unit) for i in range(3)]
    grid = np.array(list(itertools.product(*axes)), dtype=np.int16)
    lattice = np.zeros((24,) * 3, bool)
    lattice[tuple(np.vstack([np.zeros((1, 3), int), group.centrings24]).T)] = True
    known = {(rotation @ change).tobytes() for rotation in point_group for change in found.rotations}
    generators = rotation_generators(group.distinct_rotations)
    for change in changes:
        if change.tobytes() in known:
            continue
        left = grid
        inverse = np.rint(np.linalg.inv(change)).astype(int)
        for rotation in generators:
            rotated = change @ rotation @ inverse
            target = group.translation_of(rotated) - change @ group.translation_of(rotation)
            gaps = (left @ (np.eye(3, dtype=int) - rotated).T - target * (unit // 24)) % unit
            whole = (gaps % (unit // 24) == 0).all(axis=1)
            left = left[whole & lattice[tuple((gaps // (unit // 24)).T)]]
        centred = all(lattice[tuple(change @ row % 24)] for row in group.centrings24)
        assert not (centred and len(left)), change.tolist()


def test_known_indices() -> None:
    """International Tables A, Euclidean normalizers, for the metric of highest symmetry; proper changes only.

    F-43m: index 8 there, by four shifts and the inversion. A fourfold rotation does what the inversion does,
    modulo the group, and keeps the handedness. P222 has no such operation: half of its 96 are improper.
    """
    indices = {
        16: 48, 19: 48, 47: 48, 61: 24, 62: 8, 96: 4, 123: 4, 152: 4, 154: 4, 167: 2, 187: 12, 195: 4, 198: 4,
        205: 2, 206: 2, 212: 2, 216: 8, 221: 2, 225: 2, 227: 2, 229: 1, 230: 1,
    }  # fmt: skip
    assert {number: normalizer(Setting.standard(number)).index for number in indices} == indices
    # Polar: P4 and P6_3mc may be rotated upside down, P3 also about its axis.
    assert [len(normalizer(Setting.standard(number)).rotations) for number in (75, 186, 143)] == [2, 2, 4]
