"""Files of crystals to a dataset: invalid content, interruption, and the same outcome each time."""

from __future__ import annotations

import functools
import math
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from basis_compiler import compile_dataset
from basis_compiler.datasets import compiler as dataset
from basis_store import CrystalError
from tests.support.crystals.crystal_inputs import (
    GROUPS,
    compile_inputs,
    group_numbers,
    json_record,
    write_folder,
    write_jsonl,
)


def test_odd_targets(tmp_path: Path) -> None:
    odd: list[dict[str, Any]] = [
        {"x": 1, "t": [[1, 2], [3, None]], "forces": [[0.0]], "n": None},
        {"x": True, "t": None, "forces": [[0.0], [0.0]], "n": math.nan},
        {"x": math.inf, "t": [[1, 2], [3]], "forces": [[0.0]] * 3, "n": None},
        {"x": "1.5", "t": [[5, 6], [7, 8]], "forces": [], "n": {"a": 1}},
        {"x": 10**400, "t": [["1", "2"], ["3", "4"]]},
        {"x": 2, "t": 3.0},
        {"x": [1, 2], "t": [[1, 1], [1, 1]]},
        {"x": 3},
    ]  # fmt: skip
    records = [json_record("nacl", id=f"n{i}", targets=targets) for i, targets in enumerate(odd)]
    table = compile_inputs(tmp_path, write_jsonl(tmp_path / "odd.jsonl", records))
    nan = np.nan
    np.testing.assert_array_equal(table.targets["x"], [1, 1, nan, nan, nan, 2, nan, 3])
    assert table.targets["t"].shape == (8, 2, 2)
    tensors = [[[1, 2], [3, nan]], [[5, 6], [7, 8]], [[1, 1], [1, 1]]]
    np.testing.assert_array_equal(table.targets["t"][[0, 3, 6]], tensors)
    assert np.isnan(table.targets["t"][[1, 2, 4, 5, 7]]).all()
    assert np.isnan(table.targets["n"]).all()
    assert set(table.targets) == {"x", "t", "n"}
    assert set(table.notes) == {
        "x: infinite, taken as missing, in 1 crystal",
        "x: text, not a number, in 1 crystal",
        "x: not an array of numbers, in 1 crystal",
        "x: not a single number, taken as missing, in 1 crystal",
        "t: not an array of numbers, in 1 crystal",
        "t: text, not a number, in 1 crystal",
        "t: not 2 x 2, taken as missing, in 1 crystal",
        "forces: an empty list, in 1 crystal",
        "forces: left out, for its values have 3 shapes",
        "n: not a number, in 1 crystal",
    }


NACL = json_record("nacl")
SKIPPED = {
    "no-json": ('{"id": "no-json", ', r"not JSON: .*"),
    "deep": ("[" * 100_000, r"its lists and objects are nested more than 32 deep, .*"),
    "list": ("[1, 2]", r"not a JSON object"),
    "element": (NACL | {"id": "element", "species": ["Xx"] * 8}, r"atom 1 is of no known element \('Xx'\): .*"),
    "overlap": (NACL | {"id": "overlap", "frac_coords": [[0, 0, 0]] * 8}, r"Na1 \(atom 1\) and .* overlap: .*"),
    "no-lattice": (
        {k: v for k, v in NACL.items() if k != "lattice"} | {"id": "no-lattice"},
        r"it has no 'lattice' .*",
    ),
    "flat": (NACL | {"id": "flat", "lattice": [[1, 0, 0], [0, 1, 0], [1, 1, 0]]}, r"the cell has no volume: .*"),
    "metres": (NACL | {"id": "metres", "lattice": (np.eye(3) * 5e-10).tolist()}, r"the cell repeats each atom .*"),
    "shape": (NACL | {"id": "shape", "lattice": [1, 2, 3]}, r"its lattice is not three rows of three numbers"),
    "ragged": (
        NACL | {"id": "ragged", "frac_coords": [[0, 0]] * 8},
        r"it has 8 species but coordinates for 5 .*|.*",
    ),
    "count": (NACL | {"id": "count", "species": [11]}, r"it has 1 species but coordinates for 8 atoms"),
    "texts": (NACL | {"id": "texts", "lattice": "abc"}, r"its lattice, species or coordinates are not arrays .*"),
    "null": (NACL | {"id": "null", "species": None}, r"its lattice, species or coordinates are not arrays .*"),
    "huge": (NACL | {"id": "huge", "species": [10**30] * 8}, r"its lattice, species or coordinates are not .*"),
    "empty": (NACL | {"id": "empty", "species": [], "frac_coords": []}, r"no atoms"),
    "split": (NACL | {"id": "split", "split": "fold-1"}, r"its split 'fold-1' is not train, val or test"),
    "targets": (NACL | {"id": "targets", "targets": [1]}, r"its targets are not an object .*"),
    "nacl": (NACL, r"a crystal of this identifier came before"),
}


def test_what_cannot_be_compiled_is_left_out_and_listed(tmp_path: Path) -> None:
    lines = [NACL, *(line for line, _ in SKIPPED.values())]
    path = write_jsonl(tmp_path / "some.jsonl", lines)
    table = compile_inputs(tmp_path, path)
    assert group_numbers(table) == {"nacl": 225}
    unnamed = {
        "no-json": "some.jsonl:2",
        "deep": "some.jsonl:3",
        "list": "some.jsonl:4",
        "targets": "some.jsonl:18",
    }
    assert [identifier for identifier, _ in table.skipped] == [unnamed.get(name, name) for name in SKIPPED]
    for (_, reason), (_, expected) in zip(table.skipped, SKIPPED.values(), strict=True):
        assert re.fullmatch(expected, reason), (reason, expected)


