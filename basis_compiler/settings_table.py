"""Write ``basis_store/settings.csv`` from spglib's database: ``python -m basis_compiler.settings_table``."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import spglib

import basis_store

COLUMNS = ("hall_number", "number", "choice", "symbol", "full_symbol", "hall_symbol", "point_group")


def settings_rows() -> Iterator[dict[str, str]]:
    """One row per Hall number, as text, from spglib."""
    for hall_number in range(1, 531):
        group = spglib.get_spacegroup_type(hall_number)
        if group is None:
            raise LookupError(f"spglib {spglib.__version__} does not know Hall number {hall_number}")
        values = (
            hall_number,
            group.number,
            group.choice,
            group.international_short,
            group.international_full,
            group.hall_symbol,
            group.pointgroup_international,
        )
        yield dict(zip(COLUMNS, map(str, values), strict=True))


def main() -> None:
    """Write the table beside :mod:`basis_store.setting`."""
    path = Path(basis_store.__file__).with_name("settings.csv")
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(settings_rows())


if __name__ == "__main__":
    main()
