"""The moments that Wyckoff positions of magnetic groups allow, for all groups against ISO-MAG."""

from __future__ import annotations

import csv
import inspect
import re
from pathlib import Path

import numpy as np
import pytest

from basis_compiler import operations, site_moments
from basis_compiler.groups import magnetic_wyckoff_table
from basis_compiler.groups.wyckoff import lies_on, wyckoff_positions
from basis_compiler.vector_fields.site_vectors import position_text, vector_text
from basis_store import SettingError, magnetic_groups
from basis_store.tensors.exact_rows import reduced_rows


@pytest.mark.oracle
def test_moments_of_all_positions_of_all_groups_are_those_of_iso_mag() -> None:
    pytest.importorskip("pymatgen")
    tables, compared = magnetic_wyckoff_table.iso_mag_positions(), 0
    for group in magnetic_groups():
        mine = {one.letter: one for one in site_moments(group)}
        theirs = {one.letter: one for one in tables[group.bns_number]}
        assert mine.keys() == theirs.keys(), group
        for letter, one in mine.items():
            other = theirs[letter]
            assert one.multiplicity == other.multiplicity, (group, letter)
            assert np.array_equal(one.moments, reduced_rows(other.moments.reshape(-1, 3)).rows), (group, letter)
            compared += 1
    assert compared > 14_000


def _numbers(text: str, parameters: dict[str, float]) -> np.ndarray:
    """The three numbers that a text such as ``"-x, x+1/2, 1/4"`` or ``"mx, 2mx, 0"`` stands for."""
    found = []
    for part in text.split(", "):
        terms = re.findall(r"([+-]?)(\d*)(m?[xyz])?(?:/(\d+))?", part)
        values = [
            (-1 if sign == "-" else 1) * float(number or 1) * parameters.get(name, 1.0) / float(divisor or 1)
            for sign, number, name, divisor in terms
            if number or name
        ]
        found.append(sum(values))
    return np.array(found)


@pytest.mark.oracle
def test_all_points_and_their_moments_are_those_of_iso_mag() -> None:
    pytest.importorskip("pymatgen")
    tables = magnetic_wyckoff_table.iso_mag_positions()
    for group in magnetic_groups()[5::23]:
        for one in site_moments(group):
            table = next(other.table for other in tables[group.bns_number] if other.letter == one.letter)
            positions = table[:, :3] / table[:, 3:4] + [0.137, 0.271, 0.419] @ table[:, 4:13].reshape(-1, 3, 3)
            moments = [1.0, 2.3, -0.7] @ table[:, 13:].reshape(-1, 3, 3)
            # A parameter has the name of a coordinate, or component, of the first point.
            parameters = dict(zip("xyz", positions[0], strict=True)) | dict(
                zip(("mx", "my", "mz"), moments[0], strict=True)
            )
            mine = [(_numbers(x, parameters), _numbers(m, parameters)) for x, m in one.points()]
            assert len(mine) == one.multiplicity
            points, vectors = (np.array(column) for column in zip(*mine, strict=True))
            for position, moment in zip(positions, moments, strict=True):
                gaps = points - position
                (where,) = np.flatnonzero(np.abs(gaps - np.rint(gaps)).max(axis=1) < 1e-9)
                np.testing.assert_allclose(vectors[where], moment, atol=1e-9)


@pytest.mark.oracle
def test_the_table_is_what_its_command_writes() -> None:
    pytest.importorskip("pymatgen")
    path = Path(inspect.getfile(magnetic_wyckoff_table)).with_name("magnetic_wyckoff.csv")
    with path.open(newline="", encoding="utf-8") as file:
        assert list(csv.DictReader(file)) == list(magnetic_wyckoff_table.magnetic_wyckoff_rows())


