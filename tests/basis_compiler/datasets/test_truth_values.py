"""Columns of true and false in every layout: stored with their meaning; values may be missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from basis_compiler.datasets import compiler as dataset
from basis_store import CrystalTable
from basis_store.datasets.units import TRUE_FALSE
from tests.support.crystals.crystal_inputs import (
    compile_inputs,
    example,
    json_record,
    structure,
    write_folder,
    write_jsonl,
    write_table,
)

NAN = np.nan


def of_lines(tmp_path: Path, values: list[Any]) -> CrystalTable:
    records = [json_record("nacl", id=str(i), targets={"x": value}) for i, value in enumerate(values)]
    return compile_inputs(tmp_path, write_jsonl(tmp_path / "x.jsonl", records))


@pytest.mark.parametrize(
    ("values", "stored", "unit"),
    [
        ([True, False, True], [1, 0, 1], TRUE_FALSE),
        ([None, False, True], [NAN, 0, 1], TRUE_FALSE),
        ([True, float("nan"), "true"], [1, NAN, NAN], TRUE_FALSE),
        ([False, False, None], [0, 0, NAN], TRUE_FALSE),
        ([1, 0, 1], [1, 0, 1], ""),
        ([True, 0, 1], [1, 0, 1], ""),
        ([None, None, None], [NAN, NAN, NAN], ""),
        ([True, [True, False], False], [1, NAN, 0], ""),
        ([[True, False], [False, None], None], [[1, 0], [0, NAN], [NAN, NAN]], ""),
    ],
)
def test_json_lines(tmp_path: Path, values: list[Any], stored: list[Any], unit: str) -> None:
    table = of_lines(tmp_path, values)
    np.testing.assert_array_equal(table.targets["x"], stored)
    assert table.units["x"] == unit


@pytest.mark.parametrize(
    ("values", "unit"), [([True] * 3 + [False] * 3, TRUE_FALSE), ([None] * 3 + [True] * 3, TRUE_FALSE),
                         ([True] * 3 + [2] * 3, ""), ([None, True, None, 0, None, None], "")],
)  # fmt: skip
def test_chunks_need_not_agree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, values: list[Any], unit: str
) -> None:
    expected = of_lines(tmp_path, values)
    assert expected.units["x"] == unit
    for size in (1, 2, 3):
        monkeypatch.setattr(dataset, "_CHUNK", size)
        assert of_lines(tmp_path, values).content_hash == expected.content_hash


def test_other_layouts(tmp_path: Path) -> None:
    listing = "id,metal,gap\nnacl,False,8.5\nrutile,true,\nquartz,,6\nspinel,TRUE,7\n"
    table = compile_inputs(tmp_path, write_folder(tmp_path / "folder", listing))
    assert table.units == {"gap": "", "metal": TRUE_FALSE}
    found = dict(zip(table.identifiers, table.targets["metal"], strict=True))
    assert (found["nacl"], found["rutile"], found["spinel"]) == (0, 1, 1) and np.isnan(found["quartz"])

    rows = [[structure("nacl"), False], [structure("rutile"), True]]
    file = write_table(tmp_path / "t.json.gz", index=[0, 1], columns=["structure", "is_metal"], data=rows)
    table = compile_inputs(tmp_path, file)
    assert table.units == {"is_metal": TRUE_FALSE} and table.targets["is_metal"].tolist() == [0, 1]

    frames = []
    for name, value in (("nacl", "F"), ("rutile", "T")):
        crystal = example(name)
        rows = [f"{label.rstrip('0123456789')} {x} {y} {z}" for label, (x, y, z) in
                zip(crystal.labels, crystal.coordinates @ crystal.lattice, strict=True)]  # fmt: skip
        lattice = " ".join(map(str, crystal.lattice.ravel()))
        head = f'Lattice="{lattice}" Properties=species:S:1:pos:R:3 metal={value} pbc="T T T"'
        frames.append("\n".join([str(len(rows)), head, *rows]))
    (tmp_path / "x.extxyz").write_text("\n".join(frames) + "\n")
    table = compile_inputs(tmp_path, tmp_path / "x.extxyz")
    assert table.units["metal"] == TRUE_FALSE and table.targets["metal"].tolist() == [0, 1]


def test_the_user_has_the_last_word(tmp_path: Path) -> None:
    records = [json_record("nacl", id=str(i), a=bool(i), b=i) for i in range(2)]
    lines = write_jsonl(tmp_path / "x.jsonl", records)
    assert compile_inputs(tmp_path, lines).units == {"a": TRUE_FALSE, "b": ""}
    table = compile_inputs(tmp_path, lines, units={"a": "1", "b": TRUE_FALSE})
    assert table.units == {"a": "1", "b": TRUE_FALSE}
