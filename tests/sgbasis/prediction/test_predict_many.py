"""``sgbasis predict`` for many crystals: the same bytes for any number of processes."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from sgbasis.prediction import chunk_results
from tests.support.command_line import run_predict
from tests.support.crystals.crystal_inputs import CRYSTALS, json_record, write_jsonl
from tests.support.tiny_models import BULK, ENERGY, save_tiny


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_any_number_of_processes(suffix: str, many: Path, model: Path, tmp_path: Path) -> None:
    for workers in (1, 2, 3):
        result = run_predict(many, "--model", model, "-o", tmp_path / f"{workers}.{suffix}", "--workers", workers)
        assert "40 predictions for 40 crystals, 30 of the predictions outside" in result.stdout
        *failures, error = result.stderr.splitlines()
        assert [line.removeprefix(str(many)).split(": ")[:2] for line in failures] == [
            [":12", "not JSON"],
            ["", "nacl"],
        ]
        assert error == "Error: 2 of 42 crystals could not be read; the others are predicted"
    first, *others = (tmp_path / f"{workers}.{suffix}" for workers in (1, 2, 3))
    listings = [one.with_name(f"{one.name}.unreadable.txt").read_text().splitlines() for one in (first, *others)]
    assert listings == [failures] * 3
    assert len(list(tmp_path.iterdir())) == 6, "chunks are gone"
    assert all(other.read_bytes() == first.read_bytes() for other in others)
    lines = first.read_text().splitlines()[suffix == "csv" :]
    identifiers = [json.loads(line)["identifier"] if suffix == "jsonl" else line.split(",")[1] for line in lines]
    assert identifiers == [str(i) for i in range(40)]


@pytest.mark.usefixtures("small_chunks")
def test_what_is_printed_stays_in_order(many: Path, model: Path) -> None:
    printed = [run_predict(many, "--model", model, "--workers", workers).stdout for workers in (1, 2)]
    assert printed[0] == printed[1]
    *tables, last = [table.splitlines() for table in printed[0].split("\n\n")]
    assert len(tables) == 11 and last[0].startswith("no intervals for ")
    assert all(table[0].startswith("file ") for table in tables)
    assert [row.split()[1] for table in tables for row in table[1:]] == [str(i) for i in range(40)]


@pytest.mark.usefixtures("small_chunks")
def test_chunks_may_come_in_any_order(many: Path, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = run_predict(many, "--model", model, "--workers", 1)

    def shuffled(function: Callable[[Any], Any], tasks: Iterable[Any], **_: object) -> Iterator[Any]:
        listed = list(tasks)
        return (function(listed[i]) for i in (3, 1, 0, 2, 10, 9, 8, 4, 5, 7, 6))

    monkeypatch.setattr("sgbasis.prediction.predict_many.parallel_map", shuffled)
    result = run_predict(many, "--model", model)
    assert (result.stdout, result.stderr) == (expected.stdout, expected.stderr)


@pytest.mark.usefixtures("small_chunks")
def test_many_failures_are_listed_in_a_file(model: Path, tmp_path: Path) -> None:
    good, bad = json_record("nacl"), [f"[{i}]" for i in range(50)]
    lines, output = tmp_path / "some.jsonl", tmp_path / "out.csv"
    listing = tmp_path / "out.csv.unreadable.txt"
    write_jsonl(lines, [*bad, good])
    result = run_predict(lines, "--model", model, "-o", output)
    *named, more, error = result.stderr.splitlines()
    assert len(named) == 20
    assert more == "... and 30 more"
    assert result.stdout.splitlines()[-1] == f"could not be read: 50, all listed in {listing}"
    assert error == "Error: 50 of 51 crystals could not be read; the others are predicted"
    listed = listing.read_text().splitlines()
    assert listed[:20] == named
    assert listed == [f"{lines}:{i}: not a JSON object" for i in range(1, 51)]
    # A table does not list them itself, so that few are listed as well.
    write_jsonl(lines, [*bad[:2], good])
    result = run_predict(lines, "--model", model, "-o", output)
    assert result.stderr.splitlines()[:-1] == listing.read_text().splitlines()
    assert f"could not be read: 2, all listed in {listing}" in result.stdout
    # Nothing is left of an earlier run.
    write_jsonl(lines, [good])
    assert "could not be read" not in run_predict(lines, "--model", model, "-o", output).stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.csv", "some.jsonl"]
    # Printed, there is no file to list them in; and nothing is written when nothing is predicted.
    write_jsonl(lines, [*bad, good])
    assert "\n... and 30 more\n" in run_predict(lines, "--model", model).stderr
    write_jsonl(lines, bad)
    before = output.read_bytes()
    result = run_predict(lines, "--model", model, "-o", output)
    assert result.stderr.splitlines()[20:] == [
        "... and 30 more",
        "Error: none of 50 inputs holds a crystal that can be read",
    ]
    assert output.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.csv", "some.jsonl"]


@pytest.mark.usefixtures("small_chunks")
def test_one_process_predicts_where_others_read(
    many: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with a GPU; the stand-in is the CPU under another name, so that the bytes are the same."""
    predicting: list[int] = []
    predict = chunk_results.predictions

    def spy(*arguments: Any) -> Any:
        predicting.append(os.getpid())
        return predict(*arguments)

    run_predict(many, "--model", model, "-o", tmp_path / "cpu.csv", "--device", "cpu")
    printed = run_predict(many, "--model", model, "--device", "cpu")
    monkeypatch.setattr("runtime.device.find_device", lambda name, **_: torch.device("cpu", 0))
    monkeypatch.setattr(chunk_results, "predictions", spy)
    for workers in (1, 2):
        output = tmp_path / f"{workers}.csv"
        result = run_predict(many, "--model", model, "-o", output, "--workers", workers, "--device", "cuda")
        assert (
            result.stderr.splitlines()[-1] == "Error: 2 of 42 crystals could not be read; the others are predicted"
        )
        assert output.read_bytes() == (tmp_path / "cpu.csv").read_bytes()
    again = run_predict(many, "--model", model, "--workers", 2, "--device", "cuda")
    assert (again.stdout, again.stderr) == (printed.stdout, printed.stderr)
    assert predicting == [os.getpid()] * 33


