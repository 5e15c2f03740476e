"""Wavelengths, Lorentz and polarisation factors, and profiles, against numbers from elsewhere."""

from __future__ import annotations

import numpy as np
import pytest

from basis_compiler import Crystal
from basis_compiler.reflections.powder_pattern import lorentz_polarisation, powder_profile, two_theta_of
from basis_compiler.reflections.reflection_list import reflection_list
from basis_compiler.reflections.wavelengths import wavelength_of
from basis_store import ReflectionError


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("1.54", 1.54),
        ("CuKa1", 1.540593),
        ("cu k alpha 1", 1.540593),
        ("CuKa2", 1.544427),
        ("CuKa", 1.541871),  # (2 * 1.540593 + 1.544427) / 3
        ("CuKb", 1.392234),
        ("MoKa", 0.710747),
        ("MoKa1", 0.709317),
        ("AgKa1", 0.559422),
        ("CoKa1", 1.788996),
        ("8.047823keV", 1.540593),
        ("200kV", 0.025079),  # Williams & Carter, table 1.2: 0.00251 nm
        ("100 kV", 0.037014),  # 0.00370 nm
        ("25.3meV", 1.798157),  # thermal neutrons: 1.798 Angstrom
    ],
)
def test_wavelengths(name: str, expected: float) -> None:
    assert wavelength_of(name) == pytest.approx(expected, abs=2e-6)


@pytest.mark.parametrize("name", ["", "CuKa3", "copper", "0", "-1", "nan", "inf", "1e9", "0keV", "XxKa", "CuKab"])
def test_what_is_no_wavelength(name: str) -> None:
    with pytest.raises(ReflectionError, match="no wavelength"):
        wavelength_of(name)


def test_lorentz_and_polarisation() -> None:
    # At theta = 30 degrees: cos^2 60 = 1/4, sin^2 30 = 1/4.
    at_sixty = 1 / (0.25 * np.cos(np.pi / 6))
    assert lorentz_polarisation(np.array([60.0]), "xray")[0] == pytest.approx(1.25 * at_sixty)
    assert lorentz_polarisation(np.array([60.0]), "neutron")[0] == pytest.approx(at_sixty)
    assert np.isnan(lorentz_polarisation(np.array([180.0, 180 - 2e-6, np.nan]), "xray")).all()


def test_angles_that_a_wavelength_does_not_reach_are_nan() -> None:
    found = two_theta_of(np.array([2.0, 1.0, 0.5]), 2.0)
    assert found[:2] == pytest.approx([60.0, 180.0])
    assert np.isnan(found[2])


@pytest.mark.parametrize("eta", [0.0, 0.3, 1.0])
def test_a_peak_has_its_area_and_its_width(eta: float) -> None:
    angles, values = powder_profile(
        np.array([40.0]), np.array([7.0]), fwhm=0.2, eta=eta, limits=(10, 70), step=0.001
    )
    # A Lorentzian is cut at 200 half-widths: 2 / (200 pi) of its area are missing.
    assert values.sum() * 0.001 == pytest.approx(7.0 * (1 - eta * 2 / (200 * np.pi)), rel=1e-5)
    above = angles[values >= values.max() / 2]
    assert above[-1] - above[0] == pytest.approx(0.2, abs=0.003)
    assert angles[values.argmax()] == pytest.approx(40.0, abs=1e-9)


def test_a_pattern_is_the_sum_of_its_peaks() -> None:
    two_theta, areas = np.array([20.0, 20.1, 55.0, np.nan]), np.array([1.0, 2.0, 3.0, np.nan])
    _, together = powder_profile(two_theta, areas, limits=(5, 80))
    apart = [powder_profile(two_theta[i : i + 1], areas[i : i + 1], limits=(5, 80))[1] for i in range(3)]
    assert together == pytest.approx(sum(apart))


@pytest.mark.parametrize(
    "options",
    [{"fwhm": 0.0}, {"fwhm": float("nan")}, {"eta": 1.1}, {"step": 0.0}, {"step": 1e-9}, {"fwhm": 1e-9}],
)
def test_patterns_that_cannot_be(options: dict[str, float]) -> None:
    with pytest.raises(ReflectionError):
        powder_profile(np.array([20.0, 60.0]), np.array([1.0, 2.0]), **options)


def test_lines_at_one_angle_are_one_peak() -> None:
    """333 and 511 of a cubic crystal."""
    found = reflection_list(
        Crystal(lattice=4 * np.eye(3), numbers=[84], coordinates=[[0, 0, 0]]), two_theta_max=120, wavelength="MoKa"
    )
    rows = [np.flatnonzero((found.hkl == hkl).all(axis=1))[0] for hkl in ([3, 3, 3], [5, 1, 1])]
    _, sums, lines = found.peaks
    assert lines[rows[0]] == lines[rows[1]]
    assert sums[lines[rows[0]]] == pytest.approx(found.powder_intensities[rows].sum())
    assert sums.sum() == pytest.approx(found.powder_intensities.sum())
    assert found.relative_intensities == pytest.approx(100 * found.powder_intensities / sums.max())


def test_reflections_beyond_the_wavelength_have_no_powder_intensity() -> None:
    crystal = Crystal(lattice=4 * np.eye(3), numbers=[84], coordinates=[[0, 0, 0]])
    found = reflection_list(crystal, d_min=0.7, wavelength=2.0)
    beyond = found.d < 1.0
    assert beyond.any()
    assert np.isnan(found.two_theta[beyond]).all()
    assert np.isnan(found.powder_intensities[beyond]).all()
    assert (found.peaks[2][beyond] == -1).all()
    assert np.isfinite(found.profile()[1]).all()
    nothing = reflection_list(crystal, d_min=3.9, wavelength=9.0)
    assert len(nothing) == 1
    assert nothing.profile()[1].sum() == 0
