"""Averages of fields with several components over the operations of a group, on a grid mapped to itself (T10).

    (A m)(x) = (1/|G|) sum_g D(g)^-1 m(g x)        D(g) = s_g R for vectors, chi(g) for one component

Along a chain of subgroups this takes a few images of the grid instead of |G|. Lattice translations come first, so
that operations need not map a larger cell to itself.
"""

from __future__ import annotations

import functools

import numpy as np

from basis_store import TURN, FieldError, Operations, Representation
from basis_store.array_types import FloatArray, IntArray
from basis_store.fields.cell_change import CellChange
from basis_store.groups.cell_parameters import cell_parameters, symmetry_misfit
from runtime.fields.coset_chain import coset_chain
from runtime.fields.expansion import LATTICE_TOLERANCE
from runtime.fields.grid_images import grid_images, grid_operations
from runtime.fields.grid_lattice import GridLattice, compatible_shapes, operations_of, text_of


class GridAverage:
    """Averages over a group on one grid.

    Args:
        named: the group and its character.
        shape: (N1, N2, N3) of the grid.
        lattice: (3, 3) rows in Angstrom of its cell.
        cell: how this lies in the conventional cell of the group.

    Attributes:
        group: the operations, with the c of the character.

    Raises:
        FieldError: the group does not have this cell, or does not map the grid to itself.
    """

    def __init__(
        self, named: Representation, shape: tuple[int, int, int], lattice: FloatArray, cell: CellChange
    ) -> None:
        self.group = operations_of(named)
        self._setting_lattice = cell.setting_lattice(lattice)
        _check_lattice(self._setting_lattice, self.group)
        _check_translations(cell, self.group)
        self._grid = GridLattice(shape, cell, self.group)
        if not self._grid.closed:
            near = [text_of(one) for one, _ in zip(compatible_shapes(shape, cell, self.group), range(3))]  # noqa: B905
            raise FieldError(
                f"translations of {self.group.setting.label} lead between the points of a grid of "
                f"{text_of(shape)}: "
                + (f"grids near it that fit: {', '.join(near)}" if near else "give a finer one")
            )

    def vectors(self, values: FloatArray, *, axial: bool) -> FloatArray:
        """(3, N1, N2, N3) the average of Cartesian components ``values`` of this shape."""
        lattice = self._setting_lattice.T
        rotations = lattice @ self.group.rotations @ np.linalg.inv(lattice)
        signs = np.where(self.group.characters24 == 0, 1.0, -1.0)
        if axial:
            signs *= np.sign(np.linalg.det(rotations))
        return self._average(values, signs[:, None, None] * np.linalg.inv(rotations))

    def scalar(self, values: FloatArray) -> FloatArray:
        """(N1, N2, N3) the average of the values of one component."""
        signs = np.where(self.group.characters24 == 0, 1.0, -1.0)
        return np.asarray(self._average(values[None], signs[:, None, None])[0])

    def _average(self, values: FloatArray, inverses: FloatArray) -> FloatArray:
        """Of ``values`` (c, N1, N2, N3) with D(g)^-1 (g, c, c)."""
        done = np.array(values, dtype=np.float64)
        # 1. Translations of the conventional cell that the cell of the grid does not have.
        for shift, count in self._translations:
            total = done.copy()
            for times in range(1, count):
                total += np.roll(done, tuple(-times * shift), axis=(1, 2, 3))
            done = total / count
        # 2. The chain of subgroups, from the operations that move no point.
        done = done.reshape(len(done), -1)
        for representatives in self._chain:
            total = done.copy()
            for number in representatives:
                total += inverses[number] @ done[:, grid_images(self._grid, number)]
            done = total / (len(representatives) + 1)
        return done.reshape(values.shape)

    @functools.cached_property
    def _chain(self) -> tuple[tuple[int, ...], ...]:
        """It begins with the translations that are done already, or that move no point."""
        shape, (_, steps) = np.array(self._grid.shape), grid_operations(self._grid)
        done: set[tuple[int, ...]] = {(0, 0, 0)}
        for shift, count in self._translations:
            done = _with_multiples(done, shift, count, shape)
        still = [tuple(one) in done for one in (steps % shape).tolist()]
        pure = (self.group.rotations == np.eye(3)).all(axis=(1, 2))
        return coset_chain(self.group.product_table, tuple(np.flatnonzero(pure & still).tolist()))

    @functools.cached_property
    def _translations(self) -> list[tuple[IntArray, int]]:
        """Steps along the axes of the conventional cell, and how many multiples are no translations before."""
        shape, found = np.array(self._grid.shape), []
        known: set[tuple[int, ...]] = {(0, 0, 0)}
        for shift in self._grid.alias.T:  # diag(N) P^-1: its columns are the vectors of that cell, in steps
            count = 1
            while tuple((count * shift % shape).tolist()) not in known:
                count += 1
            known = _with_multiples(known, shift, count, shape)
            found.append((shift, count))
        return found


def _with_multiples(
    known: set[tuple[int, ...]], shift: IntArray, count: int, shape: IntArray
) -> set[tuple[int, ...]]:
    return {tuple(((one + n * shift) % shape).tolist()) for one in known for n in range(count)}


def _check_lattice(lattice: FloatArray, group: Operations) -> None:
    """The operations must preserve lengths and angles of a conventional cell, rows (3, 3)."""
    if symmetry_misfit(lattice @ lattice.T, group.point_group) > 2 * LATTICE_TOLERANCE:
        text = " ".join(f"{one:.4g}" for one in cell_parameters(lattice))
        raise FieldError(
            f"a cell of {text} (Angstrom, degrees) is no {group.setting.crystal_system} cell of "
            f"{group.setting.label}: is the change of cell right?"
        )


def _check_translations(cell: CellChange, group: Operations) -> None:
    """The vectors of the cell must be lattice translations of the group that keep the sign of the field."""
    columns = cell.numerators.T * TURN
    pure = (group.rotations == np.eye(3)).all(axis=(1, 2))
    for name, column in zip("abc", columns, strict=True):
        whole = not (column % cell.denominator).any()
        same = pure & (group.translations24 == column // cell.denominator % TURN).all(axis=1)
        if not whole or not same.any():
            raise FieldError(
                f"{name} of the cell of the field is no lattice translation of {group.setting.label}: give the "
                "change of cell"
            )
        if group.characters24[same].any():
            raise FieldError(
                f"{name} of the cell of the field is combined with time reversal in {group.setting.label}: its "
                "fields are larger than this cell; give the field in the magnetic cell"
            )
