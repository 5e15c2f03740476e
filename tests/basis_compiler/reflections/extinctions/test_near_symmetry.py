"""Structures that nearly have more symmetry: pseudo-translations, distortions, and absences by accident."""

from __future__ import annotations

import numpy as np
import pytest

from basis_compiler import groups_for, operations
from basis_compiler.reflections.extinctions.class_ranking import GroupsFor
from basis_compiler.reflections.extinctions.extinction_classes import extinction_classes
from basis_compiler.reflections.extinctions.group_frequencies import (
    VOLUMES,
    group_frequencies,
    log_frequencies,
    volume_column,
)
from basis_compiler.reflections.extinctions.groups_for import fitting_laue_classes
from basis_compiler.reflections.extinctions.laue_classes import laue_classes
from basis_compiler.reflections.extinctions.laue_frequencies import (
    laue_frequencies,
    log_laue_frequencies,
    metric_name,
)
from basis_compiler.reflections.extinctions.orbit_likelihoods import OrbitLikelihoods
from basis_compiler.reflections.extinctions.pseudo_symmetry import OF_LAUE_CLASS, OF_METRIC, Shares, with_accidents
from basis_compiler.reflections.extinctions.pseudo_translations import index_classes
from basis_store import ReflectionData, Setting
from basis_store.array_types import FloatArray, IntArray
from tests.support.crystals.general_positions import general_intensities, half_sphere

HEUSLER = ((0, 0, 0), 28.0), ((0.5, 0.5, 0.5), 31.0), ((0.25, 0.25, 0.25), 26.0)
"""Ni, Ga and Fe of Fe2NiGa, which X-rays hardly tell apart: by index class, |F| is 111, 7 or 12."""


def factors(number: int, sites: tuple[tuple[tuple[float, ...], float], ...], hkl: IntArray) -> FloatArray:
    """(n,) |F|^2 of point atoms: a sum over operations, each image of an atom once."""
    group = operations(Setting.standard(number))
    total = np.zeros(len(hkl), dtype=np.complex128)
    for point, weight in sites:
        images = np.round((group.rotations @ np.array(point) + group.translations24 / 24) % 1, 6) % 1
        total += weight * np.exp(2j * np.pi * (hkl @ np.unique(images, axis=0).T)).sum(axis=1)
    return np.abs(total) ** 2


def counted(intensities: FloatArray, hkl: IntArray, cell: FloatArray, *, counts: float, seed: int) -> GroupsFor:
    """What is found from Poisson counts with this mean, over a background of 5."""
    rate = intensities * counts / intensities.mean() + 5
    found = np.random.default_rng(seed).poisson(rate)
    return groups_for(ReflectionData(hkl, intensities=found - 5.0, sigmas=np.sqrt(found + 5.0), cell=cell))


def test_reflections_of_a_superlattice_are_compared_with_others_of_it() -> None:
    """All that a c glide plane or a screw axis forbids is weak, since all superlattice reflections are."""
    cell = np.array([5.75, 5.75, 5.75, 90, 90, 90])
    hkl = half_sphere(cell, 0.8)
    intensities = factors(225, HEUSLER, hkl)
    for counts in (300.0, 1000.0, 10_000.0):
        for seed in range(3):
            found = counted(intensities, hkl, cell, counts=counts, seed=seed)
            assert (found.best.symbol, found.best.laue.symbol) == ("F - - -", "m-3m"), (counts, seed)


def test_a_glide_plane_of_a_superlattice_is_found() -> None:
    """Of a C-centred structure but for a light atom, in Pbam: 0kl with odd k is 0 and not only weak."""
    cell = np.array([6.1, 7.3, 5.2, 90, 90, 90])
    hkl = half_sphere(cell, 0.8)
    heavy = ((0.0, 0.0, 0.0), 40.0), ((0.0, 0.5, 0.5), 30.0)
    intensities = factors(55, (*heavy, ((0.13, 0.31, 0.2), 4.0)), hkl)
    weak = intensities[hkl[:, :2].sum(axis=1) % 2 == 1].mean() / intensities.mean()
    assert 0 < weak < 0.1
    found = counted(intensities, hkl, cell, counts=10_000, seed=0)
    assert found.best.symbol == "P b a -"


