"""Levels and colours: symmetric where signs matter, round numbers, whole ranges."""

from __future__ import annotations

import numpy as np
import pytest

from basis_store import FieldError, GridField
from sgbasis.pictures.fields.value_scale import has_no_zero_line, is_signed, quantity_label, value_scale

pytest.importorskip("matplotlib")


def field(quantity: str, unit: str, low: float = 0.0, high: float = 1.0) -> GridField:
    return GridField(np.array([[[low, high]]]), np.eye(3), quantity, unit)


@pytest.mark.parametrize(("low", "high"), [(-0.3, 0.02), (-1e-9, 7e-10), (0.2, 0.9), (-50.0, 3.0), (0.0, 0.0)])
def test_signed_scales_are_symmetric_about_zero(low: float, high: float) -> None:
    scale = value_scale(np.array([low, high]), signed=True)
    np.testing.assert_allclose(scale.levels, -scale.levels[::-1], atol=1e-12 * scale.levels[-1])
    assert 0.0 in scale.levels
    assert scale.norm.vmin == -scale.norm.vmax and scale.norm(0.0) == 0.5
    assert scale.levels[0] <= low <= high <= scale.levels[-1]
    assert scale.extend == "neither"
    assert 0.0 in scale.ticks() and 1 < len(scale.ticks()) <= 13
    # No band beyond the values is empty on both sides.
    assert max(abs(low), abs(high)) > scale.levels[-2] or not high


@pytest.mark.parametrize(("low", "high"), [(0.03, 0.57), (1e-7, 2e-7), (5.0, 5.0), (0.0, 0.6), (-3, -2)])
def test_sequences_enclose_the_values(low: float, high: float) -> None:
    scale = value_scale(np.array([low, high]), signed=False)
    assert scale.levels[0] <= low <= high <= scale.levels[-1]
    if low < high:
        assert low < scale.levels[1] and high > scale.levels[-2] and 5 <= len(scale.levels) <= 14
        steps = np.diff(scale.levels)
        np.testing.assert_allclose(steps, steps[0])


@pytest.mark.parametrize(("low", "high"), [(0.009, 9.4), (0.3, 0.4), (1e-12, 2.0), (0.0, 5.0), (-0.1, 5.0)])
def test_logarithmic_levels(low: float, high: float) -> None:
    scale = value_scale(np.array([low, 1e-9, 0.7 * high, high]), signed=False, logarithmic=True)
    assert scale.levels[0] > 0 and scale.levels[-1] >= high
    ratios = scale.levels[1:] / scale.levels[:-1]
    assert 1.3 < ratios.min() <= ratios.max() < 2.6
    # Not below the ripples of a series that ends.
    assert max(-low, 0) <= scale.levels[0] <= max(2 * abs(low), high * 1e-3)
    assert scale.extend == "min"
    assert scale.norm(scale.levels[0]) == 0 and scale.norm(scale.levels[-1]) == 1


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("logarithmic", [False, None])
def test_ripples_have_no_contour(sign: int, logarithmic: bool | None) -> None:
    """Ripples of 0.3, deeper beside a peak of 100, and a peak of 5 that is seen where levels are in ratios."""
    x = np.linspace(0, 20, 2001)
    values = 0.3 * np.sin(9 * x) + 100 * np.exp(-((8 * x) ** 2)) + 5 * np.exp(-((4 * (x - 10)) ** 2))
    values -= 6 * np.exp(-((8 * (x - 0.4)) ** 2))
    scale = value_scale(sign * values, signed=False, logarithmic=logarithmic)
    nearest = float(np.abs(scale.levels).min())
    assert 0.3 < nearest < (50 if logarithmic is False or sign < 0 else 2)
    assert scale.extend == ("min" if sign > 0 else "max")
    given = value_scale(np.array([-0.08, 9.4]), signed=False, levels=(0.0, 1.0))
    assert given.levels.tolist() == [0, 1]


def test_levels_are_in_ratios_where_values_are_peaks() -> None:
    """Heavy atoms: at equal steps their peaks alone had contours, and light atoms and ripples none or noise."""
    distances = np.linspace(0, 6, 400)
    heavy = 1180 * np.exp(-((distances / 0.25) ** 2)) + 60 * np.exp(-(((distances - 2) / 0.25) ** 2))
    heavy -= 9 * np.cos(20 * distances) * (distances > 0.6)
    chosen = value_scale(heavy, signed=False, logarithmic=None)
    assert chosen.logarithmic and chosen.levels.tolist() == [10, 20, 50, 100, 200, 500, 1000, 2000]
    valence = 0.5 * np.exp(-(distances**2)) + 0.03
    assert not value_scale(valence, signed=False, logarithmic=None).logarithmic
    assert not value_scale(heavy, signed=True, logarithmic=None).logarithmic
    assert not value_scale(heavy, signed=False, logarithmic=None, limits=(0.0, 100.0)).logarithmic
    assert not value_scale(heavy, signed=False, logarithmic=None, levels=(1.0, 2.0, 4.0)).logarithmic


@pytest.mark.parametrize(
    ("limits", "signed", "logarithmic"),
    [
        ((0.3, 97.0), False, False),
        ((3.0, 700.0), False, True),
        ((-3.0, 10.0), True, False),
        ((-5.0, 5.0), True, False),
    ],
)
def test_scales_end_where_the_range_does(limits: tuple[float, float], signed: bool, logarithmic: bool) -> None:
    values = np.array([-20.0, 0.01, 1200.0])
    scale = value_scale(values, signed=signed, logarithmic=logarithmic, limits=limits)
    assert (scale.levels[0], scale.levels[-1]) == limits and scale.extend == "both"
    assert scale.even != logarithmic
    assert {*limits} <= {*scale.ticks()}
    assert signed == (scale.norm(0.0) == 0.5)


