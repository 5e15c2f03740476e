"""Syntheses against sums over all waves, densities of models, and densities whose structure factors are known."""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from basis_compiler import Crystal, operations, read_crystals, reflection_list, standardize
from basis_compiler.reflections.fourier_synthesis import fourier_synthesis
from basis_compiler.reflections.reflection_expansion import expanded
from basis_compiler.reflections.scattering_factors import scattering_factors
from basis_compiler.reflections.synthesis_grid import check_shape, synthesis_shape
from basis_compiler.reflections.unique_reflections import unique_reflections
from basis_store import ReflectionData, ReflectionError, Setting
from tests.support.crystals.lattices import random_lattice
from tests.support.crystals.made_crystals import made_crystal

DATA = Path(__file__).resolve().parents[3] / "data" / "crystals"


def standard_data(crystal: Crystal, *, d_min: float, b_iso: float | None = None) -> ReflectionData:
    return reflection_list(crystal, d_min=d_min, cell="standard", b_iso=b_iso).data()


def read(name: str) -> Crystal:
    (crystal,) = read_crystals(DATA / f"{name}.cif")
    return crystal


def closed(shape: tuple[int, int, int], setting: Setting) -> bool:
    """Whether every operation maps points of the grid to points: on the corners of one step, and the origin."""
    group, n = operations(setting), np.array(shape)
    points = np.vstack([np.zeros(3), np.eye(3)]) / n
    images = (np.einsum("gij,pj->gpi", group.rotations, points) + group.translations24[:, None] / 24) * n
    return bool(np.abs(images - np.rint(images)).max() < 1e-9)


def test_grids_are_closed_fine_enough_and_smooth(setting: Setting) -> None:
    for least in ((7, 11, 13), (1, 1, 1), (20.5, 3, 3)):
        shape = synthesis_shape(operations(setting), least)
        assert closed(shape, setting)
        assert all(n >= one for n, one in zip(shape, least, strict=True))
        for n in shape:
            assert 60**20 % n == 0


