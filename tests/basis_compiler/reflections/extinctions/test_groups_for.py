"""Which groups fit: every setting from reflections without noise, and real crystals with noise and violations."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from basis_compiler import compile_crystal, groups_for
from basis_compiler.reflections.extinctions.extinction_classes import extinction_classes
from basis_compiler.reflections.extinctions.laue_classes import LaueClass, laue_classes
from basis_compiler.reflections.extinctions.orbit_likelihoods import (
    log_outlier,
    log_present,
    orbit_likelihoods,
)
from basis_store import ReflectionData, ReflectionError, Setting
from tests.support.crystals.general_positions import general_intensities, half_sphere, symmetric_cell
from tests.support.crystals.real_crystals import real_crystals


@pytest.mark.parametrize("laue", laue_classes(), ids=lambda one: one.name)
def test_every_setting_is_found_from_reflections_without_noise(laue: LaueClass) -> None:
    """Of all 530; equivalents are merged, so that the cell decides for the Laue class.

    Settings of a class differ in nothing that is looked at, if the same of their reflections are 0.
    """
    random = np.random.default_rng(laue.order)
    cell = symmetric_cell(laue, random)
    waves, _ = laue.representatives(half_sphere(cell, 0.75 if laue.order > 8 else 1.1))
    for one in extinction_classes(laue):
        turned = waves * np.array([-1, -1, 1]) if one.is_reverse else waves
        measured = {setting: general_intensities(setting, turned, random) for setting in one.settings}
        for setting, intensities in measured.items():
            assert np.array_equal(intensities > 0, one.allows(waves)), setting
        data = ReflectionData(waves, intensities=intensities, sigmas=1e-3 * np.ones(len(waves)), cell=cell)
        found = groups_for(data)
        assert found.best is one, (setting, one.symbol, found.best.symbol, found.best.laue.name)
        assert [row.rank for row in found.classes[:2]] in ([1, 2], [1])
        assert len(found.against) == 0
        assert all(row.observed == 0 for row in found.conditions if row.holds)


def test_laue_classes_of_one_cell_are_told_apart_by_equivalents() -> None:
    """A cubic cell with every symmetry that it can have: by a full sphere of noisy reflections."""
    random = np.random.default_rng(4)
    cell = np.array([6.0, 6, 6, 90, 90, 90])
    hkl = half_sphere(cell, 1.1)
    for laue in laue_classes():
        if laue.misfit(cell) > 0.01:
            continue
        intensities = general_intensities(laue.settings[0], hkl, random)
        intensities *= 1000 / intensities.mean()
        counts = random.poisson(intensities + 5)
        data = ReflectionData(hkl, intensities=counts - 5, sigmas=np.sqrt(counts + 5), cell=cell)
        found = groups_for(data)
        assert found.best.laue is laue, (laue.name, found.best.laue.name)
        rows = {row.laue: row for row in found.laue}
        assert rows[laue].r_merge < 0.1
        for other in rows.values():
            own = {rotation.tobytes() for rotation in laue.rotations}
            if not {rotation.tobytes() for rotation in other.laue.rotations} <= own:
                assert other.r_merge > 0.15


def pnma(violations: int, *, sigmas: bool = True) -> ReflectionData:
    random = np.random.default_rng(7)
    cell = np.array([7.0, 8, 9, 90, 90, 90])
    hkl = half_sphere(cell, 1.2)
    intensities = general_intensities(Setting.standard(62), hkl, random)
    intensities *= 100 / intensities.mean()
    absent = np.flatnonzero(intensities == 0)
    violated = random.choice(absent, min(violations, len(absent)), replace=False)
    intensities[violated] += random.uniform(20, 200, len(violated))
    noisy = intensities + random.normal(size=len(hkl))
    return ReflectionData(hkl, intensities=noisy, sigmas=np.ones(len(hkl)) if sigmas else None, cell=cell)


def test_a_few_violations_are_listed_and_do_not_decide() -> None:
    data = pnma(violations=6)
    found = groups_for(data)
    assert found.best.symbol == "P n - a"
    assert found.best.groups == ("Pn2_1a (33)", "Pnma (62)")
    assert len(found.against) >= 6
    assert data.intensities is not None
    strongest = data.intensities[found.against]
    assert strongest[:6].min() > 15 > strongest[6:].max(initial=0)
    by_name = {row.condition: row for row in found.conditions}
    assert by_name["0kl: k+l=2n"].holds and not by_name["h0l: l=2n"].holds
    assert by_name["h0l: l=2n"].observed > 0.8 * by_name["h0l: l=2n"].forbidden
    assert by_name["0kl: k+l=2n"].observed <= 8
    assert sum(one.probability for one in found.classes) == pytest.approx(1)
    assert [one.rank for one in found.classes] == sorted(one.rank for one in found.classes)


def test_many_violations_are_no_absences() -> None:
    found = groups_for(pnma(violations=150))
    assert found.best.symbol != "P n - a"


def test_without_uncertainties_and_from_amplitudes() -> None:
    found = groups_for(pnma(violations=2, sigmas=False))
    assert found.best.symbol == "P n - a"
    assert any("no uncertainties" in note for note in found.notes)
    data = pnma(violations=0)
    assert data.intensities is not None
    amplitudes = ReflectionData(data.hkl, amplitudes=np.sqrt(np.maximum(data.intensities, 0)), cell=data.cell)
    assert groups_for(amplitudes).best.symbol == "P n - a"


def test_only_classes_that_are_asked_for() -> None:
    data = pnma(violations=0)
    assert {one.extinction.laue.symbol for one in groups_for(data, laue="2/m").classes} == {"2/m"}
    found = groups_for(data, system="orthorhombic")
    assert {one.extinction.laue.symbol for one in found.classes} == {"mmm"}
    assert len(found.classes) == 111


def test_the_more_common_of_classes_that_are_not_told_apart_is_first() -> None:
    """Without a reflection 0k0 nothing is known about a screw axis along b."""
    random = np.random.default_rng(2)
    laue = next(one for one in laue_classes() if one.name == "2/m (unique axis b)")
    cell = symmetric_cell(laue, random)
    hkl = half_sphere(cell, 1.3)
    hkl = hkl[(hkl[:, [0, 2]] != 0).any(axis=1)]
    intensities = general_intensities(Setting.parse("P2_1"), hkl, random)
    found = groups_for(ReflectionData(hkl, intensities=intensities, sigmas=np.ones(len(hkl)), cell=cell))
    assert [one.extinction.symbol for one in found.classes[:2]] == ["P 1 21 1", "P 1 - 1"]
    assert found.classes[1].log_evidence == pytest.approx(0)
    assert found.classes[0].probability > found.classes[1].probability > 0.1
    assert (
        "these reflections do not tell P 1 21 1 from P 1 - 1; it is first because it is more common" in found.notes
    )


def test_a_primitive_cell_of_a_centred_lattice_has_a_note() -> None:
    """The rhombohedral cell of an F lattice, 60 degrees, has matrices of -3m only."""
    random = np.random.default_rng(3)
    cell = np.array([4.0, 4, 4, 60, 60, 60])
    hkl = half_sphere(cell, 1.0)
    data = ReflectionData(hkl, intensities=random.exponential(size=len(hkl)), sigmas=np.ones(len(hkl)), cell=cell)
    (note,) = (note for note in groups_for(data).notes if "conventional cell" in note)
    assert "m-3m in the conventional cell 5.6569 5.6569 5.6569 90 90 90" in note
    assert not any("conventional cell" in note for note in groups_for(pnma(violations=0)).notes)


def test_what_cannot_be_compared() -> None:
    data = pnma(violations=0)
    with pytest.raises(ReflectionError, match="no cell: give it with --cell"):
        groups_for(ReflectionData(data.hkl, intensities=data.intensities))
    with pytest.raises(ReflectionError, match="no intensities"):
        groups_for(ReflectionData(data.hkl, cell=data.cell))
    with pytest.raises(ReflectionError, match="no reflection has a positive intensity"):
        groups_for(ReflectionData(data.hkl, intensities=np.zeros(len(data)), cell=data.cell))
    with pytest.raises(ReflectionError, match="has not the symmetry of cubic"):
        groups_for(data, system="cubic")
    with pytest.raises(ReflectionError, match="there is no Laue class 'mm2'"):
        groups_for(data, laue="mm2")


def test_absurd_measurements_leave_probabilities_what_they_are() -> None:
    """Uncertainties and intensities over many orders of magnitude, far below 0, or all the same."""
    random = np.random.default_rng(0)
    for case in range(40):
        n = int(random.choice([1, 2, 5, 40, 150]))
        hkl = random.integers(-4, 5, (n, 3)) + np.array([9, 0, 0])
        intensities = (random.normal(size=n), 10.0 ** random.uniform(-12, 12, n), np.full(n, -1.0))[case % 3]
        intensities[0] = 1
        sigmas = (np.ones(n), np.full(n, 1e-9), 10.0 ** random.uniform(-9, 9, n), np.zeros(n))[case % 4]
        cell = np.array([6.0, 6, 6, 90, 90, 90 if case % 2 else 120])
        found = groups_for(ReflectionData(hkl, intensities=intensities, sigmas=sigmas, cell=cell))
        assert sum(one.probability for one in found.classes) == pytest.approx(1)
        assert np.isfinite([one.log_evidence for one in (*found.classes, *found.laue)]).all()


def test_likelihoods_are_the_integrals_that_they_stand_for() -> None:
    """Of orbits without outliers, against sums over a fine grid of intensities."""
    random = np.random.default_rng(0)
    grid = np.linspace(1e-6, 30, 400_001)
    step = grid[1] - grid[0]
    log_q = log_present(grid, np.full(len(grid), 1e-9))
    assert np.exp(log_q).sum() * step == pytest.approx(1, abs=2e-2)
    for truth in (0.0, 0.05, 0.7, 4.0):
        s = np.full(4, 0.03)
        y = truth + 0.03 * random.normal(size=4)
        found = orbit_likelihoods(y, s, log_outlier(y, s), np.zeros(4, dtype=np.int64), 0.01)
        variance = s[0] ** 2 + (0.01 * grid) ** 2
        inlier = -0.5 * (y[:, None] - grid) ** 2 / variance - 0.5 * np.log(2 * np.pi * variance)
        mixed = np.logaddexp(np.log(0.97) + inlier, log_outlier(y, s)[:, None]).sum(axis=0)
        expected = np.logaddexp.reduce(mixed + log_q) + np.log(step)
        assert found.present[0] == pytest.approx(expected, abs=0.3), truth


def test_crystals_of_the_materials_project_with_noise_and_violations(
    shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A short form of experiments/extinction_classes.py."""
    pytest.importorskip("gemmi")
    from experiments import measured_reflections
    from experiments.extinction_classes import rows, summary

    monkeypatch.setattr(measured_reflections, "MAX_MEASURED", 2000)
    chosen = itertools.islice(real_crystals(shared, 97), 60)
    records = [compile_crystal(crystal) for crystal, _ in chosen]
    found = summary(list(rows(records, 0)))
    assert found["crystals"] == 60
    assert found["first"] >= 0.95, found["failures"]
    assert found["first_of_decidable"] == 1, found["failures"]
    assert found["among_three"] == 1, found["failures"]
