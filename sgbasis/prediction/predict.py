"""Predict properties of crystals from files, compiled datasets, and the objects of ASE and pymatgen."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from basis_store import CrystalArrays, CrystalRecord, IndexSymmetry, Setting
from basis_store.extras import needed_for
from sgbasis.prediction.given_crystals import found_crystals

if TYPE_CHECKING:
    from runtime.models.base import CrystalModel
    from runtime.pretrained.domain import Domain

_TENSOR_KINDS = (
    ("elastic", "elastic", "GPa"),
    ("piezoelectric", "piezo", "C/m^2"),
    ("dielectric", "dielectric", "1"),
)
"""Tensors with reports of their own: kind, part of the name, and the unit that the report is in."""

_MODULI = ("bulk_modulus", "shear_modulus", "bulk_modulus_vrh", "shear_modulus_vrh")
"""Properties that an elastic tensor determines, too."""


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
            was trained on; which model to prefer where two predict one property.
        is_outside: whether the crystal is unlike those that the model was trained on.
        record: the crystal.
        symmetry: index symmetry of a tensor; None for a number.
        label: the more probable class, such as ``"metal"``; ``""`` if the property is no class.
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


@dataclass(frozen=True)
class LoadedModel:
    """A model in memory, with what predictions say about it.

    Attributes:
        folder: where it came from.
        labels: names of its targets.
        domain: what it was trained on.
        model: the model, on any device.
    """

    folder: Path
    labels: tuple[str, ...]
    domain: Domain
    model: CrystalModel


@needed_for("sgbasis.predict", "structures", "runtime")
def predict(
    structures: object,
    model: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    *,
    tolerance: float = 0.01,
) -> list[Prediction]:
    """Predict with a trained model.

    >>> from sgbasis import predict
    >>> predict("NaCl.cif", "formation_energy")[0].value  # doctest: +SKIP
    -2.1

    Args:
        structures: the path of a CIF, POSCAR, extended XYZ or JSONL file, of a compiled dataset or of a folder of
            crystal files; an ``ase.Atoms``; a pymatgen ``Structure`` or its ``as_dict()``; a record; or several of
            these.
        model: the property of a model that ships, such as ``"formation_energy"``; or what
            :func:`runtime.from_pretrained` takes; or several of these.
        tolerance: in Angstrom; atoms and their images by symmetry this close are the same.

    Returns:
        A prediction for every crystal, model, and target of the model, in this order.

    Raises:
        CrystalError: a file cannot be read, or holds no ordered crystal.
        ModelError: there is no such model, or it is damaged.
        OSError: there is no such file.
    """
    from runtime.pretrained.pretrained import open_pretrained

    opened = [open_pretrained(one) for one in ([model] if isinstance(model, str | os.PathLike) else model)]
    found = list(found_crystals(structures, tolerance=tolerance))
    models = [LoadedModel(one.folder, one.labels, one.description.domain, one.load()) for one in opened]
    return predictions(found, models)


def tensor_kind(prediction: Prediction) -> str:
    """``"elastic"``, ``"piezoelectric"`` or ``"dielectric"``, by name, unit and index symmetry; else ``""``."""
    for kind, word, unit in _TENSOR_KINDS:
        if (
            word in prediction.property
            and prediction.unit == unit
            and prediction.symmetry == IndexSymmetry.parse(kind)
        ):
            return kind
    return ""


def predictions(found: Sequence[tuple[str, CrystalRecord]], models: Sequence[LoadedModel]) -> list[Prediction]:
    """Predict for crystals, each with its source: crystal by crystal, for each of them model by model."""
    from runtime.models.formula import reduced_formula
    from runtime.prediction import predict
    from runtime.pretrained.domain import outside_domain
    from runtime.targets.target import columns

    crystals = CrystalArrays.of(record for _, record in found)
    values = [predict(one.model, crystals) for one in models]
    labels = [label for one in models for label in one.labels]
    made: list[Prediction] = []
    for row, (source, record) in enumerate(found):
        formula = reduced_formula(record)
        for loaded, predicted in zip(models, values, strict=True):
            outside, targets = outside_domain(record, loaded.domain), loaded.model.targets
            for target, label, own in zip(targets, loaded.labels, columns(targets), strict=True):
                one = Prediction(
                    source=source,
                    identifier=record.identifier,
                    formula=formula,
                    setting=record.setting,
                    property=label,
                    value=target.physical_value(predicted[row, own], record),
                    unit=target.physical_unit,
                    notes=(*record.notes, *outside),
                    is_outside=bool(outside),
                    record=record,
                    symmetry=target.index_symmetry,
                    label=target.class_of(predicted[row, own]),
                )
                made.append(replace(one, notes=(*one.notes, *_remarks(one, labels, loaded.folder))))
    return made


def _remarks(one: Prediction, labels: Sequence[str], folder: Path) -> list[str]:
    """What a user has to know about a value, given the names of all that is predicted, and where its model is."""
    remarks = []
    if labels.count(one.property) > 1:
        remarks.append(f"one of {labels.count(one.property)} models for {one.property}: {folder}")
    if not np.isfinite(one.value).all():
        remarks.append("the model gives no finite value for this crystal")
    if tensor_kind(one) == "elastic" and (others := [name for name in _MODULI if name in labels]):
        remarks.append(
            f"K and G that follow from this tensor differ from {' and '.join(others)} of models of their own: "
            "prefer those for these numbers"
        )
    return remarks
