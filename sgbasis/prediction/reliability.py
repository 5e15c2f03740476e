"""What predictions say of their reliability: intervals, and notes on crystals and values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from basis_store import CrystalArrays, CrystalRecord
from basis_store.counted import counted
from sgbasis.prediction.predicted_value import LoadedModel, Prediction, interval_text, kind_of_tensor, tensor_kind

if TYPE_CHECKING:
    from runtime.pretrained.assessment import Assessment
    from runtime.pretrained.description import ModelDescription
    from runtime.pretrained.pretrained import Pretrained
    from runtime.targets.target import Target

_MODULI = {"bulk_modulus": "K", "shear_modulus": "G", "bulk_modulus_vrh": "K", "shear_modulus_vrh": "G"}
"""Properties that an elastic tensor determines, too: of a polycrystal, by Hill's average."""

_GAP_MODEL = "band_gap"
"""The model that ships for it."""

_METAL = 0.1
"""eV. On the validation split, most of the crystals with a smaller predicted gap have none."""

_METALS = {
    "dielectric": "whose electronic dielectric constant is infinite: if so, this tensor means nothing",
    "piezoelectric": "which has no piezoelectric tensor: if so, this one means nothing",
}
"""What is said of a tensor that no metal has, by kind."""

_FEW = 0.5
"""Of the validation crystals: a model that predicts fewer within 25 % is not accurate for a single crystal."""


def with_gap_model(models: Sequence[Pretrained]) -> list[tuple[Pretrained, bool]]:
    """Models, and whether they were asked for: tensors that no metal has need a band gap, to know what is one.

    Args:
        models: those that were asked for.
    """
    from runtime.pretrained.locate import shipped_models
    from runtime.pretrained.pretrained import open_pretrained

    asked = [(one, True) for one in models]
    targets = [target for one in models for target in one.description.targets]
    of_insulators = any(
        kind_of_tensor(one.name, one.physical_unit, one.index_symmetry) in _METALS for one in targets
    )
    if of_insulators and not any(map(_is_gap, targets)) and _GAP_MODEL in shipped_models():
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
    if gap is None or gap >= _METAL or (what := _METALS.get(tensor_kind(one))) is None:
        return []
    return [f"the model of the band gap calls it a metal ({gap:.2f} eV), {what}"]


def remarks(one: Prediction, target: Target, labels: Sequence[str], loaded: LoadedModel) -> list[str]:
    """What a user has to know about a value, given the names of all that is predicted, and its model."""
    found = []
    if labels.count(one.property) > 1:
        found.append(f"one of {labels.count(one.property)} models for {one.property}: {loaded.folder}")
    if not is_exact(one.value) and (poor := inaccuracy(loaded.description)):
        found.append(poor)
    if not is_exact(one.value) and target.has_equivalent_labels and (text := _open_text(one)):
        found.append(f"signs are arbitrary: {text}")
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
    return found


def modulus_notes(one: Prediction, others: Sequence[Prediction]) -> list[str]:
    """Which moduli of an elastic tensor contradict those that models of their own predict.

    Args:
        one: the prediction.
        others: all for the same crystal.
    """
    from runtime.tensors.elasticity import elastic_moduli

    if isinstance(one.value, float) or tensor_kind(one) != "elastic" or not np.isfinite(one.value).all():
        return []
    hill = elastic_moduli(one.value).hill
    found = []
    for other in others:
        letter = _MODULI.get(other.property)
        if letter is None or other.interval is None:
            continue
        value, (low, high) = {"K": hill.bulk, "G": hill.shear}[letter], other.interval
        if value < low or value > high:
            found.append(
                f"{letter} of this tensor ({value:.1f} GPa, Hill) is outside the 90 % interval of "
                f"{other.property} ({interval_text(other)} GPa): the two models disagree"
            )
    return found


def inaccuracy(description: ModelDescription) -> str:
    """That a model of a tensor is not accurate for a single crystal, by its own validation; ``""`` if it is."""
    scores = description.training.get("validation")
    if len(description.targets) != 1 or not isinstance(scores, Mapping):
        return ""
    share, count = scores.get("ewt25"), scores.get("n")
    if not isinstance(share, float) or not isinstance(count, int) or not 0 <= share < _FEW:
        return ""
    of_all = counted(count, "validation crystal")
    return (
        f"not accurate for a single crystal: of {of_all}, {100 * share:.0f} % were predicted within 25 % of their "
        "tensor"
    )


def interval_facts(model: Pretrained) -> dict[str, str]:
    """For each target of a model, how good its intervals are, or why its predictions have none.

    Raises:
        ModelError: the calibration is damaged.
    """
    from runtime.pretrained.fit_calibration import MIN_CRYSTALS

    calibration = model.calibration()
    coverage = model.description.calibration.get("coverage", {})
    facts = {}
    for number, target in enumerate(model.description.targets):
        if not target.has_interval:
            said = "no intervals: tensors and classes have none"
        elif calibration is None:
            said = "no intervals: the model was saved without a calibration, which runtime.calibrate makes"
        elif not np.isfinite(calibration.quantiles[number]):
            said = f"no intervals: they need {MIN_CRYSTALS} validation crystals with a value"
        elif (measured := coverage.get(target.name)) is None:
            said = "90 % intervals, which were not checked with other crystals"
        else:
            of_all = counted(measured["crystals"], "validation crystal")
            said = f"90 % intervals; of {of_all}, by halves, they held {100 * measured['coverage']:.1f} %"
        facts[target.name] = said
    return facts


def unusual(
    record: CrystalRecord, loaded: LoadedModel, result: Assessment, row: int, empty_layer: float
) -> list[str]:
    """In which respects a crystal is unlike those that a model was trained on, a sentence each."""
    from runtime.pretrained.domain import outside_domain

    return [*outside_domain(record, loaded.description.domain), *result.unusual(row, empty_layer)]


def _open_text(one: Prediction) -> str:
    """Which other tensors the data cannot tell from this one."""
    from runtime.tensors.open_operations import open_text

    assert one.symmetry is not None and not isinstance(one.value, float)
    return open_text(one.value, one.record, axial=one.symmetry.axial) if np.isfinite(one.value).all() else ""


def _is_gap(target: Target) -> bool:
    return "gap" in target.name and target.unit == "eV" and target.index_symmetry is None
