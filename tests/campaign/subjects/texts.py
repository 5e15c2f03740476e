"""Files of crystals: edited texts, alone and in a batch with a good one."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from basis_store import open_crystals
from tests.campaign.mutations import damaged_json, damaged_text
from tests.campaign.sandbox import Run, run_forked
from tests.campaign.subject import Case, Subject
from tests.campaign.subjects.oracle import Content, independent_reading
from tests.campaign.subjects.sample_texts import sample_texts
from tests.support.tiny_models import ENERGY, save_tiny

GOOD = "good.cif"


class EditedTexts(Subject):
    """An edited text is refused, or read as independent readers do; a good file next to it is always processed."""

    name = "texts"
    share = 0.2

    def prepare(self, folder: Path) -> None:
        self._texts = sample_texts()
        (folder / GOOD).write_bytes(self._texts["rutile.cif"])
        save_tiny(folder.parent / "model", ENERGY)
        done = run_forked(("predict", GOOD, "--model", "../model", "-o", "out.jsonl"), folder)
        assert done.exit_code == 0, done.errors
        (self._good_row,) = _rows(folder)

    def case(self, folder: Path, rng: random.Random) -> Case:
        name = rng.choice([one for one in self._texts if one.endswith(".cif")] + 6 * [*_OTHERS])
        edit = damaged_json if name.endswith(".json") and rng.random() < 0.6 else damaged_text
        content, damage = edit(self._texts[name], rng)
        (folder / name).write_bytes(content)
        (folder / GOOD).write_bytes(self._texts["rutile.cif"])
        damage = f"{name}: {damage}"
        way = rng.choice(("encode", "predict", "crystals"))
        if way == "encode" and not name.endswith((".jsonl", "matbench.json")):
            return Case(("encode", name, "--json"), damage, lambda run: _misread(run, folder / name))
        if way == "predict" and name != "matbench.json":
            command = ("predict", name, GOOD, "--model", "../model", "-o", "out.jsonl", "--workers", "1")
            return Case(command, damage, lambda run: self._not_predicted(folder))
        command = ("crystals", name, GOOD, "-o", "out.h5", "--workers", "1")
        return Case(command, damage, lambda run: _not_compiled(run, folder))

    def _not_predicted(self, folder: Path) -> str:
        return "" if self._good_row in _rows(folder) else "the good file was not predicted"


_OTHERS = ("POSCAR", "two.extxyz", "three.jsonl", "structure.json", "matbench.json")


def _rows(folder: Path) -> list[dict[str, Any]]:
    path = folder / "out.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def _not_compiled(run: Run, folder: Path) -> str:
    path = folder / "out.h5"
    if not path.exists():
        return "no dataset"
    table = open_crystals(path)
    for record in table:
        if not (np.isfinite(record.lattice).all() and np.isfinite(record.coordinates).all()):
            return f"{record.identifier} is not finite"
    return "" if any("good" in record.identifier for record in table) else "the good file was not compiled"


def _misread(run: Run, path: Path) -> str:
    """How an accepted file differs from what independent readers see; ``""`` where they cannot tell."""
    if run.exit_code:
        return ""
    ours = [_content(one) for one in json.loads(run.output)]
    theirs = independent_reading(path)
    if theirs is None or len(theirs) != len(ours):
        return ""
    for one, other in zip(ours, theirs, strict=True):
        if one.formula != other.formula or not np.isclose(one.volume_per_atom, other.volume_per_atom, rtol=0.02):
            return f"read as {one}, independently as {other}"
    return ""


def _content(encoded: dict[str, Any]) -> Content:
    atoms: Counter[str] = Counter()
    for site in encoded["sites"]:
        atoms[site["element"]] += site["multiplicity"]
    return Content.of(atoms, float(abs(np.linalg.det(encoded["lattice"]))))
