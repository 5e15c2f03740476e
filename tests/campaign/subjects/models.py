"""Trained models and checkpoints: damaged files."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from unittest.mock import patch

from runtime.training.checkpoints import save_checkpoint
from tests.campaign.mutations import damaged_bytes, damaged_json, damaged_text
from tests.campaign.sandbox import Run, run_forked
from tests.campaign.subject import Case, Subject
from tests.support.crystals.made_datasets import made_dataset
from tests.support.tiny_models import BULK, ENERGY, save_tiny

_DATA = Path(__file__).resolve().parents[3] / "data" / "crystals"


class DamagedModels(Subject):
    """A damaged model predicts what the whole one does, or nothing."""

    name = "models"
    share = 0.15

    def prepare(self, folder: Path) -> None:
        self._folder = folder
        save_tiny(folder / "model", ENERGY, BULK)
        self._command = ("predict", str(_DATA / "nacl.cif"), "--model", "model")
        done = run_forked(self._command, folder)
        assert done.exit_code == 0, done.errors
        self._right = done.output

    def case(self, folder: Path, rng: random.Random) -> Case:
        shutil.copytree(self._folder / "model", folder / "model")
        name = rng.choice(("config.json", "config.json", "model.safetensors", "README.md"))
        path = folder / "model" / name
        if name == "config.json" and rng.random() < 0.6:
            content, damage = damaged_json(path.read_bytes(), rng)
        elif name == "model.safetensors":
            content, damage = damaged_bytes(path.read_bytes(), rng)
        else:
            content, damage = damaged_text(path.read_bytes(), rng)
        path.write_bytes(content)

        def problem(run: Run) -> str:
            return "" if run.exit_code or run.output == self._right else "another prediction"

        return Case(self._command, f"{name}: {damage}", problem)


class DamagedCheckpoints(Subject):
    """A run that resumes from a damaged checkpoint gives the weights of the whole run, or an error."""

    name = "checkpoints"
    share = 0.05

    def prepare(self, folder: Path) -> None:
        self._folder = folder
        made_dataset(folder / "data.h5", 16)
        (folder / "small.toml").write_text(_SMALL)
        self._command = (
            "train", str(folder / "small.toml"), "--data", str(folder / "data.h5"), "--output", "run",
            "--device", "cpu",
        )  # fmt: skip
        done = run_forked(self._command, folder)
        assert done.exit_code == 0, done.errors
        self._right = _weights(folder / "run")
        shutil.rmtree(folder / "run")
        with patch("runtime.training.trainer.save_checkpoint", _save_and_die):
            run_forked(self._command, folder)
        shutil.copytree(folder / "run", folder / "interrupted")
        done = run_forked(self._command, folder)
        assert done.exit_code == 0, done.errors
        assert _weights(folder / "run") == self._right  # the whole checkpoint is no fault

    def case(self, folder: Path, rng: random.Random) -> Case:
        shutil.copytree(self._folder / "interrupted", folder / "run")
        path = rng.choice(sorted(one for one in (folder / "run").iterdir() if one.suffix == ".pt"))
        content, damage = damaged_bytes(path.read_bytes(), rng)
        path.write_bytes(content)

        def problem(run: Run) -> str:
            return "" if run.exit_code or _weights(folder / "run") == self._right else "other weights"

        return Case(self._command, f"{path.name}: {damage}", problem)


_SMALL = """
targets = ["energy"]
epochs = 2
batch_size = 8
[model]
width = 8
layers = 1
heads = 1
head_width = 4
feed_forward = 8
radial = 4
"""


def _save_and_die(path: Path, state: Mapping[str, Any]) -> None:
    save_checkpoint(path, state)
    os._exit(9)


def _weights(run: Path) -> str:
    return hashlib.sha256((run / "model" / "model.safetensors").read_bytes()).hexdigest()
