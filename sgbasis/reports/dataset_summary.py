"""What a compiled dataset holds, as readable text."""

from __future__ import annotations

from collections import Counter

import numpy as np

from basis_store import CrystalTable, all_settings
from basis_store.text_table import table_lines
from sgbasis.reports.kinds import kind_lines


def dataset_summary(table: CrystalTable) -> str:
    """Counts, targets with their ranges, where there was doubt, and what was left out and why."""
    groups = {all_settings()[number - 1].number for number in table.hall_numbers}
    splits = Counter(table.splits)
    parts = [f"{name or 'none'} {splits[name]:,}" for name in ("train", "val", "test", "") if splits[name]]
    noted = [(name, note) for name, notes in table.crystal_notes.items() for note in notes]
    lines = [
        f"{len(table):,} crystals in {len(groups)} space groups: {len(table.numbers):,} sites, "
        f"{len(table.images):,} atoms in the conventional cells",
        f"splits: {', '.join(parts)}",
        *_targets(table),
        *(f"note: {note}" for note in table.notes),
        *([f"notes on how crystals were read: {len(noted):,}", *kind_lines(noted)] if noted else []),
        f"skipped: {len(table.skipped):,}",
        *kind_lines(table.skipped),
    ]
    return "\n".join(lines)


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
