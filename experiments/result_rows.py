"""The results of experiments: a row for each finished run and target, in one JSON file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from basis_store.files.atomic_write import write_atomically

RUN = ("model", "property", "dataset", "size", "subset_seed", "seed", "epochs")
"""What makes two rows of learning curves the same run."""


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a file; none if there is no file.

    Args:
        path: of the file.
    """
    if not path.exists():
        return []
    rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["rows"]
    return rows


def add_row(path: Path, row: Mapping[str, Any], key: Sequence[str] = RUN) -> None:
    """Add a row to a file, or replace that of the same run.

    The file is read at once before it is written. Where two runs end at the same time, the row of one may be lost:
    its command, given again, writes it without training.

    Args:
        path: of the file.
        row: plain values.
        key: entries that make two rows the same run; the later one replaces the other.
    """
    rows = [one for one in read_rows(path) if any(one[name] != row[name] for name in key)]
    rows = sorted([*rows, dict(row)], key=lambda one: [str(one[name]).rjust(9) for name in key])
    write_atomically(path, (json.dumps({"rows": rows}, indent=1) + "\n").encode())


def curves(rows: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], dict[int, float]]:
    """For each property and model the error by the number of training crystals.

    Of runs that differ in their epochs, those with the most count; of several seeds, the mean.

    Args:
        rows: of a file.
    """
    found: dict[tuple[str, str], dict[int, float]] = {}
    for key in sorted({(row["property"], row["model"]) for row in rows}):
        own = [row for row in rows if (row["property"], row["model"]) == key]
        for size in sorted({row["size"] for row in own}):
            here = [row for row in own if row["size"] == size]
            most = max(row["epochs"] for row in here)
            errors = [row["mae"] for row in here if row["epochs"] == most]
            found.setdefault(key, {})[size] = sum(errors) / len(errors)
    return found
