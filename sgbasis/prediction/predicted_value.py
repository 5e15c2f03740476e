"""What is predicted for a crystal, and the models that predict it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from basis_store import CrystalRecord, IndexSymmetry, Setting

if TYPE_CHECKING:
    from runtime.models.base import CrystalModel
    from runtime.pretrained.calibration import Calibration
    from runtime.pretrained.domain import Domain

_TENSOR_KINDS = (
    ("elastic", "elastic", "GPa"),
    ("piezoelectric", "piezo", "C/m^2"),
    ("dielectric", "dielectric", "1"),
)
"""Tensors with reports of their own: kind, part of the name, and the unit that the report is in."""


@dataclass(frozen=True, kw_only=True)
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


@dataclass(frozen=True)
class LoadedModel:
    """A model in memory, with what predictions say about it.

    Attributes:
        folder: where it came from.
        labels: names of its targets.
        domain: what it was trained on.
        model: the model, on any device.
        calibration: for intervals and notes; None if it was made without.
        is_shown: whether its predictions were asked for; if not, they serve notes on others.
    """

    folder: Path
    labels: tuple[str, ...]
    domain: Domain
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
