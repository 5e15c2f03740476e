"""Models for crystals: see :mod:`runtime.models.base` for what they share."""

from runtime.models.base import Batch, CrystalModel, Sample, Target, columns
from runtime.models.composition import CompositionModel
from runtime.models.crystal_fourier_transformer import CrystalFourierTransformer, CrystalFourierTransformerConfig
from runtime.models.paper import PaperModel

ARCHITECTURES: dict[str, type[CrystalModel]] = {
    architecture.__name__: architecture
    for architecture in (CrystalFourierTransformer, PaperModel, CompositionModel)
}
"""By the names that configurations of training runs and trained models use."""

__all__ = [
    "ARCHITECTURES",
    "Batch",
    "CompositionModel",
    "CrystalFourierTransformer",
    "CrystalFourierTransformerConfig",
    "CrystalModel",
    "PaperModel",
    "Sample",
    "Target",
    "columns",
]
