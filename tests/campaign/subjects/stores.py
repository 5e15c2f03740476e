"""Stores: damaged files, and files whose hashes are right while their content is not."""

from __future__ import annotations

import dataclasses
import random
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from basis_store import Recipe, open_store, write_store
from basis_store.bases.schema import COLUMNS, TENSOR_COLUMNS, WYCKOFF_COLUMNS
from basis_store.files.stored_arrays import StoredArray
from tests.campaign.mutations import damaged_bytes
from tests.campaign.sandbox import Run, run_forked
from tests.campaign.subject import Case, Subject, comparable
from tests.support.compiled import write_compiled

SETTINGS = (1, 81, 333, 435, 523, 525)
RECIPE = Recipe(radius=2, min_functions=8, settings=SETTINGS)


class DamagedStores(Subject):
    """Every command that reads a store gives the right output or an error."""

    name = "stores"
    share = 0.15

    def prepare(self, folder: Path) -> None:
        self._whole = folder / "store.h5"
        write_compiled(self._whole, RECIPE)
        shutil.copy(self._whole, folder / "s.h5")
        self._commands = (
            ("info", "s.h5", "--json"),
            ("verify", "s.h5"),
            ("encode", "--store", "s.h5", "--json", str(_NACL)),
            *(("export", "--store", "s.h5", "--setting", f"hall:{hall}", "out.npz") for hall in SETTINGS),
        )
        self._right = {}
        for command in self._commands:
            done = run_forked(command, folder)
            assert done.exit_code == 0, done.errors
            self._right[command] = (comparable(done.output), _npz(folder))

    def case(self, folder: Path, rng: random.Random) -> Case:
        content, damage = damaged_bytes(self._whole.read_bytes(), rng)
        (folder / "s.h5").write_bytes(content)
        command = rng.choice(self._commands)

        def problem(run: Run) -> str:
            if run.exit_code:
                return "half-written output" if _npz(folder) else ""
            return "" if (comparable(run.output), _npz(folder)) == self._right[command] else "another output"

        return Case(command, damage, problem)


_NACL = Path(__file__).resolve().parents[3] / "data" / "crystals" / "nacl.cif"


def _npz(folder: Path) -> dict[str, bytes]:
    path = folder / "out.npz"
    if not path.exists():
        return {}
    with np.load(path) as arrays:
        return {name: arrays[name].tobytes() for name in arrays.files}


class ForgedStores(Subject):
    """``verify`` refuses every store with wrong numbers, although its hashes are right."""

    name = "forged stores"
    share = 0.05

    def prepare(self, folder: Path) -> None:
        path = folder / "store.h5"
        write_compiled(path, RECIPE)
        with open_store(path) as store:
            self._compiled = list(store)
            self._tables: dict[str, Any] = {"tensors": store.tensors, "wyckoff": store.wyckoff}

    def case(self, folder: Path, rng: random.Random) -> Case:
        compiled, tables = list(self._compiled), dict(self._tables)
        if rng.random() < 0.25:
            column = rng.choice([one for one in (*TENSOR_COLUMNS, *WYCKOFF_COLUMNS) if len(self._array(one))])
            # The writer compares the number of these rows with that of the settings.
            lengths = () if column.rows == "settings" else ("remove", "double")
            array, damage = _changed(self._array(column), rng, lengths)
            tables[column.axis] = dataclasses.replace(tables[column.axis], **{column.name: array})
            damage = f"{column.path}: {damage}"
        else:
            at = rng.randrange(len(compiled))
            name = rng.choice([one.name for one in COLUMNS if len(getattr(compiled[at], one.name))])
            array, damage = _changed(getattr(compiled[at], name), rng)
            compiled[at] = dataclasses.replace(compiled[at], **{name: array})
            damage = f"{compiled[at].setting}/{name}: {damage}"
        write_store(folder / "s.h5", compiled, RECIPE, **tables)
        return Case(("verify", "s.h5"), damage, lambda run: "" if run.exit_code else "verify believes it")

    def _array(self, column: StoredArray) -> np.ndarray[Any, Any]:
        array: np.ndarray[Any, Any] = getattr(self._tables[column.axis], column.name)
        return array


def _changed(
    array: np.ndarray[Any, Any], rng: random.Random, lengths: tuple[str, ...] = ("remove", "double")
) -> tuple[np.ndarray[Any, Any], str]:
    """Another array of the same type: one number changed, two rows exchanged, or a row removed or doubled."""
    ways = ["number"] * 3 + (["rows", *lengths] if len(array) > 1 else [])
    way = rng.choice(ways)
    changed = np.array(array)
    if way == "number":
        limits = np.iinfo(changed.dtype)
        flat = changed.reshape(-1)
        at = rng.randrange(len(flat))
        old = int(flat[at])
        candidates = (old + 1, old - 1, -old, 0, limits.max, limits.min)
        flat[at] = rng.choice([one for one in candidates if limits.min <= one <= limits.max and one != old])
    elif way == "rows":
        pairs = [(i, j) for i in range(min(len(array), 30)) for j in range(i) if (array[i] != array[j]).any()]
        if not pairs:
            return _changed(array, rng, lengths)
        i, j = rng.choice(pairs)
        changed[[i, j]] = changed[[j, i]]
    elif way == "remove":
        changed = np.delete(changed, rng.randrange(len(changed)), axis=0)
    else:
        changed = np.concatenate([changed, changed[-1:]])
    return changed, way
