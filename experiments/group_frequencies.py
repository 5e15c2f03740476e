"""``python -m experiments.group_frequencies DATASET.h5``: how many crystals for training have each space group.

And each Laue class, by the metric of the cell. Writes the tables that
:mod:`basis_compiler.reflections.extinctions.group_frequencies` and ``laue_frequencies`` read.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

import numpy as np

from basis_compiler.reflections.extinctions import group_frequencies, laue_frequencies
from basis_compiler.reflections.extinctions.groups_for import METRIC_TOLERANCE, fitting_laue_classes
from basis_compiler.reflections.extinctions.laue_classes import laue_classes
from basis_compiler.reflections.extinctions.laue_frequencies import RHOMBOHEDRAL, metric_name
from basis_store import Setting, open_crystals
from basis_store.files.atomic_write import write_atomically
from basis_store.groups.cell_parameters import cell_parameters


def main() -> None:
    """Count, and write the table."""
    parser = argparse.ArgumentParser(prog="python -m experiments.group_frequencies", description=__doc__)
    parser.add_argument("dataset", help="mp_scalar.h5")
    table = open_crystals(parser.parse_args().dataset)
    places = [place for place, split in enumerate(table.splits) if split == "train"]
    settings = [Setting.from_hall(hall) for hall in table.hall_numbers[places].tolist()]
    # 1. Space groups, by the volume of the cell.
    counts = np.zeros((231, len(group_frequencies.VOLUMES) + 1), dtype=np.int64)
    for place, setting in zip(places, settings, strict=True):
        counts[setting.number, group_frequencies.volume_column(table[place].volume)] += 1
    heading = ",".join(["number", *(f"below_{limit}" for limit in group_frequencies.VOLUMES), "larger"])
    rows = [",".join(map(str, [number, *counts[number].tolist()])) for number in range(1, 231)]
    _write(group_frequencies.TABLE, heading, rows)
    # 2. Laue classes.
    own = {setting: one for one in laue_classes() for setting in one.settings}
    found: Counter[tuple[str, str]] = Counter()
    for place, setting in zip(places, settings, strict=True):
        fitting = fitting_laue_classes(cell_parameters(table[place].lattice), None, None, METRIC_TOLERANCE)
        found[metric_name(fitting), own[setting].symbol] += 1
        if setting.centring == "R":  # the same crystal in rhombohedral axes
            found[RHOMBOHEDRAL, own[setting].symbol.removesuffix("1")] += 1
    _write(
        laue_frequencies.TABLE,
        "metric,laue,crystals",
        [f"{metric},{laue},{count}" for (metric, laue), count in sorted(found.items())],
    )


def _write(path: Path, heading: str, lines: list[str]) -> None:
    write_atomically(path, ("\n".join([heading, *lines]) + "\n").encode())


if __name__ == "__main__":
    main()
