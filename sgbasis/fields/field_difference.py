"""The difference of two fields of one crystal, on any grids and in any of its cells."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from basis_store import FieldError, GridField
from basis_store.array_types import IntArray
from sgbasis.fields.cell_relation import CellRelation, relation
from sgbasis.fields.fourier_series import FourierSeries, values_on_grid
from sgbasis.fields.given_field import GivenField

_LOST = 1e-3
"""Of the fluctuation, as root mean squares: what may not repeat with the cell of the first field."""
_SAID = 1e-6
_ROUNDING = 1e-15
"""Of the largest coefficient: smaller ones are rounding, for which no grid has to have room."""


class Difference(NamedTuple):
    """A difference and notes on how it was made."""

    field: GridField
    notes: tuple[str, ...] = ()


def difference(one: GivenField, other: GivenField) -> Difference:
    """As :func:`subtract_fields`, of fields whose names are known, for notes and messages."""
    from basis_compiler.fields.field_units import factor

    scale = factor(other.field.unit, one.field.unit, other.name)
    found = relation(one, other)
    notes = found.notes
    first, second = one.field, other.field
    if found.is_identity and first.shape == second.shape:
        values = first.values - scale * second.values
    else:
        waves, c, lost = _in_cell(FourierSeries.of(second), found)
        if lost > _LOST:
            raise FieldError(
                f"{other.name}: it does not repeat with the cell of {one.name} ({100 * lost:.3g} % of its "
                "fluctuation): give the file with the larger cell first"
            )
        if lost > _SAID:
            notes = (
                *notes,
                f"{other.name}: {100 * lost:.2g} % of it, which do not repeat with that cell, are left out",
            )
        shape = _shape(first, second, waves, same_cell=found.is_identity)
        mine = first.values if first.shape == shape else FourierSeries.of(first).on_grid(shape)
        values = mine - scale * values_on_grid(waves, c, shape)
    quantity = first.quantity if first.quantity.endswith(" difference") else f"{first.quantity} difference"
    atoms = first if len(first.elements) or not found.is_identity else second
    return Difference(
        GridField(values, first.lattice, quantity, first.unit, atoms.elements, atoms.coordinates), notes
    )


def subtract_fields(one: GridField, other: GridField) -> Difference:
    """One field minus another one, in the cell of the first, with its atoms and in its unit.

    Their grids may differ; also their cells and origins, if both have the atoms of one crystal. Both fields are
    Fourier series, and the result is on a grid that has room for the waves of both, where it is exact.

    Args:
        one: a field.
        other: of the same quantity of the same crystal.

    Returns:
        The difference, and notes on how the fields were brought together.

    Raises:
        FieldError: they are fields of different quantities or crystals, or the second one does not repeat with the
            cell of the first.
    """
    return difference(GivenField(one, "the first field"), GivenField(other, "the second field"))


def _in_cell(series: FourierSeries, found: CellRelation) -> tuple[IntArray, NDArray[np.complex128], float]:
    """Waves and coefficients of the other field in the cell of the first, and the share that has none there."""
    waves, c = series.all_waves()
    if found.is_identity:
        return waves, c, 0.0
    some = np.abs(c) > _ROUNDING * np.abs(c).max(initial=0)
    waves, c = waves[some], c[some]
    products = waves @ found.numerators
    fits = (products % found.denominator == 0).all(axis=1)
    moving = waves.any(axis=1)
    fluctuation = float(np.square(np.abs(c[moving])).sum())
    lost = math.sqrt(float(np.square(np.abs(c[~fits])).sum()) / fluctuation) if fluctuation > 0 else 0.0
    turns = waves[fits] @ found.shift
    turned = c[fits] * np.exp(2j * np.pi * (turns - np.rint(turns)))
    return products[fits] // found.denominator, turned, lost


def _shape(first: GridField, second: GridField, waves: IntArray, *, same_cell: bool) -> tuple[int, int, int]:
    """A grid of the first cell that has room for the waves of both fields."""
    if same_cell:
        needed = np.array(second.shape)
    else:
        from runtime.fields.grid_spectrum import fast_length

        needed = np.array([fast_length(2 * int(n) + 1) for n in np.abs(waves).max(axis=0, initial=0)])
    one, two, three = np.maximum(first.shape, needed).tolist()
    return one, two, three
