"""Displacement parameters of CIFs against gemmi, which reads the same text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from basis_compiler import read_crystals
from basis_compiler.reflections.reflection_list import reflection_list

gemmi = pytest.importorskip("gemmi", reason="gemmi is not installed")

QUARTZ = """data_quartz
_cell_length_a 4.9137
_cell_length_b 4.9137
_cell_length_c 5.4047
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 120
_space_group_name_H-M_alt 'P 32 2 1'
_space_group_IT_number 154
loop_
_space_group_symop_operation_xyz
'x,y,z'
'-y,x-y,z+2/3'
'-x+y,-x,z+1/3'
'y,x,-z'
'x-y,-y,-z+1/3'
'-x,-x+y,-z+2/3'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
{columns}
Si Si 0.4697 0.0 0.66666666666667 {silicon}
O O 0.4135 0.2669 0.7858 {oxygen}
"""
# The two-fold axis along a leaves U22 = 2 U12 and U23 = 2 U13 of silicon.
ANISOTROPIC = """loop_
_atom_site_aniso_label
_atom_site_aniso_{kind}_11
_atom_site_aniso_{kind}_22
_atom_site_aniso_{kind}_33
_atom_site_aniso_{kind}_12
_atom_site_aniso_{kind}_13
_atom_site_aniso_{kind}_23
Si {silicon}
O {oxygen}
"""
SILICON = np.array([0.0066, 0.0051, 0.0060, 0.00255, -0.00015, -0.0003])
OXYGEN = np.array([0.0156, 0.0115, 0.0119, 0.0092, -0.0029, -0.0046])


def text(values: np.ndarray) -> str:
    return " ".join(f"{value:.12g}" for value in values)


def structures(tmp_path: Path, content: str, **options: Any) -> tuple[Any, Any]:
    """Our reflections, and gemmi's sums for them."""
    path = tmp_path / "quartz.cif"
    path.write_text(content)
    (crystal,) = read_crystals(path)
    found = reflection_list(crystal, d_min=0.7, **options)
    structure = gemmi.read_small_structure(str(path))
    structure.change_occupancies_to_crystallographic()
    calculator = gemmi.StructureFactorCalculatorX(structure.cell)
    theirs = [calculator.calculate_sf_from_small_structure(structure, hkl) for hkl in found.hkl.tolist()]
    return found, np.array(theirs)


def assert_equal(found: Any, theirs: np.ndarray, *, tolerance: float = 1e-10) -> None:
    assert np.abs(found.factors - theirs).max() < tolerance * np.abs(theirs).max()


@pytest.mark.parametrize(("tag", "factor"), [("U_iso_or_equiv", 1.0), ("B_iso_or_equiv", 8 * np.pi**2)])
def test_isotropic(tmp_path: Path, tag: str, factor: float) -> None:
    content = QUARTZ.format(
        columns=f"_atom_site_{tag}", silicon=f"{0.0059 * factor:.12g}", oxygen=f"{0.0125 * factor:.12g}"
    )
    found, theirs = structures(tmp_path, content)
    if tag == "U_iso_or_equiv":
        assert_equal(found, theirs, tolerance=1e-7)  # gemmi keeps U in single precision
    else:
        expected, _ = structures(
            tmp_path, QUARTZ.format(columns="_atom_site_U_iso_or_equiv", silicon="0.0059", oxygen="0.0125")
        )
        assert found.factors == pytest.approx(expected.factors, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(("kind", "factor"), [("U", 1.0), ("B", 8 * np.pi**2)])
def test_anisotropic(tmp_path: Path, kind: str, factor: float) -> None:
    content = QUARTZ.format(columns="_atom_site_U_iso_or_equiv", silicon="0.0059(3)", oxygen="0.0125")
    unit = content + ANISOTROPIC.format(kind="U", silicon=text(SILICON), oxygen=text(OXYGEN))
    expected, theirs = structures(tmp_path, unit)
    assert_equal(expected, theirs)
    other = content + ANISOTROPIC.format(kind=kind, silicon=text(SILICON * factor), oxygen=text(OXYGEN * factor))
    found, _ = structures(tmp_path, other)
    assert found.factors == pytest.approx(expected.factors, rel=1e-9, abs=1e-9)
    isotropic, _ = structures(tmp_path, content)
    assert np.abs(isotropic.factors - expected.factors).max() > 0.1


def test_a_given_b_takes_the_place_of_the_file_s(tmp_path: Path) -> None:
    plain = QUARTZ.format(columns="", silicon="", oxygen="")
    content = QUARTZ.format(columns="_atom_site_U_iso_or_equiv", silicon="0.0059", oxygen="0.0125")
    bare, _ = structures(tmp_path, plain)
    given, _ = structures(tmp_path, content, b_iso=0.0)
    assert given.factors == pytest.approx(bare.factors)
    damped, _ = structures(tmp_path, content, b_iso=0.8)
    assert damped.amplitudes == pytest.approx(bare.amplitudes * np.exp(-0.8 / (2 * bare.d) ** 2))


def test_atoms_without_a_value_have_none(tmp_path: Path) -> None:
    found, _ = structures(
        tmp_path, QUARTZ.format(columns="_atom_site_U_iso_or_equiv", silicon="?", oxygen="0.0125")
    )
    assert found.displacements == "as in the file, B = 0 for 3 atoms without"
    assert structures(tmp_path, QUARTZ.format(columns="", silicon="", oxygen=""))[0].displacements == (
        "B = 0 Angstrom^2 for all atoms"
    )


@pytest.mark.parametrize("value", ["1e30", "-3", "1e400", "nonsense", "-0.06", "11"])
def test_values_that_cannot_be_are_left_out_with_a_note(tmp_path: Path, value: str) -> None:
    content = QUARTZ.format(columns="_atom_site_U_iso_or_equiv", silicon=value, oxygen="0.0125")
    (tmp_path / "quartz.cif").write_text(content)
    (crystal,) = read_crystals(tmp_path / "quartz.cif")
    assert crystal.displacements is not None
    assert np.isnan(crystal.displacements[:3]).all()
    assert np.isfinite(crystal.displacements[3:]).all()
    assert any("left out (Si" in note for note in crystal.notes)
