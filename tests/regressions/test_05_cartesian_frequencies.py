"""Regression 5. Fractional coordinates were multiplied with Cartesian frequencies.

Every hexagonal group lost its invariance, even under lattice translations.
"""

from __future__ import annotations

import math

import torch

from basis_store import standard_settings
from runtime import Store

RECIPROCAL = torch.tensor([[1, 1 / math.sqrt(3), 0], [0, 2 / math.sqrt(3), 0], [0, 0, 1]], dtype=torch.float64)


def test_cartesian_frequencies_break_every_hexagonal_group(store: Store) -> None:
    x = torch.tensor([[0.1, 0.23, 0.37]], dtype=torch.float64)
    step = torch.tensor([[0.0, 1.0, 0.0]], dtype=torch.float64)
    for setting in standard_settings()[142:194]:
        basis = store.basis(setting)

        def old(points: torch.Tensor, basis=basis) -> torch.Tensor:  # type: ignore[no-untyped-def]
            angles = points @ (basis.waves.double() @ RECIPROCAL).T + basis.phases24.double() / 24
            waves = torch.exp(2j * math.pi * angles)
            return torch.zeros(1, basis.n_functions, dtype=waves.dtype).index_add_(1, basis.orbits, waves)

        assert (old(x + step) - old(x)).abs().max() > 0.1
        torch.testing.assert_close(basis(x + step), basis(x), atol=1e-12, rtol=0)
        torch.testing.assert_close(
            basis(basis.images(x))[0], basis(x).expand(len(basis.rotations), -1), atol=1e-12, rtol=0
        )
