"""``python -m benchmarks gpu`` from outside: what it needs, says, writes and returns."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from benchmarks.gpu import basis, neighbours, predict, run as run_module
from benchmarks.gpu.run import PARTS, Results, main, measure
from benchmarks.gpu.setup import Setup
from benchmarks.machine import Machine
from benchmarks.row import Row
from tests.benchmarks.gpu.tiny_setup import tiny_setup

BLOCKED = ("spglib", "ase", "gemmi", "pymatgen", "tqdm", "click", "requests", "pooch", "torch_geometric")
"""What a CUDA image with PyTorch, Triton and h5py need not have."""

OF_TORCH = ("sympy", "networkx")
"""What it has because PyTorch needs it, and what we must not use therefore."""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu() -> None:
    done = run("gpu")
    assert done.returncode == 1
    assert done.stderr == "Error: PyTorch finds no CUDA GPU here; python -m benchmarks measures the CPU\n"
    assert done.stdout == ""


def test_help() -> None:
    done = run("gpu", "--help")
    assert done.returncode == 0
    assert all(part in done.stdout for part in (*PARTS, "--data", "--output"))
    assert "gpu [PART ...]" in run("--help").stdout


def test_wrong_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, words in (["weather"], "no part 'weather'"), (["--data", "none.h5"], "no dataset none.h5"):
        with pytest.raises(SystemExit, match="2"):
            main(arguments)
        assert words in capsys.readouterr().err


NAMES = {
    *(f"gpu_encode_230{kind}" for kind in ("", "_unpadded", "_plain", "_planned", "_alternating")),
    "gpu_encode_460",
    "gpu_encode_gradient", "gpu_second_derivative", "gpu_basis", "gpu_basis_eager", "gpu_basis_gradient",
    "gpu_neighbours", "gpu_train", "gpu_train_8", "gpu_predict",
}  # fmt: skip


def test_all_rows_without_packages_of_the_compiler(tmp_path: Path) -> None:
    """Everything is checked and measured where these packages cannot be imported."""
    output = tmp_path / "bench-gpu.json"
    code = f"""
import builtins, pathlib, sys
for name in {BLOCKED}:
    sys.modules[name] = None
load = builtins.__import__
def watched(name, globals=None, *more, **options):
    ours = (globals or {{}}).get("__name__", "").split(".")[0] not in ("torch", *{OF_TORCH})
    if ours and name.split(".")[0] in {OF_TORCH}:
        sys.exit(globals["__name__"] + " imports " + name)
    return load(name, globals, *more, **options)
builtins.__import__ = watched
import benchmarks.__main__, torch
from benchmarks.gpu import encode
from benchmarks.gpu.run import PARTS, measure
from tests.benchmarks.gpu.tiny_setup import tiny_setup
torch.set_num_threads(1)
encode.PADDED = 2
results = measure(tiny_setup(pathlib.Path({str(tmp_path)!r})), list(PARTS), pathlib.Path({str(output)!r}))
sys.exit("; ".join(results.failures) or 0)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    content = json.loads(output.read_text())
    assert set(content["checks"].values()) == {"passed"}
    rows = {row["name"]: row for row in content["rows"]}
    assert rows.keys() == NAMES
    for name, row in rows.items():
        assert f"\n{name} " in done.stdout
        assert row["ours"] > 0 and row["ratio"] > 0 and row["share_of_limit"] > 0, name
        assert row["what"] and row["peer_name"] and row["limited_by"], name
        assert row["busy"] is None and row["peak_bytes"] is None, "of a GPU only"


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A check that fails, and a part that stops after a row."""

    def check_that_fails(setup: Setup) -> None:
        """Two is three."""
        raise AssertionError("2 is\n  not 3")

    def rows(setup: Setup) -> Iterator[Row]:
        yield Row(name="first", what="a", ours=1.0)
        raise RuntimeError("out of paper")

    monkeypatch.setattr(basis, "CHECKS", (check_that_fails,))
    monkeypatch.setattr(basis, "rows", rows)
    monkeypatch.setattr(predict, "rows", lambda setup: iter(()))
    monkeypatch.setattr(neighbours, "CHECKS", ())
    monkeypatch.setattr(neighbours, "rows", lambda setup: iter([Row(name="second", what="b", ours=2.0)]))


@pytest.mark.usefixtures("broken")
def test_failures_are_lines_and_do_not_stop_the_rest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "bench-gpu.json"
    results = measure(tiny_setup(tmp_path), ["basis", "neighbours"], output)
    failures = [
        "FAILED check basis.that_fails: AssertionError: 2 is not 3",
        "FAILED to measure basis: RuntimeError: out of paper",
    ]
    assert results.failures == failures
    shown = capsys.readouterr().out.splitlines()
    assert shown[1] == failures[0], "checks come first"
    assert shown[-2:] == failures
    content = json.loads(output.read_text())
    assert [row["name"] for row in content["rows"]] == ["first", "second"]
    assert "Traceback" in content["checks"]["basis.that_fails"]
    assert "out of paper" in content["checks"]["basis.rows"]
    assert content["machine"]["bandwidth"] == 2e10


def test_checks_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(predict, "rows", lambda setup: iter(()))
    assert measure(tiny_setup(tmp_path), ["predict"]).failures == []
    assert (
        "passed check predict.predictions: A model predicts what it predicts on the CPU" in capsys.readouterr().out
    )


@pytest.mark.parametrize(
    ("arguments", "parts", "output"),
    [
        ([], list(PARTS), "bench-gpu.json"),
        (["train"], ["train"], None),
        (["train", "--output", "some.json"], ["train"], "some.json"),
    ],
)
def test_what_is_measured_and_written(
    arguments: list[str], parts: list[str], output: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a GPU: the status is that of the checks, and a file is written unless only parts are measured."""
    found = Results()
    calls: list[tuple[Setup, list[str], Path | None]] = []

    def measured(setup: Setup, parts: list[str], output: Path | None) -> Results:
        calls.append((setup, parts, output))
        return found

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)
    monkeypatch.setattr(Machine, "measure", lambda device: Machine(bandwidth=3e12, flops=5e13, device=device))
    monkeypatch.setattr(run_module, "measure", measured)
    monkeypatch.setattr(torch, "set_num_threads", lambda number: None)
    assert main(arguments) == 0
    found.failures.append("FAILED")
    assert main(arguments) == 1
    setup, *rest = calls[0]
    assert rest == [parts, output and Path(output)]
    assert setup.device == setup.machine.device == torch.device("cuda", 0)
