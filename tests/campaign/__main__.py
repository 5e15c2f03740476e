"""``python -m tests.campaign``: see :mod:`tests.campaign`."""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path

import click
import torch

from tests.campaign.campaign import Findings, run_cases
from tests.campaign.kills import run_kills
from tests.campaign.subjects.table import SUBJECTS

_SHOWN = 8
"""Faults of one kind of a subject that are printed in full."""


@click.command()
@click.option("--inputs", default=10_000, show_default=True, help="Damaged and hostile inputs, over all subjects.")
@click.option("--kills", default=100, show_default=True, help="Runs that a signal ends.")
@click.option("--seed", default=0, show_default=True, help="Another seed gives other inputs.")
@click.option("--workers", default=2, show_default=True, help="Processes.")
@click.option("--only", metavar="SUBJECT[:NUMBER]", help="One subject, or one of its inputs, again.")
@click.option("--keep", type=click.Path(path_type=Path), help="Folder for the inputs with faults.")
def main(inputs: int, kills: int, seed: int, workers: int, only: str | None, keep: Path | None) -> None:
    """Damage stores, datasets, fields, models, checkpoints, texts; kill runs; count what a user must never see."""
    torch.set_num_threads(1)
    chosen, _, number = (only or "").partition(":")
    faults = 0
    click.echo(f"{'subject':18}{'inputs':>8}{'refused':>9}{'right':>7}{'faults':>8}{'peak MB':>9}{'s':>7}")
    for subject in SUBJECTS:
        if chosen not in ("", subject.name):
            continue
        numbers = [int(number)] if number else range(round(inputs * subject.share))
        start = time.perf_counter()
        found = run_cases(subject, numbers, seed=seed, workers=workers, keep=keep)
        faults += len(found.faults)
        _print(subject.name, len(numbers), found, time.perf_counter() - start)
    if kills and chosen in ("", "kills"):
        start = time.perf_counter()
        found = run_kills(kills, seed=seed, workers=workers)
        faults += len(found.faults)
        _print("kills", kills, found, time.perf_counter() - start)
    sys.exit(1 if faults else 0)


def _print(name: str, n: int, found: Findings, seconds: float) -> None:
    click.echo(
        f"{name:18}{n:8}{found.refused:9}{found.accepted:7}{len(found.faults):8}{found.peak >> 20:9}{seconds:7.0f}"
    )
    for kind, count in found.kinds.most_common():
        click.echo(f"    {count} {kind}")
    shown: Counter[str] = Counter()
    for number, damage, command, text in found.faults:
        kind = text[:30]
        shown[kind] += 1
        if shown[kind] > _SHOWN:
            continue
        click.echo(f"    {name}:{number}  [{damage[:80]}]  sgbasis {command}\n        {text[:400]}")


if __name__ == "__main__":
    main()
