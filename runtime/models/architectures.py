"""The networks that configurations of training runs and trained models can name."""

from runtime.models.base import CrystalModel
from runtime.models.composition import CompositionModel
from runtime.models.crystal_fourier_transformer.model import CrystalFourierTransformer
from runtime.models.orbit_transformer import OrbitTransformer

ARCHITECTURES: dict[str, type[CrystalModel]] = {
    architecture.__name__: architecture
    for architecture in (OrbitTransformer, CrystalFourierTransformer, CompositionModel)
}
"""By name."""