def test_positions_of_types_one_to_three_are_those_of_the_space_group() -> None:
    """The two tables have different sources: ours of space groups is computed, with the letters of spglib."""
    for group in magnetic_groups():
        if group.type == 1:
            known, space = wyckoff_positions(group.setting), operations(group)
            found = {one.letter: one for one in site_moments(group)}
            assert found.keys() == known.keys()
            for letter, one in found.items():
                free = np.array([1_009, 2_503, 3_907])[: len(one.directions)] * 24 @ one.directions
                point = one.point24 * 10_007 + free
                assert one.multiplicity == known[letter].multiplicity
                assert lies_on(known[letter], point[None], 24 * 10_007, space)[0], (group, letter)


def test_every_special_point_of_type_four_is_on_a_position_of_its_multiplicity() -> None:
    """Nothing is missing: any point has the site symmetry of a listed position that it lies on."""
    grid = np.random.default_rng(0).choice([0, 3, 4, 6, 8, 9, 12, 15, 16, 18, 20, 21], (12, 3))
    for group in magnetic_groups():
        if group.type != 4:
            continue
        space = operations(group)
        sites = site_moments(group)
        moved = np.einsum("gij,pj->pgi", space.rotations, grid) + space.translations24 - grid[:, None]
        multiplicities = len(space) // (moved % 24 == 0).all(axis=2).sum(axis=1)
        on = np.zeros((len(sites), len(grid)), bool)
        for number, site in enumerate(sites):
            rows = _cokernel(site.directions)
            shifts = moved + grid[:, None] - site.point24
            on[number] = ~((shifts @ rows.T) % 24).any(axis=2).all(axis=1)
        found = np.where(on, [[site.multiplicity] for site in sites], 10**6).min(axis=0)
        assert np.array_equal(found, multiplicities), group


def _cokernel(directions: np.ndarray) -> np.ndarray:
    from basis_compiler.groups.wyckoff import integer_basis

    return integer_basis(directions)


def test_moments_of_known_structures() -> None:
    """Literature, in BNS settings: a weak ferromagnet, a collinear antiferromagnet, triangular Mn3Sn."""
    of = {
        name: {one.letter: one for one in site_moments(name)} for name in ("62.448", "136.499", "63.463", "63.464")
    }
    # MnF2 (Erickson 1953), P4_2'/mnm': moments of Mn at 0 0 0 along the fourfold axis only.
    assert of["136.499"]["a"].moment_text == "0, 0, mz"
    # LaMnO3 (Moussa 1996), Pn'ma': Mn at the inversion centre 0 0 1/2 of Pnma, weak ferromagnetism.
    assert of["62.448"]["b"].moment_text == "mx, my, mz"
    # Mn3Sn (Brown 1990), Cmc'm' or Cm'cm', subgroups of P6_3/mmc: moments of Mn in the planes at z = 1/4; the one
    # on the mirror is along a, or along b.
    for name, along in (("63.463", "mx, 0, 0"), ("63.464", "0, my, 0")):
        assert of[name]["g"].position_text == "x, y, 1/4"
        assert of[name]["g"].moment_text == "mx, my, 0"
        assert of[name]["c"].moment_text == along


def test_no_moment_in_grey_groups_nor_where_time_reversal_fixes_a_site() -> None:
    assert {one.moment_text for one in site_moments("62.442")} == {"0, 0, 0"}
    assert site_moments("62.442")[2].position_text == "x, 1/4, z"
    assert site_moments("1.3")[0].moment_text == "mx, my, mz"  # P_S1: the anti-translation moves every site
    assert site_moments("2.6")[0].moment_text == "0, 0, 0"  # P-1': inversion with time reversal


def test_texts() -> None:
    assert vector_text(np.array([[1, 2, 0], [0, 0, 1]])) == "mx, 2mx, mz"
    assert vector_text(np.array([[2, -1, 0]])) == "mx, -mx/2, 0"
    assert vector_text(np.array([[1, 0, 1], [0, 1, -1]]), "f") == "fx, fy, fx-fy"
    assert position_text(np.array([0, 12, 6]), np.array([[1, -1, 0]])) == "x, -x+1/2, 1/4"
    assert position_text(np.array([6, 6, 18]), np.array([[0, 1, 1]])) == "1/4, y, y+1/2"
    with pytest.raises(SettingError):
        site_moments("62.9999")
