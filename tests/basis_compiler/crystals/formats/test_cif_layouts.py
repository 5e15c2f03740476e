"""One crystal in every layout that CIF allows, and layouts that it does not."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from basis_compiler import Crystal, read_crystals
from basis_store import CrystalError

PAIRS = {
    "_chemical_name_common": "zirconia of no symmetry",
    "_symmetry_space_group_name_H-M": "P -1",
    "_cell_length_a": "5.1",
    "_cell_length_b": "6.2",
    "_cell_length_c": "7.3",
    "_cell_angle_alpha": "80",
    "_cell_angle_beta": "95",
    "_cell_angle_gamma": "101",
}
OPERATIONS = ["x,y,z", "-x,-y,-z"]
ATOMS = [["Zr1", "Zr", "0.27", "0.04", "0.21", "1.0"], ["O1", "O", "0.07", "0.33", "0.34", "1.0"]]
COLUMNS = ["label", "type_symbol", "fract_x", "fract_y", "fract_z", "occupancy"]

LINE_ENDS = {"lf": "\n", "crlf": "\r\n", "cr": "\r"}
QUOTES = {
    "bare": lambda value: f"'{value}'" if " " in value else value,
    "single": lambda value: f"'{value}'",
    "double": lambda value: f'"{value}"',
    "text": lambda value: f"\n;{value}\n;",
}


def tokens(quote: str) -> list[list[str]]:
    """The items, each a list of words: tags, ``loop_`` and quoted values."""
    quoted = QUOTES[quote]
    items = [["data_x"], *([tag, quoted(value)] for tag, value in PAIRS.items())]
    items.append(["loop_", "_symmetry_equiv_pos_as_xyz", *map(quoted, OPERATIONS)])
    tags = [f"_atom_site_{column}" for column in COLUMNS]
    items.append(["loop_", *tags, *(quoted(value) for row in ATOMS for value in row)])
    return items


def item_per_line(items: list[list[str]]) -> str:
    return "\n".join(" ".join(item) for item in items)


def word_per_line(items: list[list[str]]) -> str:
    return "\n".join(word for item in items for word in item)


def one_line(items: list[list[str]]) -> str:
    return "\t ".join(word for item in items for word in item)


def ragged(items: list[list[str]]) -> str:
    words = [word for item in items for word in item]
    return "".join(word + ("\n" if i % 3 == 1 else "  ") for i, word in enumerate(words))


def usual(items: list[list[str]]) -> str:
    """As most programs write: a line for each pair, each tag of a loop, and each row of its values."""
    lines = []
    for item in items:
        if item[0] != "loop_":
            lines.append(" ".join(item))
            continue
        tags = [word for word in item if word.startswith("_")]
        values = item[1 + len(tags) :]
        rows = [values[i : i + len(tags)] for i in range(0, len(values), len(tags))]
        lines += ["loop_", *tags, *(" ".join(row) for row in rows)]
    return "\n".join(lines)


LAYOUTS = {one.__name__: one for one in (usual, item_per_line, word_per_line, one_line, ragged)}


def commented(text: str) -> str:
    """A comment behind every line outside of texts, and lines of comments and blanks between."""
    inside, lines = False, []
    for line in text.split("\n"):
        starts = line.startswith(";")
        lines.append(line if starts or inside else f"{line} # 'a comment")
        inside = inside != starts
        if not inside:
            lines += ["# data_y _cell_length_a 9", ""]
    return "\n".join(lines)


def read(folder: Path, text: str, name: str = "x.cif") -> list[Crystal]:
    (folder / name).write_bytes(text.encode())
    return read_crystals(folder / name)


def assert_is_zirconia(crystal: Crystal) -> None:
    lengths = np.linalg.norm(crystal.lattice, axis=1)
    a, b, c = crystal.lattice / lengths[:, None]
    np.testing.assert_allclose(lengths, [5.1, 6.2, 7.3])
    np.testing.assert_allclose(np.degrees(np.arccos([b @ c, a @ c, a @ b])), [80, 95, 101])
    assert crystal.numbers.tolist() == [40, 40, 8, 8]
    assert crystal.labels == ("Zr1", "Zr1", "O1", "O1")
    points = [[0.27, 0.04, 0.21], [0.73, 0.96, 0.79], [0.07, 0.33, 0.34], [0.93, 0.67, 0.66]]
    np.testing.assert_allclose(crystal.coordinates, points)


@pytest.mark.parametrize("comments", [False, True], ids=["plain", "comments"])
@pytest.mark.parametrize("end", LINE_ENDS)
@pytest.mark.parametrize("quote", QUOTES)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_is_the_same_crystal(
    layout: str, quote: str, end: str, comments: bool, tmp_path: Path
) -> None:
    text = LAYOUTS[layout](tokens(quote)) + "\n"
    if comments:
        text = commented(text)
    (crystal,) = read(tmp_path, text.replace("\n", LINE_ENDS[end]))
    assert_is_zirconia(crystal)


PLAIN = usual(tokens("bare")) + "\n"
SPELLINGS = {
    "tags in capitals": PLAIN.replace("_cell", "_CELL").replace("_atom_site_fract", "_Atom_Site_Fract"),
    "reserved words in capitals": PLAIN.replace("loop_", "LOOP_").replace("data_", "Data_"),
    "tags of DDLm": PLAIN.replace("_cell_length_", "_cell.length_").replace("_atom_site_", "_atom_site."),
    "new tags": PLAIN.replace("_symmetry_equiv_pos_as_xyz", "_space_group_symop_operation_xyz"),
    "uncertainties": PLAIN.replace("5.1", "5.1(2)").replace("101", "101(3)").replace("0.27", "'0.27(1)'"),
    "exponents": PLAIN.replace("5.1", "51e-1").replace("0.27", "2.7E-1").replace("0.04", ".04"),
    "signs": PLAIN.replace("5.1", "+5.1").replace("0.27", "-0.73"),
    "byte order mark": "\ufeff" + PLAIN,
    "end of file of DOS": PLAIN + "\x1a",
    "not ASCII": PLAIN.replace("zirconia of no symmetry", "Zirkonoxid, süß").replace("data_x", "data_x # é"),
    "not ASCII, not quoted": PLAIN.replace("'zirconia of no symmetry'", "Zirkonerdé"),
    "a printed minus": PLAIN.replace("-x,-y,-z", "\u2212x,\u2212y,\u2212z"),
    "spaces in operations": PLAIN.replace("-x,-y,-z", "' -x, -y , - z'"),
    "capitals in operations": PLAIN.replace("-x,-y,-z", "-X,-Y,-Z"),
    "a save frame": PLAIN.replace("data_x\n", "data_x\nsave_f _cell_length_a 9 save_\n"),
    "nulls": PLAIN + "_refln_x . _cell_y ? _symmetry_Int_Tables_number ?\n",
    "a block without atoms before": f"data_global\n_journal_year 1999\n{PLAIN}",
    "a text that looks like items": PLAIN + "_publ_text\n;\n_cell_length_a 9\nloop_\n_cell_angle_beta\n90\n;\n",
    "an apostrophe inside": PLAIN.replace("zirconia of no symmetry", "zirconia's"),
    "both lists of operations": PLAIN + "loop_ _space_group_symop_operation_xyz X,Y,Z 1-x,1-y,-z\n",
}  # fmt: skip


@pytest.mark.parametrize("name", SPELLINGS)
def test_other_spellings(name: str, tmp_path: Path) -> None:
    (crystal,) = read(tmp_path, SPELLINGS[name])
    if name == "signs":
        assert sorted(crystal.coordinates[:2, 0].tolist()) == pytest.approx([0.27, 0.73])
        return
    assert_is_zirconia(crystal)


def broken_layouts() -> Iterator[tuple[str, str]]:
    items = tokens("bare")
    for i, (tag, *rest) in enumerate(items):
        if tag.startswith("_"):
            without = [*items[:i], [tag], *items[i + 1 :]]
            yield f"{tag} without value, next line", usual(without)
            yield f"{tag} without value, same line", one_line(without)
            yield f"{tag} twice", usual([*items, [tag, *rest]])
            yield f"{tag} twice, in capitals", usual([[*items[0]], [tag.upper(), *rest], *items[1:]])
            if "cell" in tag:
                yield f"{tag} missing", usual([*items[:i], *items[i + 1 :]])
                yield f"{tag} null", usual([*items[:i], [tag, "?"], *items[i + 1 :]])
                yield f"{tag} no number", usual([*items[:i], [tag, "5,1"], *items[i + 1 :]])
                yield f"{tag} of two kinds", usual([*items, [tag.replace("_cell_", "_cell."), *rest]])
    for i in range(1, len(ATOMS[0])):
        yield f"loop cut {i}", usual([*items[:-1], items[-1][:-i]])
    yield "value too many", usual([*items, ["7"]])
    yield "text not closed", usual(items) + "\n_publ_text\n;\nabc\n"
    yield "quote not closed", usual(items) + "\n_publ_text 'abc\n"
    yield "prose before", "A crystal\n" + usual(items)
    yield "a byte 0", usual(items).replace("5.1", "5.1\0")
    apart = ["loop_", *items[-1][2:7], *itertools.chain(*(row[1:] for row in ATOMS))]
    yield "labels in another loop", usual([*items[:-1], ["loop_", "_atom_site_label", "O1", "Zr1"], apart])


BROKEN = dict(broken_layouts())


@pytest.mark.parametrize("name", BROKEN)
def test_broken_layouts_are_refused_in_one_line(name: str, tmp_path: Path) -> None:
    with pytest.raises(CrystalError) as caught:
        read(tmp_path, BROKEN[name] + "\n")
    assert "\n" not in str(caught.value)


FIXED = {
    "P 21/c": {"beta": 95}, "P 1 1 21/b": {"gamma": 95}, "P n m a": {}, "P 42/m n m": {}, "P 63/m m c": {},
    "F m -3 m": {}, "P 31 2 1": {},
}  # fmt: skip


@pytest.mark.parametrize("symbol", FIXED)
def test_angles_that_symmetry_fixes_may_be_missing(symbol: str, tmp_path: Path) -> None:
    edges = (5.0, 5.0, 5.0)
    lines = ["data_x", f"_space_group_name_H-M_alt '{symbol}'"]
    lines += [f"_cell_length_{axis} {edge}" for axis, edge in zip("abc", edges, strict=True)]
    lines += [f"_cell_angle_{angle} {value}" for angle, value in FIXED[symbol].items()]
    lines += ["loop_", "_atom_site_label", *(f"_atom_site_fract_{axis}" for axis in "xyz"), "Na1 0 0 0"]
    (crystal,) = read(tmp_path, "\n".join(lines))
    a, b, c = crystal.lattice / 5
    expected = {"alpha": 90, "beta": 90, "gamma": 120 if symbol[2] in "36" else 90} | FIXED[symbol]
    found = np.degrees(np.arccos([b @ c, a @ c, a @ b]))
    np.testing.assert_allclose(found, list(expected.values()), atol=1e-12)


def test_a_right_angle_is_exact(tmp_path: Path) -> None:
    text = PLAIN.replace("alpha 80", "alpha 90").replace("beta 95", "beta 90").replace("gamma 101", "gamma 90")
    (crystal,) = read(tmp_path, text)
    assert crystal.lattice.tolist() == np.diag([5.1, 6.2, 7.3]).tolist()


def test_blocks_of_one_name_are_read(tmp_path: Path) -> None:
    assert len(read(tmp_path, PLAIN + PLAIN)) == 2


def test_an_mcif_is_read_as_a_cif(tmp_path: Path) -> None:
    (crystal,) = read(tmp_path, PLAIN, "x.mcif")
    assert_is_zirconia(crystal)


def in_a_loop(values: str) -> str:
    """The cell's a in a loop of its own."""
    (line,) = (line for line in PLAIN.splitlines() if line.startswith("_cell_length_a"))
    return PLAIN.replace(f"{line}\n", "") + f"loop_ _cell_length_a {values}\n"


