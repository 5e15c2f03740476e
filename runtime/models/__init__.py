"""Models for crystals: see :mod:`runtime.models.base` for what they share."""

from runtime.models.base import Batch, CrystalModel, Sample, Target

__all__ = ["Batch", "CrystalModel", "Sample", "Target"]
