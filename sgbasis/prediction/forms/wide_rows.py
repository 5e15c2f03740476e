"""Predictions with one row for each crystal: numbers, their intervals and the components of tensors in columns.

Components have the names of Nye's tables: C11, e31, eps12, in the axes that the predictions are in. A matrix is
written row by row, of components that are equal by index symmetry the first, so that every model has the same
columns for all crystals.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from basis_store import IndexSymmetry
from basis_store.array_types import FloatArray
from basis_store.datasets.units import PURE_NUMBER
from basis_store.tensors.voigt_pattern import named_components
from sgbasis.prediction.job import Job
from sgbasis.prediction.predicted_value import Prediction, kind_of_tensor, tensor_kind

Cell = str | float | None
"""Of a row; None where there is no number, or it is not finite."""

IDENTITY = ("file", "identifier", "formula", "space_group")
"""The first columns of every table."""
FIRST = (*IDENTITY, "unlike_training")
"""The first columns of a table with a row for each crystal."""
NOTES = "notes"
"""The last column."""

_LETTERS = {"elastic": "C", "piezoelectric": "e", "dielectric": "eps"}


_HILL = ("K_hill", "G_hill", "E_hill")
"""Moduli of a polycrystal that follow from an elastic tensor."""


class Quantity(NamedTuple):
    """What is predicted for every crystal: one target of a model.

    Attributes:
        name: of the property; of several models for one property, with a number.
        unit: of its values.
        symmetry: of a tensor; None for a number.
        is_class: whether it is the probability of a class.
    """

    name: str
    unit: str
    symmetry: IndexSymmetry | None
    is_class: bool


class Column(NamedTuple):
    """One column of numbers, or of names of classes.

    Attributes:
        name: such as ``"C11"``.
        unit: such as ``"GPa"``.
    """

    name: str
    unit: str

    @property
    def heading(self) -> str:
        """Name and unit: ``"C11 (GPa)"``; the name alone of a pure number."""
        return self.name if self.unit == PURE_NUMBER else f"{self.name} ({self.unit})"


def quantities_of(job: Job) -> list[Quantity]:
    """What a job predicts for each crystal, in the order of its predictions."""
    from runtime.targets.class_target import ClassTarget

    return _numbered(
        Quantity(label, target.physical_unit, target.index_symmetry, isinstance(target, ClassTarget))
        for model in job.models
        if model.is_shown
        for label, target in zip(model.labels, model.pretrained.description.targets, strict=True)
    )


def columns_of(quantities: Sequence[Quantity]) -> list[Column]:
    """All columns between :data:`FIRST` and :data:`NOTES`."""
    kinds = [kind_of_tensor(one.name, one.unit, one.symmetry) for one in quantities]
    columns: list[Column] = []
    for one, kind in zip(quantities, kinds, strict=True):
        names = [one.name, *(f"{one.name}{end}" for end in ("_low", "_high"))]
        if one.symmetry is not None:
            letter = _LETTERS[kind] if kind and kinds.count(kind) == 1 else f"{one.name}_"
            names = [f"{letter}{name}" for name, _ in named_components(one.symmetry)]
            if kind == "elastic":
                names += (f"{letter.removesuffix('C')}{name}" for name in _HILL)
        elif one.is_class:
            names = names[:1]
        columns += (Column(name, one.unit) for name in names)
        columns += [Column(f"{one.name}_class", PURE_NUMBER)] * one.is_class
    return columns


def crystals_of(predictions: Sequence[Prediction], count: int) -> Iterator[Sequence[Prediction]]:
    """The predictions of each crystal, of which there are ``count``."""
    return (predictions[i : i + count] for i in range(0, len(predictions), count))


def row_of(predictions: Sequence[Prediction]) -> list[Cell]:
    """The cells of one crystal, in the order of the columns, without :func:`notes_of`; numbers as they are."""
    first = predictions[0]
    group = f"{first.setting.number} {first.setting.symbol}"
    doubt = "yes" if any(one.is_outside for one in predictions) else "no"
    cells: list[Cell] = [first.source, first.identifier, first.formula, group, doubt]
    for one in predictions:
        if not isinstance(one.value, float):
            assert one.symmetry is not None
            cells += (_number(one.value[indices]) for _, indices in named_components(one.symmetry))
            if tensor_kind(one) == "elastic":
                cells += map(_number, _hill(one.value))
        elif one.label:
            cells += (_number(one.value), one.label)
        else:
            cells += map(_number, (one.value, *(one.interval or (math.nan, math.nan))))
    return cells


def notes_of(predictions: Sequence[Prediction]) -> list[str]:
    """The notes of one crystal, each once; with the properties that it is on, unless it is on all."""
    properties: dict[str, list[str]] = {}
    for one in predictions:
        for note in one.notes:
            properties.setdefault(note, []).append(one.property)
    return [
        note if len(on) == len(predictions) else f"{', '.join(dict.fromkeys(on))}: {note}"
        for note, on in properties.items()
    ]


def quantities_in(predictions: Sequence[Prediction]) -> list[Quantity]:
    """What the predictions for one crystal are, in their order."""
    return _numbered(Quantity(one.property, one.unit, one.symmetry, bool(one.label)) for one in predictions)


def _numbered(quantities: Iterable[Quantity]) -> list[Quantity]:
    """With ``_2`` behind the name of the second model for one property, and so on."""
    seen: dict[str, int] = {}
    found = []
    for one in quantities:
        seen[one.name] = count = seen.get(one.name, 0) + 1
        found.append(one if count == 1 else one._replace(name=f"{one.name}_{count}"))
    return found


def _hill(stiffness: FloatArray) -> tuple[float, ...]:
    """NaN where they have no meaning."""
    from runtime.tensors.elasticity import elastic_moduli

    if not np.isfinite(stiffness).all():
        return (math.nan,) * len(_HILL)
    average = elastic_moduli(stiffness).hill
    return average.bulk, average.shear, average.young


def _number(value: float) -> float | None:
    return float(value) + 0.0 if math.isfinite(value) else None
