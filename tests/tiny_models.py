"""Small untrained models, saved as trained ones are: what they predict is always the same nonsense."""

from __future__ import annotations

from pathlib import Path

import torch

from runtime.domain import Domain
from runtime.models import CrystalFourierTransformer, CrystalFourierTransformerConfig, Target
from runtime.pretrained import save_pretrained

ENERGY = Target("formation_energy_per_atom", "eV/atom")
BULK = Target("bulk_modulus_vrh", "log10 GPa", log10=True)
DOMAIN = Domain(elements=(8, 11, 12, 13, 17), groups=(225, 227), max_sites=2, volume_per_atom=(8.0, 30.0))
"""Rock salt lies inside, spinel has a site too many, titania neither the element nor the group."""

CONFIG = CrystalFourierTransformerConfig(width=16, layers=1, heads=2, head_width=4, feed_forward=16, radial=6)


def tiny_model(*targets: Target, seed: int = 0) -> CrystalFourierTransformer:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = CrystalFourierTransformer(CONFIG, targets or (ENERGY,))
        torch.nn.init.normal_(model.element_energy.weight)
    model.target_mean.fill_(-1.5)
    return model.eval()


def save_tiny(folder: Path, *targets: Target, seed: int = 0) -> Path:
    save_pretrained(
        tiny_model(*targets, seed=seed), folder, card="# Tiny\n", domain=DOMAIN, training={"epochs": 0}
    )
    return folder
