"""Predictions of a compiled dataset on a GPU, beside the same on the CPU."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from benchmarks.gpu.setup import MODEL_BOUNDS, Setup, check_close
from benchmarks.row import Row
from benchmarks.ways_to_train import default_model, n_operations, split_data
from runtime.models.base import CrystalModel
from runtime.prediction import predict


def check_predictions(setup: Setup) -> None:
    """A model predicts what it predicts on the CPU, in both precisions."""
    crystals = setup.crystals(setup.sizes.checked)
    for dtype, bound in MODEL_BOUNDS.items():
        here, there = (_model(setup).to(device, dtype) for device in ("cpu", setup.device))
        found, expected = (torch.from_numpy(predict(model, crystals)) for model in (there, here))
        check_close(found, expected, bound, f"predictions in {str(dtype).removeprefix('torch.')}")


CHECKS = (check_predictions,)


def rows(setup: Setup) -> Iterator[Row]:
    """Crystals per second, neighbours included."""
    crystals = setup.crystals()
    some = setup.crystals(setup.sizes.on_cpu)
    here, there = _model(setup), _model(setup).to(setup.device)
    (ours,) = setup.times(lambda: predict(there, crystals))
    peer = setup.once(lambda: predict(here, some))
    operations = n_operations(here, split_data(here, some), backward=False)
    yield Row(
        name="gpu_predict",
        what=f"the default network, untrained, of {setup.words(crystals)}, neighbours included",
        unit="crystals/s",
        ours=len(crystals) / ours,
        peer=len(some) / peer,
        peer_name="the same on the CPU",
        limit=1 / setup.machine.seconds(operations=operations),
        limited_by=f"matrix products in float32, {operations / 1e6:.0f} million operations per crystal",
    )


def _model(setup: Setup) -> CrystalModel:
    return default_model(**setup.sizes.model).eval()
