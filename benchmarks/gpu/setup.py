"""What all parts of ``python -m benchmarks gpu`` share: device, limits, crystals, how times are taken."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import torch
from torch import Tensor

from basis_store import CrystalArrays, CrystalTable, open_crystals, write_crystals
from benchmarks.crystal_sample import realistic_records
from benchmarks.encoding import DenseRouting
from benchmarks.machine import Machine
from benchmarks.row import side_by_side
from runtime import Store, WaveEncoder, load_store
from runtime.encoding import fused_functions, wave_encoder

PRECISIONS = {torch.float32: 1e-5, torch.float64: 1e-12}
"""Largest difference from the CPU of an encoding, and of a derivative in units of the largest one."""

MODEL_BOUNDS = {torch.float32: 1e-4, torch.float64: 1e-9}
"""The same of what a network computes in many layers, and of the norm of its gradients."""


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """How much is measured; tests measure less.

    Attributes:
        points: of the small and of the large batch of atoms.
        basis_points: for the functions of one setting.
        crystals: that a model is trained on and predicts.
        neighbours: crystals whose neighbours are searched.
        checked: crystals whose neighbours and predictions are compared.
        routed: crystals that dense routing takes at once.
        steps: crystals of a training step, in turn.
        epochs: that are measured.
        on_cpu: crystals that the CPU takes as a peer.
        model: sizes of the network that differ from the default.
        repeats: measurements, of which the median is taken.
        at_least: seconds of a measurement.
    """

    points: tuple[int, int] = (4096, 524_288)
    basis_points: int = 200_000
    crystals: int = 8192
    neighbours: int = 4096
    checked: int = 300
    routed: int = 230
    steps: tuple[int, ...] = (64, 256)
    epochs: int = 4
    on_cpu: int = 512
    model: dict[str, Any] = field(default_factory=dict)
    repeats: int = 5
    at_least: float = 0.05


@dataclass(frozen=True, kw_only=True)
class Setup:
    """Where and how much to measure.

    Attributes:
        device: the GPU; tests take the CPU.
        machine: limits of the device.
        folder: for files that are needed meanwhile.
        data: a compiled dataset; without one, crystals are made.
        sizes: how much.
        compiled: compiles a function, for peers.
    """

    device: torch.device
    machine: Machine
    folder: Path
    data: Path | None = None
    sizes: Sizes = Sizes()
    compiled: Callable[[Callable[..., Tensor]], Callable[..., Tensor]] = torch.compile

    @cached_property
    def store(self) -> Store:
        """The store that ships."""
        return load_store()

    @cached_property
    def encoder(self) -> WaveEncoder:
        """Of all shared waves."""
        return WaveEncoder(self.store)

    @cached_property
    def dense(self) -> DenseRouting:
        """The peer of the encoder, on the device."""
        return DenseRouting(self.store, self.device)

    @cached_property
    def table(self) -> CrystalTable:
        """The dataset."""
        if self.data is not None:
            return open_crystals(self.data)
        path = self.folder / "made.h5"
        write_crystals(path, realistic_records(self.sizes.crystals))
        return open_crystals(path)

    def crystals(self, most: int | None = None) -> CrystalArrays:
        """The first crystals of the dataset, at most those of the sizes."""
        most = min(self.sizes.crystals if most is None else most, len(self.table))
        return CrystalArrays.of(self.table).take(np.arange(most))

    def words(self, crystals: CrystalArrays) -> str:
        """How many crystals these are, and from where."""
        source = "made crystals" if self.data is None else f"crystals of {self.data.name}"
        return f"{len(crystals):,} {source}, {crystals.site_counts.mean():.1f} sites each"

    def times(self, *works: Callable[[], object]) -> list[float]:
        """Median seconds of each, on the device."""
        return side_by_side(works, self.sizes.repeats, device=self.device, at_least=self.sizes.at_least)

    def once(self, work: Callable[[], object]) -> float:
        """Seconds of one call after another one: of work that takes seconds."""
        return side_by_side([work], 1, device=self.device)[0]


@contextlib.contextmanager
def without_triton() -> Iterator[None]:
    """Encode by PyTorch operations, as where Triton is not installed."""
    with contextlib.ExitStack() as stack:
        for module in (wave_encoder, fused_functions):
            stack.enter_context(mock.patch.object(module, "uses_triton", lambda _: False))
        yield


def plainly(work: Callable[[], object]) -> Callable[[], object]:
    """The same work without Triton's kernels."""

    def plain() -> object:
        with without_triton():
            return work()

    return plain


def check_close(found: Tensor, expected: Tensor, bound: float, what: str) -> None:
    """Compare in units of the largest expected value, if that is larger than 1.

    Raises:
        AssertionError: they differ by more than ``bound``.
    """
    found, expected = found.detach().cpu(), expected.detach().cpu()
    if found.shape != expected.shape:
        raise AssertionError(f"{what}: shape {tuple(found.shape)}, not {tuple(expected.shape)}")
    scale = max(1.0, float(expected.abs().max())) if expected.numel() else 1.0
    error = float((found - expected).abs().max()) / scale if expected.numel() else 0.0
    if not error <= bound:
        raise AssertionError(f"{what}: differ by {error:.2g}, allowed are {bound:g}")


def derivatives(encode: Callable[[Tensor], Tensor], x: Tensor, weights: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Slopes of a weighted sum of squares of values, and the slopes of a weighted sum of these slopes.

    Args:
        encode: (n, 3) -> (n, columns).
        x: (n, 3).
        weights: (n, columns) and (n, 3).
    """
    x = x.detach().requires_grad_()
    (slopes,) = torch.autograd.grad(_sum_of_squares(encode(x), weights[0]), x, create_graph=True)
    (curves,) = torch.autograd.grad((slopes * weights[1]).sum(), x)
    return slopes.detach(), curves


def check_derivatives_of(
    what: str,
    bound: float,
    *works: Callable[[Tensor], Tensor],
    points: Sequence[Tensor],
    weights: Sequence[Tensor],
) -> None:
    """Compare slopes of a function on two devices, slopes that can be differentiated, and the slopes of these.

    Args:
        what: the function.
        bound: as for :func:`check_close`.
        works: on the one device and, what is right, on the other.
        points: (n, 3) on each.
        weights: as for :func:`derivatives`, on any device.

    Raises:
        AssertionError: they differ.
    """
    found = []
    for work, x in zip(works, points, strict=True):
        own = [one.to(x) for one in weights]
        y = x.detach().requires_grad_()
        # Without a graph, a GPU computes them by another kernel.
        (slopes,) = torch.autograd.grad(_sum_of_squares(work(y), own[0]), y)
        found.append((slopes, *derivatives(work, x, own)))
    names = ("gradients", "differentiable gradients", "second derivatives")
    for name, one, other in zip(names, *found, strict=True):
        check_close(one, other, bound, f"{name} of {what}")


def _sum_of_squares(values: Tensor, weights: Tensor) -> Tensor:
    squares = torch.view_as_real(values).square().sum(-1) if values.is_complex() else values.square()
    return (squares * weights).sum()
