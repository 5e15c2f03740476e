"""Small untrained models, saved as trained ones are: what they predict is always the same nonsense."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from runtime.models.base import Target, columns
from runtime.models.orbit_transformer import OrbitTransformer, OrbitTransformerConfig
from runtime.pretrained.domain import Domain
from runtime.pretrained.pretrained import save_pretrained

ENERGY = Target("formation_energy_per_atom", "eV/atom")
BULK = Target("bulk_modulus_vrh", "log10 GPa", log10=True)
ELASTIC = Target("elastic_tensor", "log10 GPa", log10=True, symmetry="ijkl=jikl=klij")
DIELECTRIC = Target("dielectric_electronic", log10=True, symmetry="ij=ji")
PIEZOELECTRIC = Target("piezoelectric_tensor", "C/m^2", symmetry="ijk=ikj")
DOMAIN = Domain(elements=(8, 11, 12, 13, 17), groups=(225, 227), max_sites=2, volume_per_atom=(8.0, 30.0))
"""Rock salt lies inside, spinel has a site too many, titania neither the element nor the group."""

CONFIG = OrbitTransformerConfig(width=16, layers=1, heads=2, head_width=4, feed_forward=16, radial=6)


def tiny_model(*targets: Target, seed: int = 0) -> OrbitTransformer:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = OrbitTransformer(CONFIG, targets or (ENERGY,))
        if any(target.space is None for target in model.targets):
            torch.nn.init.normal_(model.element_energy.weight)
    for target, own in zip(model.targets, columns(model.targets), strict=True):
        model.target_mean[own] = _mean(target)
    return model.eval()


def _mean(target: Target) -> torch.Tensor:
    """-1.5 of a number; a hundred times the unit matrix where a tensor's logarithm is predicted."""
    if target.space is None:
        return torch.tensor([-1.5])
    if not target.log10:
        return torch.zeros(len(target.space))
    return torch.from_numpy(2 * np.trace(target.space.matrices, axis1=1, axis2=2))


def save_tiny(folder: Path, *targets: Target, seed: int = 0) -> Path:
    save_pretrained(
        tiny_model(*targets, seed=seed), folder, card="# Tiny\n", domain=DOMAIN, training={"epochs": 0}
    )
    return folder
