"""How much a model loses on space groups that it never saw: two runs compared, group by group.

    python -m runtime.training.unseen_groups runs/mp_moduli_noinv runs/mp_moduli

The first run held groups out, the second did not; all else is equal. For each held-out group with validation
crystals there are two errors; the group-balanced gap is the mean over groups of their absolute difference.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import numpy as np

from basis_store import TrainingError


def group_balanced_gap(zero_shot: dict[str, Any], all_data: dict[str, Any]) -> tuple[float, float, float, int]:
    """Compare the errors of one target by group.

    Args:
        zero_shot: ``by_group`` scores on the held-out groups of the run that never saw them.
        all_data: ``by_group`` scores of the run that did.

    Returns:
        Mean over groups of abs(MAE zero-shot - MAE all-data), both group-balanced MAE, the number of groups.
    """
    groups = sorted(set(zero_shot) & set(all_data), key=int)
    if not groups:
        raise TrainingError("the two runs have no group in common that one held out and the other validated on")
    errors = np.array([[run[group]["mae"] for group in groups] for run in (zero_shot, all_data)])
    gap = float(np.abs(errors[0] - errors[1]).mean())
    return gap, float(errors[0].mean()), float(errors[1].mean()), len(groups)


@click.command()
@click.argument("held_out", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("all_data", type=click.Path(path_type=Path, exists=True, file_okay=False))
def main(held_out: Path, all_data: Path) -> None:
    """Print the group-balanced gap between a run that HELD_OUT groups and one with ALL_DATA."""
    first, second = (json.loads((run / "report.json").read_text()) for run in (held_out, all_data))
    if first["held_out"] is None:
        raise click.ClickException(f"{held_out} held no group out")
    for target, scores in first["held_out"].items():
        gap, zero, full, n = group_balanced_gap(scores["by_group"], second["val"][target]["by_group"])
        click.echo(
            f"{target}: gap {gap:.4f} over {n} groups; group-balanced MAE {zero:.4f} unseen, {full:.4f} seen; "
            f"crystals {scores['overall']['n']}, MAE {scores['overall']['mae']:.4f} unseen"
        )


if __name__ == "__main__":
    main()
