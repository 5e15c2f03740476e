"""The mean of |E^2 - 1|: one from unique reflections and from all equivalents, and that of Wilson's theory."""

from __future__ import annotations

import math

import numpy as np
import pytest

from basis_compiler import groups_for, operations, read_crystals, reflection_list
from basis_compiler.reflections.extinctions.intensity_statistics import mean_e2
from basis_compiler.reflections.extinctions.laue_classes import LaueClass, laue_classes
from basis_store import ReflectionData, Setting
from basis_store.array_types import FloatArray, IntArray
from tests.support.crystals.crystal_inputs import CRYSTALS

CELL = np.array([9.0, 10.0, 11.0, 90.0, 90.0, 90.0])
HEXAGONAL = np.array([10.0, 10.0, 12.0, 90.0, 90.0, 120.0])


def laue_class_of(setting: Setting) -> LaueClass:
    return next(one for one in laue_classes() if setting in one.settings)


@pytest.mark.parametrize(
    ("name", "d_min"), [("rutile", 0.45), ("pyrite", 0.45), ("corundum", 0.45), ("quartz", 0.45), ("catio3", 0.7)]
)
def test_unique_reflections_say_what_all_equivalents_say(name: str, d_min: float) -> None:
    pytest.importorskip("gemmi")
    (crystal,) = read_crystals(CRYSTALS / f"{name}.cif")
    found = reflection_list(crystal, d_min=d_min, b_iso=0.5)
    assert found.setting is not None
    images = laue_class_of(found.setting).rotations
    every, first = np.unique(np.concatenate([found.hkl @ one for one in images]), axis=0, return_index=True)
    intensities = np.tile(found.amplitudes**2, len(images))[first]
    unique, all_of_them = (
        groups_for(
            ReflectionData(
                hkl, intensities=values, sigmas=0.01 * values + 1e-3 * values.max(), cell=found.data().cell
            ),
            laue=laue_class_of(found.setting).symbol,
        )
        for hkl, values in ((found.hkl, found.amplitudes**2), (every, intensities))
    )
    assert len(all_of_them.reflections) > 3 * len(unique.reflections)
    assert not math.isnan(unique.mean_e2)
    assert unique.mean_e2 == pytest.approx(all_of_them.mean_e2, abs=1e-9)


@pytest.mark.parametrize(
    ("name", "cell", "expected"),
    [
        ("P2_1", CELL, 0.736),
        ("P2_1/c", CELL, 0.968),
        ("Pna2_1", CELL, 0.736),
        ("P2_12_12_1", CELL, 0.736),
        ("Pbca", CELL, 0.968),
        ("I2/a", CELL, 0.968),
        ("P6_1", HEXAGONAL, 0.736),
        ("P-3", HEXAGONAL, 0.968),
    ],
)
def test_many_atoms_anywhere_have_the_values_of_theory(name: str, cell: FloatArray, expected: float) -> None:
    setting = Setting.parse(name)
    means = [_of_random_atoms(setting, cell, seed) for seed in range(4)]
    assert np.mean(means) == pytest.approx(expected, abs=0.05)


def _of_random_atoms(setting: Setting, cell: FloatArray, seed: int) -> float:
    group, rng = operations(setting), np.random.default_rng(seed)
    positions = rng.random((30, 3))
    atoms = (positions @ group.rotations.transpose(0, 2, 1) + group.translations24[:, None] / 24).reshape(-1, 3)
    laue = laue_class_of(setting)
    box = np.array(np.meshgrid(*[np.arange(-8, 9)] * 3)).reshape(3, -1).T
    hkl, _ = laue.representatives(box[box.any(axis=1)])
    values: IntArray = np.abs(np.exp(2j * np.pi * hkl @ atoms.T).sum(axis=1)) ** 2
    values = values * np.exp(-0.02 * (hkl**2).sum(axis=1))  # displacements
    return mean_e2(values, hkl, cell, laue, values < 1e-9 * values.max())


def test_there_must_be_enough_general_reflections() -> None:
    laue = laue_class_of(Setting.parse("Pbca"))
    axis = np.stack([np.arange(1, 200), np.zeros(199), np.zeros(199)], axis=1).astype(np.int64)
    assert math.isnan(mean_e2(np.ones(199), axis, CELL, laue, np.zeros(199, dtype=bool)))
