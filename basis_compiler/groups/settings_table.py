"""Write the table of settings from spglib's database: ``python -m basis_compiler.groups.settings_table``."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

import spglib

from basis_compiler.groups.table_file import write_table
from basis_store import Setting

COLUMNS = ("hall_number", "number", "choice", "symbol", "full_symbol", "hall_symbol", "point_group", "schoenflies")


def settings_rows() -> Iterator[dict[str, str]]:
    """One row per Hall number, as text, from spglib."""
    for hall_number in range(1, 531):
        group = spglib.get_spacegroup_type(hall_number)
        if group is None:
            raise LookupError(f"spglib {spglib.__version__} has no Hall number {hall_number}")
        values = (
            hall_number,
            group.number,
            group.choice,
            group.international_short,
            group.international_full,
            group.hall_symbol,
            group.pointgroup_international,
            group.schoenflies,
        )
        yield dict(zip(COLUMNS, map(str, values), strict=True))


def main() -> None:
    """Write the table next to :mod:`basis_store.groups.setting`."""
    path = Path(inspect.getfile(Setting)).with_name("settings.csv")
    write_table(path, COLUMNS, settings_rows())


if __name__ == "__main__":
    main()
