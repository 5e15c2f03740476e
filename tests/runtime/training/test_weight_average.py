"""The moving average of weights: the same as PyTorch's own with the same formula."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from runtime.training.optimization import WeightAverage


@pytest.mark.parametrize("counts", [False, True], ids=["random weights", "initial weights"])
def test_it_equals_the_one_of_pytorch(counts: bool) -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.LayerNorm(4))
    model.register_buffer("scale", torch.tensor(2.0))

    def update(averages: list[Tensor], currents: list[Tensor], count: Tensor) -> None:
        decay = min(0.9, (1 + float(count)) / (10 + float(count)))
        torch._foreach_lerp_(averages, currents, 1 - decay)

    theirs = AveragedModel(model, multi_avg_fn=update)  # type: ignore[arg-type]
    theirs.n_averaged.fill_(counts)
    ours = WeightAverage(model, decay=0.9, counts=counts)
    for step in range(150):
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(torch.randn_like(parameter))
        theirs.update_parameters(model)
        ours.update_parameters(model)
        if step == 70:  # resumed from a checkpoint
            state = copy.deepcopy(ours.state_dict())
            ours = WeightAverage(model, decay=0.9, counts=counts)
            ours.load_state_dict(state)
    assert set(ours.state_dict()) == set(theirs.state_dict())
    for name, value in theirs.state_dict().items():
        assert torch.equal(ours.state_dict()[name], value), name