def test_duplicates_are_found_across_chunks_and_inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset, "_CHUNK", 2)
    one = write_jsonl(tmp_path / "one.jsonl", [json_record(name, x=1) for name in ("nacl", "rutile", "nacl")])
    two = write_jsonl(tmp_path / "two.jsonl", [json_record(name, x=2) for name in ("rutile", "quartz")])
    table = compile_inputs(tmp_path, one, two)
    assert table.identifiers == ("nacl", "rutile", "quartz")
    np.testing.assert_array_equal(table.targets["x"], [1, 1, 2])
    assert [identifier for identifier, _ in table.skipped] == ["nacl", "rutile"]


@pytest.fixture
def many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Ten crystals in five chunks."""
    monkeypatch.setattr(dataset, "_CHUNK", 2)
    names = [*GROUPS, "nacl", "rutile", "quartz", "nacl", "rutile", "quartz"]
    records = [json_record(name, id=f"{name}-{i}", targets={"i": i}) for i, name in enumerate(names)]
    return write_jsonl(tmp_path / "many.jsonl", [*records[:5], "broken", *records[5:]])


def test_the_number_of_processes_does_not_matter(many: Path, tmp_path: Path) -> None:
    one = compile_inputs(tmp_path, many)
    progress: list[tuple[int, int]] = []
    two = compile_inputs(tmp_path, many, workers=2, progress=lambda *state: progress.append(state))
    assert one.content_hash == two.content_hash
    assert progress[0] == (0, 11)
    assert progress[-1] == (11, 11)
    assert len(one) == 10
    assert [identifier for identifier, _ in one.skipped] == ["many.jsonl:6"]


def test_an_interrupted_run_is_resumed(many: Path, tmp_path: Path) -> None:
    expected = compile_inputs(tmp_path, many).content_hash
    (tmp_path / "out.h5").unlink()

    def interrupt(finished: int, total: int) -> None:
        if finished >= 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compile_dataset([many], tmp_path / "out.h5", progress=interrupt)
    assert not (tmp_path / "out.h5").exists()
    kept = sorted((tmp_path / "out.h5.chunks").glob("*/*.h5"))
    assert len(kept) == 3
    # A chunk that is damaged meanwhile is done again.
    kept[1].write_bytes(kept[1].read_bytes()[:-7])
    progress: list[int] = []
    table = compile_inputs(tmp_path, many, progress=lambda finished, _: progress.append(finished))
    assert progress[0] == 4
    assert table.content_hash == expected


def test_chunks_of_other_inputs_are_not_used(many: Path, tmp_path: Path) -> None:
    def interrupt(finished: int, total: int) -> None:
        if finished:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compile_dataset([many], tmp_path / "out.h5", progress=interrupt)
    (tmp_path / "out.h5.chunks" / "mine.txt").write_text("not of sgbasis")
    many.write_text(many.read_text().replace('"i": 3', '"i": 33'))
    for tolerance in (0.01, 0.02):
        progress: list[tuple[int, int]] = []
        note = functools.partial(lambda states, *state: states.append(state), progress)
        table = compile_dataset([many], tmp_path / "out.h5", tolerance=tolerance, progress=note)
        assert progress[0] == (0, 11)
        assert table.targets["i"][3] == 33
        assert [path.name for path in (tmp_path / "out.h5.chunks").iterdir()] == ["mine.txt"]
        with pytest.raises(KeyboardInterrupt):
            compile_dataset([many], tmp_path / "out.h5", progress=interrupt)
    shutil.rmtree(tmp_path / "out.h5.chunks")


def test_the_path_of_a_folder_does_not_matter(tmp_path: Path) -> None:
    """Names of inputs are part of the recipe, paths are not."""
    tables = []
    for place in ("one", "two"):
        (tmp_path / place).mkdir()
        folder = write_folder(tmp_path / place / "cifs", "nacl,8.5\nbad,1\n", names=["nacl"])
        (folder / "bad.cif").write_text("data_x\n")
        tables.append(compile_inputs(tmp_path, folder))
    assert tables[0].content_hash == tables[1].content_hash
    assert tables[0].skipped == (("bad.cif", "no cell and no atoms: the CIF holds no crystal"),)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("table.json", b'{"index": [0]', "not JSON"),
        ("table.json", b'{"rows": []}', "not a table of pandas"),
        ("two.extxyz", b"x\n", "frame 1 does not begin with its number of atoms"),
        ("empty.cif", b"", "the file is empty"),
        ("lines.jsonl.gz", b"\x1f\x8b\x08damaged", "damaged"),
    ],
)
def test_of_several_inputs_one_that_cannot_be_read_is_left_out(
    name: str, content: bytes, reason: str, tmp_path: Path
) -> None:
    bad, good = tmp_path / name, Path("data/crystals/nacl.cif")
    bad.write_bytes(content)
    table = compile_dataset([bad, good], tmp_path / "made.h5")
    assert len(table) == 1
    ((identifier, why),) = table.skipped
    assert name in identifier
    assert reason in why
    with pytest.raises(CrystalError, match=reason):
        compile_dataset([bad], tmp_path / "alone.h5")
