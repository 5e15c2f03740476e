"""Files of reflections against what was written into them, and every way in which they can be wrong."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from basis_compiler import read_reflections
from basis_compiler.reflections.repeated_measurements import merge_repeated
from basis_store import ReflectionData, ReflectionError, Setting

gemmi = pytest.importorskip("gemmi")

HKL = np.array([[1, 0, 0], [-1, 2, 0], [0, 0, -12], [10, -3, 4], [1, 0, 0]])
INTENSITIES = np.array([123.45, -0.5, 99999.0, 7.0, 120.0])
SIGMAS = np.array([1.5, 0.25, 300.0, 1.0, 2.0])
CELL = (5.0, 6.0, 7.0, 90.0, 100.0, 90.0)


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


def hkl_text() -> str:
    rows = zip(HKL.tolist(), INTENSITIES, SIGMAS, strict=True)
    return "".join("".join(f"{one:4d}" for one in hkl) + f"{i:8.2f}{s:8.2f}   1\n" for hkl, i, s in rows)


def cif_text(loop: str, *, head: str = "") -> str:
    cell = "\n".join(
        f"_cell_{'length' if place < 3 else 'angle'}_{name} {value}"
        for place, (name, value) in enumerate(zip(("a", "b", "c", "alpha", "beta", "gamma"), CELL, strict=True))
    )
    return f"data_x\n{cell}\n_space_group_name_H-M_alt 'P 1 21/c 1'\n{head}\nloop_\n{loop}\n"


def check_rows(data: ReflectionData) -> None:
    assert np.array_equal(data.hkl, HKL)
    assert data.intensities is not None and np.allclose(data.intensities, INTENSITIES)
    assert data.sigmas is not None and np.allclose(data.sigmas, SIGMAS)


@pytest.mark.parametrize(
    "end",
    [
        "",
        "   0   0   0    0.00    0.00   0\n",
        "   0   0   0    0.00    0.00\n\n_exptl_crystal 1 2 3\n",
        "\ntext\n",
    ],
)
def test_columns_of_shelx(tmp_path: Path, end: str) -> None:
    data = read_reflections(write(tmp_path, "a.hkl", hkl_text() + end), cell=CELL)
    check_rows(data)
    assert data.cell is not None and data.cell.tolist() == list(CELL)


def test_indices_of_shelx_may_touch(tmp_path: Path) -> None:
    """-100-100-100 are three indices of four columns each."""
    data = read_reflections(write(tmp_path, "a.hkl", "-100-101-102  123456   100.5  -1\n"))
    assert data.hkl.tolist() == [[-100, -101, -102]]
    # Without a decimal point there are two decimals, as in Fortran.
    assert data.intensities is not None and data.intensities[0] == 1234.56
    assert data.sigmas is not None and data.sigmas[0] == 100.5


def test_values_between_spaces(tmp_path: Path) -> None:
    rows = zip(HKL.tolist(), INTENSITIES, SIGMAS, strict=True)
    text = "".join(f"{hkl[0]} {hkl[1]} {hkl[2]} {i} {s}\n" for hkl, i, s in rows)
    check_rows(read_reflections(write(tmp_path, "a.hkl", text + "0 0 0 0 0\nend\n")))


def test_instructions_beside_the_file(tmp_path: Path) -> None:
    write(tmp_path, "a.ins", "TITL x\nCELL 0.71073 5 6 7 90 100 90\nZERR 4 0 0 0 0 0 0\nHKLF 3\nEND\n")
    data = read_reflections(
        write(tmp_path, "a.hkl", "   1   0   0   10.00    0.50\n   2   0   0   -2.00    0.50\n")
    )
    assert data.wavelength == 0.71073
    assert data.cell is not None and data.cell[4] == 100
    assert data.intensities is not None and data.intensities.tolist() == [100, -4]
    assert data.sigmas is not None and np.isclose(data.sigmas[0], np.sqrt((2 * 10 * 0.5) ** 2 + 2 * 0.5**4))
    assert data.amplitudes is not None and data.amplitudes.tolist() == [10, 0]
    assert "a.ins" in data.notes[0] and "HKLF 3" in data.notes[0]
    write(tmp_path, "a.ins", "CELL 0.71073 5 6 7 90 100 90\nHKLF 4 1 0 1 0 1 0 0 0 0 1\n")
    with pytest.raises(ReflectionError, match=r"a\.ins, line 2: HKLF has a matrix"):
        read_reflections(tmp_path / "a.hkl")


def test_loops_of_cifs(tmp_path: Path) -> None:
    rows = list(zip(HKL.tolist(), INTENSITIES, SIGMAS, strict=True))
    index = "_refln_index_h\n_refln_index_k\n_refln_index_l\n"
    body = "\n".join(f"{hkl[0]} {hkl[1]} {hkl[2]} {i} {s}" for hkl, i, s in rows)
    loop = index + "_refln_F_squared_meas\n_refln_F_squared_sigma\n" + body
    data = read_reflections(write(tmp_path, "a.fcf", cif_text(loop)))
    check_rows(data)
    assert data.setting == Setting.standard(14).hall_number
    assert data.cell is not None and data.cell.tolist() == list(CELL)
    assert any("1 index" in note for note in data.notes)
    loop = index.replace("_refln_", "_diffrn_refln_") + "_diffrn_refln_intensity_net\n_diffrn_refln_intensity_u\n"
    data = read_reflections(
        write(tmp_path, "b.cif", cif_text(loop + body, head="_diffrn_radiation_wavelength 1.5"))
    )
    check_rows(data)
    assert data.wavelength == 1.5 and not data.notes
    # Uncertainties in parentheses, values that are missing, and mmCIF's dots.
    index = "_refln.index_h\n_refln.index_k\n_refln.index_l\n"
    loop = index + "_refln.F_meas_au\n_refln.F_meas_sigma_au\n_refln.phase_calc\n"
    data = read_reflections(
        write(tmp_path, "c.mmcif", cif_text(loop + "1 0 0 10(1) 1 -90\n2 0 0 ? ? ?\n0 1 1 3 . 30"))
    )
    assert data.hkl.tolist() == [[1, 0, 0]]
    assert data.phases is not None and data.phases.tolist() == [-90]
    assert len(data.notes) == 2 and all("left out" in note for note in data.notes)


def test_a_list_of_shelx_inside_a_cif(tmp_path: Path) -> None:
    index = "_refln_index_h\n_refln_index_k\n_refln_index_l\n_refln_F_calc\n1 0 0 3"
    data = read_reflections(
        write(
            tmp_path,
            "a.cif",
            cif_text(index, head=f"_shelx_hkl_file\n;\n{hkl_text()}   0   0   0    0.00    0.00\n;\n"),
        )
    )
    check_rows(data)


def test_calculated_amplitudes_have_their_phases(tmp_path: Path) -> None:
    loop = (
        "_refln_index_h\n_refln_index_k\n_refln_index_l\n_refln_F_squared_meas\n_refln_F_squared_sigma\n"
        "_refln_F_calc\n_refln_phase_calc\n1 0 0 100 1 9 180\n0 1 1 25 1 6 0"
    )
    path = write(tmp_path, "a.fcf", cif_text(loop))
    measured, model = read_reflections(path), read_reflections(path, calculated=True)
    assert measured.amplitudes is not None and measured.amplitudes.tolist() == [10, 5]
    assert model.amplitudes is not None and model.amplitudes.tolist() == [9, 6]
    assert model.phases is not None and model.phases.tolist() == [180, 0]
    signed = write(tmp_path, "b.csv", "h,k,l,Fcalc\n1,0,0,-3\n2,0,0,4\n")
    data = read_reflections(signed)
    assert data.amplitudes is not None and data.amplitudes.tolist() == [3, 4]
    assert data.phases is not None and data.phases.tolist() == [180, 0]


@pytest.mark.parametrize("separator", [",", ";", "\t", "  "])
def test_tables(tmp_path: Path, separator: str) -> None:
    rows = zip(HKL.tolist(), INTENSITIES, SIGMAS, strict=True)
    lines = [separator.join(map(str, (s, *hkl, i, "x"))) for hkl, i, s in rows]
    head = separator.join(("SIGMA", "h", "k", "l", "I", "remark"))
    data = read_reflections(write(tmp_path, "a.csv", "# a comment\n" + "\n".join([head, *lines])))
    check_rows(data)
    assert "left out: remark" in data.notes[0]


def test_tables_with_decimal_commas_and_without_headings(tmp_path: Path) -> None:
    data = read_reflections(write(tmp_path, "a.csv", "h;k;l;I;sigma\n1;0;0;12,5;0,5\n"))
    assert data.intensities is not None and data.intensities[0] == 12.5
    data = read_reflections(write(tmp_path, "a.txt", "1 0 0 12.5 0.5\n"))
    assert data.sigmas is not None and data.sigmas[0] == 0.5


def test_mtz(tmp_path: Path) -> None:
    mtz = gemmi.Mtz(with_base=True)
    mtz.spacegroup = gemmi.SpaceGroup("P 1 21/c 1")
    mtz.set_cell_for_all(gemmi.UnitCell(*CELL))
    mtz.add_dataset("d").wavelength = 0.9
    mtz.set_cell_for_all(gemmi.UnitCell(*CELL))
    for label, kind in (("I", "J"), ("SIGI", "Q"), ("FC", "F"), ("PHIC", "P")):
        mtz.add_column(label, kind)
    rows = [[1, 0, 0, 100, 2, 9, 30], [0, 1, 2, np.nan, np.nan, np.nan, np.nan], [1, -2, 3, 4, 1, 2, 60]]
    mtz.set_data(np.array(rows, dtype=np.float32))
    mtz.write_to_file(str(tmp_path / "a.mtz"))
    data = read_reflections(tmp_path / "a.mtz")
    assert data.hkl.tolist() == [[1, 0, 0], [1, -2, 3]]
    assert data.intensities is not None and data.intensities.tolist() == [100, 4]
    assert data.sigmas is not None and data.sigmas.tolist() == [2, 1]
    assert data.phases is not None and data.phases.tolist() == [30, 60]
    assert data.setting == Setting.standard(14).hall_number
    assert data.wavelength is not None and np.isclose(data.wavelength, 0.9)
    content = (tmp_path / "a.mtz").read_bytes()
    for cut in (10, 60, 300, len(content) // 2):
        (tmp_path / "b.mtz").write_bytes(content[:cut])
        with pytest.raises(ReflectionError, match=r"b\.mtz"):
            read_reflections(tmp_path / "b.mtz")
    (tmp_path / "b.mtz").write_bytes(content.replace(b"NCOL        7            3", b"NCOL        7      3000000"))
    with pytest.raises(ReflectionError, match=r"b\.mtz"):
        read_reflections(tmp_path / "b.mtz")


LOOP = "_refln_index_h\n_refln_index_k\n_refln_index_l\n_refln_F_squared_meas\n_refln_F_squared_sigma\n"
PHASES = "_refln_index_h\n_refln_index_k\n_refln_index_l\n_refln_F_calc\n_refln_phase_calc\n"


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.hkl", "", "has no reflections"),
        ("a.hkl", "   0   0   0    0.00    0.00\n", "has no reflections"),
        (
            "a.hkl",
            "   1   0   0   10.00    0.50\n   1   0 1.5   10.00    0.50\n",
            "a.hkl, line 2: not h k l, value",
        ),
        ("a.hkl", "   1   0   0   10.00     nan\n", "line 1: not h k l, value, sigma"),
        ("a.hkl", "   1   0   0   10.00   -0.50\n", "line 1: sigma is -0.5: no uncertainty is negative"),
        ("a.hkl", "1 0 0.5 10.0 0.5\n", "line 1: the indices 1 0 0.5 are not three integers"),
        ("a.hkl", "h k l I sigma\n1 0 0 10.0 0.5\n", "line 1: not h k l"),
        ("a.hkl", "1 0 0 1e999 0.5\n", "the intensity inf is not a number up to 1e+30"),
        ("a.hkl", "1 0 99999 1 0.5\n", "indices 1 0 99999 are not three integers up to 10000"),
        ("a.csv", "", "has no reflections"),
        ("a.csv", "h,k,I\n1,0,3\n", "line 1: the headings lack l"),
        ("a.csv", "h,k,l\n1,0,3\n", "the headings lack an intensity or F"),
        ("a.csv", "h,k,l,I,F2\n1,0,3,3,3\n", "two columns are intensity"),
        ("a.csv", "h,k,l,I\n1,0,0,3\n1,0,3\n", "line 3: 3 values in a table of 4 columns"),
        ("a.csv", "crystal,h,k,l,I\nA,1,0,0,3\nB,1,0,0,3\n", "line 3: another crystal than in the lines before"),
        ("a.csv", "h,k,l,F,phase\n1,0,0,5,\n", "line 2: the phase is not a number"),
        ("a.csv", 'h,k,l,I,what\n1,0,0,3,"' + "x" * 200_000 + "\n", "line 2: field larger than field limit"),
        ("a.csv", "h,k,l,I\n1,0,0,nan\n", "line 2: the intensity is not a number"),
        ("a.csv", "h,k,l,I,sigma\n1,0,0,1,-1\n", "line 2: sigma is -1"),
        ("a.csv", "1,0,0,5\n", "line 1: the table needs a line of headings"),
        ("a.csv", "h,k,l,F,phase\n1,0,0,5,10\n1,0,0,5,50\n", "line 3: 1 0 0 is there twice with different values"),
        ("a.csv", "h,k,l,I,d\n1,0,0,5,9.9\n", "line 2: d = 9.9 is listed, and the cell gives 4.924"),
        ("a.cif", "data_x\n_cell_length_a 3\n", "lists no reflections"),
        ("a.cif", "nothing", "not a CIF"),
        ("a.cif", cif_text(LOOP + "1 0 0 5 1\n1 0 0 5"), "not a readable CIF"),
        ("a.cif", cif_text(LOOP + "1 0 0 x 1"), "reflection 1: the intensity 'x' is not a number"),
        ("a.cif", cif_text(LOOP + "1 0 0.5 3 1"), "reflection 1: the indices 1 0 0.5"),
        ("a.cif", cif_text(LOOP + "1 0 ? 3 1"), "reflection 1: the indices 1 0 nan"),
        ("a.cif", cif_text(LOOP + "1 0 0 3 -1"), "reflection 1: sigma is -1"),
        ("a.cif", cif_text(LOOP.replace("_refln_index_l\n", "") + "1 0 3 1"), "_refln_index_l is missing"),
        ("a.fcf", cif_text(PHASES + "1 0 0 3 90\n2 0 0 3 90\n1 0 0 4 90"), "reflection 3: 1 0 0 is there twice"),
        ("a.cif", cif_text(LOOP + "1 0 0 3 1").replace("a 5.0", "a -5.0"), "no cell has the edges"),
        ("a.cif", cif_text(LOOP + "1 0 0 3 1").replace("a 5.0", "a 5.5"), "reflections of another cell"),
        ("a.xyz", "1 0 0 3 1\n", "not a known name of a file of reflections"),
        ("a.hkl", "\0\0\0\0", "not a text file"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, name: str, text: str, says: str) -> None:
    with pytest.raises(ReflectionError, match=re.escape(says)) as caught:
        read_reflections(write(tmp_path, name, text), cell=CELL)
    assert "\n" not in str(caught.value)
    assert name in str(caught.value)


def test_folders_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.hkl").mkdir()
    with pytest.raises(IsADirectoryError):
        read_reflections(tmp_path / "a.hkl")


def test_a_line_that_repeats_another_is_left_out_of_lists_with_phases(tmp_path: Path) -> None:
    data = read_reflections(write(tmp_path, "a.csv", "h,k,l,F,phase\n1,0,0,5,180\n2,0,0,3,0\n1,0,0,5.001,-180\n"))
    assert data.hkl.tolist() == [[1, 0, 0], [2, 0, 0]]
    assert any("1 line" in note for note in data.notes)


def test_weighted_means() -> None:
    data = ReflectionData(HKL, INTENSITIES, SIGMAS)
    merged = merge_repeated(data)
    assert merged.hkl.tolist() == HKL[:4].tolist()
    weights = 1 / SIGMAS[[0, 4]] ** 2
    mean = (weights * INTENSITIES[[0, 4]]).sum() / weights.sum()
    scatter = (weights * (INTENSITIES[[0, 4]] - mean) ** 2).sum()
    assert merged.intensities is not None and np.isclose(merged.intensities[0], mean)
    assert merged.sigmas is not None and np.isclose(merged.sigmas[0], np.sqrt(max(scatter, 1) / weights.sum()))
    assert merged.intensities[1] == INTENSITIES[1] and np.isclose(merged.sigmas[1], SIGMAS[1])
    assert merge_repeated(merged) is merged
    with pytest.raises(ReflectionError, match="no mean phase"):
        merge_repeated(ReflectionData(HKL, amplitudes=SIGMAS, phases=SIGMAS))
