"""Predictions as a list, as a table of pandas, and as a table for notebooks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, SupportsIndex, overload

from basis_store.counted import counted
from basis_store.tables.data_frame import data_frame
from basis_store.tables.html_table import Markup, formula_html, rows_html, symbol_html
from sgbasis.prediction.forms.wide_rows import FIRST, IDENTITY, NOTES, columns_of, notes_of, quantities_in, row_of
from sgbasis.prediction.predicted_value import Prediction, interval_text, value_html

if TYPE_CHECKING:
    from pandas import DataFrame

_SHOWN = 60
"""Rows that a notebook shows."""


class Predictions(list[Prediction]):
    """Predictions for any number of crystals: crystal by crystal, for each of them model by model.

    A list, which can also be a table: :meth:`to_dataframe`; notebooks show it as one.
    """

    @overload
    def __getitem__(self, index: SupportsIndex) -> Prediction: ...

    @overload
    def __getitem__(self, index: slice) -> Predictions: ...

    def __getitem__(self, index: SupportsIndex | slice) -> Prediction | Predictions:
        """One of them, or some, which are a table again."""
        return (
            Predictions(list.__getitem__(self, index))
            if isinstance(index, slice)
            else list.__getitem__(self, index)
        )

    def to_dataframe(self, *, wide: bool = False) -> DataFrame:
        """A table of pandas: one row for each prediction, or one for each crystal.

        The columns are those of ``sgbasis predict`` (``--wide``). In a long table ``value`` is a number or an
        array: (6, 6), (3, 6) or (3, 3) in Voigt's notation, else (3, ..., 3). In a wide one the names of columns
        are without units: these are in ``attrs["units"]``, by column. Notes are tuples of texts.

        Args:
            wide: one row for each crystal, with the components of tensors in columns: ``C11``, ``e31``, ``eps12``.

        Raises:
            MissingDependencyError: pandas is not installed.
            ValueError: a wide table of crystals for which different properties were predicted.
        """
        if not wide:
            return _frame(_LONG, [_long_row(one) for one in self])
        crystals = [list(some) for _, some in groupby(self, key=lambda one: id(one.record))]
        kinds = {tuple(quantities_in(some)) for some in crystals}
        if len(kinds) > 1:
            raise ValueError("a wide table needs the same properties of every crystal, in the same order")
        columns = columns_of(next(iter(kinds), ()))
        rows = [[*row_of(some), tuple(notes_of(some))] for some in crystals]
        return _frame(
            [*FIRST, *(one.name for one in columns), NOTES], rows, {one.name: one.unit for one in columns}
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {_counts(self)}>"

    def __str__(self) -> str:
        from sgbasis.prediction.prediction_text import text_report

        return text_report(self) if self else repr(self)

    def _repr_html_(self) -> str:
        rows = [
            (
                formula_html(one.formula), one.identifier, symbol_html(one.setting.label), one.property,
                value_html(one), interval_text(one), "; ".join(one.notes),
            )
            for one in self[:_SHOWN]
        ]  # fmt: skip
        head = ("crystal", "identifier", "space group", "property", "value", "90 % interval", "notes")
        title = _counts(self) + (f"; the first {_SHOWN}" if len(self) > _SHOWN else "")
        return rows_html(head, rows, title=title, left=(0, 1, 2, 3, 5, 6)) if rows else Markup(title)


_LONG = (*IDENTITY, "property", "value", "unit", "class", "low", "high", NOTES)


def _long_row(one: Prediction) -> list[object]:
    from sgbasis.reports.tensor import matrix_form

    value: object = one.value
    if not isinstance(one.value, float):
        assert one.symmetry is not None
        value = matrix_form(one.value, one.symmetry.text)
    group = f"{one.setting.number} {one.setting.symbol}"
    low, high = one.interval or (float("nan"), float("nan"))
    name = (one.source, one.identifier, one.formula, group, one.property)
    return [*name, value, one.unit, one.label, low, high, one.notes]


def _frame(
    names: Sequence[str], rows: Sequence[Sequence[object]], units: Mapping[str, str] | None = None
) -> DataFrame:
    return data_frame({name: [row[i] for row in rows] for i, name in enumerate(names)}, units)


def _counts(predictions: Sequence[Prediction]) -> str:
    crystals = len({id(one.record) for one in predictions})
    return f"{counted(len(predictions), 'prediction')} for {counted(crystals, 'crystal')}"
