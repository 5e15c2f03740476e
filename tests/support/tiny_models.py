"""Small untrained models, saved as trained ones are; their predictions are arbitrary but reproducible."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from runtime.models.orbit_transformer import OrbitTransformer, OrbitTransformerConfig
from runtime.models.site_transformer import SiteTransformer
from runtime.pretrained.domain import Domain
from runtime.pretrained.pretrained import save_pretrained
from runtime.targets.scalar_target import ScalarTarget
from runtime.targets.target import Target, columns
from runtime.targets.tensor_target import TensorTarget

ENERGY = ScalarTarget("formation_energy_per_atom", "eV/atom")
BULK = ScalarTarget("bulk_modulus_vrh", "GPa", log10=True)
ELASTIC = TensorTarget("elastic_tensor", "GPa", log10=True, symmetry="ijkl=jikl=klij")
DIELECTRIC = TensorTarget("dielectric_electronic", "1", log10=True, symmetry="ij=ji")
PIEZOELECTRIC = TensorTarget("piezoelectric_tensor", "C/m^2", symmetry="ijk=ikj")
DOMAIN = Domain(elements=(8, 11, 12, 13, 17), groups=(225, 227), max_sites=2, volume_per_atom=(8.0, 30.0))
"""Rock salt lies inside, spinel has a site too many, titania has another element and another group."""

CONFIG = OrbitTransformerConfig(width=16, layers=1, heads=2, head_width=4, feed_forward=16, radial=6)


def with_waves(model: SiteTransformer) -> SiteTransformer:
    """The same model with Fourier messages, if it has some, that have an effect; at first they have none."""
    for block in model.blocks:
        if model.config.wave_channels:
            torch.nn.init.normal_(block.from_waves[1].weight, std=0.3)  # type: ignore[union-attr,index]
    return model


def tiny_model(*targets: Target, seed: int = 0) -> OrbitTransformer:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = OrbitTransformer(CONFIG, targets or (ENERGY,))
        if model.n_scalars:
            torch.nn.init.normal_(model.element_energy.weight)
    for target, own in zip(model.targets, columns(model.targets), strict=True):
        model.target_mean[own] = _mean(target)
    return model.eval()


def _mean(target: Target) -> torch.Tensor:
    """-1.5 for a number; the logarithm of a hundred times the unit matrix, where that of a tensor is predicted."""
    if not isinstance(target, TensorTarget):
        return torch.tensor([-1.5])
    if not target.log10:
        return torch.zeros(len(target.space))
    return torch.from_numpy(2 * np.trace(target.space.matrices, axis1=1, axis2=2))


def save_tiny(folder: Path, *targets: Target, seed: int = 0) -> Path:
    save_pretrained(
        tiny_model(*targets, seed=seed), folder, card="# Tiny\n", domain=DOMAIN, training={"epochs": 0}
    )
    return folder
