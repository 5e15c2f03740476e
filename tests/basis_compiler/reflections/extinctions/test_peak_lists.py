"""Peaks of powder patterns: every group from the lines that gemmi gives it, and what may be wrong with a list."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from basis_compiler import groups_for_peaks, read_peaks
from basis_compiler.reflections.extinctions.laue_classes import laue_classes
from basis_store import ReflectionError, Setting, standard_settings
from basis_store.reflections.reflection_data import inverse_squares
from tests.support.crystals.general_positions import half_sphere, symmetric_cell

CUBIC = (5.4, 5.4, 5.4, 90.0, 90.0, 90.0)


def spacings(setting: Setting, cell: np.ndarray, smallest: float) -> np.ndarray:
    """Of the reflections that gemmi does not count as systematic absences."""
    gemmi = pytest.importorskip("gemmi")
    hkl = half_sphere(cell, smallest)
    group = gemmi.symops_from_hall(setting.hall_symbol)
    absent = np.array([group.is_systematically_absent(one) for one in hkl.tolist()])
    return np.unique(np.round(inverse_squares(hkl[~absent], cell) ** -0.5, 9))[::-1]


SYSTEMS = ("triclinic", "monoclinic", "orthorhombic", "tetragonal", "trigonal", "hexagonal", "cubic")


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_group_is_among_the_first(system: str) -> None:
    random = np.random.default_rng(3)
    for setting in (one for one in standard_settings() if one.crystal_system == system):
        laue = next(one for one in laue_classes() if setting in one.settings)
        cell = symmetric_cell(laue, random, length=5.0)
        found = groups_for_peaks(spacings(setting, cell, 1.0 if laue.order > 4 else 1.3), cell=cell, width=0.001)
        first = [one.extinction for one in found.classes if one.rank == 1]
        assert any(setting in one.settings for one in first), (setting, [one.symbol for one in first])
        assert all(line.observed == line.allowed for line in found.lines), setting
        assert len(found.against) == 0


def test_lines_that_overlap_say_nothing() -> None:
    """333 of a cubic cell lies on 511, and 600, which a d glide forbids, on 442."""
    cell = np.array(CUBIC)
    d = spacings(Setting.standard(227), cell, 0.8)
    found = groups_for_peaks(d, cell=cell)
    assert found.best.symbol == "F d - -"
    overlapping = [line for line in found.lines if abs(line.d - 5.4 / np.sqrt(27)) < 1e-6]
    assert len(overlapping) == 1 and overlapping[0].observed and overlapping[0].allowed


def test_an_impurity_and_a_weak_line_do_not_decide() -> None:
    cell = np.array(CUBIC)
    d = spacings(Setting.standard(227), cell, 0.7)
    d = np.append(np.delete(d, 4), [5.4 / np.sqrt(6), 2.2222])  # 211 is forbidden; 2.2222 is no line
    found = groups_for_peaks(d, cell=cell)
    assert found.best.symbol == "F d - -"
    assert [line.hkl for line in found.lines if line.observed and not line.allowed] == [(2, 1, 1)]
    assert sum(line.allowed and not line.observed for line in found.lines) == 1
    assert any("1 peak" in note and "2.2222" in note for note in found.notes)


def test_angles_and_where_the_pattern_begins(tmp_path: Path) -> None:
    cell = np.array([4.0, 4, 4, 90, 90, 90])
    d = spacings(Setting.standard(221), cell, 0.9)
    angles = np.degrees(2 * np.arcsin(1.5406 / 2 / d))
    path = tmp_path / "peaks.txt"
    path.write_text("# copper\n2theta, I\n" + "\n".join(f"{angle:.3f}, 10" for angle in angles) + "\n")
    read = read_peaks(path, wavelength=1.5406)
    assert np.allclose(read, d, rtol=1e-4)
    found = groups_for_peaks(read, cell=cell, wavelength=1.5406)
    assert found.best.symbol == "P - - -"
    # Without 100 in the pattern it is not missing.
    later = groups_for_peaks(read[1:], cell=cell, wavelength=1.5406, largest_d=3.0)
    assert later.best.symbol == "P - - -" and all(line.observed for line in later.lines)


@pytest.mark.parametrize(
    ("text", "wavelength", "says"),
    [
        ("", None, "the file has no peaks"),
        ("2theta\n20\n", None, "line 1: the peaks are given as 2theta: --wavelength is needed"),
        ("d\n3.1\n", 1.5, "line 1: the peaks are given as d: they need no wavelength"),
        ("intensity\n3.1\n", None, "the first column is neither d nor 2theta: 'intensity'"),
        ("3.1\nx\n", None, "line 2: the first column is not the position of a peak"),
        ("3.1\n-2\n", None, "line 2: the first column is not the position of a peak"),
        ("30\n190\n", 1.5, "line 2: no 2theta is 180 degrees or more"),
        ("nan\n", None, "neither d nor 2theta"),
    ],
)
def test_what_is_no_list_of_peaks(tmp_path: Path, text: str, wavelength: float | None, says: str) -> None:
    path = tmp_path / "peaks.txt"
    path.write_text(text)
    with pytest.raises(ReflectionError, match=re.escape(says)) as caught:
        read_peaks(path, wavelength=wavelength)
    assert str(path) in str(caught.value)


def test_peaks_of_another_cell() -> None:
    with pytest.raises(ReflectionError, match="peaks of another cell"):
        groups_for_peaks(np.array([5.4, 3.7, 3.1, 2.2]), cell=(4.1, 4.1, 4.1, 90, 90, 90))
    with pytest.raises(ReflectionError, match="positive spacings"):
        groups_for_peaks(np.array([5.4, -1.0]), cell=CUBIC)
    with pytest.raises(ReflectionError, match="too many to tell"):
        groups_for_peaks(np.array([0.1]), cell=(50, 60, 70, 90, 90, 90))
