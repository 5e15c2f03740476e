"""Compiled datasets: damaged files, and files whose hashes are right while their content is not."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from basis_store.datasets.recipe import CrystalRecipe
from basis_store.datasets.schema import content_digest
from basis_store.files.hdf5_file import file_image
from basis_store.files.integrity import ATTRIBUTES
from tests.campaign.mutations import damaged_bytes
from tests.campaign.sandbox import Run, run_forked
from tests.campaign.subject import Case, Subject, comparable
from tests.support.crystals.made_datasets import made_dataset
from tests.support.tiny_models import ENERGY, save_tiny

_PREDICT = ("predict", "d.h5", "--model", "../model", "--output", "out.jsonl")


def _write_good(folder: Path) -> Path:
    made_dataset(folder / "d.h5", 12)
    save_tiny(folder.parent / "model", ENERGY)
    return folder / "d.h5"


class DamagedDatasets(Subject):
    """A damaged dataset gives the right output or an error."""

    name = "datasets"
    share = 0.1

    def prepare(self, folder: Path) -> None:
        self._whole = _write_good(folder).read_bytes()
        self._right: dict[tuple[str, ...], tuple[str, bytes]] = {}
        for command in (_PREDICT, ("info", "d.h5", "--json")):
            done = run_forked(command, folder)
            assert done.exit_code == 0, done.errors
            self._right[command] = (comparable(done.output), _output(folder))
            (folder / "out.jsonl").unlink(missing_ok=True)

    def case(self, folder: Path, rng: random.Random) -> Case:
        content, damage = damaged_bytes(self._whole, rng)
        (folder / "d.h5").write_bytes(content)
        command = rng.choice(list(self._right))

        def problem(run: Run) -> str:
            if run.exit_code:
                return "half-written output" if _output(folder) else ""
            return "" if (comparable(run.output), _output(folder)) == self._right[command] else "another output"

        return Case(command, damage, problem)


def _output(folder: Path) -> bytes:
    path = folder / "out.jsonl"
    return path.read_bytes() if path.exists() else b""


class ForgedDatasets(Subject):
    """A dataset with impossible content and right hashes is refused, or its predictions are finite."""

    name = "forged datasets"
    share = 0.1

    def prepare(self, folder: Path) -> None:
        with h5py.File(_write_good(folder)) as file:
            self._attributes = {name: file.attrs[name].decode() for name in ATTRIBUTES}
            self._arrays: dict[str, Any] = {}
            file.visititems(self._keep)

    def _keep(self, name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            self._arrays[name] = item[()]

    def case(self, folder: Path, rng: random.Random) -> Case:
        arrays = dict(self._arrays)
        name = rng.choice([one for one in sorted(arrays) if arrays[one].size])
        array = np.array(arrays[name])
        way = rng.choice(("number", "number", "number", "shorter", "longer", "type", "shape"))
        if way == "number":
            flat = array.reshape(-1)
            flat[rng.randrange(len(flat))] = _odd(array.dtype, rng)
        elif way == "shorter":
            array = array[:-1]
        elif way == "longer":
            array = np.concatenate([array, array[-1:]])
        elif way == "type":
            array = array.astype("|S8" if array.dtype.kind == "S" else rng.choice(("<i8", "<f4", "|S8")))
        else:
            array = array.reshape(1, *array.shape)
        arrays[name] = array
        recipe = CrystalRecipe.from_json(self._attributes["recipe"])
        attributes = self._attributes | {"content_sha256": content_digest(recipe, arrays)}
        (folder / "d.h5").write_bytes(file_image(attributes, arrays.items()))
        command = rng.choice((_PREDICT, ("info", "d.h5"), ("info", "d.h5", "--json")))
        return Case(command, f"{name}: {way}", lambda run: _not_finite(folder))


def _odd(dtype: np.dtype[Any], rng: random.Random) -> Any:
    if dtype.kind == "f":
        return rng.choice((math.nan, math.inf, -math.inf, 1e23, -1e308, 1e-300, 0.0))
    if dtype.kind == "S":
        return rng.choice((b"\x00", b"\x1b", b"\xff", b"!"))
    limits = np.iinfo(dtype)
    return rng.choice((limits.min, limits.max, 0, 1, limits.max // 2))


def _not_finite(folder: Path) -> str:
    for line in _output(folder).decode().splitlines():
        row = json.loads(line)
        if any(isinstance(value, float) and not math.isfinite(value) for value in row.values()):
            return f"a prediction that is not finite: {line[:200]}"
    return ""
