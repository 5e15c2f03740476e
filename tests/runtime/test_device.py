"""Which device a name means, and one line that says what is wrong with it."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
import torch
from torch import nn

from basis_store import DeviceError
from runtime.device import check_double, find_device, moved

NO_CUDA = pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
ON_CUDA = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")


class Machine:
    """What PyTorch says about a machine with some GPUs; tensors that are sent to one stay where they are."""

    def __init__(self, patch: pytest.MonkeyPatch, *, gpus: int, broken: tuple[int, ...] = (), mps: bool = False):
        self.current: list[torch.device] = []
        ones = torch.ones

        def made(*shape: int, device: torch.device) -> torch.Tensor:
            if device.index in broken:
                raise RuntimeError("CUDA error: no kernel image is available\nCompile with TORCH_USE_CUDA_DSA\n")
            return ones(*shape)

        patch.setattr(torch.version, "cuda", "13.0")
        patch.setattr(torch.backends.mps, "is_available", lambda: mps)
        patch.setattr(torch.cuda, "is_available", lambda: gpus > 0)
        patch.setattr(torch.cuda, "device_count", lambda: gpus)
        patch.setattr(torch.cuda, "set_device", self.current.append)
        patch.setattr(torch, "ones", made)
        patch.delenv("LOCAL_RANK", raising=False)


@pytest.mark.parametrize(
    ("name", "expected"), [("auto", "cuda:0"), ("cuda", "cuda:0"), ("cuda:1", "cuda:1"), ("cpu", "cpu")]
)
def test_a_machine_with_gpus(name: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch, gpus=2)
    assert find_device(name) == torch.device(expected)
    assert machine.current == [torch.device(expected)] * (expected != "cpu"), (
        "kernels of Triton are launched there"
    )


def test_a_machine_without(monkeypatch: pytest.MonkeyPatch) -> None:
    Machine(monkeypatch, gpus=0)
    assert find_device("auto") == torch.device("cpu")
    with pytest.raises(DeviceError, match=r"^there is no cuda: PyTorch finds no GPU; use cpu$"):
        find_device("cuda")
    with pytest.raises(DeviceError, match=r"^there is no mps, the GPU of an Apple processor: use cpu$"):
        find_device("mps")

    with monkeypatch.context() as patch:
        patch.setattr(torch.version, "cuda", None)
        patch.setattr(torch, "__version__", "2.11.0+cpu")
        with pytest.raises(
            DeviceError, match=r"there is no cuda: this PyTorch \(2.11.0\+cpu\) is built without CUDA"
        ):
            find_device("cuda")

    def warns() -> bool:
        warnings.warn("The NVIDIA driver on your system is too old", stacklevel=1)
        return False

    monkeypatch.setattr(torch.cuda, "is_available", warns)
    assert find_device("auto") == torch.device("cpu")
    with pytest.raises(
        DeviceError, match=r"^there is no cuda:1: PyTorch finds no GPU \(The NVIDIA driver .* old\)"
    ):
        find_device("cuda:1")


def test_a_number_beyond_those_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    Machine(monkeypatch, gpus=2)
    with pytest.raises(
        DeviceError, match=r"^there is no cuda:2: this machine has 2 GPUs; use cpu, cuda:0 or cuda:1$"
    ):
        find_device("cuda:2")


def test_a_gpu_that_does_not_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only ``auto`` goes on, and says so; never silently, and not in one of several processes."""
    Machine(monkeypatch, gpus=2, broken=(0,))
    said: list[str] = []
    assert find_device("auto", say=said.append) == torch.device("cpu")
    reason = "cuda:0 does not work (CUDA error: no kernel image is available Compile with TORCH_USE_CUDA_DSA)"
    assert said == [f"{reason}; this is computed on the CPU"]
    with pytest.raises(DeviceError) as caught:
        find_device("cuda")
    assert str(caught.value) == reason
    assert find_device("cuda:1").index == 1
    monkeypatch.setenv("LOCAL_RANK", "0")
    with pytest.raises(DeviceError, match=r"cuda:0 does not work"):
        find_device("auto")


@pytest.mark.parametrize("name", ["auto", "cuda"])
def test_processes_of_torchrun_have_a_gpu_each(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch, gpus=2)
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert find_device(name) == torch.device("cuda:1")
    assert find_device("cuda:0") == torch.device("cuda:0")
    assert [device.index for device in machine.current] == [1, 0]
    monkeypatch.setenv("LOCAL_RANK", "2")
    with pytest.raises(
        DeviceError, match=r"^there is no cuda:2 for process 2 of torchrun: this machine has 2 GPUs"
    ):
        find_device(name)


@pytest.mark.parametrize("name", ["", "gpu", "CPU", "cuda:", "cuda:-1", "cuda:x", "cpu:1", "meta", "cuda:1\n"])
def test_other_names(name: str) -> None:
    with pytest.raises(DeviceError, match=r"^there is no device '.*': give auto, cpu, cuda, cuda:1 .* or mps$"):
        find_device(name)


def test_mps_lacks_double_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is only used when it is asked for, and refuses what would be less exact there."""
    Machine(monkeypatch, gpus=0, mps=True)
    assert find_device("auto") == torch.device("cpu")
    mps = find_device("mps")
    with pytest.raises(DeviceError, match=r"^this computes in double precision, which mps lacks: use cpu$"):
        check_double(mps, "this")
    single: Any = nn.Linear(2, 2)
    double = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2).double())
    monkeypatch.setattr(nn.Module, "to", lambda module, device: (module, device))
    assert moved(single, mps) == (single, mps)
    with pytest.raises(DeviceError, match=r"^Sequential, with these targets, computes in double precision"):
        moved(double, mps)
    assert moved(double, torch.device("cpu")) == (double, torch.device("cpu"))


@NO_CUDA
def test_this_machine() -> None:
    assert find_device("auto") == torch.device("cpu")
    with pytest.raises(
        DeviceError, match=r"there is no cuda: (this PyTorch .* without CUDA|PyTorch finds no GPU)"
    ):
        find_device("cuda")


@ON_CUDA
def test_this_machine_with_a_gpu() -> None:
    assert find_device("auto") == find_device("cuda") == torch.device("cuda", 0)
    with pytest.raises(DeviceError, match=r"there is no cuda:99: this machine has"):
        find_device("cuda:99")
