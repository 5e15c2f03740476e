"""What is written is read back, to the printed digits, in every format."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from basis_compiler.fields.field_formats import FIELD_FORMATS, read_field, read_fields, write_field, write_fields
from basis_store.errors import FieldError
from basis_store.fields.grid_field import GridField

LATTICE = np.array([[3.1, 0.1, -0.2], [-1.3, 4.2, 0.3], [0.4, 0.5, 5.3]])
DIGITS = {
    ".npz": 0.0, "CHGCAR": 1e-11, ".vasp_CHGCAR": 1e-11, ".cube": 1e-11, ".xsf": 1e-11, ".ccp4": 1e-7,
    ".map": 1e-7, ".rf": 1e-13, ".kf": 1e-12,
}  # fmt: skip
"""By the end of a name, how far a value may be off, over the largest one."""


def field(quantity: str = "electron density", unit: str = "e/Angstrom^3", seed: int = 0) -> GridField:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(3, 4, 5)) * 10.0 ** rng.integers(-9, 3, size=(3, 4, 5))
    coordinates = np.array([[0.1, 0.2, 0.3], [0.6, 0.7, 0.05], [0.4, 0.4, 0.8]])
    return GridField(values, LATTICE, quantity, unit, np.array([8, 22, 8]), coordinates)


@pytest.mark.parametrize("ending", DIGITS)
@pytest.mark.parametrize("compression", ["", ".gz", ".bz2", ".xz"])
def test_a_density_comes_back(tmp_path: Path, ending: str, compression: str) -> None:
    given = field()
    path = tmp_path / f"a{ending}{compression}"
    write_field(path, given)
    found = read_field(path)
    np.testing.assert_allclose(
        found.values, given.values, rtol=0, atol=DIGITS[ending] * np.abs(given.values).max()
    )
    np.testing.assert_allclose(found.lattice @ found.lattice.T, LATTICE @ LATTICE.T, rtol=1e-5, atol=1e-5)
    if ending in (".rf", ".kf"):  # PSCF has neither units nor atoms
        return
    assert (found.quantity, found.unit) == (given.quantity, given.unit)
    if ending in (".ccp4", ".map"):
        return
    np.testing.assert_allclose(found.lattice, LATTICE, atol=1e-13)
    order = np.argsort(found.coordinates[:, 0])
    assert found.elements[order].tolist() == [8, 8, 22]
    np.testing.assert_allclose(found.coordinates[order], sorted(given.coordinates.tolist()), atol=1e-12)


def test_each_row_of_the_table_is_tested() -> None:
    names = [f"a{ending}" for ending in DIGITS]
    for one in FIELD_FORMATS:
        assert any(name.endswith(one.endings) or any(word in name for word in one.words) for name in names), (
            one.name
        )


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("CHGCAR", ["total", "magnetisation"]), ("a.cube", ["1", "2"]), ("a.xsf", ["total", "magnetisation"]),
        ("a.npz", ["total", "magnetisation"]), ("a.rf", ["monomer 1", "monomer 2"]),
        ("a.kf", ["monomer 1", "monomer 2"]),
    ],
)  # fmt: skip
def test_two_fields_of_one_file(tmp_path: Path, name: str, keys: list[str]) -> None:
    given = {"total": field(), "magnetisation": field("spin density", seed=1)}
    write_fields(tmp_path / name, given)
    found = read_fields(tmp_path / name)
    assert list(found.fields) == keys
    for one, other in zip(found.fields.values(), given.values(), strict=True):
        np.testing.assert_allclose(one.values, other.values, atol=1e-11 * np.abs(other.values).max())


@pytest.mark.parametrize("name", ["LOCPOT", "a.cube", "a.xsf", "a.ccp4", "a.npz"])
def test_a_potential_keeps_its_unit(tmp_path: Path, name: str) -> None:
    given = field("potential", "eV")
    write_field(tmp_path / name, given)
    found = read_field(tmp_path / name)
    assert (found.quantity, found.unit) == ("potential", "eV")
    np.testing.assert_allclose(found.values, given.values, atol=1e-7 * np.abs(given.values).max())
    hartree = GridField(given.values, LATTICE, "potential", "Hartree", given.elements, given.coordinates)
    write_field(tmp_path / name, hartree)
    in_ev = read_field(tmp_path / name)
    factor = 27.211386245988 if name == "LOCPOT" else 1.0
    np.testing.assert_allclose(
        in_ev.values, given.values * factor, atol=1e-7 * factor * np.abs(given.values).max()
    )


def test_a_unit_that_the_file_does_not_state_is_declared_or_noted(tmp_path: Path) -> None:
    path = tmp_path / "plain.npz"
    np.savez(path, rho=np.ones((2, 2, 2)), lattice=np.eye(3))
    found = read_fields(path)
    assert (found.first.quantity, found.first.unit) == ("field", "1")
    assert "the file does not say in which unit its values are" in found.notes[0]
    declared = read_field(path, unit="e/Bohr^3")
    assert (declared.quantity, declared.unit) == ("electron density", "e/Angstrom^3")
    np.testing.assert_allclose(declared.integral, 0.529177210903**-3)
    with pytest.raises(FieldError, match="unknown unit 'furlong'"):
        read_field(path, unit="furlong")
    np.savez(path, density=np.ones((2, 2, 2)), lattice=np.eye(3))
    with pytest.raises(FieldError, match=r"the file says that its values are in e/Angstrom\^3, not in eV"):
        read_field(path, unit="eV")


def test_what_a_format_cannot_hold_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    given = field()
    left_handed = GridField(given.values, LATTICE[[1, 0, 2]], "field", "1")
    cases = [
        ("LOCPOT", given, r"its values are in e/Angstrom\^3, which is no potential in eV"),
        ("CHGCAR", GridField(given.values, LATTICE, "electron density", "e/Angstrom^3"), "begin with atoms"),
        ("a.ccp4", left_handed, "left-handed"),
        ("a.rf", left_handed, "left-handed"),
        ("a.bf", given, "needs a group"),
        ("a.txt", given, "its name says no format of fields"),
    ]
    for name, one, message in cases:
        with pytest.raises(FieldError, match=message):
            write_field(tmp_path / name, one)
    assert list(tmp_path.iterdir()) == []
    for names in (("lattice", "rho"), ("rho", "rho_unit")):
        with pytest.raises(FieldError, match=f"no field can be called '{names[0]}' there"):
            write_fields(tmp_path / "a.npz", dict.fromkeys(names, given))
    with pytest.raises(FieldError, match="different grids or cells"):
        write_fields(tmp_path / "a.xsf", {"one": given, "other": left_handed})
    with pytest.raises(FieldError, match="a map holds one field, not 2"):
        write_fields(tmp_path / "a.ccp4", {"one": given, "other": given})


def test_the_fields_of_other_programs(tmp_path: Path, shared: Path) -> None:
    """Electrons are counted after every format."""
    for name, electrons in {"si_abinit": 8, "al_fcc_dftpy": 12, "ti_hcp_dftpy": 24}.items():
        given = read_field(shared / "fields" / f"{name}.npz")
        assert given.integral == pytest.approx(electrons, abs=1e-9)
        for ending in ("_CHGCAR", ".cube", ".xsf", ".ccp4", ".npz"):
            write_field(tmp_path / f"{name}{ending}", given)
            found = read_field(tmp_path / f"{name}{ending}")
            # gemmi's lengths and angles of a cell have 32 bits as well.
            assert found.integral == pytest.approx(electrons, rel=1e-5 if ending == ".ccp4" else 1e-10)
