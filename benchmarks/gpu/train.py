"""Training on a GPU: its steps beside the same without CUDA graphs, memory, and how busy the GPU is."""

from __future__ import annotations

import dataclasses
import functools
import gc
import itertools
import os
import statistics
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.profiler import ProfilerActivity, profile

from basis_store.array_types import IntArray
from benchmarks.gpu.setup import MODEL_BOUNDS, Setup, check_close
from benchmarks.row import Row
from benchmarks.ways_to_train import default_model, n_operations, n_parameters, split_data
from runtime.models.base import CrystalModel
from runtime.training.config import TrainingConfig
from runtime.training.data import SplitData
from runtime.training.trainer import Trainer

_WARM_UP = 2
"""Epochs in which graphs are recorded."""

_RECORDED_STEPS = 20

_KEEP_TRACING_GRAPHS = {"DISABLE_CUPTI_LAZY_REINIT": "1", "TEARDOWN_CUPTI": "0"}
"""Without these, recording can end with an error where CUDA graphs are in use (PyTorch sets them for its own)."""

_VALIDATED = 64
_HALF_PRECISION = 0.02
"""Relative; gradients and losses of training on a GPU are computed in bfloat16, with 8 digits of base 2."""


def check_gradients(setup: Setup) -> None:
    """Gradients of a model are those of the CPU, in both precisions."""
    for dtype, bound in MODEL_BOUNDS.items():
        found = []
        for device in (setup.device, torch.device("cpu")):
            model = default_model(**setup.sizes.model, dropout=0.0).to(device, dtype)
            model(model.prepare(setup.crystals(setup.sizes.checked))).square().sum().backward()
            found.append(_gradients(model).cpu())
        _check_norm(found[0], found[1], bound, f"gradients in {str(dtype).removeprefix('torch.')}")


def check_padding(setup: Setup) -> None:
    """Padded batches, which graphs repeat, have the predictions and gradients of the crystals alone."""
    model = default_model(**setup.sizes.model, dropout=0.0).to(setup.device)
    batch = model.prepare(setup.crystals(setup.sizes.checked))
    padded = batch.padded({axis: batch.size(axis) + 37 for axis in (*batch.counts, "crystals")})
    found: list[Tensor] = []
    expected: list[Tensor] = []
    for values, given in ((expected, batch), (found, padded)):
        model.zero_grad()
        predicted = model(given)[: len(batch)]
        predicted.square().sum().backward()
        values += [predicted, _gradients(model)]
    check_close(found[0], expected[0], 1e-4, "predictions of a padded batch")
    _check_norm(found[1], expected[1], 1e-4, "gradients of a padded batch")