@pytest.mark.parametrize(
    "levels", [(0.1, 0.2, 0.4, 0.8, 1.6), (-4.0, -2.0, -1.0, 1.0, 2.0, 4.0), (-1.0, 0.0, 3.0)]
)
def test_colours_follow_the_levels(levels: tuple[float, ...]) -> None:
    signed = levels[0] < 0
    scale = value_scale(np.array([-9.0, 9.0]), signed=signed, levels=levels)
    places = np.asarray(scale.norm(np.array(levels)))
    assert not scale.even and scale.norm(9.0) == 1
    if signed:
        assert scale.norm(0.0) == 0.5
        np.testing.assert_allclose(np.asarray(scale.norm(-np.array(levels))), 1 - places, atol=1e-12)
        assert len(set(np.round(np.diff(np.unique(np.round(np.abs(places - 0.5), 9))), 6))) == 1
    else:
        np.testing.assert_allclose(np.diff(places), 1 / (len(levels) - 1))
    np.testing.assert_allclose(scale.norm.inverse(places), levels)


def test_what_is_given_is_taken() -> None:
    values = np.array([-1.0, 4.0])
    scale = value_scale(values, signed=False, levels=(0.0, 1.0, 3.0))
    assert scale.levels.tolist() == [0, 1, 3] and scale.extend == "both"
    assert value_scale(values, signed=False, limits=(0.0, 5.0)).levels[[0, -1]].tolist() == [0, 5]
    assert len(value_scale(values.clip(0), signed=False, levels=40).levels) > 20
    assert len(value_scale(values, signed=True, levels=6).levels) <= 8
    for count in (5, 9, 50):
        found = value_scale(np.array([0.01, 1.0]), signed=False, levels=count, logarithmic=True).levels
        assert abs(len(found) - count - 1) <= 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"levels": (1.0, 1.0)}, "in ascending order"),
        ({"levels": (0.0, float("nan"))}, "finite numbers"),
        ({"levels": (0.0, 1.0), "logarithmic": True}, "begins above 0, not at 0"),
        ({"limits": (2.0, 1.0)}, "not from 2 to 1"),
        ({"limits": (0.0, 1.0), "logarithmic": True}, "begins above 0"),
        ({"limits": (-2.0, -1.0), "logarithmic": True}, "needs values above 0"),
        ({"signed": True, "logarithmic": True}, "for values that are positive"),
    ],
)
def test_what_makes_no_scale(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(FieldError, match=message):
        value_scale(np.array([0.5, 1.0]), **({"signed": False} | arguments))  # type: ignore[arg-type]


def test_signs_matter_by_the_quantity_or_the_values() -> None:
    assert is_signed(field("potential", "eV", -60, 3))
    assert is_signed(field("electron density difference", "e/Angstrom^3"))
    assert is_signed(field("spin density", "e/Angstrom^3"))
    assert is_signed(field("difference density", "e/Angstrom^3")) and has_no_zero_line(
        field("difference density", "1")
    )
    assert is_signed(field("field", "1", -1, 0.5))
    assert not is_signed(field("electron density", "e/Angstrom^3", -24, 361))  # ripples about a heavy atom
    neutrons = field("scattering-length density", "fm/Angstrom^3", -24, 361)
    assert is_signed(neutrons) and has_no_zero_line(neutrons)
    assert is_signed(field("electron density", "e/Angstrom^3", -0.08, 0.1))  # a difference that a CHGCAR holds
    assert not is_signed(field("field", "1"))


def test_labels_have_the_unit_and_no_formula_of_strangers() -> None:
    assert (
        quantity_label(field("electron density", "e/Angstrom^3")) == r"Electron density ($e\,\mathrm{\AA}^{-3}$)"
    )
    assert quantity_label(field("potential", "eV")) == "Potential (eV)"
    assert quantity_label(field("field", "1")) == "Field"
    assert quantity_label(field("a $x\n", "b$")) == r"A \$x? (b\$)"


@pytest.mark.parametrize("largest", [0.37, 1.0, 18.6, 4e-7])
@pytest.mark.parametrize("count", [None, 4, 40])
def test_differences_have_no_level_at_zero(largest: float, count: int | None) -> None:
    """But the same ones above and below, and ticks at some of them."""
    values = np.array([-0.4 * largest, largest])
    scale = value_scale(values, signed=True, with_zero=False, levels=count)
    assert (scale.levels != 0).all() and len(scale.levels) % 2 == 0
    np.testing.assert_allclose(scale.levels, -scale.levels[::-1])
    steps = np.diff(scale.levels)
    assert steps[len(steps) // 2] == pytest.approx(2 * steps[0]), (
        "one band from the first level below to that above"
    )
    np.testing.assert_allclose(scale.ticks(), -scale.ticks()[::-1])
    assert set(scale.ticks().tolist()) <= set(scale.levels.tolist()) and len(scale.ticks()) <= 14
    with_zero = value_scale(values, signed=True, levels=count).levels
    np.testing.assert_allclose(scale.levels, with_zero[np.abs(with_zero) > 1e-9 * largest])
