"""Special reflection conditions of Wyckoff positions: exact, and worded as in International Tables A."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from basis_compiler import read_crystals, reflection_conditions, reflection_list, special_conditions
from basis_compiler.reflections.absence_reasons import REASONS
from basis_compiler.reflections.conditions.special_conditions import SpecialCondition
from basis_compiler.reflections.conditions.special_sums import SpecialSums
from basis_store import Operations, Setting, StoreReader, data_folder, standard_settings, wyckoff_points

_RANDOM = np.random.default_rng(7)
_SMALL = np.array(list(itertools.product((-2, -1, 0, 1, 3, 4), repeat=3)))
# Of zones and rows as many as of all waves, up to the largest period in every index.
WAVES = np.unique(np.vstack([_RANDOM.integers(-12, 13, (150, 3)), _RANDOM.permutation(_SMALL)[:150]]), axis=0)


def fulfils(condition: SpecialCondition, group: Operations, waves: np.ndarray) -> np.ndarray:
    """Which waves fulfil a condition and its images under the point group, by what is printed of it."""
    basis = np.array(condition.basis)
    free = [int(np.flatnonzero((basis == unit[:, None]).all(axis=0))[0]) for unit in np.eye(len(basis))]
    fulfilled = np.ones(len(waves), dtype=bool)
    for rotation in group.point_group:
        images = waves @ rotation
        inside = (images[:, free] @ basis == images).all(axis=1)
        holds = np.zeros(len(waves), dtype=bool)
        for one in condition.alternatives:
            orders = itertools.permutations(range(3)) if one.permuted else [(0, 1, 2)]
            for order in orders:
                permuted = images[:, list(order)]
                together = np.ones(len(waves), dtype=bool)
                for each in one.congruences:
                    together &= (permuted @ each.coefficients - each.remainder) % each.modulus == 0
                holds |= together
        fulfilled &= holds | ~inside
    return fulfilled


def test_what_is_printed_is_what_vanishes(reader: StoreReader, setting: Setting) -> None:
    """Of every position of every setting: general and special conditions together are the exact sums."""
    group = reader.read(setting).operations
    general = reflection_conditions(group).allows(WAVES)
    for letter, position in reader.wyckoff_positions(setting).items():
        special = special_conditions(group, position)
        printed = general.copy()
        for condition in special.conditions:
            assert condition.alternatives and not condition.residues, letter  # a simple rule was found
            printed &= fulfils(condition, group, WAVES)
        assert np.array_equal(special.allows(WAVES), printed), letter


def test_sums_are_structure_factors(reader: StoreReader) -> None:
    """In floating point, at random values of the free coordinates: 0 where it is said to be, and only there."""
    waves = WAVES[::3]
    for setting in standard_settings():
        group = reader.read(setting).operations
        for letter, position in reader.wyckoff_positions(setting).items():
            points = wyckoff_points(group, position)
            x = points.matrices @ _RANDOM.random(3) + points.shifts24 / 24
            sums = np.abs(np.exp(2j * np.pi * (waves @ x.T)).mean(axis=1))
            assert np.array_equal(SpecialSums(group, position).vanish(waves), sums < 1e-9), (setting.label, letter)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # International Tables A; positions that are not named have no extra conditions.
        ("14", {"abcd": "hkl: k+l=2n"}),
        ("14:c1", {"abcd": "hkl: h+l=2n"}),
        ("17", {"ab": "0kl: l=2n", "cd": "h0l: l=2n"}),
        ("62", {"ab": "hkl: h+l,k=2n"}),
        ("64", {"ab": "hkl: k+l=2n", "c": "hkl: h,k,l=2n", "d": "hkl: k+l=2n", "e": "hkl: h=2n"}),
        ("92", {"a": "0kl: l=2n+1 or 2k+l=4n"}),
        ("94", {"abc": "hkl: h+k+l=2n", "d": "hkl: l=2n; hk0: h+k=2n", "ef": "0kl: k+l=2n"}),
        ("136", {"abe": "hkl: h+k+l=2n", "cdh": "hkl: h+k,l=2n"}),
        ("167", {"abcd": "hkil: l=2n"}),
        ("178", {"a": "h-h0l: l=2n or l=3n+1 or l=3n+2", "b": "hh-2hl: l=2n or l=3n+1 or l=3n+2"}),
        ("186", {"a": "hkil: l=2n", "b": "hkil: l=2n or h-k=3n+1 or h-k=3n+2"}),
        ("194", {"abegi": "hkil: l=2n", "cdf": "hkil: l=2n or h-k=3n+1 or h-k=3n+2"}),
        ("198", {}),
        ("212", {
            "ab": "hkl: h,k=2n+1 in any order, or h=2n+1 and k=4n+2 and l=4n in any order, "
                  "or h,k,l=4n, or h,k,l=4n+2",
            "c": "0kl: k=2n+1 or l=2n+1 or k+l=4n",
        }),
        ("225", {"cdg": "hkl: h=2n"}),
        ("227", {"abf": "hkl: h=2n+1 or h+k+l=4n", "cd": "hkl: h=2n+1 or h,k,l=4n or h,k,l=4n+2"}),
        ("227:1", {"abf": "hkl: h=2n+1 or h+k+l=4n", "cd": "hkl: h=2n+1 or h,k,l=4n or h,k,l=4n+2"}),
        ("228", {"adf": "hkl: h+k+l=4n", "bc": "hkl: h,k,l=4n or h,k,l=4n+2", "e": "hkl: h=2n"}),
    ],
)  # fmt: skip
def test_wording(reader: StoreReader, name: str, expected: dict[str, str]) -> None:
    setting = Setting.parse(name)
    group = reader.read(setting).operations
    texts = {letter: text for letters, text in expected.items() for letter in letters}
    for letter, position in reader.wyckoff_positions(setting).items():
        found = str(special_conditions(group, position))
        assert found == texts.get(letter, "no extra conditions"), letter


@pytest.mark.parametrize("file", ["corundum", "diamond", "quartz", "rutile", "spinel", "wurtzite", "catio3"])
def test_reasons_of_absences_of_a_crystal(reader: StoreReader, file: str) -> None:
    """A reflection is absent for its special positions <=> the position of no site allows it."""
    (crystal,) = read_crystals(data_folder() / "crystals" / f"{file}.cif")
    found = reflection_list(crystal, d_min=0.7, cell="standard")
    setting = found.standard.setting
    group, positions = reader.read(setting).operations, reader.wyckoff_positions(setting)
    letters = {site.wyckoff for site in found.standard.sites}
    conditions = [special_conditions(group, positions[letter]) for letter in letters]
    absences = found.absences
    own = absences.hkl[absences.reasons >= REASONS.index("special position")]
    exact = ~np.logical_or.reduce([one.allows(own) for one in conditions])
    of_positions = absences.hkl[absences.reasons == REASONS.index("special position")]
    assert np.array_equal(own[exact], of_positions)
    assert np.logical_or.reduce([one.allows(found.hkl) for one in conditions]).all()
    assert len(of_positions) > 0 or file not in {"diamond", "wurtzite"}
