"""Extinction classes of all settings, against their operations and the symbols of International Tables."""

from __future__ import annotations

import functools
import itertools

import numpy as np
import pytest

from basis_compiler import operations
from basis_compiler.reflections.extinctions.extinction_classes import ExtinctionClass, extinction_classes
from basis_compiler.reflections.extinctions.laue_classes import LaueClass, laue_classes
from basis_store import Setting, all_settings
from basis_store.reflections.reflection_data import metric_tensor

WAVES = np.unique(
    np.concatenate([
        np.array(list(itertools.product(range(-6, 7), repeat=3))),
        # Lines are told apart by longer waves only.
        *(np.arange(-12, 13)[:, None] * np.array(axis) for axis in itertools.product((-1, 0, 1), repeat=3)),
    ]),
    axis=0,
)  # fmt: skip

IT = {
    "-1": "P -",
    "2/m (unique axis b)": (
        "P 1 - 1; P 1 21 1; P 1 a 1; P 1 21/a 1; P 1 c 1; P 1 21/c 1; P 1 n 1; P 1 21/n 1; C 1 - 1; C 1 c "
        "1; A 1 - 1; A 1 n 1; I 1 - 1; I 1 a 1"
    ),
    "2/m (unique axis c)": (
        "P 1 1 -; P 1 1 21; P 1 1 a; P 1 1 21/a; P 1 1 b; P 1 1 21/b; P 1 1 n; P 1 1 21/n; B 1 1 -; B 1 1 "
        "n; A 1 1 -; A 1 1 a; I 1 1 -; I 1 1 b"
    ),
    "2/m (unique axis a)": (
        "P - 1 1; P 21 1 1; P b 1 1; P 21/b 1 1; P c 1 1; P 21/c 1 1; P n 1 1; P 21/n 1 1; C - 1 1; C n 1 "
        "1; B - 1 1; B b 1 1; I - 1 1; I c 1 1"
    ),
    "mmm": (
        "P - - -; P - - 21; P - 21 -; P - 21 21; P 21 - -; P 21 - 21; P 21 21 -; P 21 21 21; P - - a; P - - "
        "b; P - - n; P - a -; P - a a; P - a b; P - a n; P - c -; P - c a; P - c b; P - c n; P - n -; P - n "
        "a; P - n b; P - n n; P b - -; P b - a; P b - b; P b - n; P b a -; P b a a; P b a b; P b a n; P b c "
        "-; P b c a; P b c b; P b c n; P b n -; P b n a; P b n b; P b n n; P c - -; P c - a; P c - b; P c - "
        "n; P c a -; P c a a; P c a b; P c a n; P c c -; P c c a; P c c b; P c c n; P c n -; P c n a; P c n "
        "b; P c n n; P n - -; P n - a; P n - b; P n - n; P n a -; P n a a; P n a b; P n a n; P n c -; P n c "
        "a; P n c b; P n c n; P n n -; P n n a; P n n b; P n n n; C - - -; C - - 21; C - - (ab); C - c -; C "
        "- c (ab); C c - -; C c - (ab); C c c -; C c c (ab); B - - -; B - 21 -; B - - b; B - (ac) -; B - "
        "(ac) b; B b - -; B b - b; B b (ac) -; B b (ac) b; A - - -; A 21 - -; A - - a; A - a -; A - a a; A "
        "(bc) - -; A (bc) - a; A (bc) a -; A (bc) a a; I - - -; I - - (ab); I - (ac) -; I - c b; I (bc) - "
        "-; I c - a; I b a -; I b c a; F - - -; F - d d; F d - d; F d d -; F d d d"
    ),
    "4/m": "P - - -; P 42 - -; P 41 - -; P n - -; P 42/n - -; I - - -; I 41 - -; I 41/a - -",
    "4/mmm": (
        "P - - -; P - 21 -; P 42 - -; P 42 21 -; P 41 - -; P 41 21 -; P - - c; P - 21 c; P - b -; P - b c; "
        "P - c -; P - c c; P - n -; P - n c; P n - -; P n - c; P n b -; P n b c; P n c -; P n c c; P n n -; "
        "P n n c; I - - -; I 41 - -; I - - d; I - c -; I - c d; I a - d; I a c d"
    ),
    "-3": "P - - -; P 31 - -; R(obv) - -; R(rev) - -",
    "-3 (rhombohedral axes)": "R - -",
    "-31m": "P - - -; P 31 - -; P - - c",
    "-3m1": "P - - -; P 31 - -; P - c -; R(obv) - -; R(obv) - c; R(rev) - -; R(rev) - c",
    "-3m (rhombohedral axes)": "R - -; R - c",
    "6/m": "P - - -; P 63 - -; P 62 - -; P 61 - -",
    "6/mmm": "P - - -; P 63 - -; P 62 - -; P 61 - -; P - - c; P - c -; P - c c",
    "m-3": "P - - -; P 21 - -; P n - -; P a - -; I - - -; I a - -; F - - -; F d - -",
    "m-3m": (
        "P - - -; P 42 - -; P 41 - -; P - - n; P n - -; P n - n; I - - -; I 41 - -; I - - d; I a - d; F - - "
        "-; F 41 - -; F - - c; F d - -; F d - c"
    ),
}
"""The extinction symbols of International Tables A (2006), section 3.1.3, as programs for indexing list them."""


