"""Means over the atoms of crystals: values, derivatives of any order, crystals without sites."""

from __future__ import annotations

import pytest
import torch

from runtime.site_kernels.images.site_mean import SiteMean

CRYSTALS = torch.tensor([0, 0, 0, 2, 2, 3])
WEIGHTS = torch.tensor([0.2, 0.3, 0.5, 0.9, 0.1, 1.0], dtype=torch.float64)
DEVICES = [
    "cpu",
    pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")),
]


@pytest.mark.parametrize("device", DEVICES)
def test_means_and_spread_values(device: str) -> None:
    mean = SiteMean(WEIGHTS.to(device), CRYSTALS.to(device), 5)
    values = torch.arange(12.0, dtype=torch.float64).view(6, 2).to(device)
    found = mean(values)
    expected = [(WEIGHTS[own, None] * values.cpu()[own]).sum(0) for own in (c == CRYSTALS for c in range(5))]
    torch.testing.assert_close(found.cpu(), torch.stack(expected))
    assert not found[1].any() and not found[4].any()
    assert mean(values[:, :, None].expand(6, 2, 3)).shape == (5, 2, 3)
    assert torch.equal(mean.spread(found).cpu(), found.cpu()[CRYSTALS])


@pytest.mark.parametrize("device", DEVICES)
def test_derivatives_of_any_order(device: str) -> None:
    mean = SiteMean(WEIGHTS.to(device), CRYSTALS.to(device), 5)
    x = torch.rand(6, 2, dtype=torch.float64, device=device, requires_grad=True)

    def function(x: torch.Tensor) -> torch.Tensor:
        return mean(mean.spread(mean(x.square())).square()).pow(2).sum()

    assert torch.autograd.gradcheck(function, (x,))
    assert torch.autograd.gradgradcheck(function, (x,))
