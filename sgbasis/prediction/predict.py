"""Predict properties of crystals from files, compiled datasets, and the objects of ASE and pymatgen."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace

from basis_store import CrystalArrays, CrystalRecord
from basis_store.extras import needed_for
from sgbasis.prediction.given_crystals import found_crystals
from sgbasis.prediction.predicted_value import LoadedModel, Prediction
from sgbasis.prediction.predictions import Predictions
from sgbasis.prediction.reliability import (
    assessed,
    is_exact,
    modulus_notes,
    predicted_gaps,
    remarks,
    thickest_layers,
    unusual,
    value_notes,
    with_gap_model,
)


@needed_for("sgbasis.predict", "structures", "runtime")
def predict(
    structures: object,
    model: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    *,
    tolerance: float = 0.01,
) -> Predictions:
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
        A prediction for every crystal, model, and target of the model, in this order: a list that can also be a
        table, see :meth:`Predictions.to_dataframe`.

    Raises:
        CrystalError: a file cannot be read, or holds no ordered crystal.
        ModelError: there is no such model, or it is damaged.
        OSError: there is no such file.
    """
    from runtime.pretrained.pretrained import open_pretrained

    opened = [open_pretrained(one) for one in ([model] if isinstance(model, str | os.PathLike) else model)]
    found = list(found_crystals(structures, tolerance=tolerance))
    models = [
        LoadedModel(one.folder, one.labels, one.description, one.load(), one.calibration(), is_shown)
        for one, is_shown in with_gap_model(opened)
    ]
    return predictions(found, models)


def predictions(found: Sequence[tuple[str, CrystalRecord]], models: Sequence[LoadedModel]) -> Predictions:
    """Predict for crystals, each with its source: crystal by crystal, for each of them model by model."""
    from runtime.targets.target import columns

    # 1. All models for all crystals.
    crystals = CrystalArrays.of(record for _, record in found)
    results = assessed(models, crystals)
    layers, gaps = thickest_layers(models, crystals), predicted_gaps(models, results)
    shown = [pair for pair in zip(models, results, strict=True) if pair[0].is_shown]
    labels = [label for one, _ in shown for label in one.labels]
    # 2. A prediction for each of their targets.
    made = Predictions()
    for row, (source, record) in enumerate(found):
        formula, gap = record.formula, None if gaps is None else float(gaps[row])
        of_crystal: list[Prediction] = []
        for loaded, result in shown:
            outside, targets = unusual(record, loaded, result, row, float(layers[row])), loaded.model.targets
            for number, (target, own) in enumerate(zip(targets, columns(targets), strict=True)):
                one = Prediction(
                    source=source,
                    identifier=record.identifier,
                    formula=formula,
                    setting=record.setting,
                    property=loaded.labels[number],
                    value=target.physical_value(result.values[row, own], record),
                    unit=target.physical_unit,
                    notes=record.notes,
                    is_outside=False,
                    record=record,
                    symmetry=target.index_symmetry,
                    label=target.class_of(result.values[row, own]),
                    interval=result.interval(row, number),
                )
                doubts = [] if is_exact(one.value) else [*outside, *value_notes(one, gap)]
                notes = (*one.notes, *doubts, *remarks(one, target, labels, loaded))
                of_crystal.append(replace(one, notes=notes, is_outside=bool(doubts)))
        # 3. What they say of each other.
        made += (replace(one, notes=(*one.notes, *modulus_notes(one, of_crystal))) for one in of_crystal)
    return made