def test_two_cells_are_not_one(tmp_path: Path) -> None:
    (line,) = (line for line in PLAIN.splitlines() if line.startswith("_cell_length_a"))
    value = line.split()[1]
    assert_is_zirconia(read(tmp_path, in_a_loop(value))[0])
    assert_is_zirconia(read(tmp_path, in_a_loop(f"{value} {value}"))[0])
    with pytest.raises(CrystalError, match="it gives several cells: _cell_length_a has 2 values"):
        read(tmp_path, in_a_loop(f"{value} 6.5"))


@pytest.mark.parametrize(("groups", "is_refused"), [("12", True), (".1", False), ("11", False), ("..", False)])
def test_alternatives_of_a_disordered_crystal(groups: str, is_refused: bool, tmp_path: Path) -> None:
    text = "data_x _cell_length_a 4 _cell_length_b 4 _cell_length_c 4 _cell_angle_alpha 90 _cell_angle_beta 90 "
    text += "_cell_angle_gamma 90 loop_ _atom_site_label _atom_site_fract_x _atom_site_fract_y _atom_site_fract_z "
    text += "_atom_site_disorder_group O1 0 0 0 {} C1 .3 .3 .3 {}\n"
    if is_refused:
        with pytest.raises(
            CrystalError, match="O1 and C1 are of the alternatives 1 and 2 of a disordered crystal"
        ):
            read(tmp_path, text.format(*groups))
    else:
        assert len(read(tmp_path, text.format(*groups))[0]) == 2


def test_lengths_in_another_unit_are_doubted(tmp_path: Path) -> None:
    """Picometres in silence: a gas."""
    text = "data_x _cell_length_a {0} _cell_length_b {0} _cell_length_c {0} _symmetry_Int_Tables_number 225\n"
    text += (
        "loop_ _atom_site_label _atom_site_fract_x _atom_site_fract_y _atom_site_fract_z Na1 0 0 0 Cl1 .5 .5 .5\n"
    )
    assert read(tmp_path, text.format(5.64))[0].notes == ()
    assert "are its lengths in Angstrom?" in read(tmp_path, text.format(564))[0].notes[0]
    with pytest.raises(CrystalError, match="Angstrom apart"):
        read(tmp_path, text.format(0.564))
