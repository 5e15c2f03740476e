"""The tables of magnetic groups of H. T. Stokes and B. J. Campbell (ISO-MAG, https://iso.byu.edu), by pymatgen."""

from __future__ import annotations

import sqlite3
from importlib.util import find_spec
from pathlib import Path
from typing import Any


def iso_mag_rows(columns: str) -> list[tuple[Any, ...]]:
    """These columns of the table of groups, with commas between; a row for each of the 1,651 groups.

    Raises:
        LookupError: pymatgen, which distributes the tables, is not installed.
    """
    spec = find_spec("pymatgen.symmetry")
    if spec is None or not spec.submodule_search_locations:
        raise LookupError("pymatgen is needed for the tables of magnetic groups: pip install pymatgen")
    path = Path(spec.submodule_search_locations[0]) / "symm_data_magnetic.sqlite"
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
        return connection.execute(f"select {columns} from space_groups").fetchall()
