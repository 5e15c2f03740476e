"""``python -m experiments.group_frequencies DATASET.h5``: how many crystals for training have each space group.

Writes the table that :mod:`basis_compiler.reflections.extinctions.group_frequencies` reads.
"""

from __future__ import annotations

import argparse
from collections import Counter

from basis_compiler.reflections.extinctions.group_frequencies import TABLE
from basis_store import Setting, open_crystals
from basis_store.files.atomic_write import write_atomically


def main() -> None:
    """Count, and write the table."""
    parser = argparse.ArgumentParser(prog="python -m experiments.group_frequencies", description=__doc__)
    parser.add_argument("dataset", help="mp_scalar.h5")
    table = open_crystals(parser.parse_args().dataset)
    halls = [
        hall for hall, split in zip(table.hall_numbers.tolist(), table.splits, strict=True) if split == "train"
    ]
    counts = Counter(Setting.from_hall(hall).number for hall in halls)
    lines = ["number,crystals", *(f"{number},{counts[number]}" for number in range(1, 231))]
    write_atomically(TABLE, ("\n".join(lines) + "\n").encode())


if __name__ == "__main__":
    main()