def test_index_classes_are_those_of_the_pseudo_translations() -> None:
    laue = next(one for one in laue_classes() if one.symbol == "m-3m")
    waves, _ = laue.representatives(half_sphere(np.array([5.75, 5.75, 5.75, 90, 90, 90]), 0.8))
    allowed = waves[factors(225, HEUSLER, waves) > 1e-6]
    found = index_classes(allowed, factors(225, HEUSLER, allowed), laue.rotations)
    assert found is not None
    kinds = np.where(allowed[:, 0] % 2 == 1, 1, np.where(allowed.sum(axis=1) % 4 == 2, 2, 0))
    assert len({*zip(found.tolist(), kinds.tolist(), strict=True)}) == len({*kinds.tolist()}) == 3
    random = np.random.default_rng(0)
    assert index_classes(waves, random.exponential(size=len(waves)), laue.rotations) is None


@pytest.mark.parametrize("share", (0.0, 0.02, 0.03, 0.05, 0.2, 1.0))
def test_a_distorted_structure_is_found_as_far_as_it_is_distorted(share: float) -> None:
    """P4/m, with intensities that differ from those of P4/mmm by a share."""
    cell = np.array([6.0, 6, 8, 90, 90, 90])
    hkl = half_sphere(cell, 0.9)
    intensities = general_intensities(Setting.parse("P4/m"), hkl, np.random.default_rng(3))
    mirrored = general_intensities(Setting.parse("P4/m"), hkl[:, [1, 0, 2]], np.random.default_rng(3))
    mixed = 0.5 * (1 + share) * intensities + 0.5 * (1 - share) * mirrored
    found = counted(mixed, hkl, cell, counts=5000, seed=1)
    assert found.best.laue.symbol == ("4/m" if share else "4/mmm")
    assert found.best.symbol == "P - - -"
    if not share:
        assert found.classes[0].probability > 0.9
        # Nobody can exclude a distortion that is not seen.
        assert sum(one.probability for one in found.classes if one.extinction.laue.symbol == "4/m") > 1e-4


def test_the_strongest_reflections_are_no_violations() -> None:
    """28 close-packed layers: of 00l with l not 3n only 00 28 and 00 56 are there, but these are the strongest."""
    cell = np.array([3.85, 3.85, 88.1, 90, 90, 120])
    hkl = half_sphere(cell, 1.0)
    layers = np.random.default_rng(5).choice([1, 2], size=27).cumsum() % 3
    places = [np.array([layer / 3, 2 * layer / 3, number / 28]) for number, layer in enumerate([0, *layers])]
    intensities = np.abs(np.exp(2j * np.pi * (hkl @ np.array(places).T)).sum(axis=1)) ** 2
    found = counted(intensities, hkl, cell, counts=2000, seed=2)
    assert found.best.symbol == "P - - -"


def test_frequencies_are_of_all_groups_and_shared_by_settings() -> None:
    counts = group_frequencies()
    assert list(counts) == list(range(1, 231)) and sum(map(sum, counts.values())) > 20_000
    assert {len(one) for one in counts.values()} == {len(VOLUMES) + 1}
    for volume in (1.0, 90.0, 1e5):
        for laue in laue_classes():
            assert np.exp(log_frequencies(extinction_classes(laue), volume)).sum() == pytest.approx(1)
    mmm = next(one for one in laue_classes() if one.symbol == "mmm")
    classes = extinction_classes(mmm)
    by_symbol = dict(zip([one.symbol for one in classes], log_frequencies(classes, 400.0).tolist(), strict=True))
    assert by_symbol["P n a -"] == pytest.approx(by_symbol["P b n -"]), "one group in two settings"
    assert by_symbol["P n a -"] > by_symbol["P n n n"]


