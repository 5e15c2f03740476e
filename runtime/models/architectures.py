"""The architectures, by the names that training configurations and trained models give them."""

from runtime.models.base import CrystalModel
from runtime.models.composition import CompositionModel
from runtime.models.crystal_fourier_transformer.model import CrystalFourierTransformer
from runtime.models.ensemble import Ensemble
from runtime.models.orbit_transformer import OrbitTransformer
from runtime.models.site_transformer import SiteTransformer

ARCHITECTURES: dict[str, type[CrystalModel]] = {
    architecture.__name__: architecture
    for architecture in (
        OrbitTransformer,
        SiteTransformer,
        Ensemble,
        CrystalFourierTransformer,
        CompositionModel,
    )
}
"""By class name.

- ``OrbitTransformer``, the default: tokens are site orbits; free of origin, cell and frame; scalars and tensors.
- ``SiteTransformer``: messages depend on both sites and their distance at once; better for large sets of numbers.
- ``Ensemble``: the mean of several networks of one of these two.
- ``CrystalFourierTransformer``: the model of arXiv 2512.13989, a baseline; scalars.
- ``CompositionModel``: elements and their proportions only, a baseline; scalars.
"""