def test_a_process_computes_with_one_thread(tmp_path: Path) -> None:
    """Rounding may depend on the number of threads, and there is one process per core."""
    fresh = save_tiny(tmp_path / "fresh")
    torch.set_num_threads(2)
    try:
        assert run_predict(CRYSTALS / "nacl.cif", "--model", fresh).exit_code == 0
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(1)


@pytest.mark.usefixtures("small_chunks")
def test_links_are_followed(many: Path, model: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "out.csv"
    link.symlink_to(tmp_path / "elsewhere" / "real.csv")
    run_predict(many, "--model", model, "-o", link)
    assert link.is_symlink()
    there = sorted(path.name for path in (tmp_path / "elsewhere").iterdir())
    assert there == ["real.csv", "real.csv.unreadable.txt"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["elsewhere", "out.csv"]


@pytest.mark.usefixtures("small_chunks")
def test_several_models_and_bad_files_in_the_middle(many: Path, tmp_path: Path) -> None:
    """Crystals in the order of the files, models in their order for each; the bad ones cost one line each."""
    both = save_tiny(tmp_path / "both", ENERGY, BULK)
    (tmp_path / "empty.jsonl").touch()
    (tmp_path / "cut.jsonl.gz").write_bytes(b"\x1f\x8b\x08\x00")
    inputs = [
        CRYSTALS / "nacl.cif",
        tmp_path / "empty.jsonl",
        many,
        tmp_path / "cut.jsonl.gz",
        CRYSTALS / "cscl.cif",
    ]
    result = run_predict(*inputs, "--model", both, "-o", tmp_path / "out.csv", "--workers", 2)
    assert "84 predictions for 42 crystals" in result.stdout
    assert [line.split(": ")[0] for line in result.stderr.splitlines()] == [
        str(inputs[1]), f"{many}:12", str(many), str(inputs[3]), "Error",
    ]  # fmt: skip
    found = [
        line.split(",")[:2] + line.split(",")[4:5] for line in (tmp_path / "out.csv").read_text().splitlines()
    ]
    names = ["nacl", *map(str, range(40)), "cscl"]
    assert [identifier for _, identifier, _ in found[1:]] == [name for name in names for _ in range(2)]
    assert {kind for _, _, kind in found[1::2]} == {"formation_energy_per_atom"}


def test_a_picture_has_few_crystals(many: Path, model: Path, tmp_path: Path) -> None:
    result = run_predict(many, "--model", model, "--plot", tmp_path / "out.png")
    assert result.exit_code == 2
    assert "--plot draws up to 24 crystals, and there are more" in result.stderr
