"""Regression 11. Coordinates 0.333 in a file were taken for 1/3, or for three atoms where there is one.

Exact comparison splits the site orbit, a loose one merges neighbours; so tolerances are in Angstrom, and recorded.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

from basis_compiler import operations, read_crystals, standardize
from basis_store import CrystalError, Setting
from tests.support.crystals.crystal_inputs import CRYSTALS, example_path


def rounded_wurtzite(folder: Path, third: str, two_thirds: str) -> Path:
    text = (CRYSTALS / "wurtzite.cif").read_text().replace("0.333333", third).replace("0.666667", two_thirds)
    path = folder / "rounded.cif"
    path.write_text(text)
    return path


def test_exact_comparison_makes_six_atoms_of_one() -> None:
    """Re-enacted: the images of zinc at 0.333, 0.667 under P6_3mc, compared as numbers."""
    group = operations(Setting.standard(186))
    images = (group.rotations @ [0.333, 0.667, 0.0] + group.translations24 / 24) % 1
    assert len(np.unique(np.round(images, 6), axis=0)) == 6


def test_a_tolerance_in_fractions_of_a_cell_edge_makes_two_atoms_of_one(tmp_path: Path) -> None:
    """As others ship it: ASE merges copies nearer than 0.001 of an edge, which 0.333 just is not."""
    ase_io = pytest.importorskip("ase.io")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert len(ase_io.read(rounded_wurtzite(tmp_path, "0.333", "0.667"))) == 8


def test_three_digits_are_one_atom_on_its_special_position_and_a_note_says_so(tmp_path: Path) -> None:
    (crystal,) = read_crystals(rounded_wurtzite(tmp_path, "0.333", "0.667"))
    assert len(crystal) == 4
    assert "moved by up to 0.0019 Angstrom" in crystal.notes[0]
    standard = standardize(crystal)
    assert [f"{site.multiplicity}{site.wyckoff}" for site in standard.sites] == ["2b", "2b"]
    assert standard.coordinates[0].tolist() == [
        pytest.approx(1 / 3, abs=1e-15),
        pytest.approx(2 / 3, abs=1e-15),
        0,
    ]
    assert standard.tolerance == 0.01


def test_two_digits_are_too_few_for_the_tolerance(tmp_path: Path) -> None:
    path = rounded_wurtzite(tmp_path, "0.33", "0.67")
    with pytest.raises(CrystalError, match=r"Zn1 and its copy by symmetry are 0\.033 Angstrom apart"):
        read_crystals(path)
    # A larger tolerance is the user's decision.
    (crystal,) = read_crystals(path, tolerance=0.05)
    assert standardize(crystal, tolerance=0.05).setting.number == 186


def test_rounded_coordinates_without_operations_end_up_exact() -> None:
    standard = standardize(*read_crystals(example_path("quartz_rounded")))
    silicon, oxygen = standard.sites
    assert (silicon.multiplicity, oxygen.multiplicity) == (3, 6)
    assert silicon.coordinates[1:].tolist() == [0.0, pytest.approx(2 / 3, abs=1e-15)]
    assert 0.001 < standard.max_displacement < standard.tolerance == 0.01
    assert "5:b1 C2 at 0.001" in standard.notes[0]
