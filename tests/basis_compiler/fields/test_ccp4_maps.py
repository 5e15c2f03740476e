"""Maps: any order of axes and any start, the asymmetric unit completed by gemmi, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from basis_compiler.fields.field_formats import read_field, read_fields, write_field
from basis_store.errors import FieldError
from basis_store.fields.grid_field import GridField

gemmi = pytest.importorskip("gemmi")

VALUES = np.random.default_rng(3).normal(size=(8, 8, 12)).astype(np.float32).astype(np.float64)


def symmetric(group: str) -> np.ndarray:
    grid = gemmi.FloatGrid(VALUES.astype(np.float32))
    grid.set_unit_cell(gemmi.UnitCell(5, 5, 7, 90, 90, 90))
    grid.spacegroup = gemmi.SpaceGroup(group)
    grid.symmetrize_sum()
    return np.array(grid.array, dtype=np.float64)


def write_map(path: Path, values: np.ndarray, group: str = "P 1", extent: object = None) -> None:
    made = gemmi.Ccp4Map()
    made.grid = gemmi.FloatGrid(values.astype(np.float32))
    made.grid.set_unit_cell(gemmi.UnitCell(5, 5, 7, 90, 90, 90))
    made.grid.spacegroup = gemmi.SpaceGroup(group)
    made.update_ccp4_header()
    if extent is not None:
        made.set_extent(extent)
    made.write_ccp4_map(str(path))


def change_words(path: Path, words: dict[int, int]) -> None:
    content = bytearray(path.read_bytes())
    for word, value in words.items():
        content[4 * word - 4 : 4 * word] = np.array([value], "<i4").tobytes()
    path.write_bytes(bytes(content))


def test_axes_in_another_order(tmp_path: Path) -> None:
    path = tmp_path / "a.ccp4"
    write_map(path, VALUES)
    content = path.read_bytes()
    header, body = content[: -4 * VALUES.size], np.frombuffer(content[-4 * VALUES.size :], "<f4").reshape(12, 8, 8)
    # Columns along z, rows along x, sections along y: words 1 to 3 are the counts, 17 to 19 the axes.
    path.write_bytes(header + np.ascontiguousarray(body.transpose(1, 2, 0)).tobytes())
    change_words(path, {1: 12, 2: 8, 3: 8, 17: 3, 18: 1, 19: 2})
    np.testing.assert_array_equal(read_field(path).values, VALUES)


def test_a_map_that_begins_elsewhere(tmp_path: Path) -> None:
    path = tmp_path / "a.map"
    write_map(path, VALUES)
    change_words(path, {5: 3, 6: -2, 7: 5})
    np.testing.assert_array_equal(read_field(path).values, np.roll(VALUES, (3, -2, 5), axis=(0, 1, 2)))


@pytest.mark.parametrize("group", ["P 21 21 21", "P 4/m m m", "I 41/a m d"])
def test_an_asymmetric_unit_is_completed(tmp_path: Path, group: str) -> None:
    path = tmp_path / "a.ccp4"
    values = symmetric(group)
    box = gemmi.FractionalBox()
    box.extend(gemmi.Fractional(0, 0, 0))
    box.extend(gemmi.Fractional(0.5, 0.5, 0.999))
    write_map(path, values, group, box)
    assert np.prod(np.frombuffer(path.read_bytes()[:12], "<i4")) < values.size / 2
    np.testing.assert_allclose(read_field(path).values, values, rtol=1e-6)


def test_a_part_that_symmetry_does_not_complete_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.ccp4"
    box = gemmi.FractionalBox()
    box.extend(gemmi.Fractional(0, 0, 0))
    box.extend(gemmi.Fractional(0.5, 0.5, 0.5))
    write_map(path, VALUES, extent=box)
    with pytest.raises(
        FieldError, match=r"covers a part of the cell only: 593 of 768 points are missing.*\(P 1\)"
    ):
        read_fields(path)


def test_the_unit_is_in_a_label(tmp_path: Path) -> None:
    path = tmp_path / "a.ccp4"
    write_field(path, GridField(VALUES, np.diag([5.0, 5.0, 7.0]), "electron density", "e/Angstrom^3"))
    found = read_fields(path)
    assert (found.first.quantity, found.first.unit, found.notes) == ("electron density", "e/Angstrom^3", ())
    other = gemmi.read_ccp4_map(str(path), setup=True)
    np.testing.assert_array_equal(np.array(other.grid.array), VALUES)
    write_map(path, VALUES)
    assert "does not say in which unit" in read_fields(path).notes[0]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({4: 4}, "its mode is 4, complex values: fields are real"),
        ({4: 12}, "its mode is 12, values of a kind that is not read"),
        ({1: 100000, 2: 100000, 3: 100000}, "it is cut off"),
        ({8: 100000, 9: 100000, 10: 100000}, "which is no map"),
        ({8: 800, 9: 800, 10: 700}, "768 of 448,000,000 points, too few for any symmetry"),
        ({1: -1}, "which is no map"),
        ({17: 1, 18: 1}, "gemmi says"),
        ({24: 2000000000}, "it is cut off"),
    ],
)
def test_damaged_headers_are_one_line(tmp_path: Path, words: dict[int, int], message: str) -> None:
    path = tmp_path / "a.ccp4"
    write_map(path, VALUES)
    change_words(path, words)
    with pytest.raises(FieldError, match=message) as caught:
        read_fields(path)
    assert "\n" not in str(caught.value)
