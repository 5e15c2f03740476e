"""``--device``: the commands compute where it says, the outcome is the same, and errors are one line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from torch import nn

from basis_compiler import compile_dataset
from sgbasis.cli import main
from tests.support.command_line import error_line, sgbasis
from tests.support.crystals.crystal_inputs import CRYSTALS, json_record, write_jsonl
from tests.support.tiny_models import save_tiny

ON_CUDA = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
NACL = CRYSTALS / "nacl.cif"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model, and a dataset to evaluate and to train it with."""
    folder = tmp_path_factory.mktemp("device")
    save_tiny(folder / "model")
    records = [
        json_record(
            name,
            id=f"{name}{i}",
            split=("train", "val")[i],
            targets={"formation_energy_per_atom": len(name) - i / 4},
        )
        for name in ("nacl", "rutile")
        for i in range(2)
    ]
    compile_dataset([write_jsonl(folder / "some.jsonl", records)], folder / "some.h5")
    return folder


def commands(folder: Path) -> dict[str, list[str]]:
    model, data = f"{folder}/model", f"{folder}/some.h5"
    learn = ["--target", "formation_energy_per_atom", "--output", f"{folder}/run", "--epochs", "1"]
    return {
        "encode": ["encode", str(NACL), "--json"],
        "evaluate": ["evaluate", "--model", model, "--data", data, "--json"],
        "predict": ["predict", str(NACL), "--model", model, "--json"],
        "train": ["train", "--data", data, "--initial", model, *learn],
    }


NAMES = sorted(commands(Path()))


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    return result


@pytest.mark.parametrize("name", NAMES)
def test_a_device_that_is_not_there(name: str, folder: Path) -> None:
    done = sgbasis(*commands(folder)[name], "--device", "cuda:97")
    assert "there is no cuda:97: " in error_line(done)
    assert done.returncode == 1 and not done.stdout and not (folder / "run").exists()


@pytest.mark.parametrize("name", NAMES)
def test_where_they_compute(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the CPU as a stand-in under another name, which only PyTorch takes for the same."""
    asked: list[str] = []
    moved: list[object] = []
    to = nn.Module.to

    def find(name: str, **_: object) -> torch.device:
        asked.append(name)
        return torch.device("cpu", 0)

    def spy(module: nn.Module, *arguments: object, **options: object) -> nn.Module:
        moved.extend(arguments)
        return to(module, *arguments, **options)  # type: ignore[arg-type, call-overload, no-any-return]

    monkeypatch.setattr("runtime.device.find_device", find)
    monkeypatch.setattr(nn.Module, "to", spy)
    run(*commands(folder)[name], "--device", "cuda:1")
    assert asked[0] == "cuda:1"
    assert torch.device("cpu", 0) in moved


@ON_CUDA
@pytest.mark.parametrize("name", ["encode", "evaluate", "predict"])
def test_the_outcome_on_a_gpu(name: str, folder: Path) -> None:
    here, there = (run(*commands(folder)[name], "--device", device).stdout for device in ("cpu", "cuda"))
    assert same(json.loads(here), json.loads(there))


def same(here: object, there: object) -> bool:
    """Equal up to rounding in single precision."""
    if isinstance(here, dict) and isinstance(there, dict):
        return here.keys() == there.keys() and all(same(here[key], there[key]) for key in here)
    if isinstance(here, list) and isinstance(there, list):
        return len(here) == len(there) and all(map(same, here, there))
    if isinstance(here, float) and isinstance(there, float):
        return bool(np.isclose(here, there, rtol=1e-4, atol=1e-5))
    return here == there
