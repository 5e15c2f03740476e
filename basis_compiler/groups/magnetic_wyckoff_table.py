"""Write ``magnetic_wyckoff.csv``: ``python -m basis_compiler.groups.magnetic_wyckoff_table``.

It has the Wyckoff positions of the magnetic groups of types I and IV in their BNS cells, with the letters and the
first points of H. T. Stokes and B. J. Campbell (ISO-MAG), from pymatgen, which this command needs. Groups of types
II and III have the positions of that of type I whose cell they have. Multiplicities are counted anew and compared.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from basis_compiler.groups.iso_mag import iso_mag_rows
from basis_compiler.groups.spglib_database import operations
from basis_compiler.groups.table_file import write_table
from basis_store import TURN, magnetic_groups
from basis_store.array_types import IntArray

COLUMNS = ("bns_number", "letter", "multiplicity", "point24", "directions")
_POINT = 22
"""Entries of a point in ISO-MAG: 3 and a denominator, then 9 of its directions and 9 of those of its moment."""


class IsoMagPosition(NamedTuple):
    """A position as ISO-MAG has it; the attributes but the last are those of its first point.

    Attributes:
        letter: ``"a"`` for the last one listed.
        multiplicity: in the BNS cell.
        point24: (3,) in 24ths.
        directions: (n, 3) rows.
        moments: (d, 3) rows that span the moments of the point, along the cell axes.
        table: (p, 22) the numbers of all its points, but for centrings.
    """

    letter: str
    multiplicity: int
    point24: IntArray
    directions: IntArray
    moments: IntArray
    table: IntArray


def iso_mag_positions() -> dict[str, list[IsoMagPosition]]:
    """By BNS number, the Wyckoff positions of all magnetic groups, in the order of ISO-MAG.

    Raises:
        LookupError: pymatgen is not installed.
    """
    rows = iso_mag_rows("BNS1, BNS2, BNS_Wyckoff")
    return {f"{one}.{two}": list(_decoded(array("b", blob))) for one, two, blob in rows}


def _decoded(numbers: array[int]) -> Iterator[IsoMagPosition]:
    count, place = numbers[0], 1
    for left in range(count - 1, -1, -1):
        points, centrings = numbers[place], numbers[place + 1]
        table = np.array(numbers[place + 2 : place + 2 + points * _POINT], dtype=np.int64).reshape(-1, _POINT)
        first = table[0]
        directions, moments = (first[start : start + 9].reshape(3, 3) for start in (4, 13))
        yield IsoMagPosition(
            letter="abcdefghijklmnopqrstuvwxyzA"[left],
            multiplicity=points * centrings,
            point24=first[:3] * TURN // first[3] % TURN,
            directions=directions[directions.any(axis=1)],
            moments=moments[moments.any(axis=1)],
            table=table,
        )
        place += 2 + points * _POINT


def magnetic_wyckoff_rows() -> Iterator[dict[str, str]]:
    """One row per position of the groups of types I and IV, as text.

    Raises:
        LookupError: a multiplicity is not that of the operations.
    """
    tables = iso_mag_positions()
    for group in magnetic_groups():
        if group.type not in (1, 4):
            continue
        space = operations(group)
        for one in reversed(tables[group.bns_number]):
            moved = space.rotations @ one.point24 + space.translations24 - one.point24
            turned = one.directions @ space.rotations.transpose(0, 2, 1) - one.directions
            fixing = ~(moved % TURN).any(axis=1) & ~turned.any(axis=(1, 2))
            if len(space) != one.multiplicity * int(fixing.sum()):
                raise LookupError(f"position {one.letter} of BNS {group.bns_number} has another multiplicity")
            values = (
                group.bns_number,
                one.letter,
                one.multiplicity,
                " ".join(map(str, one.point24.tolist())),
                "; ".join(" ".join(map(str, row)) for row in one.directions.tolist()),
            )
            yield dict(zip(COLUMNS, map(str, values), strict=True))


def main() -> None:
    """Write the table next to this module."""
    path = Path(__file__).with_name("magnetic_wyckoff.csv")
    write_table(path, COLUMNS, magnetic_wyckoff_rows())


if __name__ == "__main__":
    main()
