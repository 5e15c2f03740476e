"""``sgbasis altermagnet`` as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from basis_compiler import spin_symmetry
from sgbasis.cli import main
from sgbasis.pictures.spin_splitting_picture import spin_splitting_picture
from tests.support.crystals.collinear_magnets import MADE_UP, MAGNETS, Magnet, built
from tests.support.crystals.magnetic_cifs import GDB4, LAMNO3, NIO

RUTILE = Path(__file__).resolve().parents[4] / "data" / "crystals" / "rutile.cif"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["altermagnet", *map(str, arguments)])


def test_rutile_with_given_moments(tmp_path: Path) -> None:
    result = run(RUTILE, "--moments", "Ti=1,-1", "--picture", tmp_path / "a.png")
    assert result.exit_code == 0, result.output
    assert "altermagnet, d wave" in result.stdout and "E_up - E_down ~ kx ky" in result.stdout
    assert "²4/¹m²m¹m: B2g of 4/mmm" in result.stdout
    assert "ky = 0 (normal to [0,1,0]);  kx = 0 (normal to [1,0,0]);  fixed by symmetry" in result.stdout
    assert max(map(len, result.stdout.splitlines()[1:])) < 115
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_json(tmp_path: Path) -> None:
    path = tmp_path / "a.mcif"
    path.write_text(LAMNO3)
    facts = json.loads(run(path, "--json").stdout)
    assert (facts["kind"], facts["wave"], facts["spin_laue_group"]) == ("altermagnet", "d", "²m²m¹m")
    assert facts["splitting"]["text"] == "kx ky" and facts["splitting"]["nodal_planes"] == ["ky = 0", "kx = 0"]
    assert facts["operations"][0]["xyz"] == "x, y, z" and facts["operations"][0]["sign"] == 1
    assert len(facts["operations"]) == 8 and len(facts["moments"]) == 20


def test_an_antiferromagnet_has_no_picture(tmp_path: Path) -> None:
    path = tmp_path / "NiO.mcif"
    path.write_text(NIO)
    result = run(path, "--picture", tmp_path / "a.png")
    assert "antiferromagnet: a translation and an inversion connect opposite spins" in result.stdout
    assert "magnetic cell   2 times the primitive cell of the atoms" in result.stdout
    assert result.exit_code == 1 and "was not drawn" in result.stderr and not (tmp_path / "a.png").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((RUTILE,), "no magnetic moments: give them with --moments"),
        ((RUTILE, "--moments", "Ti=0"), "all moments are 0"),
        ((RUTILE, "--moments", "Ti=1,-1", "--picture", "a.jpg"), "does not end in .png, .svg, .pdf"),
        (("missing.mcif",), "No such file"),
        ((RUTILE, "--moments", "Ti=1,-1", "--moment-tolerance", "nan"), "not"),
    ],
)
def test_one_line_for_what_is_wrong(arguments: tuple[object, ...], message: str) -> None:
    result = run(*arguments)
    assert result.exit_code != 0 and message in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1 and not result.stdout


def test_moments_that_are_not_collinear(tmp_path: Path) -> None:
    path = tmp_path / "GdB4.mcif"
    path.write_text(GDB4)
    result = run(path)
    assert result.exit_code == 1 and "its moments are not collinear: that of Gd1 (atom 1)" in result.stderr
    path.write_text(LAMNO3 + GDB4.replace("data_test", "data_other"))
    result = run(path)
    assert result.exit_code == 1 and "altermagnet, d wave" in result.stdout and "not collinear" in result.stderr


@pytest.mark.parametrize("magnet", [one for one in (*MAGNETS, *MADE_UP) if one.name in (
    "KRu4O8", "CuF2", "KMnF3", "Fe2O3")], ids=lambda one: one.name)  # fmt: skip
def test_pictures_of_all_kinds(magnet: Magnet) -> None:
    found = spin_symmetry(*built(magnet))
    first = spin_splitting_picture(found, kind="svg")
    assert b"<svg" in first and first == spin_splitting_picture(found, kind="svg")


def test_pictures_of_what_has_none() -> None:
    (iron,) = (one for one in MAGNETS if one.name == "Fe")
    with pytest.raises(ValueError, match="no altermagnet"):
        spin_splitting_picture(spin_symmetry(*built(iron)))
    (ruthenate,) = (one for one in MAGNETS if one.name == "KRu4O8")
    with pytest.raises(ValueError, match="2 coefficients are needed, not 1"):
        spin_splitting_picture(spin_symmetry(*built(ruthenate)), coefficients=[1.0])
