"""Real functions as data: equal to the stored orbits and to the numbers of the runtime, in every setting."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import torch

import runtime
from basis_store import CompiledSetting, RealFunction, Setting, StoreReader

POINTS = np.random.default_rng(24).random((3, 3))


def values_of(function: RealFunction, points: np.ndarray) -> np.ndarray:
    """The sum of cosines, as the docstring of the class says."""
    angles = 2 * np.pi * (points @ function.waves.T + function.phases24 / 24)
    return float(function.amplitude_squared) ** 0.5 * np.cos(angles).sum(axis=1)


def expected_values(compiled: CompiledSetting, points: np.ndarray) -> np.ndarray:
    """(n, M + 1) from the stored psi_O (T2): made real where O = -O, else sqrt2 Re and sqrt2 Im of the first."""
    starts, theta = compiled.orbit_starts[:-1], compiled.phases24.astype(float) / 24
    terms = np.exp(2j * np.pi * (points @ compiled.waves.T.astype(float) + theta))
    psi = np.add.reduceat(terms, starts, axis=1) / np.sqrt(compiled.orbit_sizes.astype(float))
    own = (psi * np.exp(2j * np.pi * compiled.real_phases24.astype(float) / 24)).real
    pair_real, pair_imaginary = np.sqrt(2) * psi.real, np.sqrt(2) * np.roll(psi.imag, 1, axis=1)
    real = np.where(compiled.parts == 0, own, np.where(compiled.parts == 1, pair_real, pair_imaginary))
    return np.concatenate([np.ones((len(points), 1)), real], axis=1)


def test_real_functions_are_those_of_the_orbits_and_of_the_runtime(
    store: runtime.Store, reader: StoreReader, setting: Setting
) -> None:
    compiled = reader.read(setting)
    found = [values_of(compiled.real_function(number), POINTS) for number in range(compiled.n_orbits + 1)]
    np.testing.assert_allclose(np.transpose(found), expected_values(compiled, POINTS), rtol=0, atol=1e-12)
    evaluated = store.basis(setting)(torch.from_numpy(POINTS)).numpy()
    np.testing.assert_allclose(np.transpose(found), evaluated, rtol=0, atol=1e-12)


def test_terms_of_many_functions_are_those_of_each(reader: StoreReader, setting: Setting) -> None:
    compiled = reader.read(setting)
    count = compiled.n_orbits + 1
    terms = compiled.real_functions(count)
    splits = np.flatnonzero(np.diff(terms.functions)) + 1
    each = zip(np.split(terms.waves, splits), np.split(terms.phases24, splits), strict=True)
    for number, (waves, phases24) in enumerate(each):
        function = compiled.real_function(number)
        assert np.array_equal(function.waves, waves)
        assert np.array_equal(function.phases24, phases24)
        squared = Fraction(int(terms.numerators[number]), int(terms.orbit_sizes[number]))
        assert function.amplitude_squared == squared
    assert number == count - 1


def test_the_description_of_a_function(reader: StoreReader) -> None:
    """P4_1 has orbits O = -O, and pairs O, -O that share a root."""
    compiled = reader.read(Setting.standard(76))
    constant = compiled.real_function(0)
    assert (constant.waves.tolist(), constant.phases24.tolist(), constant.n_plane_waves) == ([[0, 0, 0]], [0], 1)
    first = int(np.flatnonzero(compiled.parts == 1)[0]) + 1
    real, imaginary = compiled.real_function(first), compiled.real_function(first + 1)
    assert (real.part, imaginary.part) == (1, -1)
    assert real.waves.tolist() == imaginary.waves.tolist()
    assert real.waves[0].tolist() == compiled.roots[first - 1].tolist()
    assert set(((real.phases24 - imaginary.phases24) % 24).tolist()) == {6}
    for number in range(1, compiled.n_orbits + 1):
        function = compiled.real_function(number)
        size = int(compiled.orbit_sizes[number - 1])
        assert function.orbit_size == size
        assert function.n_plane_waves == (size if function.part == 0 else 2 * size)


@pytest.mark.parametrize("number", [-1, 10_000])
def test_no_function_has_this_number(reader: StoreReader, number: int) -> None:
    with pytest.raises(IndexError, match=rf"225 Fm-3m has functions 0 to \d+ in this store, not {number}"):
        reader.read(Setting.standard(225)).real_function(number)
