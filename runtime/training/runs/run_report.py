"""``report.json`` of a finished training run: its errors by space group, and its history."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from basis_store import TrainingError
from basis_store.files.atomic_write import write_atomically

REPORT = "report.json"


def write_report(folder: Path, report: dict[str, Any]) -> None:
    """Write the report of the run in ``folder``: ``val``, ``held_out`` (or None) and ``history``."""
    write_atomically(folder / REPORT, json.dumps(report, indent=1).encode())


def read_report(folder: Path) -> dict[str, Any]:
    """Inverse of :func:`write_report`.

    Raises:
        TrainingError: the run is not finished, or the report is damaged.
    """
    try:
        report: dict[str, Any] = json.loads((folder / REPORT).read_text())
        report["val"], report["held_out"], report["history"]
    except FileNotFoundError:
        raise TrainingError(f"{folder} is not a finished training run: it has no {REPORT}") from None
    except (ValueError, KeyError, TypeError) as error:
        raise TrainingError(f"{folder / REPORT} is damaged: {error}") from error
    return report


def group_balanced_gap(zero_shot: dict[str, Any], all_data: dict[str, Any]) -> tuple[float, float, float, int]:
    """How much larger the errors on space groups are that a model was not trained on, for one target.

    One run held groups out, the other did not; all else is equal. For each held-out group with validation crystals
    there are two errors; the group-balanced gap is the mean over groups of their absolute difference.

    Args:
        zero_shot: ``by_group`` scores on the held-out groups of the run that was not trained on them.
        all_data: ``by_group`` scores of the run that was.

    Returns:
        Mean over groups of abs(MAE zero-shot - MAE all-data), both group-balanced MAE, the number of groups.
    """
    groups = sorted(set(zero_shot) & set(all_data), key=int)
    if not groups:
        raise TrainingError("the two runs have no group in common that one held out and the other validated on")
    errors = np.array([[run[group]["mae"] for group in groups] for run in (zero_shot, all_data)])
    gap = float(np.abs(errors[0] - errors[1]).mean())
    return gap, float(errors[0].mean()), float(errors[1].mean()), len(groups)
