"""The Wyckoff positions of a magnetic group with the magnetic moments that each allows.

Those of types I to III are the positions of the space group whose cell they have, with its letters; those of type
IV have the letters of ISO-MAG (:mod:`basis_compiler.groups.magnetic_wyckoff_table`). The moments are computed from
the operations.
"""

from __future__ import annotations

import csv
import functools
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from basis_compiler import groups
from basis_compiler.vector_fields.site_vectors import (
    image_text,
    origin_of,
    position_text,
    site_vectors,
    vector_text,
)
from basis_compiler.vector_fields.vector_gains import vector_gains
from basis_store import MagneticGroup, Representation, magnetic_groups, representations
from basis_store.array_types import IntArray
from basis_store.tables.short_repr import ShortRepr
from basis_store.tensors.exact_rows import reduced_rows

_TABLE = Path(groups.__file__).with_name("magnetic_wyckoff.csv")


@dataclass(frozen=True, eq=False, repr=False)
class SiteMoments(ShortRepr):
    """A Wyckoff position of a magnetic group, in its BNS cell, and its moments.

    Attributes:
        group: the magnetic group.
        letter: of the position, ``"a"`` to ``"z"`` and then ``"A"``.
        multiplicity: points of it in the BNS cell.
        point24: (3,) a point of it, in 24ths.
        directions: (n, 3) integer rows, along which that point is free to move.
        moments: (d, 3) reduced integer rows that span the moments of that point, along the cell axes.
    """

    group: MagneticGroup
    letter: str
    multiplicity: int
    point24: IntArray
    directions: IntArray
    moments: IntArray

    @property
    def position_text(self) -> str:
        """Such as ``"x, 1/4, z"``."""
        return position_text(self.point24, self.directions)

    @property
    def moment_text(self) -> str:
        """Such as ``"mx, 0, mz"``: components along the cell axes; ``"0, 0, 0"`` where no moment is allowed."""
        return vector_text(self.moments)

    def points(self) -> list[tuple[str, str]]:
        """All points of the position in the BNS cell with their moments, in the parameters of the first.

        Such as ``("-x, 3/4, -z", "0, my, 0")``.
        """
        gains = vector_gains(representations(self.group)[-1], axial=True)
        rows = reduced_rows(self.directions).rows.astype(np.int64)
        origin = origin_of(self.point24, rows)
        signs = 1 - gains.signs24 // 6  # 0 is 1 and 12 is -1
        found = {
            image_text(rows, "", origin, rotation, shift): image_text(self.moments, "m", rotation=sign * rotation)
            for rotation, shift, sign in zip(
                gains.group.rotations, gains.group.translations24.tolist(), signs, strict=True
            )
        }
        return list(found.items())


def site_moments(name: MagneticGroup | str) -> tuple[SiteMoments, ...]:
    """The positions of a magnetic group, position ``a`` first, with the moments that symmetry allows there.

    Args:
        name: a magnetic group, or its name as :meth:`MagneticGroup.parse` reads it.

    Raises:
        SettingError: there is no such group.
    """
    group = name if isinstance(name, MagneticGroup) else MagneticGroup.parse(name)
    # Time reversal is an operation of a grey group, and reverses every moment.
    gains = None if group.type == 2 else vector_gains(Representation.of(group, "odd"), axial=True)
    found = []
    for letter, multiplicity, point, rows in _positions()[
        group.bns_number if group.type == 4 else _type_one()[group.number]
    ]:
        point24, directions = np.array(point, np.int64), np.array(rows, np.int64).reshape(-1, 3)
        moments = np.zeros((0, 3), np.int64) if gains is None else site_vectors(gains, point24, directions)
        found.append(SiteMoments(group, letter, multiplicity, point24, directions, moments))
    return tuple(found)


_Position = tuple[str, int, tuple[int, ...], tuple[tuple[int, ...], ...]]


@functools.cache
def _positions() -> dict[str, list[_Position]]:
    """By BNS number, of types I and IV."""
    found: dict[str, list[_Position]] = {}
    with _TABLE.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            directions = tuple(_integers(part) for part in row["directions"].split(";") if part)
            position = row["letter"], int(row["multiplicity"]), _integers(row["point24"]), directions
            found.setdefault(row["bns_number"], []).append(position)
    return found


@functools.cache
def _type_one() -> dict[int, str]:
    """By number of a space group, the BNS number of the magnetic group that is the same group."""
    return {group.number: group.bns_number for group in magnetic_groups() if group.type == 1}


def _integers(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split()))