def test_frequencies_depend_on_the_volume() -> None:
    """I4_1/acd has no sites of fewer than 8 atoms: small cells are seldom its."""
    laue = next(one for one in laue_classes() if one.symbol == "4/mmm")
    classes = extinction_classes(laue)

    def ratio(volume: float) -> float:
        values = dict(zip([one.symbol for one in classes], log_frequencies(classes, volume).tolist(), strict=True))
        return values["I a c d"] - values["I - - -"]

    assert ratio(200.0) < ratio(3000.0) - 2
    assert [volume_column(volume) for volume in (1, 31.9, 32, 45, 2895, 2896, 1e9)] == [0, 0, 1, 2, 13, 14, 14]
    # A rhombohedral cell is a third of the hexagonal one, in which crystals are counted.
    rhombohedral = next(one for one in laue_classes() if one.name == "-3m (rhombohedral axes)")
    hexagonal = next(one for one in laue_classes() if one.symbol == "-3m1")
    found = []
    for laue, volume in ((rhombohedral, 100.0), (hexagonal, 300.0)):
        values = log_frequencies(classes := extinction_classes(laue), volume)
        by_number = {
            one.numbers[-1]: value for one, value in zip(classes, values, strict=True) if not one.is_reverse
        }
        found.append(by_number[167] - by_number[166])
    assert found[0] == pytest.approx(found[1])


def test_laue_classes_are_as_common_as_they_were_counted() -> None:
    """In the metric of the cell; classes of one symbol share, and every one that fits is possible."""
    counts = laue_frequencies()
    cubic = np.array([5.0, 5, 5, 90, 90, 90])
    fitting = fitting_laue_classes(cubic, None, None, 0.01)
    assert metric_name(fitting) == "m-3m"
    shares = dict(zip([one.name for one in fitting], np.exp(log_laue_frequencies(fitting)).tolist(), strict=True))
    assert sum(shares.values()) == pytest.approx(1)
    assert shares["m-3m"] / shares["m-3"] == pytest.approx(
        (counts["m-3m", "m-3m"] + 1) / (counts["m-3m", "m-3"] + 1)
    )
    third = (counts["m-3m", "2/m"] + 1) / (counts["m-3m", "m-3"] + 1) / 3 * shares["m-3"]
    assert [shares[f"2/m (unique axis {axis})"] for axis in "abc"] == pytest.approx([third] * 3)
    for cell, name in (
        ((5, 6, 7, 80, 85, 95), "-1"), ((5, 6, 7, 90, 100, 90), "2/m"), ((5, 6, 7, 90, 90, 90), "mmm"),
        ((5, 5, 7, 90, 90, 90), "4/mmm"), ((5, 5, 7, 90, 90, 120), "6/mmm"),
        ((5, 5, 5, 70, 70, 70), "rhombohedral"),
    ):  # fmt: skip
        classes = fitting_laue_classes(np.array(cell, dtype=np.float64), None, None, 0.01)
        assert metric_name(classes) == name
        counted_ones = {laue for of, laue in counts if of == name and (of, laue) != ("rhombohedral", "2/m")}
        assert counted_ones <= {one.symbol for one in classes}, "no crystal has a class that its metric forbids"


@pytest.mark.parametrize("shares", (OF_LAUE_CLASS, OF_METRIC))
def test_shares_of_distortions_are_of_all_structures(shares: Shares) -> None:
    assert shares.invisible + sum(shares.sizes.values()) + shares.independent == pytest.approx(1, abs=1e-9)


def test_one_accident_may_explain_several_groups_of_absences() -> None:
    absent = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 0, 1]], dtype=bool)
    evidence, common = np.array([-40.0, -20, 0, -60]), np.log(np.full(4, 0.25))
    found = with_accidents(absent, evidence, common)
    assert found[2] == pytest.approx(0, abs=0.01) and found[3] == pytest.approx(-60, abs=0.01)
    assert found[1] == pytest.approx(np.log(0.005), abs=1e-3)
    assert found[0] == pytest.approx(np.log(0.005 / 3), abs=1e-3)
    assert set(OrbitLikelihoods._fields) >= {"zero", "present", "violating", "scaled"}
