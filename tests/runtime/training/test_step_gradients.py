"""Gradients of a step: the same however it is cut, also where a device has too little memory for it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from basis_store import ModelError, TrainingError
from basis_store.array_types import IntArray
from runtime.models.batch import Batch
from runtime.models.batch_sizes import is_out_of_memory
from runtime.prediction import predict_prepared
from runtime.training.captured_batches import padded_sizes
from runtime.training.config import TrainingConfig
from runtime.training.data import SplitData, TrainingData
from runtime.training.step_gradients import StepGradients
from runtime.training.trainer import Trainer
from tests.support.crystals.made_datasets import made_dataset

SMALL = {"width": 16, "layers": 1, "heads": 2, "head_width": 4, "feed_forward": 16, "radial": 6, "cutoff": 4.0}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[TrainingConfig, SplitData]:
    folder = tmp_path_factory.mktemp("data")
    made_dataset(folder / "made.h5")
    values = {
        "data": [str(folder / "made.h5")],
        "output": str(folder / "run"),
        "targets": ["energy"],
        "model": SMALL,
    }
    config = TrainingConfig.from_mapping(values)
    return config, TrainingData(config).split("train", config.new_model())


class Memory:
    """A model whose device has room for batches up to a cost, and else fails as CUDA does, half way."""

    def __init__(self, room: int) -> None:
        self.room, self.failures = room, 0

    def limit(self, gradients: StepGradients) -> None:
        whole = gradients._backward

        def limited(batch: Batch, labels: torch.Tensor, share: torch.Tensor) -> torch.Tensor:
            sums = whole(batch, labels, share)  # gradients were added already: they must be taken back
            if int(batch.costs.sum()) > self.room:
                self.failures += 1
                raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
            return sums

        gradients._backward = limited  # type: ignore[method-assign]


def made_gradients(run: tuple[TrainingConfig, SplitData], said: list[str]) -> StepGradients:
    config, data = run
    torch.manual_seed(0)
    model = config.new_model()
    return StepGradients(
        model, data, weights=torch.ones(1), scales=torch.ones(1), batch_size=len(data), say=said.append
    )


def sums_and_gradients(gradients: StepGradients, rows: IntArray) -> list[torch.Tensor]:
    gradients._model.zero_grad()
    sums = gradients(rows, len(rows))
    return [sums, *(p.grad.clone() for p in gradients._model.parameters() if p.grad is not None)]


@pytest.mark.parametrize("share", [1.0, 0.3, 0.0])
def test_too_little_memory_makes_batches_smaller_and_changes_nothing(
    run: tuple[TrainingConfig, SplitData], share: float
) -> None:
    data, said = run[1], []
    rows = np.arange(len(data))[::-1].copy()
    expected = sums_and_gradients(made_gradients(run, said), rows)
    assert said == []
    limited = made_gradients(run, said)
    costs = data.crystals.costs
    memory = Memory(max(int(costs.max()), int(share * costs.sum())))
    memory.limit(limited)
    limited._budget = int(costs.sum())
    found = sums_and_gradients(limited, rows)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6)
    assert len(said) == memory.failures == (0 if share == 1.0 else len(said))
    assert (share == 1.0) == (not said)
    assert all(
        line == "Note: cpu has too little memory: batches are halved, steps remain the same." for line in said
    )
    assert sums_and_gradients(limited, rows)[0].equal(found[0]), "and the next step needs no second try"
    assert memory.failures == len(said)


def test_a_crystal_that_never_fits_is_one_clear_line(run: tuple[TrainingConfig, SplitData]) -> None:
    said: list[str] = []
    gradients = made_gradients(run, said)
    Memory(-1).limit(gradients)
    with pytest.raises(
        TrainingError, match=r"^cpu has too little memory for a crystal of this split, even alone: "
    ):
        gradients(np.arange(3), 3)


def test_other_errors_are_not_taken_for_it() -> None:
    assert is_out_of_memory(torch.cuda.OutOfMemoryError("CUDA out of memory."))
    assert is_out_of_memory(RuntimeError("MPS backend out of memory"))
    assert not is_out_of_memory(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))


def test_predictions_with_too_little_memory(
    run: tuple[TrainingConfig, SplitData], monkeypatch: pytest.MonkeyPatch
) -> None:
    config, data = run
    model = config.new_model()
    expected, sizes = predict_prepared(model, data.crystals), []
    network = type(model).network

    def limited(self: object, batch: Batch) -> torch.Tensor:
        sizes.append(len(batch))
        if len(batch) > 3:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory.")
        found: torch.Tensor = network(self, batch)  # type: ignore[arg-type]
        return found

    def limited_to_none(self: object, batch: Batch) -> torch.Tensor:
        raise torch.cuda.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(type(model), "network", limited)
    with pytest.warns(RuntimeWarning, match=r"^cpu has too little memory: batches are halved$"):
        found = predict_prepared(model, data.crystals)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    assert max(sizes) > 3
    monkeypatch.setattr(type(model), "network", limited_to_none)
    with (
        pytest.warns(RuntimeWarning, match="batches are halved"),
        pytest.raises(ModelError, match=r"^cpu has too little memory for a crystal of \d+ sites: use the CPU$"),
    ):
        predict_prepared(model, data.crystals)


def test_few_sizes_serve_all_steps(run: tuple[TrainingConfig, SplitData]) -> None:
    """Batches fit their sizes, with room for padding, and not much of it."""
    crystals = run[1].crystals
    rng, kinds = np.random.default_rng(0), set()
    for _ in range(300):
        batch = crystals.take(rng.choice(len(crystals), rng.integers(1, 7), replace=False))
        sizes = padded_sizes(batch, 6)
        assert sizes["crystals"] == 7
        for axis in batch.counts:
            assert batch.size(axis) < sizes[axis] <= 1.25 * (batch.size(axis) + 1) + 1
        assert batch.padded(sizes).size("sites") == sizes["sites"]
        kinds.add(tuple(sizes.values()))
    assert len(kinds) < 100


def test_padded_steps_have_the_same_gradients(run: tuple[TrainingConfig, SplitData]) -> None:
    """What a GPU replays: the batch with padding, whose labels are missing."""
    said: list[str] = []
    gradients = made_gradients(run, said)
    model, crystals = gradients._model, run[1].crystals
    rows = np.arange(5)
    expected = sums_and_gradients(gradients, rows)
    batch, labels = crystals.take(rows), gradients._labels[:5]
    sizes = {axis: batch.size(axis) + 70 for axis in ("crystals", *batch.counts)}
    labels = torch.cat([labels, torch.full_like(labels[:1], torch.nan).expand(70, -1, -1)])
    model.zero_grad()
    sums = gradients._backward(batch.padded(sizes), labels, torch.tensor(1 / 5))
    found = [sums, *(p.grad for p in model.parameters() if p.grad is not None)]
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_captured_steps_have_the_gradients_of_others(run: tuple[TrainingConfig, SplitData]) -> None:
    config, data = run
    found = []
    for captured in (True, False):
        torch.manual_seed(0)
        model = config.new_model().cuda()
        made = StepGradients(
            model, data, weights=torch.ones(1).cuda(), scales=torch.ones(1).cuda(), batch_size=8, say=print
        )
        if not captured:
            made._captured = None
        for start in range(0, 24, 8):
            model.zero_grad()
            sums = made(np.arange(start, start + 8), 8).clone()
            found.append([sums, *(p.grad.clone() for p in model.parameters() if p.grad is not None)])
    for one, other in zip(found[:3], found[3:], strict=True):
        for a, b in zip(one, other, strict=True):
            torch.testing.assert_close(a, b, rtol=2e-2, atol=1e-3)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_the_host_never_waits_for_the_gpu(run: tuple[TrainingConfig, SplitData], tmp_path: Path) -> None:
    """Within a step: otherwise one of the two is idle at any time."""
    config = dataclasses.replace(run[0], output=str(tmp_path))
    data = TrainingData(config)
    model = config.new_model().cuda()
    train, val = data.split("train", model), data.split("val", model)
    trainer = Trainer(config, model, train, val, device="cuda")
    rows = np.arange(8)
    trainer._step(rows)  # its graph is recorded
    torch.cuda.set_sync_debug_mode("error")
    try:
        for _ in range(3):
            trainer._step(rows)
    finally:
        torch.cuda.set_sync_debug_mode("default")
