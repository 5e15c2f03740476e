"""Predictions with what is known of their reliability: intervals, and respects in which a crystal is unusual."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from basis_store import CrystalArrays
from basis_store.array_types import FloatArray
from runtime.models.base import CrystalModel, Crystals
from runtime.prediction import Progress, predict_embedded
from runtime.pretrained.calibration import Calibration
from runtime.targets.target import columns, physical


@dataclass(frozen=True, eq=False)
class Assessment:
    """Predictions of a model for n crystals, and how sure they are.

    Attributes:
        values: (n, columns) in physical units; 0 where a quantity that is never negative was predicted to be.
        low: (n, T) lower ends of the intervals of its targets, in physical units; NaN where a target has none.
        high: (n, T) upper ends.
        distances: (n,) from the training crystals.
        volume_ratios: (n,) volume divided by that which the atoms usually have; NaN with an unseen element.
        calibration: of the model; None if it was made without: there are no intervals and no sentences then.
    """

    values: FloatArray
    low: FloatArray
    high: FloatArray
    distances: FloatArray
    volume_ratios: FloatArray
    calibration: Calibration | None

    def interval(self, row: int, target: int) -> tuple[float, float] | None:
        """Low and high end for a crystal and a target, in its physical unit; None if there is no interval.

        Args:
            row: number of the crystal.
            target: number of the target.
        """
        low, high = float(self.low[row, target]), float(self.high[row, target])
        return (low, high) if np.isfinite([low, high]).all() else None

    def unusual(self, row: int, empty_layer: float) -> list[str]:
        """One sentence for each respect in which a crystal is unlike those trained on; often none.

        Args:
            row: number of the crystal.
            empty_layer: thickness of its thickest empty layer, of :func:`empty_layers`.
        """
        sentences: list[str] = []
        calibration = self.calibration
        if calibration is None:
            return sentences
        if empty_layer > calibration.layer:
            sentences.append(
                f"an empty layer of {empty_layer:.1f} Angstrom: the model knows bulk crystals, not slabs, wires "
                "or molecules in vacuum"
            )
        if self.distances[row] > calibration.far:
            sentences.append("the surroundings of its atoms are unlike those in any training crystal")
        ratio, (smallest, largest) = self.volume_ratios[row], calibration.volume_range
        if ratio < smallest or ratio > largest:
            sentences.append(
                f"its volume is {ratio:.2f} times that which its atoms usually have, outside {smallest:.2f} to "
                f"{largest:.2f}, as of compressed, expanded or porous crystals"
            )
        return sentences


def plain_assessment(values: FloatArray, n_targets: int) -> Assessment:
    """Predictions of a model without a calibration.

    Args:
        values: (n, columns) in physical units.
        n_targets: of the model.
    """
    none = np.full((len(values), n_targets), np.nan)
    return Assessment(values, none, none, none[:, 0], none[:, 0], None)


def predict_assessed(
    model: CrystalModel, calibration: Calibration, crystals: Crystals, *, progress: Progress | None = None
) -> Assessment:
    """Predict all targets of a model, with intervals.

    Args:
        model: on any device.
        calibration: that of this model.
        crystals: as for :func:`runtime.predict`.
        progress: as for :func:`runtime.predict`.

    Raises:
        ModelError: the calibration is that of another model.
    """
    arrays = CrystalArrays.of(crystals)
    learnt, embeddings = predict_embedded(model, arrays, progress=progress)
    distances = calibration.distances(embeddings) if len(arrays) else np.zeros(0)
    values = physical(learnt, model.targets)
    low, high = (np.full((len(values), len(model.targets)), np.nan) for _ in range(2))
    for number, (target, own) in enumerate(zip(model.targets, columns(model.targets), strict=True)):
        if not target.has_interval:
            continue
        half = calibration.half_widths(number, learnt[:, own.start], distances)
        low[:, number] = target.physical(learnt[:, own.start] - half)
        high[:, number] = target.physical(learnt[:, own.start] + half)
        if calibration.non_negative[number]:
            for ends in (values[:, own.start], low[:, number], high[:, number]):
                np.maximum(ends, 0.0, out=ends)
    return Assessment(values, low, high, distances, calibration.volume_ratios(arrays), calibration)