@functools.cache
def absent(setting: Setting) -> np.ndarray:
    """Which of WAVES an operation forbids: kR = k with k.t not an integer."""
    group = operations(setting)
    found = np.zeros(len(WAVES), dtype=bool)
    for rotation, translation in zip(group.rotations, group.translations24, strict=True):
        found |= (WAVES @ rotation == WAVES).all(axis=1) & (WAVES @ translation % 24 != 0)
    return found


def every() -> list[tuple[LaueClass, ExtinctionClass]]:
    return [(laue, one) for laue in laue_classes() for one in extinction_classes(laue)]


def test_symbols_are_those_of_international_tables() -> None:
    found = {laue.name: {one.symbol for one in extinction_classes(laue)} for laue in laue_classes()}
    assert found == {name: set(symbols.split("; ")) for name, symbols in IT.items()}
    assert len(every()) == 242


def test_every_setting_is_in_one_class_of_its_laue_class() -> None:
    members = [setting for _, one in every() if not one.is_reverse for setting in one.settings]
    assert sorted(members) == list(all_settings())
    for laue, one in every():
        for setting in one.settings:
            rotations = {rotation.tobytes() for rotation in operations(setting).rotations}
            assert rotations <= {rotation.tobytes() for rotation in laue.rotations}
            assert laue.order in (len(rotations), 2 * len(rotations))


def test_members_forbid_the_same_reflections_and_classes_different_ones() -> None:
    """By the operations themselves, of all 530 settings."""
    for laue in laue_classes():
        seen = {}
        for one in extinction_classes(laue):
            if one.is_reverse:
                turned = one.allows(WAVES * np.array([-1, -1, 1]))
                assert np.array_equal(turned, ~absent(one.settings[0]))
                assert not np.array_equal(one.allows(WAVES), turned)
                continue
            for setting in one.settings:
                assert np.array_equal(one.allows(WAVES), ~absent(setting)), (one.symbol, setting)
            assert seen.setdefault(one.allows(WAVES).tobytes(), one) is one, one.symbol


def test_laue_classes() -> None:
    assert [one.order for one in laue_classes()] == sorted((one.order for one in laue_classes()), reverse=True)
    assert len(laue_classes()) == 16
    for one in laue_classes():
        assert any((rotation == -np.eye(3)).all() for rotation in one.rotations)
        waves, orbits = one.representatives(WAVES)
        expected = {frozenset(map(tuple, (wave @ one.rotations).tolist())) for wave in WAVES}
        # WAVES is closed under every Laue class but for the hexagonal ones, whose orbits may leave it.
        assert len(waves) == len(expected)
        for wave, place in zip(WAVES[::7].tolist(), orbits[::7].tolist(), strict=True):
            assert any((waves[place] @ rotation).tolist() == wave for rotation in one.rotations)


@pytest.mark.parametrize("laue", laue_classes(), ids=lambda one: one.name)
def test_the_metric_decides_which_laue_classes_a_cell_has(laue: LaueClass) -> None:
    """A random metric, averaged over the class, has its symmetry; one with a longer axis has not."""
    random = np.random.default_rng(1)
    rows = np.diag([7.0, 8.0, 9.0]) + random.normal(size=(3, 3))
    metric = (np.swapaxes(laue.rotations, 1, 2) @ (rows @ rows.T) @ laue.rotations).mean(axis=0)
    lengths = np.sqrt(np.diag(metric))
    cosines = (metric / np.outer(lengths, lengths))[[1, 0, 0], [2, 2, 1]]
    cell = np.concatenate([lengths, np.degrees(np.arccos(cosines))])
    assert np.allclose(metric_tensor(cell), metric)
    assert laue.misfit(cell) < 1e-9
    if laue.order > 2:
        skew = cell * np.array([1.0, 1.02, 1.05, 1.01, 1.03, 1.02])
        assert laue.misfit(skew) > 0.01


def test_groups_are_written_in_the_axes_of_the_indices() -> None:
    by_symbol = {(laue.name, one.symbol): one for laue, one in every()}
    assert by_symbol["mmm", "P n - a"].groups == ("Pn2_1a (33)", "Pnma (62)")
    assert by_symbol["mmm", "P b n -"].groups == ("Pbn2_1 (33)", "Pbnm (62)")
    assert by_symbol["2/m (unique axis b)", "P 1 21/n 1"].groups == ("P12_1/n1 (14)",)
    assert by_symbol["m-3m", "F d - -"].numbers == (203, 227) or by_symbol["m-3m", "F d - -"].numbers == (227,)
    assert by_symbol["6/m", "P 61 - -"].numbers == (169, 170)
