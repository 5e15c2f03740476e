"""What a compiled dataset holds, as readable text."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from basis_store import CrystalTable, all_settings
from basis_store.counted import counted
from basis_store.datasets.schema import SPLITS
from basis_store.printable import lines_text
from basis_store.tables.text_table import table_lines
from sgbasis.reports.kinds import kind_lines

_LISTED = 10
"""Folds whose sizes are printed."""


def dataset_summary(table: CrystalTable) -> str:
    """Counts, targets with their ranges, where there was doubt, and what was left out and why."""
    groups = {all_settings()[number - 1].number for number in table.hall_numbers}
    noted = [(name, note) for name, notes in table.crystal_notes.items() for note in notes]
    lines = [
        f"{counted(len(table), 'crystal')} in {counted(len(groups), 'space group')}: "
        f"{counted(len(table.numbers), 'site')}, {counted(len(table.images), 'atom')} in the conventional cells",
        *_division_lines(table),
        *_targets(table),
        *(f"note: {note}" for note in table.notes),
        *([f"notes on how crystals were read: {len(noted):,}", *kind_lines(noted)] if noted else []),
        f"skipped: {len(table.skipped):,}",
        *kind_lines(table.skipped),
    ]
    return lines_text(lines)


def divisions(table: CrystalTable) -> dict[str, Any]:
    """Crystals in each split and in each fold; the shares that were asked for, and the seed."""
    recipe = table.recipe
    sizes = Counter(table.splits)
    found: dict[str, Any] = {
        "splits": {name or "without": sizes[name] for name in (*SPLITS[1:], "") if sizes[name]}
    }
    if recipe.split:
        found["asked"] = dict(zip(SPLITS[1:], recipe.split, strict=True))
    if table.n_folds:
        found["folds"] = dict(enumerate(np.bincount(table.folds[table.folds >= 0]).tolist()))
    if recipe.split or recipe.folds:
        found["seed"] = recipe.seed
    return found


def _division_lines(table: CrystalTable) -> list[str]:
    """Sizes of splits and folds, and what was asked for."""
    recipe, found = table.recipe, divisions(table)
    sizes = found["splits"]
    lines = []
    if recipe.split:
        shares = ", ".join(f"{name} {size:,} ({size / len(table):.1%})" for name, size in sizes.items())
        asked = ", ".join(f"{share:g}" for share in recipe.split)
        lines.append(f"splits: {shares}; asked for {asked} by structure, seed {recipe.seed}")
    else:
        named = [f"{'without one' if name == 'none' else name} {size:,}" for name, size in sizes.items()]
        lines.append(f"splits: {'none' if list(sizes) == ['none'] else ', '.join(named)}")
    if "folds" in found:
        counts = [f"{count:,}" for count in found["folds"].values()]
        listed = ", ".join(counts if len(counts) <= _LISTED else [*counts[:_LISTED], "..."])
        lines.append(f"folds: 0 to {table.n_folds - 1} of {listed} crystals, by structure, seed {recipe.seed}")
    return lines


def _targets(table: CrystalTable) -> list[str]:
    if not table.targets:
        return ["no targets"]
    rows: list[tuple[str, ...]] = [("target", "unit", "shape", "known", "min", "max")]
    for name, values in table.targets.items():
        known = ~np.isnan(values.reshape(len(values), -1)).all(axis=1)
        ends = [f"{end:.6g}" for end in (np.nanmin(values), np.nanmax(values))] if known.any() else ["", ""]
        shape = " x ".join(map(str, values.shape[1:])) or "number"
        rows.append((name, table.units[name], shape, f"{known.sum():,}", *ends))
    return table_lines(rows, left=range(3))