def check_captured_steps(setup: Setup) -> None:
    """Steps that are repeated as graphs have the gradients of steps that are not."""
    data, size = _data(setup, setup.sizes.checked), min(32, setup.sizes.checked // 2)
    found: list[list[Tensor]] = []
    for captured in (True, False):
        with tempfile.TemporaryDirectory(dir=setup.folder) as folder:
            trainer = _trainer(setup, data, size, 1, folder, captured=captured, dropout=0.0)
            found.append([])
            for rows in (np.arange(size), np.arange(size, 2 * size), np.arange(size)):
                trainer.model.zero_grad()
                sums = trainer.gradients(rows, size).clone()
                found[-1] += [sums, _gradients(trainer.model)]
    for number, (one, other) in enumerate(zip(*found, strict=True)):
        what = f"{'gradients' if number % 2 else 'losses'} of captured step {number // 2 + 1}"
        _check_norm(one, other, _HALF_PRECISION, what)


def check_losses(setup: Setup) -> None:
    """A few steps from equal seeds have the losses that they have on the CPU."""
    size, losses = min(32, setup.sizes.checked // 2), []
    for device in (setup.device, torch.device("cpu")):
        data = _data(setup, 4 * size, device)
        with tempfile.TemporaryDirectory(dir=setup.folder) as folder:
            reports = list(_trainer(setup, data, size, 2, folder, device=device, dropout=0.0).epochs())
        losses.append(torch.tensor([report.train_loss + report.val_loss for report in reports]))
    check_close(losses[0] / losses[1], torch.ones_like(losses[1]), 2 * _HALF_PRECISION, "losses of equal seeds")


CHECKS = (check_gradients, check_padding, check_captured_steps, check_losses)


def rows(setup: Setup) -> Iterator[Row]:
    """Crystals per second, by the crystals of a step."""
    crystals = setup.crystals()
    data = _data(setup, len(crystals))
    model = default_model(**setup.sizes.model)
    operations = n_operations(model, split_data(model, setup.crystals(setup.sizes.on_cpu)))
    for size in setup.sizes.steps:
        ours, peer = (_measured(setup, data, size, captured=captured) for captured in (True, False))
        yield Row(
            name="gpu_train" if size == setup.sizes.steps[0] else f"gpu_train_{size}",
            what=(
                f"{setup.words(crystals)}: steps of {size} crystals, default network, {n_parameters(model):,} "
                f"parameters, {data.crystals.counts['pairs'].mean():.0f} pairs of sites and "
                f"{data.crystals.counts['images'].mean():.0f} images per crystal"
            ),
            unit="crystals/s",
            ours=ours.rate,
            peer=peer.rate,
            peer_name="the same without CUDA graphs",
            limit=1 / setup.machine.seconds(operations=operations, bfloat16=True),
            limited_by=f"matrix products, {operations / 1e6:.0f} million operations per crystal",
            peak_bytes=ours.peak,
            peer_peak_bytes=peer.peak,
            busy=ours.busy,
        )


@dataclass(frozen=True)
class _Measured:
    rate: float
    peak: float | None
    busy: float | None


def _measured(setup: Setup, data: SplitData, size: int, *, captured: bool) -> _Measured:
    """Median rate of some epochs, then an epoch in which the GPU's activities are recorded."""
    on_gpu, held = setup.device.type == "cuda", 0
    if on_gpu:
        gc.collect()
        torch.cuda.empty_cache()
        held = torch.cuda.memory_allocated(setup.device) - data.crystals.n_bytes  # by other parts
        torch.cuda.reset_peak_memory_stats(setup.device)
    with tempfile.TemporaryDirectory(dir=setup.folder) as folder:
        n_epochs = _WARM_UP + setup.sizes.epochs
        trainer = _trainer(setup, data, size, n_epochs + 1, folder, captured=captured)
        rates = [report.crystals_per_second for report in itertools.islice(trainer.epochs(), n_epochs)]
        rate = statistics.median(rates[_WARM_UP:])
        peak = float(torch.cuda.max_memory_reserved(setup.device) - held) if on_gpu else None
        busy: list[float] = []
        if on_gpu and captured:
            next(iter(trainer.epochs(functools.partial(_recorded, busy=busy, device=setup.device))))
    return _Measured(rate, peak, busy[0] * rate if busy else None)


def _recorded(steps: Iterable[IntArray], *, busy: list[float], device: torch.device) -> Iterator[IntArray]:
    """The steps of an epoch; ``busy`` gets the seconds for which a crystal of the first few keeps the GPU at work.

    The GPU's own clock is read, since recording slows the host down.
    """
    os.environ |= _KEEP_TRACING_GRAPHS
    remaining = iter(steps)
    first = list(itertools.islice(remaining, _RECORDED_STEPS))
    torch.cuda.synchronize(device)
    with profile(activities=[ProfilerActivity.CUDA]) as found:
        yield from first
        torch.cuda.synchronize(device)
    times = [
        (event.time_range.start / 1e6, event.time_range.end / 1e6)
        for event in found.events() or ()
        if event.device_type.name == "CUDA" and not event.is_user_annotation
    ]
    if times:
        busy.append(busy_seconds(times) / sum(map(len, first)))
    yield from remaining


def _data(setup: Setup, most: int, device: torch.device | None = None) -> SplitData:
    model = default_model(**setup.sizes.model).to(device or setup.device)
    return split_data(model, setup.crystals(most))


def _trainer(
    setup: Setup,
    data: SplitData,
    size: int,
    epochs: int,
    folder: str,
    *,
    captured: bool = True,
    device: torch.device | None = None,
    **sizes: float,
) -> Trainer:
    """A trainer of the default network, with the same weights at every call."""
    model = default_model(**setup.sizes.model, **sizes)
    if not captured:
        setattr(model, "static_shapes", False)  # noqa: B010 - a class variable, overridden for this model
    config = TrainingConfig(("given",), model.targets, folder, epochs=epochs, batch_size=size)
    few = dataclasses.replace(
        data,
        crystals=data.crystals.take(np.arange(min(_VALIDATED, len(data)))),
        **{name: getattr(data, name)[:_VALIDATED] for name in ("values", "labels", "groups")},
    )
    return Trainer(config, model, data, few, device=device or setup.device)


def _gradients(model: CrystalModel) -> Tensor:
    """All of them in one tensor."""
    return torch.cat([one.grad.flatten() for one in model.parameters() if one.grad is not None])


def _check_norm(found: Tensor, expected: Tensor, bound: float, what: str) -> None:
    norm = expected.norm()
    check_close((found - expected).norm() / norm, torch.zeros_like(norm), bound, what)


def busy_seconds(intervals: Iterable[tuple[float, float]]) -> float:
    """Length of the union of intervals of time.

    Args:
        intervals: starts and ends, in any order.
    """
    total, end = 0.0, float("-inf")
    for start, stop in sorted(intervals):
        total += max(0.0, stop - max(start, end))
        end = max(end, stop)
    return total
