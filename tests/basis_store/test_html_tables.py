"""What notebooks show of public objects: tables, in which no text from outside is markup."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from basis_compiler import compile_crystals, read_crystals, reflection_list
from basis_store import (
    CrystalArrays,
    IndexSymmetry,
    MagneticGroup,
    PlaneGroup,
    Representation,
    Setting,
    SubperiodicGroup,
    all_settings,
    open_store,
)
from runtime import load_store
from runtime.evaluation.scores import evaluate_scalars
from sgbasis.reports.change_of_basis import triplet_text
from tests.support.crystals.crystal_inputs import CRYSTALS

EVIL = "<script>alert(1)</script>"


class Balance(HTMLParser):
    """Every element is closed in its turn."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.open.append(tag)
        self.seen.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def shown(value: object) -> str:
    text = value._repr_html_()  # type: ignore[attr-defined]
    assert Balance(text).seen <= {"table", "caption", "thead", "tbody", "tr", "th", "td", "span", "sub"}
    assert "color" not in text and "background" not in text
    return text


def test_groups() -> None:
    for setting in all_settings():
        assert str(setting.hall_number) in shown(setting)
    assert "P2<sub>1</sub>/c" in shown(Setting.parse("P2_1/c"))
    assert "62.446" in shown(MagneticGroup.parse("62.446"))
    assert "p6mm" in shown(PlaneGroup.parse("plane:17"))
    assert "p4/nmm" in shown(SubperiodicGroup.parse("layer:64"))
    assert "B1g" in shown(Representation.parse("136:B1g"))


def test_bases() -> None:
    store = load_store()
    with open_store() as reader:
        compiled = reader.read(Setting.standard(227))
    assert repr(compiled) == "<CompiledSetting 227:2 Fd-3m, 66 functions, 192 operations>"
    for basis, count in ((compiled, 66), (store.basis("Fd-3m"), 66), (store.basis("Fd-3m", radius=5), 8)):
        assert f"{count}, the constant included" in shown(basis) and "{3 1 1}" in shown(basis)
    assert "imaginary part" in shown(store.compiled(Setting.parse("P2_1")))
    assert "e<sub>14</sub>" in shown(store.tensor_basis("P3_121", "piezoelectric"))
    assert "and 69 lines more" in shown(store.tensor_basis("P1", "ijkl"))
    symmetry = IndexSymmetry.parse("ij=ji", axial=True)
    assert repr(symmetry) == "IndexSymmetry.parse('ij=ji', axial=True)" and "xy" in shown(symmetry)


def test_crystals_escape_what_files_say() -> None:
    (record,) = compile_crystals(CRYSTALS / "spinel.cif")
    assert "MgAl<sub>2</sub>O<sub>4</sub>" in shown(record) and "32e" in shown(record)
    evil = replace(record, identifier=EVIL, notes=(EVIL,), targets={EVIL: np.array(1.0)})
    assert shown(evil).count("&lt;script&gt;") == 3
    named = replace(record, identifier="spinel")
    assert repr(named) == "<CrystalRecord 'spinel': MgAl2O4, 227:2 Fd-3m, 3 sites, 56 atoms in the cell>"


def test_tables_of_pandas() -> None:
    pytest.importorskip("pandas")
    (record,) = compile_crystals(CRYSTALS / "nacl.cif")
    frame = reflection_list(read_crystals(CRYSTALS / "nacl.cif")[0]).to_dataframe()
    assert frame.loc[0, ["h", "k", "l", "multiplicity"]].tolist() == [1, 1, 1, 8]
    assert frame.relative_intensity.max() == pytest.approx(100) and frame.attrs["units"]["d"] == "Angstrom"
    scores = evaluate_scalars([1.0, 2.0], [1.0, 3.0], [record.setting, Setting.standard(1)]).to_dataframe()
    assert scores["by"].tolist() == ["all", *["crystal_system"] * 2, *["space_group"] * 2]
    assert scores["mae"].tolist() == [0.5, 1.0, 0.0, 1.0, 0.0] and scores["mae_low"][1] == 1.0


def test_objects_that_hold_arrays_have_short_texts() -> None:
    (crystal,) = read_crystals(CRYSTALS / "spinel.cif")
    found = reflection_list(crystal, cell="standard")
    for one in (
        crystal,
        found.data(),
        found.standard.sites[0],
        CrystalArrays.of(compile_crystals(CRYSTALS / "spinel.cif")),
    ):
        assert len(repr(one)) < 300 and "\n" not in repr(one), one
    assert "hkl=<(" in repr(found) and "coordinates=[0.125, 0.125, 0.125]" in repr(found.standard.sites[0])


def test_wyckoff_positions_are_a_table() -> None:
    pytest.importorskip("pandas")
    with open_store() as store:
        for setting in all_settings():
            for one in store.wyckoff_positions(setting).values():
                assert one.point == triplet_text(one.matrix, one.shift24 / 24), (setting, one)
        found = store.wyckoff_positions(Setting.standard(136))
    frame = found.to_dataframe()
    assert frame["letter"].tolist() == list("abcdefghijk") and frame["multiplicity"].iloc[-1] == 16
    assert frame["degrees_of_freedom"].tolist() == [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3]
    assert "4f" in shown(found) and repr(found["f"]) == "<WyckoffPosition 4f m.2m: x, x, 0>"
