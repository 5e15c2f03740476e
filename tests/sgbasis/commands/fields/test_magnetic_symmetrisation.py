"""``sgbasis field symmetrise`` with magnetic groups: a ferromagnet, antiferromagnets, and what does not fit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from basis_compiler import read_fields, write_fields
from basis_store import GridField
from sgbasis.cli import main
from tests.sgbasis.commands.fields.magnetic_fields import iron, mn3sn, mnf2


def _run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["field", "symmetrise", *map(str, arguments)])


def _vectors(path: Path, name: str = "magnetisation") -> np.ndarray:
    fields = read_fields(path).fields
    return np.stack([fields[f"{name} {axis}"].values for axis in "xyz"])


EXAMPLES = [
    (iron, "BNS:139.537", None),  # I4/mm'm'
    (mnf2, "BNS:136.499", None),  # P4_2'/mnm'
    (mn3sn, "BNS:63.464", "a,a+2b,c;0,0,0"),  # Cm'cm'
]


@pytest.mark.parametrize("suffix", ["CHGCAR", "fields.npz"])
@pytest.mark.parametrize(("make", "group", "transform"), EXAMPLES)
def test_noise_is_removed_and_the_moments_stay(  # type: ignore[no-untyped-def]
    tmp_path: Path, make, group: str, transform: str | None, suffix: str
) -> None:
    path, out = tmp_path / f"{suffix}", tmp_path / f"out_{suffix}"
    write_fields(path, make(noise=0.05))
    more = [] if transform is None else ["--transform", transform]
    done = _run(path, "--symmetry", group, *more, "-o", out)
    assert done.exit_code == 0, done.output
    assert "magnetisation: axial vectors, odd under time reversal" in done.output
    exact = np.stack([make()[f"magnetisation {axis}"].values for axis in "xyz"])
    before, after = np.abs(_vectors(path) - exact).std(), np.abs(_vectors(out) - exact).std()
    assert after < 0.6 * before
    again = _run(out, "--symmetry", group, *more, "-o", tmp_path / f"again_{suffix}")
    assert again.output.count("not symmetric   0 % of the field") == 2
    np.testing.assert_allclose(_vectors(tmp_path / f"again_{suffix}"), _vectors(out), atol=1e-9)


@pytest.mark.parametrize(
    ("make", "group", "transform"),
    [
        (iron, "BNS:139.531", None),  # I4/mmm without time reversal has no moment along c
        (mnf2, "BNS:136.498", None),  # P4_2'/mn'm: the group of the up and down density, not of the vectors
        (mn3sn, "BNS:63.463", "a,a+2b,c"),  # Cmc'm': the other one, with moments turned by 90 degrees
        (mn3sn, "BNS:194.270", None),
    ],
)
def test_a_group_that_is_not_that_of_the_moments_removes_them_and_says_so(  # type: ignore[no-untyped-def]
    tmp_path: Path, make, group: str, transform: str | None
) -> None:
    write_fields(tmp_path / "CHGCAR", make())
    more = [] if transform is None else ["--transform", transform]
    done = _run(tmp_path / "CHGCAR", "--symmetry", group, *more, "-o", tmp_path / "out.npz")
    assert done.exit_code == 0, done.output
    assert "so much is no noise" in done.output
    assert np.abs(_vectors(tmp_path / "out.npz")).max() < 1e-9


def test_a_collinear_spin_density_is_an_odd_scalar(tmp_path: Path) -> None:
    """In the group of the scalar, 136.498 (documentation of magnetic groups)."""
    fields = mnf2()
    collinear = {"total": fields["total"], "magnetisation": fields["magnetisation z"]}
    write_fields(tmp_path / "CHGCAR", collinear)
    done = _run(tmp_path / "CHGCAR", "--symmetry", "BNS:136.498", "-o", tmp_path / "CHGCAR_out")
    assert done.exit_code == 0, done.output
    assert "magnetisation: scalar, odd under time reversal\nnot symmetric   0 %" in done.output
    written = read_fields(tmp_path / "CHGCAR_out").fields
    for name, field in collinear.items():
        np.testing.assert_allclose(written[name].values, field.values, atol=1e-8)


def _refused(tmp_path: Path, *arguments: object, fields: dict[str, GridField] | None = None) -> str:
    write_fields(tmp_path / "CHGCAR", mnf2() if fields is None else fields)
    out = tmp_path / "out.npz"
    done = _run(tmp_path / "CHGCAR", *arguments, "-o", out)
    assert done.exit_code and not out.exists()
    assert "Traceback" not in done.output
    return done.output


def test_what_does_not_fit_is_one_line(tmp_path: Path) -> None:
    magnetic = ("--symmetry", "BNS:136.499")
    assert "give the magnetic group" in _refused(tmp_path)
    assert "give the magnetic group" in _refused(tmp_path, "--symmetry", "136")
    assert "choose it with --field 'magnetisation'" in _refused(tmp_path, *magnetic, "--field", "magnetisation x")
    assert "maps atom 1 (Mn) to no atom" in _refused(tmp_path, *magnetic, "--transform", "a,b,c;1/4,0,0")
    assert "say how they lie in each other with --transform" in _refused(tmp_path, "--symmetry", "BNS:225.117")
    assert "no odd functions: it is grey" in _refused(tmp_path, "--symmetry", "BNS:136.496")
    assert "those of space group 136 are 136.495 to 136.506" in _refused(tmp_path, "--symmetry", "BNS:136.1")
    assert "is no change of cell" in _refused(tmp_path, *magnetic, "--transform", "a,b")
    assert "no right-handed cell" in _refused(tmp_path, *magnetic, "--transform", "b,a,c")
    assert "is the change of cell right?" in _refused(tmp_path, *magnetic, "--transform", "b,c,a")
    assert "--transform goes with a magnetic group" in _refused(tmp_path, "--transform", "a,b,c")
    odd = {
        key: GridField(one.values[:, :, :7], one.lattice, one.quantity, one.unit) for key, one in mnf2().items()
    }
    write_fields(tmp_path / "odd.npz", odd)
    done = _run(tmp_path / "odd.npz", *magnetic, "-o", tmp_path / "out.npz")
    assert "grids near it that fit: 12 x 12 x 6, 12 x 12 x 8" in done.output


def test_expanding_says_where_magnetic_groups_are_taken(tmp_path: Path) -> None:
    write_fields(tmp_path / "CHGCAR", mnf2())
    arguments = [
        "field",
        "expand",
        str(tmp_path / "CHGCAR"),
        "--symmetry",
        "BNS:136.499",
        "-o",
        str(tmp_path / "x.h5"),
    ]
    done = CliRunner().invoke(main, arguments)
    assert "BNS:136.499 is a magnetic group: say whether the field is odd or even" in done.output


def test_vectors_of_other_kinds_are_not_guessed(tmp_path: Path) -> None:
    arrays = {"lattice": 4 * np.eye(3), "force": np.zeros((3, 4, 4, 4))}
    np.savez(tmp_path / "made.npz", **arrays)
    done = _run(tmp_path / "made.npz", "--symmetry", "BNS:221.92", "-o", tmp_path / "out.npz")
    assert "only magnetisations are symmetrised here" in done.output


def test_vectors_in_npz_files_come_back(tmp_path: Path) -> None:
    fields = mnf2(noise=0.1)
    write_fields(tmp_path / "one.npz", fields)
    with np.load(tmp_path / "one.npz") as arrays:
        assert arrays["magnetisation"].shape == (3, 12, 12, 8)
        assert arrays["total"].shape == (12, 12, 8)
    read = read_fields(tmp_path / "one.npz").fields
    assert list(read) == ["total", "magnetisation x", "magnetisation y", "magnetisation z"]
    for key, one in fields.items():
        np.testing.assert_array_equal(read[key].values, one.values)
        assert (read[key].quantity, read[key].unit) == (one.quantity, one.unit)
    np.savez(tmp_path / "four.npz", lattice=np.eye(3), magnetisation=np.zeros((4, 2, 2, 2)))
    with pytest.raises(Exception, match="no array of a field"):
        read_fields(tmp_path / "four.npz")
