"""What is predicted for a crystal, and the models that predict it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from basis_store import CrystalRecord, IndexSymmetry, Setting
from basis_store.array_types import FloatArray
from basis_store.counted import counted
from basis_store.datasets.units import in_unit, with_unit
from basis_store.tables.html_table import Markup, cell_html, facts_html, formula_html, matrix_html, symbol_html
from basis_store.tensors.voigt_pattern import named_components

if TYPE_CHECKING:
    from runtime.models.base import CrystalModel
    from runtime.pretrained.calibration import Calibration
    from runtime.pretrained.description import ModelDescription

_TENSOR_KINDS = (
    ("elastic", "elastic", "GPa"),
    ("piezoelectric", "piezo", "C/m^2"),
    ("dielectric", "dielectric", "1"),
)
"""Tensors with reports of their own: kind, part of the name, and the unit that the report is in."""

_DECIMALS = {"elastic": 1, "piezoelectric": 3, "dielectric": 3}
"""Digits after the point in tables, by kind of tensor."""


_MOST_DECIMALS = 6
"""Of numbers that are written without a power of ten."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Prediction:
    """One property of one crystal.

    Attributes:
        source: the file it came from; ``""`` for an object.
        identifier: what its source calls the crystal.
        formula: reduced, such as ``"MgAl2O4"``.
        setting: the standard setting of its space group.
        property: what is predicted.
        value: in ``unit``: a number, the probability of a class, or a tensor (3, ..., 3) in the Cartesian frame of
            the crystal's source.
        unit: such as ``"eV/atom"`` or ``"GPa"``; ``"1"`` for a pure number, and ``"unknown unit"`` where the data
            that the model was trained on do not state it.
        notes: where there was doubt when the crystal was read; in which respects it is unlike those that the model
            was trained on; what the value cannot mean; which model to prefer where two predict one property.
        is_outside: whether the crystal is unlike those that the model was trained on.
        record: the crystal.
        symmetry: index symmetry of a tensor; None for a number.
        label: the more probable class, such as ``"metal"``; ``""`` if the property is no class.
        interval: of a number, low and high end in ``unit``: 9 in 10 hold the value of a crystal like those of the
            validation split. None if the model has no calibration.
    """

    source: str
    identifier: str
    formula: str
    setting: Setting
    property: str
    value: float | NDArray[np.float64]
    unit: str
    notes: tuple[str, ...]
    is_outside: bool
    record: CrystalRecord = field(repr=False)
    symmetry: IndexSymmetry | None = None
    label: str = ""
    interval: tuple[float, float] | None = None

    def __repr__(self) -> str:
        shown = with_unit(number_text(self), self.unit) if isinstance(self.value, float) else ""
        if self.symmetry is not None:
            shown = in_unit(f"tensor {self.symmetry}", self.unit)
        ends = "" if self.interval is None else f" (90 %: {interval_text(self)})"
        noted = f", {counted(len(self.notes), 'note')}" if self.notes else ""
        what = f"{self.property} of {self.formula} ({self.setting.label})"
        return f"<{type(self).__name__} {what}: {self.label and f'{self.label} '}{shown}{ends}{noted}>"

    def _repr_html_(self) -> str:
        where = " ".join(dict.fromkeys(text for text in (self.source, self.identifier) if text))
        facts = (
            ("crystal", where),
            ("space group", symbol_html(self.setting.label)),
            ("value", value_html(self)),
            ("90 % interval", interval_text(self)),
            *(("note", note) for note in self.notes),
        )
        return facts_html(Markup(f"{cell_html(self.property)} of {formula_html(self.formula)}"), facts)


@dataclass(frozen=True)
class LoadedModel:
    """A model in memory, with what predictions say about it.

    Attributes:
        folder: where it came from.
        labels: names of its targets.
        description: what it was trained on, and how well it did.
        model: the model, on any device.
        calibration: for intervals and notes; None if it was made without.
        is_shown: whether its predictions were asked for; if not, they serve notes on others.
    """

    folder: Path
    labels: tuple[str, ...]
    description: ModelDescription
    model: CrystalModel
    calibration: Calibration | None = None
    is_shown: bool = True


def tensor_kind(prediction: Prediction) -> str:
    """``"elastic"``, ``"piezoelectric"`` or ``"dielectric"``, by name, unit and index symmetry; else ``""``."""
    return kind_of_tensor(prediction.property, prediction.unit, prediction.symmetry)


def kind_of_tensor(name: str, unit: str, symmetry: IndexSymmetry | None) -> str:
    """``"elastic"``, ``"piezoelectric"`` or ``"dielectric"``; else ``""``.

    Args:
        name: of the property or of its target.
        unit: of the values.
        symmetry: of their indices.
    """
    for kind, word, of_kind in _TENSOR_KINDS:
        if word in name and unit == of_kind and symmetry == IndexSymmetry.parse(kind):
            return kind
    return ""


def value_html(one: Prediction) -> Markup:
    """The value with its unit: a number, a class with its probability, or a matrix."""
    if isinstance(one.value, float):
        text = with_unit(number_text(one, digits=4), one.unit)
        return cell_html(f"{one.label} ({text})" if one.label else text)
    if not one.value.any():
        return cell_html("0 by symmetry")
    return Markup(f"{cell_html(unit_line(one))}{tensor_html(one)}")


def tensor_html(one: Prediction) -> Markup:
    """The matrix of a tensor in the frame of the crystal's source; its components, if it has none."""
    from sgbasis.reports.tensor import matrix_form

    assert not isinstance(one.value, float) and one.symmetry is not None
    matrix = matrix_form(one.value, one.symmetry.text)
    decimals = _DECIMALS.get(tensor_kind(one), 4)
    if matrix.ndim > 2:
        return matrix_html((name, _number(matrix[at], decimals)) for name, at in named_components(one.symmetry))
    return matrix_html([_number(value, decimals) for value in row] for row in np.atleast_2d(matrix))


def unit_line(one: Prediction) -> str:
    """The unit of a tensor, and how its matrix is to be read."""
    from sgbasis.reports.tensor import matrix_form

    assert not isinstance(one.value, float) and one.symmetry is not None
    order = "order xx yy zz yz xz xy" if 6 in matrix_form(one.value, one.symmetry.text).shape else ""
    return ", ".join(text for text in (with_unit("", one.unit).strip(), order) if text)


def number_text(one: Prediction, *, digits: int = 6) -> str:
    """A number with as many decimals as its interval deserves; with that many digits if it has none."""
    assert isinstance(one.value, float)
    return f"{one.value:{_number_form(one) or f'.{digits}g'}}"


def interval_ends(one: Prediction) -> tuple[str, ...]:
    """Both ends with as many decimals as :func:`number_text`; nothing without an interval."""
    form = _number_form(one) or ".3g"
    return tuple(f"{end:{form}}" for end in one.interval or ())


def interval_text(one: Prediction) -> str:
    """``"1.20 to 1.41"``; ``""`` without."""
    return " to ".join(interval_ends(one))


def _number_form(one: Prediction) -> str:
    """Of Python: two digits of the width of the interval; ``""`` without one, or where it needs a power of ten."""
    if one.interval is None or not all(map(math.isfinite, one.interval)):
        return ""
    width = one.interval[1] - one.interval[0]
    decimals = 1 - math.floor(math.log10(width)) if width > 0 else _MOST_DECIMALS + 1
    return f"z.{max(decimals, 0)}f" if decimals <= _MOST_DECIMALS else ""


def _number(value: FloatArray | float, decimals: int) -> str:
    return f"{round(float(value), decimals) + 0.0:.{decimals}f}"
