"""PSCF's files of fields: grids, waves, coefficients by star; and the examples of PSCF where they are at hand."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from basis_compiler import operations
from basis_compiler.fields.field_formats import read_fields, write_fields
from basis_compiler.fields.pscf_stars import star_basis
from basis_store import Setting
from basis_store.errors import FieldError
from basis_store.fields.grid_field import GridField

LAMELLAR = """format  1  0
dim
                   1
crystal_system
            lamellar
N_cell_param
                   1
cell_param
    1.5000000000E+00
group_name
                P_-1
N_monomer
                   2
"""
CUBIC = LAMELLAR.replace(
    "   1\ncrystal_system\n            lamellar", "   3\ncrystal_system\n               cubic"
)


def header(name: str) -> str:
    return CUBIC.replace("P_-1", name).replace(
        "N_monomer\n                   2", "N_monomer\n                   1"
    )


def invariant(setting: Setting, mesh: tuple[int, int, int], lattice: np.ndarray, seed: int = 0) -> GridField:
    basis = star_basis(operations(setting), mesh, lattice)
    return GridField(basis.evaluate(np.random.default_rng(seed).normal(size=len(basis))), lattice)


def test_rows_of_points_have_the_first_axis_fastest(tmp_path: Path) -> None:
    path = tmp_path / "w.rf"
    rows = "\n".join(f"{100 * k + 10 * j + i} {-i}" for k in range(4) for j in range(3) for i in range(2))
    path.write_text(f"{CUBIC}mesh\n   2 3 4\n{rows}\n")
    found = read_fields(path)
    i, j, k = np.indices((2, 3, 4))
    np.testing.assert_array_equal(found.fields["monomer 1"].values, 100 * k + 10 * j + i)
    np.testing.assert_array_equal(found.fields["monomer 2"].values, -i)
    assert found.setting == Setting.parse("P-1")


def test_rows_of_waves_are_amplitudes(tmp_path: Path) -> None:
    path = tmp_path / "w.kf"
    rows = ["0 0.6 0 0.4 0", "1 0.25 0 0 -0.5", "2 0 0 0.1 0"]
    path.write_text(f"{LAMELLAR}mesh\n   4\n" + "\n".join(rows) + "\n")
    found = read_fields(path)
    x = np.arange(4) / 4
    np.testing.assert_allclose(
        found.fields["monomer 1"].values.ravel(), 0.6 + 0.5 * np.cos(2 * np.pi * x), atol=1e-15
    )
    expected = 0.4 + np.sin(2 * np.pi * x) + 0.1 * np.cos(4 * np.pi * x)
    np.testing.assert_allclose(found.fields["monomer 2"].values.ravel(), expected, atol=1e-15)
    write_fields(tmp_path / "again.kf", found.fields)
    again = read_fields(tmp_path / "again.kf")
    np.testing.assert_allclose(again.first.values, found.first.values, atol=1e-14)
    assert "dim\n                  1\n" in (tmp_path / "again.kf").read_text()


def test_coefficients_of_a_lamellar_phase_are_normalised_cosines(tmp_path: Path) -> None:
    path = tmp_path / "w.bf"
    path.write_text(f"{LAMELLAR}N_star\n   3\n 0.6 0.4 0 1\n 0.2 -0.2 1 2\n 0.1 0 2 1\n")
    found = read_fields(path)
    x = np.arange(4) / 4
    expected = 0.6 + 0.2 * np.sqrt(2) * np.cos(2 * np.pi * x) + 0.1 * np.cos(4 * np.pi * x)
    np.testing.assert_allclose(found.first.values.ravel(), expected, atol=1e-15)
    assert "the basis of a mesh of 4 x 1 x 1 points" in found.notes[-1]
    path.write_text(f"{LAMELLAR}N_basis\n   3\n 0.6 0.4 0 1\n 0.2 -0.2 1 2\n 0.1 0 2 2\n")
    assert read_fields(path).first.shape == (5, 1, 1)


MESHES = {
    "Ia-3d": (16, 16, 16), "I4_132": (12, 12, 12), "P6_3/mmc": (9, 9, 8), "P2_12_12_1": (6, 8, 10),
    "P-1": (5, 4, 6), "P1": (4, 5, 3), "P4_1": (6, 6, 8), "P31": (7, 7, 6), "R-3m:R": (6, 6, 6),
    "R3:H": (6, 6, 9), "C2/c": (8, 6, 10), "Fd-3m:1": (12, 12, 12),
}  # fmt: skip


@pytest.mark.parametrize("symbol", MESHES)
def test_coefficients_come_back_without_the_mesh(tmp_path: Path, symbol: str) -> None:
    setting = Setting.parse(symbol)
    group = operations(setting)
    metric = np.einsum("gij,ik,gkl->jl", group.rotations, np.diag([9.0, 14.0, 17.0]), group.rotations) / len(group)
    lattice = np.linalg.cholesky(metric)
    given = {str(i): invariant(setting, MESHES[symbol], lattice, i) for i in range(2)}
    write_fields(tmp_path / "w.bf", given, setting=setting)
    found = read_fields(tmp_path / "w.bf")
    assert found.setting == setting
    assert found.first.shape == MESHES[symbol]
    for one, other in zip(found.fields.values(), given.values(), strict=True):
        np.testing.assert_allclose(one.values, other.values, atol=1e-11)
    write_fields(tmp_path / "again.bf", found.fields, setting=found.setting)
    first, again = ((tmp_path / name).read_text().splitlines() for name in ("w.bf", "again.bf"))
    assert [row.split()[2:] for row in first[15:]] == [row.split()[2:] for row in again[15:]]


def test_pairs_in_the_other_order(tmp_path: Path) -> None:
    """A program may begin a pair of open stars with the other one, at any wave of it."""
    lattice = np.eye(3) * 3.0
    basis = star_basis(operations("I4_132"), (8, 8, 8), lattice)
    coefficients = np.random.default_rng(5).normal(size=len(basis))
    rows: list[str] = []
    i = 0
    while i < len(basis):
        if basis.inversion[i] == 0:
            rows.append(f"{coefficients[i]:.15e} {' '.join(map(str, basis.waves[i]))} {basis.sizes[i]}")
            i += 1
            continue
        # u, the other program's function, is real at its own wave of the second star: u = exp(-i angle) conj(phi).
        members = np.flatnonzero(basis.function == i + 1)
        wave = members[-1]
        angle = 2 * np.pi * basis.phase24[wave] / 24
        value = (coefficients[i] + 1j * coefficients[i + 1]) * np.exp(1j * angle)
        minus = basis.numbers(-basis.indices[[wave]])[0]
        for part, one in ((value.real, wave), (-value.imag, minus)):
            rows.append(f"{part:.15e} {' '.join(map(str, basis.indices[one]))} {basis.sizes[i]}")
        i += 2
    path = tmp_path / "w.bf"
    path.write_text(
        header("I_41_3_2").replace("1.5000000000", "3.0") + f"N_basis\n {len(basis)}\n" + "\n".join(rows)
    )
    np.testing.assert_allclose(read_fields(path).first.values, basis.evaluate(coefficients), atol=1e-12)


def test_a_field_that_is_not_invariant_is_not_written(tmp_path: Path) -> None:
    rough = GridField(np.random.default_rng(0).normal(size=(8, 8, 8)), np.eye(3))
    with pytest.raises(FieldError, match=r"0 is not invariant under 230 Ia-3d: \d+ % of it would be lost"):
        write_fields(tmp_path / "w.bf", {"0": rough}, setting="Ia-3d")
    assert list(tmp_path.iterdir()) == []


def test_another_mesh_keeps_what_it_has_room_for(tmp_path: Path) -> None:
    path = tmp_path / "w.bf"
    path.write_text(f"{LAMELLAR}N_basis\n   3\n 0.6 0.4 0 1\n 0.2 -0.2 1 2\n 0.1 0 2 1\n")
    found = read_fields(path, mesh=(8,))
    x = np.arange(8) / 8
    np.testing.assert_allclose(
        found.first.values.ravel(), 0.6 + 0.2 * np.sqrt(2) * np.cos(2 * np.pi * x), atol=1e-15
    )
    assert found.notes[-1] == "1 rows at the edge of another mesh, or beyond this one, are left out"
    with pytest.raises(FieldError, match="it has 1 dimensions, and the mesh 3"):
        read_fields(path, mesh=(8, 8, 8))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (LAMELLAR, "the file ends before the entry mesh or N_basis"),
        (LAMELLAR.replace("lamellar", "cubic") + "mesh\n1\n1 1\n", "'cubic' is no crystal system in 1 dimensions"),
        (
            LAMELLAR.replace("P_-1", "P_9") + "mesh\n1\n1 1\n",
            "'P_9' is no name of a group of PSCF in 1 dimensions",
        ),
        (LAMELLAR.replace("1.5000000000E+00", "-1.5") + "mesh\n1\n1 1\n", "no cell has the lengths"),
        (LAMELLAR.replace("dim", "dimm") + "mesh\n1\n1 1\n", "'dimm' is no entry of a header"),
        (
            LAMELLAR.replace("N_monomer\n                   2\n", "") + "mesh\n1\n1 1\n",
            "its header lacks N_monomer",
        ),
        (LAMELLAR + "mesh\n4\n1.0 1.0\n 2.0 2.0\n 3.0\n", "4 x 1 x 1 grid points need 8 values"),
        (LAMELLAR + "mesh\n1\n1 1 1\n", "more values follow than its header declares"),
        (LAMELLAR + "mesh\n999999999\n1 1 1\n", "a mesh of 999999999 x 1 x 1 points is not read"),
        (LAMELLAR + "N_basis\n99999999\n1 1 0 1\n", "99999999 functions need 399,999,996 values"),
        (LAMELLAR + "N_basis\n2\n1 1 0 1\n1 1 0.5 1\n", "are integers: waves and star sizes"),
        (LAMELLAR + "N_basis\n2\n1 1 0 1\n1 1 1 99\n", "has sizes of stars, 1 to 48"),
        (LAMELLAR + "N_basis\n2\n1 1 0 1\n1 1 7 2\n", "are not the basis of 2 P-1 on a mesh that could be found"),
        (header("I_a_-3_d") + "N_basis\n2\n1 0 0 0 1\n1 1 0 0 6\n", "are not the basis of 230 Ia-3d"),
    ],
)
def test_damaged_files_are_one_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "w.rf"
    path.write_text(text)
    with pytest.raises(FieldError, match=message) as caught:
        read_fields(path)
    assert "\n" not in str(caught.value)


@pytest.mark.oracle
def test_the_examples_of_pscf() -> None:
    """Fields of PSCF in both formats, where PSCFPP names a checkout of github.com/dmorse/pscfpp."""
    folder = Path(os.environ.get("PSCFPP", "")) / "src" / "rpc" / "tests" / "field" / "in"
    if "PSCFPP" not in os.environ or not folder.is_dir():
        pytest.skip("no checkout of PSCF: set PSCFPP")
    for name, tolerance in {"w_bcc": 1e-9, "w_hex": 1e-9, "c_c15_1": 1e-5}.items():
        stars, points = (read_fields(folder / f"{name}.{ending}") for ending in ("bf", "rf"))
        for one, other in zip(stars.fields.values(), points.fields.values(), strict=True):
            np.testing.assert_allclose(one.values, other.values, atol=tolerance)
