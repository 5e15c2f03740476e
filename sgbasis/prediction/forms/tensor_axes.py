"""The Cartesian axes in which tables and reports give the components of tensors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from sgbasis.prediction.predicted_value import Prediction

AXES = {
    "file": "in the frame of the file's lattice vectors",
    "ieee": "in the IEEE frame of each crystal (176-1987): x1, x2, x3 along the conventional axes that tables of "
    "its crystal class use (cubic: x1 || a, x2 || b, x3 || c)",
}
"""What is said of the components, by the name of the axes."""

_FORBIDDEN = 1e-9
"""Largest entry of an allowed tensor, normed to 1, of a component that is 0 in all of them, but for rounding."""


def in_axes(predictions: Iterable[Prediction], axes: str) -> list[Prediction]:
    """Predictions for a table: tensors in these axes, and exactly 0 where symmetry leaves nothing else.

    Args:
        predictions: tensors in the frames of their records.
        axes: a key of :data:`AXES`.
    """
    return [one if isinstance(one.value, float) else _tensor_in_axes(one, axes) for one in predictions]


def _tensor_in_axes(one: Prediction, axes: str) -> Prediction:
    from runtime.tensors.frames import ieee_frame, rotate_tensor
    from runtime.tensors.projection import allowed_basis

    assert not isinstance(one.value, float) and one.symmetry is not None
    if not np.isfinite(one.value).all():
        return one
    value, allowed = one.value, allowed_basis(one.record, one.symmetry)
    if axes == "ieee":
        frame, axial = ieee_frame(one.record), one.symmetry.axial
        value = rotate_tensor(value, frame, axial=axial)
        allowed = np.array([rotate_tensor(basis, frame, axial=axial) for basis in allowed]).reshape(
            -1, *value.shape
        )
    exists = np.abs(allowed).max(axis=0, initial=0) > _FORBIDDEN
    return replace(one, value=np.where(exists, value, 0.0))
