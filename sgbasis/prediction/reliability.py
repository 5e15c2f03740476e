"""What predictions say of their reliability: intervals, and notes on crystals and values."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from basis_store import CrystalArrays, CrystalRecord
from sgbasis.prediction.predicted_value import LoadedModel, Prediction, kind_of_tensor, tensor_kind

if TYPE_CHECKING:
    from runtime.pretrained.assessment import Assessment
    from runtime.pretrained.pretrained import Pretrained
    from runtime.targets.target import Target

_MODULI = ("bulk_modulus", "shear_modulus", "bulk_modulus_vrh", "shear_modulus_vrh")
"""Properties that an elastic tensor determines, too."""

_GAP_MODEL = "band_gap"
"""The model that ships for it."""

_METAL = 0.1
"""eV. On the validation split, most of the crystals with a smaller predicted gap have none."""


def with_gap_model(models: Sequence[Pretrained]) -> list[tuple[Pretrained, bool]]:
    """Models, and whether they were asked for: a dielectric tensor needs a band gap, to know what is a metal.

    Args:
        models: those that were asked for.
    """
    from runtime.pretrained.locate import shipped_models
    from runtime.pretrained.pretrained import open_pretrained

    asked = [(one, True) for one in models]
    targets = [target for one in models for target in one.description.targets]
    dielectric = any(
        kind_of_tensor(one.name, one.physical_unit, one.index_symmetry) == "dielectric" for one in targets
    )
    if dielectric and not any(map(_is_gap, targets)) and _GAP_MODEL in shipped_models():
        asked.append((open_pretrained(_GAP_MODEL), False))
    return asked


def assessed(models: Sequence[LoadedModel], crystals: CrystalArrays) -> list[Assessment]:
    """Predictions of each model for n crystals; without intervals where a model has no calibration."""
    from runtime.prediction import predict
    from runtime.pretrained.assessment import plain_assessment, predict_assessed

    return [
        plain_assessment(predict(one.model, crystals), len(one.labels))
        if one.calibration is None
        else predict_assessed(one.model, one.calibration, crystals)
        for one in models
    ]


def thickest_layers(models: Sequence[LoadedModel], crystals: CrystalArrays) -> NDArray[np.float64]:
    """(n,) thickness of empty layers of crystals, if a model needs it; else 0."""
    from runtime.bases.store import load_store
    from runtime.site_kernels.images.empty_layers import empty_layers

    if all(one.calibration is None for one in models):
        return np.zeros(len(crystals))
    store = next((one.model.store for one in models if one.model.store is not None), None)
    return empty_layers(crystals, (load_store() if store is None else store).compiled)


def predicted_gaps(models: Sequence[LoadedModel], found: Sequence[Assessment]) -> NDArray[np.float64] | None:
    """(n,) band gaps in eV of the first model that predicts them; None if none does."""
    from runtime.targets.target import columns

    for one, result in zip(models, found, strict=True):
        for target, own in zip(one.model.targets, columns(one.model.targets), strict=True):
            if _is_gap(target):
                return result.values[:, own.start]
    return None


def is_exact(value: float | NDArray[np.float64]) -> bool:
    """Whether symmetry alone fixes a value: a tensor that vanishes in all crystals of the class."""
    return not isinstance(value, float) and not np.any(value)


def value_notes(one: Prediction, gap: float | None) -> list[str]:
    """What a value cannot mean.

    Args:
        one: the prediction.
        gap: predicted for the same crystal, in eV; None if it was not.
    """
    notes = []
    if tensor_kind(one) == "dielectric" and gap is not None and gap < _METAL:
        notes.append(
            f"the model of the band gap calls it a metal ({gap:.2f} eV), whose electronic dielectric constant is "
            "infinite: if so, this tensor means nothing"
        )
    return notes


def remarks(one: Prediction, target: Target, labels: Sequence[str], folder: Path) -> list[str]:
    """What a user has to know about a value, given the names of all that is predicted, and where its model is."""
    found = []
    if labels.count(one.property) > 1:
        found.append(f"one of {labels.count(one.property)} models for {one.property}: {folder}")
    if not np.isfinite(one.value).all():
        found.append("the model gives no finite value for this crystal")
    if (
        "formation_energy" in target.name
        and target.unit == "eV/atom"
        and len(set(one.record.numbers.tolist())) == 1
    ):
        found.append(
            "an element: in its most stable structure its formation energy is 0 by definition, which the model "
            "does not know"
        )
    is_elastic = tensor_kind(one) == "elastic"
    if is_elastic and (others := [name for name in _MODULI if name in labels]):
        found.append(
            f"K and G that follow from this tensor differ from {' and '.join(others)} of models of their own: "
            "prefer those for these numbers"
        )
    return found


def unusual(
    record: CrystalRecord, loaded: LoadedModel, result: Assessment, row: int, empty_layer: float
) -> list[str]:
    """In which respects a crystal is unlike those that a model was trained on, a sentence each."""
    from runtime.pretrained.domain import outside_domain

    return [*outside_domain(record, loaded.domain), *result.unusual(row, empty_layer)]


def _is_gap(target: Target) -> bool:
    return "gap" in target.name and target.unit == "eV" and target.index_symmetry is None
