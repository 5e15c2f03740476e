"""Regression 16. A GPU path that was only ever run in an interpreter: on a GPU, second derivatives crashed, since
tables had stayed on the CPU, and stores of scattered 4-byte parts reached 5 % of the memory bandwidth.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from runtime import EncodingPlan, Setting, Store, WaveEncoder
from runtime.encoding.exponentials import Exponentials
from runtime.encoding.plan import Block

SETTINGS = [Setting.standard(number) for number in (2, 19, 194, 227)]


class OneDevice(TorchDispatchMode):
    """Refuses operations on two devices, as a GPU does; "meta", which has no values, stands in for it."""

    def __torch_dispatch__(
        self, func: Callable[..., Any], types: Sequence[type], args: Any = (), kwargs: Any = None
    ) -> Any:
        tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, torch.Tensor) and leaf.ndim]
        devices = {tensor.device.type for tensor in tensors}
        if len(devices) > 1 and "copy" not in str(func):
            raise RuntimeError(f"{func} on {sorted(devices)}")
        return func(*args, **(kwargs or {}))


def second_derivatives(store: Store) -> torch.Tensor:
    """Through the path that the GPU takes for them, at points of 4 settings on "meta"."""
    encoder = WaveEncoder(store)
    plan = encoder.plan(SETTINGS, torch.arange(8) % 4)
    blocks = [Block(block.rows.to("meta"), block.segments) for block in plan.blocks]
    there = EncodingPlan(plan.settings, plan.order.to("meta"), plan.kinds.to("meta"))
    there.__dict__["blocks"] = blocks  # their sizes could not be read there
    x = torch.empty(8, 3, device="meta", requires_grad=True)
    gradient = torch.empty(8, 2 * encoder.n_waves, device="meta")
    with OneDevice():
        slopes = encoder._torch_path.differentiable_slopes(x, gradient, there)
        (curved,) = torch.autograd.grad(slopes.sum(), x)
    return curved


def test_tables_that_stay_on_the_cpu_are_found(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The old bug, re-enacted."""
    moved = Exponentials.tables
    monkeypatch.setattr(Exponentials, "tables", lambda self, _device: moved(self, torch.device("cpu")))
    with pytest.raises(RuntimeError, match=r"index_select.*cpu.*meta"):
        second_derivatives(store)


def test_tables_are_where_the_points_are(store: Store) -> None:
    assert second_derivatives(store).shape == (8, 3)


def test_kernels_compile_for_an_h100_and_a_warp_stores_neighbours() -> None:
    """Without a GPU: the compiler needs none. 32 threads side by side store two values each: 256 or 512 bytes."""
    pytest.importorskip("triton.backends.nvidia", reason="Triton for Nvidia GPUs is not installed")
    environment = {name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.triton_machine_code"],
        capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip
    kinds = [f"{number} {kind}" for number in ("fp32", "fp64") for kind in ("complex", "real")]
    expected = [line for kind in kinds for line in (f"values_kernel {kind}", "32x2")]
    expected += [f"gradient_kernel {kind}" for kind in kinds]
    assert done.stdout.splitlines() == expected, done.stderr
