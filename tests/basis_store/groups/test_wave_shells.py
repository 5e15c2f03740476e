from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given, strategies as st

from basis_compiler import operations
from basis_store import Setting, ball_norm, wave_norm, waves_within
from basis_store.groups.wave_shells import LATTICE_FAMILIES

waves = st.tuples(*[st.integers(-50, 50)] * 3)


def test_every_operation_preserves_the_norm(setting: Setting) -> None:
    group = operations(setting)
    k = np.array(list(itertools.product(range(-3, 4), repeat=3)))
    images = np.einsum("ki,gij->gkj", k, group.rotations)
    assert (wave_norm(images, setting.lattice_family) == wave_norm(k, setting.lattice_family)).all()


def test_shared_balls() -> None:
    """Theory page, cutoffs: at r = 5, without k = 0, 514 and 418 waves."""
    assert len(waves_within("orthogonal", ball_norm(5))) == 514
    assert len(waves_within("hexagonal", ball_norm(5))) == 418


def test_balls_are_complete_ordered_and_prefixes() -> None:
    for family in LATTICE_FAMILIES:
        large = waves_within(family, 300).astype(int)
        cube = np.array(list(itertools.product(range(-12, 13), repeat=3)))
        inside = {tuple(k) for k in cube[wave_norm(cube, family) <= 300].tolist()} - {(0, 0, 0)}
        assert {tuple(k) for k in large.tolist()} == inside
        keys = [(int(n), *(-k).tolist()) for n, k in zip(wave_norm(large, family), large, strict=True)]
        assert keys == sorted(keys)
        for limit in (3, 75, 76, 77, 150):
            small = waves_within(family, limit)
            assert np.array_equal(large[: len(small)], small)


@given(waves, waves)
def test_norms_are_quadratic_forms(one: tuple[int, ...], other: tuple[int, ...]) -> None:
    a, b = np.array(one), np.array(other)
    for family in LATTICE_FAMILIES:
        assert wave_norm(a + b, family) + wave_norm(a - b, family) == 2 * wave_norm(a, family) + 2 * wave_norm(
            b, family
        )
        assert wave_norm(a, family) >= 3 * np.abs(a).max() ** 2


def test_radius_is_inclusive_and_exact() -> None:
    assert [ball_norm(r) for r in range(1, 6)] == [3, 12, 27, 48, 75]
