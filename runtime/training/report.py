"""``report.json`` of a finished training run: its errors by group, and its history."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

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
