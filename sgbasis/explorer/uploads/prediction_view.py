"""Predictions for a crystal as values for JSON, as ``sgbasis predict --json`` has them, and tensors to draw."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from basis_store.errors import TensorError
from sgbasis.explorer.uploads.drawn_atoms import drawing_rotation

if TYPE_CHECKING:
    from basis_compiler import StandardCrystal
    from sgbasis.prediction.job import Job
    from sgbasis.prediction.predicted_value import LoadedModel, Prediction

_POLAR, _AROUND = 37, 72
"""Points of a surface by direction: every 5 degrees."""


def shipped_job() -> Job:
    """All models that ship, on the CPU."""
    from runtime.pretrained.locate import shipped_models
    from runtime.pretrained.pretrained import open_pretrained
    from sgbasis.prediction.job import Job, JobModel

    models = tuple(JobModel.of(open_pretrained(name)) for name in shipped_models())
    return Job(models, tolerance=0.01, form=".jsonl")


def prediction_views(standard: StandardCrystal, models: Sequence[LoadedModel]) -> list[dict[str, Any]]:
    """The predictions of all models for one crystal.

    Each is a line of ``sgbasis predict --json``, without the file; a tensor has ``text``, the lines that
    ``sgbasis predict`` prints, and, where it can be drawn, ``surface``.
    """
    from basis_compiler.crystals.asymmetric_unit import crystal_record
    from sgbasis.prediction.predict import predictions
    from sgbasis.prediction.prediction_text import jsonl_text, tensor_lines

    views = []
    for one in predictions([("", crystal_record(standard))], models):
        view: dict[str, Any] = json.loads(jsonl_text([one]))
        view.pop("file")
        view["is_outside"] = one.is_outside
        if one.symmetry is not None:
            view["text"] = tensor_lines(one)
            view["surface"] = _surface(one)
        views.append(view)
    return views


def _surface(prediction: Prediction) -> dict[str, Any] | None:
    """Young's modulus or dielectric constant by direction; None for other tensors, and where it has no meaning.

    ``values`` (polar, around) are those along directions at equal steps of both angles, the ends included for the
    polar one, in the frame in which the crystal is drawn (:func:`drawing_lattice`).
    """
    from runtime.tensors.dielectric import directional_value, principal
    from runtime.tensors.elasticity import stability, youngs_modulus
    from runtime.tensors.voigt import stiffness_matrix
    from sgbasis.prediction.predicted_value import tensor_kind

    polar = np.linspace(0, np.pi, _POLAR)[:, None]
    around = np.linspace(0, 2 * np.pi, _AROUND, endpoint=False)[None]
    n = np.stack([np.sin(polar) * np.cos(around), np.sin(polar) * np.sin(around), np.cos(polar) + 0 * around], -1)
    n = n @ drawing_rotation(prediction.record.lattice)
    value, kind = np.asarray(prediction.value), tensor_kind(prediction)
    try:
        if kind == "elastic" and stability(value).is_stable:
            values = youngs_modulus(stiffness_matrix(value), n)
            return {"name": "Young's modulus", "unit": "GPa", "values": np.round(values, 3).tolist()}
        if kind == "dielectric" and principal(value).values[0] > 0:
            values = directional_value(value, n)
            return {"name": "dielectric constant", "unit": "1", "values": np.round(values, 5).tolist()}
    except TensorError:
        return None
    return None
