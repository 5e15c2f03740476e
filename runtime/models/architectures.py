"""The networks that configurations of training runs and trained models can name."""

from runtime.models.base import CrystalModel
from runtime.models.composition import CompositionModel
from runtime.models.orbit_transformer import CrystalFourierTransformer
from runtime.models.paper.model import PaperModel

ARCHITECTURES: dict[str, type[CrystalModel]] = {
    architecture.__name__: architecture
    for architecture in (CrystalFourierTransformer, PaperModel, CompositionModel)
}
"""By name."""
