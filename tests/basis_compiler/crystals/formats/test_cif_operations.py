"""Lists of symmetry operations: cut, doubled, mistyped, in other cells, under other names."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from basis_compiler import Crystal, operations, read_crystals
from basis_compiler.crystals.formats.cif_operations import OperationList, group_number, listed_operations
from basis_store import CrystalError, Operations, Setting

GROUPS = [
    "2", "4:b", "14:b1", "14:b2", "15:b1", "19", "33", "62", "81", "92", "129:1", "136", "148:H", "148:R", "152",
    "161:H", "173", "186", "194", "198", "205",
]  # fmt: skip
SIDES = {
    "triclinic": (15, 18, 21, 80, 95, 101), "monoclinic": (15, 18, 21, 90, 97, 90),
    "orthorhombic": (15, 18, 21, 90, 90, 90), "tetragonal": (15, 15, 21, 90, 90, 90),
    "trigonal": (15, 15, 21, 90, 90, 120), "hexagonal": (15, 15, 21, 90, 90, 120),
    "cubic": (18, 18, 18, 90, 90, 90),
}  # fmt: skip


def triplets(group: Operations | OperationList) -> list[str]:
    """``x-y,x,z+1/2`` and so on."""
    found = []
    for rotation, translation in zip(group.rotations.tolist(), group.translations24.tolist(), strict=True):
        entries = []
        for row, shift in zip(rotation, translation, strict=True):
            terms = "".join(f"{'+' if n > 0 else '-'}{axis}" * abs(n) for n, axis in zip(row, "xyz", strict=True))
            entries.append((terms + (f"+{shift}/24" if shift else "")).lstrip("+"))
        found.append(",".join(entries))
    return found


def cif(setting: Setting, texts: Iterable[str], *, symbol: str = "", number: int = 0) -> str:
    sides = (18, 18, 18, 75, 75, 75) if setting.choice == "R" else SIDES[setting.crystal_system]
    names = ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma")
    lines = ["data_x", *(f"_cell_{name} {side}" for name, side in zip(names, sides, strict=True))]
    lines += [f"_symmetry_space_group_name_H-M '{symbol}'"] * bool(symbol)
    lines += [f"_symmetry_Int_Tables_number {number}"] * bool(number)
    lines += ["loop_", "_symmetry_equiv_pos_as_xyz", *(f"'{text}'" for text in texts)]
    lines += ["loop_", "_atom_site_type_symbol", *(f"_atom_site_fract_{axis}" for axis in "xyz")]
    return "\n".join([*lines, "Zr 0.137 0.041 0.218", "O 0.42 0.33 0.1", ""])


def read(folder: Path, text: str) -> Crystal:
    (folder / "x.cif").write_text(text)
    (crystal,) = read_crystals(folder / "x.cif")
    return crystal


def named(setting: Setting) -> list[dict[str, object]]:
    """No name, the number, the symbol, both."""
    symbol = {"symbol": f"{setting.full_symbol}"}
    return [{}, {"number": setting.number}, symbol, symbol | {"number": setting.number}]


@pytest.mark.parametrize("name", GROUPS)
def test_whole_lists_are_read_without_a_note(name: str, tmp_path: Path) -> None:
    setting = Setting.parse(name)
    texts = triplets(operations(setting))
    for names in named(setting):
        crystal = read(tmp_path, cif(setting, texts, **names))  # type: ignore[arg-type]
        assert len(crystal) == 2 * len(texts)
        assert crystal.notes == ()
    shuffled = read(tmp_path, cif(setting, texts[::-1]))
    assert len(shuffled) == len(crystal)


@pytest.mark.parametrize("name", GROUPS)
def test_a_list_without_one_operation_is_refused(name: str, tmp_path: Path) -> None:
    setting = Setting.parse(name)
    texts = triplets(operations(setting))
    for i, names in itertools.product(range(len(texts)), named(setting)):
        cut = [*texts[:i], *texts[i + 1 :]]
        if cut == ["x,y,z"]:
            notes = read(tmp_path, cif(setting, cut, **names)).notes  # type: ignore[arg-type]
            assert bool(names) == any("taken as the whole cell" in note for note in notes)
            continue
        with pytest.raises(CrystalError, match="are not a group: the list is incomplete or wrong"):
            read(tmp_path, cif(setting, cut, **names))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", GROUPS)
def test_a_line_that_is_doubled_counts_once_and_one_that_replaces_another_is_refused(
    name: str, tmp_path: Path
) -> None:
    setting = Setting.parse(name)
    texts = triplets(operations(setting))
    whole = read(tmp_path, cif(setting, texts))
    for i in range(len(texts)):
        doubled = read(tmp_path, cif(setting, [*texts, texts[i].upper()], number=setting.number))
        assert len(doubled) == len(whole)
        assert doubled.notes == ("the CIF lists 1 symmetry operation more than once; each counts once",)
        replaced = [*texts[:i], texts[i - 1], *texts[i + 1 :]]
        if {*replaced} != {"x,y,z"}:
            with pytest.raises(CrystalError, match="are not a group"):
                read(tmp_path, cif(setting, replaced))


@pytest.mark.parametrize("name", GROUPS)
def test_a_mistyped_line_is_refused(name: str, tmp_path: Path) -> None:
    """Of lists with a changed sign, letter or fraction, none gives a crystal of the group without a word."""
    setting = Setting.parse(name)
    texts = triplets(operations(setting))
    changes = [("-x", "x"), ("y", "x"), ("z", "z+1/3"), ("z", "-z")]
    for i, (old, new) in itertools.product(range(1, len(texts)), changes):
        changed = texts[i].replace(old, new, 1).replace("--", "").replace("+-", "-")
        mistyped = [*texts[:i], changed, *texts[i + 1 :]]
        if changed == texts[i] or is_the_same_elsewhere(mistyped, setting):
            continue
        # A list may become that of another group, which the name then contradicts.
        refusals = r"not a group|operation of|operation of the form|but lists|does not fit"
        with pytest.raises(CrystalError, match=refusals):
            read(tmp_path, cif(setting, mistyped, number=setting.number, symbol=setting.full_symbol))


def is_the_same_elsewhere(texts: list[str], setting: Setting) -> bool:
    """Whether operations are those of the group with another origin, such as x,y,z and -x,-y,-z+1/3."""
    try:
        group = listed_operations(tuple(texts))
    except CrystalError:
        return False
    same = np.array_equal(np.unique(group.rotations, axis=0), np.unique(operations(setting).rotations, axis=0))
    return same and group_number(group) == setting.number


@pytest.mark.parametrize("name", GROUPS)
def test_a_whole_subgroup_is_not_the_group_that_is_named(name: str, tmp_path: Path) -> None:
    setting = Setting.parse(name)
    texts = triplets(operations(setting))
    found = set()
    for text in texts[1:]:
        part = ["x,y,z", text]
        while True:
            try:
                listed_operations(tuple(part))
                break
            except CrystalError:
                part = generated(part)
        if len(part) < len(texts):
            found.add(tuple(sorted(part)))
    for part in found:
        number = group_number(listed_operations(part))
        if number == setting.number:
            continue
        expected = rf"names '.*' \({setting.number}\) but lists the {len(part)} operations of .* \({number}\)"
        with pytest.raises(CrystalError, match=expected):
            read(tmp_path, cif(setting, part, symbol=setting.full_symbol))


def generated(texts: list[str]) -> list[str]:
    """The list with all products of two of its operations."""
    import gemmi

    known = [gemmi.Op(text) for text in texts]
    return sorted({(one * other).wrap().triplet() for one in known for other in known})


@pytest.mark.parametrize(
    "text",
    ["x,y", "x,y,z,w", "x,y,2x", "x,y,z/2", "x,y,x", "x,x,x", "x,y,0", "x+0.17,y,z", "x+1/5,y,z", "x+1/7,y,z",
     "x;y;z", "a,b,c", "h,k,l", "x1,x2,x3", "x,y,z,+1", "1 x,y,z", "x*y,y,z", "y", "?x,y,z", "x,y,z+1/0",
     "m x,y,z", "x,,z"],
)  # fmt: skip
def test_what_is_no_operation_is_refused_and_named(text: str, tmp_path: Path) -> None:
    with pytest.raises(CrystalError) as caught:
        read(tmp_path, cif(Setting.standard(1), ["x,y,z", text]))
    assert repr(text) in str(caught.value) and "operation" in str(caught.value)


@pytest.mark.parametrize(
    "text",
    ["x+0.5,-y,z", "x+.5, -y, z", "1/2+x,-y,z", "X+1/2,-Y,Z", "x+12/24,-y,z", "x-1/2,-y,z", "x+3/2,-y,+z",
     "+x+2/4,-y,z", "x+0.50000,-y,z", "-0.5+x,-y+1,z-2"],
)  # fmt: skip
def test_spellings_of_an_operation(text: str, tmp_path: Path) -> None:
    assert len(read(tmp_path, cif(Setting.standard(7), ["x,y,z", text]))) == 4


def test_too_many_operations_are_refused_early(tmp_path: Path) -> None:
    steps = list(itertools.product(range(24), repeat=3))
    texts = [f"x+{i}/24,y+{j}/24,z+{k}/24" for i, j, k in steps]
    with pytest.raises(CrystalError, match="13824 symmetry operations: no space group has more than 192"):
        read(tmp_path, cif(Setting.standard(1), texts))


def test_two_lists_that_differ_are_refused(tmp_path: Path) -> None:
    text = cif(Setting.standard(2), ["x,y,z", "-x,-y,-z"])
    with pytest.raises(CrystalError, match="list different symmetry operations"):
        read(tmp_path, text + "loop_ _space_group_symop_operation_xyz x,y,z\n")


def test_a_cell_that_the_listed_operations_do_not_allow_is_refused(tmp_path: Path) -> None:
    text = cif(Setting.standard(14), triplets(operations(Setting.standard(14)))).replace("alpha 90", "alpha 92")
    with pytest.raises(CrystalError, match="the cell does not fit the symmetry operations that the CIF lists"):
        read(tmp_path, text)


def test_the_number_of_a_list_does_not_depend_on_its_cell(setting: Setting) -> None:
    """The whole table, in sheared cells with shifted origins; fourteen settings of monoclinic C are among them."""
    rng = np.random.default_rng(setting.hall_number)
    group = operations(setting)
    assert group_number(OperationList(group.rotations, group.translations24)) == setting.number
    change = np.eye(3, dtype=np.int64)
    for _ in range(3):
        i, j = rng.permutation(3)[:2]
        change[i] += rng.integers(-1, 2) * change[j]
    inverse = np.rint(np.linalg.inv(change)).astype(np.int64)
    rotations, shift = change @ group.rotations @ inverse, rng.integers(0, 24, 3)
    translations24 = (group.translations24 @ change.T + shift - rotations @ shift) % 24
    assert group_number(OperationList(rotations, translations24)) == setting.number