def test_expanded_factors_are_those_of_an_invariant_density(setting: Setting) -> None:
    """A density that is symmetrised by explicit operations on a grid; its own FFT has all phases."""
    rng = np.random.default_rng(setting.hall_number)
    group = operations(setting)
    shape = synthesis_shape(group, (7, 7, 7))
    n = np.array(shape)
    points = np.array(list(itertools.product(*map(range, shape))))
    values = rng.normal(size=shape)
    mean = np.zeros(len(points))
    for rotation, translation in zip(group.rotations, group.translations24, strict=True):
        images = np.rint((points / n @ rotation.T + translation / 24) * n).astype(int) % n
        mean += values[tuple(images.T)]
    density = (mean / len(group)).reshape(shape)
    # rho(x) = sum F(k) exp(-2 pi i k.x) for V = 1, so F is the transform with the other sign.
    factors = np.fft.ifftn(density)
    lattice = random_lattice(setting, rng)
    unique = unique_reflections(
        group, lattice, d_min=1.9, change=np.eye(3, dtype=np.int64), denominator=1, friedel=True
    )
    unique = unique.taken((unique.forbidding < 0) & (np.abs(unique.hkl) * 2 < n).all(axis=1))
    rows = unique.hkl[rng.permutation(len(unique))]
    found = expanded(group, rows, factors[tuple((rows % n).T)], shape, phases=True)
    assert found.differences.max(initial=0) <= 1e-12 * np.abs(factors).sum()
    assert np.abs(found.values - factors[:, :, : shape[2] // 2 + 1])[found.known].max(initial=0) < 1e-14
    # All equivalents are there: as many as the orbits have, on the whole grid.
    inner = found.known[:, :, 1:].sum() * 2 + found.known[:, :, 0].sum()
    assert inner == unique.multiplicities.sum()


@pytest.mark.parametrize("name", ["quartz", "spinel", "wurtzite", "calcite", "catio3"])
def test_a_synthesis_is_the_direct_sum(name: str) -> None:
    data = standard_data(read(name), d_min=1.0)
    found = fourier_synthesis(data, f000=100.0)
    group = operations(found.setting)
    rng = np.random.default_rng(1)
    for place in rng.integers(0, found.field.shape, size=(2, 3)):
        x = place / np.array(found.field.shape)
        total = 100.0 + 0j
        for hkl, amplitude, phase in zip(data.hkl, data.amplitudes, data.phases, strict=True):
            images = {}
            for rotation, translation in zip(group.rotations, group.translations24, strict=True):
                factor = amplitude * np.exp(1j * (np.deg2rad(phase) - 2 * np.pi * (hkl @ translation) / 24))
                images[tuple(hkl @ rotation)] = factor
                images[tuple(-hkl @ rotation)] = np.conj(factor)
            total += sum(factor * np.exp(-2j * np.pi * (np.array(k) @ x)) for k, factor in images.items())
        assert found.field.values[tuple(place)] == pytest.approx(total.real / found.field.volume, abs=1e-9)
        assert abs(total.imag) < 1e-8 * data.amplitudes.sum()
    assert found.field.integral == pytest.approx(100.0)


@pytest.mark.parametrize("name", ["quartz", "nacl", "rutile"])
def test_a_synthesis_returns_the_density_of_the_model(name: str) -> None:
    """Gaussian atoms: f = Z exp(-B s^2) has the density Z (4 pi / B)^(3/2) exp(-4 pi^2 r^2 / B)."""
    standard = standardize(read(name))
    b = 30.0
    plain = reflection_list(standard, d_min=0.75, cell="standard", b_iso=0.0)
    group = operations(standard.setting)
    atoms = [
        (site.number, x)
        for site in standard.sites
        for x in np.unique(
            np.round((group.rotations @ site.coordinates + group.translations24 / 24) % 1, 9) % 1, axis=0
        )
    ]
    assert len(atoms) == sum(site.multiplicity for site in standard.sites)
    factors = sum(z * np.exp(2j * np.pi * (plain.hkl @ x)) * np.exp(-b / (2 * plain.d) ** 2) for z, x in atoms)
    data = ReflectionData(
        plain.hkl,
        amplitudes=np.abs(factors),
        phases=np.rad2deg(np.angle(factors)),
        cell=plain.data().cell,
        setting=standard.setting.hall_number,
    )
    electrons = sum(z for z, _ in atoms)
    field = fourier_synthesis(data, f000=electrons).field
    assert field.integral == pytest.approx(electrons)
    # The sum over images of every atom, at the nuclei and elsewhere.
    images = np.array(list(itertools.product(range(-3, 4), repeat=3)))
    for place in [
        (0, 0, 0),
        (1, 2, 3),
        *[tuple(np.rint(x * field.shape).astype(int) % field.shape) for _, x in atoms],
    ]:
        x = np.array(place) / field.shape
        expected = sum(
            z
            * (4 * np.pi / b) ** 1.5
            * np.exp(-4 * np.pi**2 * ((x - own + images) @ field.lattice) ** 2 @ np.ones(3) / b).sum()
            for z, own in atoms
        )
        assert field.values[tuple(place)] == pytest.approx(expected, abs=1e-4)
    # Parseval: the mean of rho^2 is the sum of |F|^2 / V^2 over all waves.
    squares = electrons**2 + (plain.multiplicities * np.abs(factors) ** 2).sum()
    assert (field.values**2).mean() == pytest.approx(squares / field.volume**2, rel=1e-12)


@pytest.mark.parametrize("number", [2, 14, 19, 33, 96, 154, 205, 220])
def test_structure_factors_come_back_from_the_density(number: int) -> None:
    crystal, _ = made_crystal(Setting.standard(number), np.random.default_rng(number))
    data = standard_data(crystal, d_min=2.0)
    field = fourier_synthesis(data).field
    factors = np.fft.ifftn(field.values) * field.volume
    found = factors[tuple((data.hkl % np.array(field.shape)).T)]
    expected = data.amplitudes * np.exp(1j * np.deg2rad(data.phases))
    assert np.abs(found - expected).max() < 1e-9 * data.amplitudes.max()


def test_equivalent_reflections_may_be_given_in_any_number() -> None:
    data = standard_data(read("quartz"), d_min=1.0)
    expected = fourier_synthesis(data).field.values
    group = operations("154")
    rng = np.random.default_rng(3)
    rows, amplitudes, phases = [], [], []
    for hkl, amplitude, phase in zip(data.hkl, data.amplitudes, data.phases, strict=True):
        for g in rng.integers(len(group), size=rng.integers(1, 4)):
            sign = rng.choice([-1, 1])
            rows.append(sign * (hkl @ group.rotations[g]))
            amplitudes.append(amplitude)
            phases.append(sign * (phase - 360 * (hkl @ group.translations24[g]) / 24))
    several = dataclasses.replace(
        data, hkl=np.array(rows), amplitudes=np.array(amplitudes), phases=np.array(phases), intensities=None
    )
    found = fourier_synthesis(several)
    assert found.field.values == pytest.approx(expected, abs=1e-10)
    assert not any("equivalent" in note for note in found.notes)


def test_a_wrong_setting_is_noted() -> None:
    data = dataclasses.replace(standard_data(read("quartz"), d_min=1.0), setting=None)
    other = fourier_synthesis(data, setting="152")  # its enantiomorph: other phases of equivalents
    assert any("is it the right setting" in note for note in other.notes) or any(
        "forbids" in n for n in other.notes
    )
    with pytest.raises(ReflectionError, match="does not fit"):
        fourier_synthesis(data, setting="225")


@pytest.mark.parametrize("kind", ["density", "patterson"])
def test_differences_of_equivalents_are_compared_with_their_uncertainties(kind: Literal["density"]) -> None:
    """Noise as large as the sigmas say is no sign of a wrong setting; the same noise with small sigmas is one."""
    data = standard_data(read("quartz"), d_min=1.2)
    rows = np.tile(np.arange(len(data)), 4)
    intensities = data.amplitudes[rows] ** 2
    sigmas = 0.1 * intensities
    measured = np.maximum(intensities + sigmas * np.random.default_rng(0).normal(size=len(rows)), 0)
    noisy = dataclasses.replace(
        data, hkl=data.hkl[rows], phases=data.phases[rows], amplitudes=np.sqrt(measured), intensities=measured,
    )  # fmt: skip
    for given, is_noted in ((None, True), (sigmas, False), (sigmas / 10, True)):
        notes = fourier_synthesis(dataclasses.replace(noisy, sigmas=given), kind=kind).notes
        found = [note for note in notes if "equivalent reflections differ" in note]
        assert bool(found) == is_noted, given
        assert ("on average" in "".join(found)) == (is_noted and given is not None)


def test_the_patterson_function_is_the_autocorrelation_of_the_density() -> None:
    for name in ("quartz", "diamond"):
        data = standard_data(read(name), d_min=0.9)
        density = fourier_synthesis(data, f000=30.0)
        patterson = fourier_synthesis(data, kind="patterson", f000=30.0, shape=density.field.shape).field
        spectrum = np.abs(np.fft.fftn(density.field.values)) ** 2
        expected = np.fft.ifftn(spectrum).real / density.field.values.size * density.field.volume
        assert patterson.values == pytest.approx(expected, abs=1e-9 * np.abs(expected).max())
        assert patterson.unit == "e^2/Angstrom^3"
        # The largest value is at the origin, where every atom lies on itself.
        assert np.unravel_index(patterson.values.argmax(), patterson.shape) == (0, 0, 0)


def test_a_difference_shows_the_missing_atom() -> None:
    rutile = read("rutile")
    whole = reflection_list(rutile, d_min=0.6, b_iso=1.0)
    full = dataclasses.replace(whole.data(), setting=Setting.parse("136").hall_number)
    # The model lacks the oxygen atoms: its factors are the direct sum over titanium.
    oxygen = rutile.numbers == 8
    s = 0.5 / whole.d
    f = scattering_factors(22, s, radiation="xray") * np.exp(-1.0 * s * s)
    factors = f * np.exp(2j * np.pi * full.hkl @ rutile.coordinates[~oxygen].T).sum(axis=1)
    model = dataclasses.replace(
        full, amplitudes=np.abs(factors), phases=np.rad2deg(np.angle(factors)), intensities=None
    )
    complex_difference = fourier_synthesis(full, kind="difference", minus=model)
    shape = np.array(complex_difference.field.shape)
    peak = (
        np.array(np.unravel_index(complex_difference.field.values.argmax(), complex_difference.field.shape))
        / shape
    )
    gaps = peak - rutile.coordinates[oxygen]
    assert np.linalg.norm((gaps - np.rint(gaps)) @ rutile.lattice, axis=1).min() < 0.2
    # Amplitudes alone, on another scale.
    measured = dataclasses.replace(full, amplitudes=7 * full.amplitudes, intensities=None, phases=None)
    found = fourier_synthesis(measured, kind="difference", minus=model)
    assert any("to the scale of the model; R = " in note for note in found.notes)
    nothing = fourier_synthesis(full, kind="difference", minus=full)
    assert np.abs(nothing.field.values).max() < 1e-12


def test_what_is_missing_is_noted() -> None:
    data = standard_data(read("nacl"), d_min=0.8)
    assert [note for note in fourier_synthesis(data).notes if "missing" in note] == []
    assert any("F(000) = 112 is that of the reflections" in note for note in fourier_synthesis(data).notes)
    without = fourier_synthesis(dataclasses.replace(data, f000=None))
    assert any("F(000) is not given" in note for note in without.notes)
    part = dataclasses.replace(
        data, hkl=data.hkl[1:], amplitudes=data.amplitudes[1:], phases=data.phases[1:], intensities=None
    )
    (note,) = (note for note in fourier_synthesis(part).notes if "missing" in note)
    assert note.startswith(f"1 of {len(data)} unique reflections")
    # In a difference each list is told by its own; a model may have more.
    for minuend, model, end in (
        (data, part, "missing from the model: they count as 0"),
        (part, data, "missing: they count as 0"),
    ):
        (note,) = (n for n in fourier_synthesis(minuend, kind="difference", minus=model).notes if "missing" in n)
        assert note.startswith(f"1 of {len(data)} unique") and note.endswith(end)


def test_what_cannot_be_summed_is_one_line() -> None:
    data = standard_data(read("nacl"), d_min=1.0)
    cases = [
        (dataclasses.replace(data, phases=None), {}, "no phases"),
        (dataclasses.replace(data, cell=None), {}, "no cell"),
        (dataclasses.replace(data, setting=None), {}, "do not say their setting"),
        (dataclasses.replace(data, amplitudes=None, intensities=None), {}, "no amplitudes"),
        (data, {"shape": (8, 8, 8)}, "too coarse for indices up to 5 x 5 x 5: at least 11 x 11 x 11"),
        (data, {"shape": (4000, 4000, 4000)}, "at most"),
        (data, {"kind": "difference"}, "needs the reflections of a model"),
        (data, {"minus": data}, "needs the reflections of a model"),
        (ReflectionData([[0, 0, 0]], amplitudes=[1.0], phases=[0.0], cell=data.cell, setting=1), {}, "but 000"),
    ]
    forbidden = ReflectionData([[1, 0, 0]], amplitudes=[1.0], phases=[0.0], cell=data.cell, setting=data.setting)
    cases.append((forbidden, {}, "forbids all of the reflections"))
    for reflections, options, message in cases:
        with pytest.raises(ReflectionError, match=message):
            fourier_synthesis(reflections, **options)  # type: ignore[arg-type]
    far = ReflectionData(
        [[9000, 0, 0], [0, 9000, 1], [0, 0, 9000]],
        amplitudes=[1.0] * 3,
        phases=[0.0] * 3,
        cell=data.cell,
        setting=1,
    )
    with pytest.raises(ReflectionError, match="at most"):
        fourier_synthesis(far)


def test_given_shapes_hold_all_equivalents() -> None:
    assert check_shape((11, 11, 11), np.array([[5, 0, 0]])) == (11, 11, 11)
    with pytest.raises(ReflectionError, match="too coarse"):
        check_shape((10, 11, 11), np.array([[-5, 0, 0]]))
