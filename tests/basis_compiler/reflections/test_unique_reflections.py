"""Unique reflections of all 530 settings: multiplicities, absences with their reasons, nothing missing."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from basis_compiler import operations
from basis_compiler.reflections.absence_reasons import REASONS, by_reason, reason_of_operations
from basis_compiler.reflections.unique_reflections import MAX_WAVES, UniqueReflections, unique_reflections
from basis_store import Operations, ReflectionError, Setting
from tests.support.crystals.lattices import random_lattice

gemmi = pytest.importorskip("gemmi", reason="gemmi is not installed")

UNIT = np.eye(3, dtype=np.int64)


def listed(group: Operations, lattice: np.ndarray, d_min: float, *, friedel: bool = True) -> UniqueReflections:
    return unique_reflections(group, lattice, d_min=d_min, change=UNIT, denominator=1, friedel=friedel)


def all_indices(lattice: np.ndarray, d_min: float) -> np.ndarray:
    """By brute force: every index of a box that is far too large, but 000."""
    n = int(np.ceil(np.linalg.norm(lattice, axis=1).max() / d_min)) + 1
    box = np.array(list(itertools.product(range(-n, n + 1), repeat=3)))
    lengths = np.linalg.norm(box @ np.linalg.inv(lattice).T, axis=1)
    return box[(lengths > 0) & (lengths <= 1 / d_min)]


def test_every_index_is_in_one_orbit_with_gemmi_s_multiplicity(setting: Setting) -> None:
    lattice = random_lattice(setting, np.random.default_rng(setting.hall_number))
    theirs = gemmi.symops_from_hall(setting.hall_symbol)
    for friedel in (True, False):
        found = listed(operations(setting), lattice, 1.2, friedel=friedel)
        seen: list[tuple[int, ...]] = []
        for hkl, multiplicity in zip(found.hkl.tolist(), found.multiplicities.tolist(), strict=True):
            images = {tuple(op.apply_to_hkl(hkl)) for op in theirs.sym_ops}
            images |= {tuple(-index for index in image) for image in images} if friedel else set()
            assert len(images) == multiplicity, hkl
            seen += images
        assert len(set(seen)) == len(seen)
        assert set(seen) == set(map(tuple, all_indices(lattice, 1.2).tolist()))


def test_absences_are_gemmi_s_and_have_the_first_reason(setting: Setting) -> None:
    lattice = random_lattice(setting, np.random.default_rng(setting.hall_number))
    group = operations(setting)
    ordered, order = by_reason(group)
    found = listed(ordered, lattice, 0.75)
    theirs = gemmi.symops_from_hall(setting.hall_symbol)
    absent = found.forbidding >= 0
    expected = [theirs.is_systematically_absent(hkl) for hkl in found.hkl.tolist()]
    assert np.array_equal(absent, expected)
    kinds = reason_of_operations(group)
    for hkl, forbidding in zip(found.hkl[absent], found.forbidding[absent], strict=True):
        witness = order[forbidding]
        # The witness proves the absence, and no operation of an earlier kind does.
        assert np.array_equal(hkl @ group.rotations[witness], hkl)
        proving = (hkl @ group.rotations == hkl).all(axis=1) & (group.translations24 @ hkl % 24 != 0)
        assert proving[witness]
        assert kinds[witness] == kinds[proving].min()
        # gemmi's centring vectors say the same of centrings.
        centred = any(hkl @ np.array(v) % 24 for v in theirs.cen_ops)
        assert (REASONS[kinds[witness]] == "centring") == centred


# International Tables A (2016), table 3.2.3.2: forms of the eleven Laue classes, and how many faces they have.
FORMS = {
    "-1": {"123": 2, "100": 2},
    "2/m": {"010": 2, "102": 2, "123": 4},
    "mmm": {"100": 2, "010": 2, "001": 2, "012": 4, "102": 4, "120": 4, "123": 8},
    "4/m": {"001": 2, "120": 4, "110": 4, "100": 4, "123": 8, "102": 8, "112": 8},
    "4/mmm": {"001": 2, "110": 4, "100": 4, "120": 8, "112": 8, "102": 8, "123": 16},
    "-3": {"001": 2, "120": 6, "100": 6, "123": 6, "102": 6},
    "-3m": {"001": 2, "110": 6, "100": 6, "120": 12, "102": 6, "112": 12, "123": 12},
    "6/m": {"001": 2, "120": 6, "110": 6, "123": 12, "102": 12},
    "6/mmm": {"001": 2, "110": 6, "100": 6, "120": 12, "112": 12, "102": 12, "123": 24},
    "m-3": {"100": 6, "110": 12, "120": 12, "111": 8, "112": 24, "122": 24, "123": 24},
    "m-3m": {"100": 6, "110": 12, "120": 24, "111": 8, "112": 24, "122": 24, "123": 48},
}
LAUE = {
    "1": "-1", "-1": "-1", "2": "2/m", "m": "2/m", "2/m": "2/m", "222": "mmm", "mm2": "mmm", "mmm": "mmm",
    "4": "4/m", "-4": "4/m", "4/m": "4/m", "422": "4/mmm", "4mm": "4/mmm", "-42m": "4/mmm", "4/mmm": "4/mmm",
    "3": "-3", "-3": "-3", "32": "-3m", "3m": "-3m", "-3m": "-3m", "6": "6/m", "-6": "6/m", "6/m": "6/m",
    "622": "6/mmm", "6mm": "6/mmm", "-6m2": "6/mmm", "6/mmm": "6/mmm", "23": "m-3", "m-3": "m-3",
    "432": "m-3m", "-43m": "m-3m", "m-3m": "m-3m",
}  # fmt: skip
# Trigonal groups with the two-fold axes or mirrors along the other direction: -31m. h0l and hhl change places.
OTHER_AXES = {149, 151, 153, 157, 159, 162, 163}


@pytest.mark.parametrize("number", range(1, 231))
def test_powder_multiplicities_are_those_of_international_tables(number: int) -> None:
    setting = Setting.standard(number)
    group = operations(setting)
    lattice = random_lattice(setting, np.random.default_rng(number))
    found = listed(group, lattice, 0.6)
    images = np.concatenate([group.point_group, -group.point_group])
    laue = LAUE[setting.point_group]
    for form, multiplicity in FORMS[laue].items():
        hkl = np.array([int(digit) for digit in form])
        other = {"102": 12, "112": 6} if number in OTHER_AXES else {}
        rows = (found.hkl[:, None] == hkl @ images).all(axis=2).any(axis=1)
        assert found.multiplicities[rows].tolist() == [other.get(form, multiplicity)], form


def test_representatives_have_the_fewest_negative_indices() -> None:
    lattice = random_lattice(Setting.parse("194"), np.random.default_rng(1))
    found = listed(operations("194"), lattice, 0.8)
    assert (found.hkl >= 0).all()
    assert [1, 1, 0] in found.hkl.tolist()
    assert (np.diff(found.d) < 1e-9).all()
    cubic = listed(operations("225"), 4 * np.eye(3), 0.7)
    assert (np.diff(cubic.hkl, axis=1) <= 0).all()


def test_a_cell_of_the_file_shows_only_its_own_reflections() -> None:
    group = operations("225")
    primitive = np.array([[0, 1, 1], [1, 0, 1], [1, 1, 0]])
    found = unique_reflections(group, 4 * np.eye(3), d_min=0.8, change=primitive, denominator=2, friedel=True)
    assert (found.forbidding < 0).all()
    assert np.array_equal(found.hkl * 2, found.waves @ primitive)
    assert len(found) == (listed(group, 4 * np.eye(3), 0.8).forbidding < 0).sum()


def test_too_many_are_refused_and_the_limit_that_is_named_works() -> None:
    with pytest.raises(ReflectionError, match="end at d = ") as caught:
        listed(operations("1"), 10 * np.eye(3), 0.001)
    least = float(str(caught.value).split("end at d = ")[1].split()[0])
    assert 4 / 3 * np.pi * 1000 / least**3 <= MAX_WAVES
    for d_min in (0.0, -1.0, np.nan, np.inf):
        with pytest.raises(ReflectionError, match="positive"):
            listed(operations("1"), np.eye(3), d_min)


def test_a_limit_beyond_every_reflection_gives_none() -> None:
    assert len(listed(operations("225"), 4 * np.eye(3), 100.0)) == 0
