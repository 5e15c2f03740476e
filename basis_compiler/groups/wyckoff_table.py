"""Write ``wyckoff.csv`` from spglib's letters: ``python -m basis_compiler.groups.wyckoff_table``.

The positions themselves are found exactly: every Wyckoff position has points on the grid of 24ths that lie on no
more special one, so points of the grid with the same site-symmetry group up to conjugation are a position. Only
its letter and the symbol of its site symmetry come from spglib, from one artificial crystal
per group with an atom on every position.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import spglib

from basis_compiler.groups.spglib_database import operations
from basis_compiler.groups.table_file import write_table
from basis_compiler.groups.wyckoff import integer_basis, lies_on
from basis_compiler.groups.wyckoff_certificate import orthorhombic_symbol, site_symmetry
from basis_store import TURN, CertificateError, Operations, Setting, WyckoffPosition, all_settings
from basis_store.array_types import IntArray

COLUMNS = ("hall_number", "letter", "multiplicity", "site_symmetry", "matrix", "shift24")

_FINE = 1_000_003
"""Unit of the free parameters of the artificial crystal: parameters n / _FINE are on no special position."""


def wyckoff_rows(settings: Iterable[Setting]) -> Iterator[dict[str, str]]:
    """One row per Wyckoff position of each setting, as text."""
    for setting in settings:
        for position in sorted(_lettered(setting), key=lambda found: (found.letter.isupper(), found.letter)):
            values = (
                setting.hall_number,
                position.letter,
                position.multiplicity,
                position.site_symmetry,
                " ".join(map(str, position.matrix.ravel())),
                " ".join(map(str, position.shift24)),
            )
            yield dict(zip(COLUMNS, map(str, values), strict=True))


def _positions(group: Operations) -> list[WyckoffPosition]:
    """The Wyckoff positions without letters, most special first."""
    grid = np.array(list(itertools.product(range(TURN), repeat=3)))
    rotated = np.einsum("gij,pj->pgi", group.rotations, grid) + group.translations24
    fixed = ((rotated - grid[:, None]) % TURN == 0).all(axis=2)
    multiplicities = len(group) // fixed.sum(axis=1)
    found = []
    for multiplicity in np.unique(multiplicities):
        left = grid[multiplicities == multiplicity]
        while len(left):
            point = left[0]
            (start,) = np.flatnonzero((grid == point).all(axis=1))
            stabiliser = group.rotations[fixed[start]]
            directions = integer_basis(stabiliser.sum(axis=0) - len(stabiliser) * np.eye(3, dtype=np.int64))
            matrix, shift24 = _simplest_point(group, directions, point)
            position = WyckoffPosition(
                letter="?", multiplicity=int(multiplicity), site_symmetry="?", matrix=matrix, shift24=shift24
            )
            found.append(position)
            left = left[~lies_on(position, left, TURN, group)]
    return found


def _simplest_point(group: Operations, directions: IntArray, point24: IntArray) -> tuple[IntArray, IntArray]:
    """Of all points of a position, each in its own coordinates, the one that is written most simply: M and s."""
    points = group.rotations @ point24 + group.translations24
    every = (_in_own_coordinates(directions @ r.T, one) for r, one in zip(group.rotations, points, strict=True))
    return min(every, key=_complexity)


def _in_own_coordinates(directions: IntArray, point24: IntArray) -> tuple[IntArray, IntArray]:
    """Matrix (3, 3) and shift (3,) in 24ths of a point that is free to move, a function of its own coordinates."""
    for free in itertools.combinations(range(3), len(directions)):
        columns = list(free)
        inverse = np.linalg.inv(directions[:, columns]) if _is_unimodular(directions[:, columns]) else None
        if inverse is not None:
            matrix = np.zeros((3, 3), dtype=np.int64)
            matrix[:, columns] = (np.rint(inverse).astype(np.int64) @ directions).T
            return matrix, (point24 - matrix @ point24) % TURN
    raise CertificateError("a point of a Wyckoff position has no coordinates of its own that are free")


def _is_unimodular(block: IntArray) -> bool:
    return not block.size or abs(round(np.linalg.det(block))) == 1


def _complexity(form: tuple[IntArray, IntArray]) -> tuple[object, ...]:
    """Few and small fractions first, then few signs and terms, then x before y before z."""
    matrix, shift = form
    return (
        np.count_nonzero(shift),
        int((matrix < 0).sum()),
        np.count_nonzero(matrix),
        int(shift.sum()),
        (-matrix).ravel().tolist(),
        shift.tolist(),
    )


def _lettered(setting: Setting) -> list[WyckoffPosition]:
    group = operations(setting)
    positions = _positions(group)
    # 1. A cell whose metric the point group preserves.
    start = np.diag([1.0, 1.27, 1.61]) + 0.1 * np.sin(np.arange(9).reshape(3, 3))
    metric = np.einsum("gji,jk,gkl->il", group.rotations, start @ start.T, group.rotations) / len(group)
    # 2. An atom on each position. A few more general orbits, so that the crystal has no further symmetry.
    points, numbers = [], []
    for number, position in enumerate([*positions, positions[-1], positions[-1]], start=1):
        free = np.array([104_729, 224_737, 350_377]) * (3 * number % 7 + 1)
        point = position.shift24 / TURN + position.matrix @ free / _FINE
        images = (group.rotations @ point + group.translations24 / TURN) % 1
        first = np.unique(np.rint(images * 1e7).astype(np.int64) % 10**7, axis=0, return_index=True)[1]
        points.append(images[first])
        numbers += [number] * len(first)
    # 3. Spglib's description of that crystal.
    cell = (np.linalg.cholesky(metric) * 100, np.concatenate(points), numbers)
    dataset: Any = spglib.get_symmetry_dataset(cell, symprec=1e-3, hall_number=setting.hall_number)
    if dataset is None or dataset.number != setting.number:
        raise CertificateError(f"spglib does not recognise a crystal made with {setting.label}")
    # 4. The position of each atom in that description.
    lettered = []
    starts = np.cumsum([0, *map(len, points)])[:-1]
    for start_of_orbit, orbit in zip(starts[: len(positions)], points, strict=False):
        # Spglib may choose another origin; its letters are those of its own description.
        image = dataset.transformation_matrix @ orbit[0] + dataset.origin_shift
        rounded = np.rint(image * TURN * _FINE).astype(np.int64)
        (position,) = [
            one
            for one in positions
            if one.multiplicity == len(orbit)
            and lies_on(one, rounded[None], TURN * _FINE, group, slack=_FINE // 1000)[0]
        ]
        symbol = str(dataset.site_symmetry_symbols[start_of_orbit])
        if 16 <= setting.number <= 74:  # spglib's symbol has the places of the standard axes
            symbol = orthorhombic_symbol(site_symmetry(position, group))
        lettered.append(
            replace(
                position,
                letter=str(dataset.wyckoffs[start_of_orbit]),
                site_symmetry=symbol,
            )
        )
    points_of = {(one.matrix.tobytes(), one.shift24.tobytes()) for one in lettered}
    if len({one.letter for one in lettered}) != len(positions) or len(points_of) != len(positions):
        raise CertificateError(f"spglib's letters do not tell the Wyckoff positions of {setting.label} apart")
    return lettered


def main() -> None:
    """Write the table next to this module."""
    write_table(Path(__file__).with_name("wyckoff.csv"), COLUMNS, wyckoff_rows(all_settings()))


if __name__ == "__main__":
    main()
