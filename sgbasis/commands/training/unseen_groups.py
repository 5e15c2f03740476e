"""``sgbasis unseen-groups``: what two training runs say about space groups that one of them never saw."""

from __future__ import annotations

from pathlib import Path

import click

from basis_store.counted import counted
from sgbasis.echo import echo_line

_RUN = click.Path(path_type=Path, exists=True, file_okay=False)


@click.command("unseen-groups")
@click.argument("held_out", type=_RUN)
@click.argument("all_data", type=_RUN)
def unseen_groups(held_out: Path, all_data: Path) -> None:
    """Compare errors on groups with and without training data.

    Prints the group-balanced gap between two finished training runs: the mean, over the space groups that were
    held out, of the absolute difference of the two errors. HELD_OUT was trained with --hold-out-groups, ALL_DATA
    without, all else equal. Both are output folders of sgbasis train.
    """
    from basis_store import TrainingError
    from runtime.training.runs.run_report import group_balanced_gap, read_report

    first, second = read_report(held_out), read_report(all_data)
    if first["held_out"] is None:
        raise TrainingError(f"{held_out} held no group out: it was trained without --hold-out-groups")
    for target, scores in first["held_out"].items():
        if target not in second["val"]:
            raise TrainingError(f"{all_data} has no target {target!r}")
        if "mae" not in scores["overall"]:
            echo_line(f"{target}: left out, for the gap is one of mean absolute errors of numbers")
            continue
        gap, unseen, seen, n = group_balanced_gap(scores["by_group"], second["val"][target]["by_group"])
        echo_line(
            f"{target}: gap {gap:.4f} over {counted(n, 'group')}; group-balanced MAE {unseen:.4f} unseen, "
            f"{seen:.4f} seen; "
            f"MAE {scores['overall']['mae']:.4f} over {counted(scores['overall']['n'], 'unseen crystal')}"
        )
