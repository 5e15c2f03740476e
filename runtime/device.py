"""Devices by the names that users give them: ``auto``, ``cpu``, ``cuda``, ``cuda:1``, ``mps``."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable
from typing import TypeVar

import torch
from torch import nn

from basis_store import DeviceError
from basis_store.counted import counted
from basis_store.errors import error_text

KNOWN_DEVICES = "auto, cpu, cuda, cuda:1 (the second GPU, and so on) or mps"
"""The names, for messages."""

_DOUBLE = (torch.float64, torch.complex128)

ModuleT = TypeVar("ModuleT", bound=nn.Module)

_LOCAL_RANK = "LOCAL_RANK"
"""Where ``torchrun`` says which process of this machine this is."""


def find_device(name: str, *, say: Callable[[str], object] = lambda note: None) -> torch.device:
    """The device of a name, after a first computation on it; a GPU becomes PyTorch's current one.

    Args:
        name: ``"cpu"``; ``"cuda"``, the first GPU, or under ``torchrun`` the one with the number of this process;
            ``"cuda:N"``; ``"mps"``; ``"auto"``, which is ``"cuda"`` if there is one that works, or else ``"cpu"``.
            It is never ``"mps"``, which lacks double precision.
        say: called with one line if ``"auto"`` finds a GPU that does not work.

    Raises:
        DeviceError: there is no such device, or it does not work.
    """
    if not re.fullmatch(r"auto|cpu|mps|cuda(:\d{1,4})?", name):
        raise DeviceError(f"there is no device {name!r}: give {KNOWN_DEVICES}")
    if name == "cpu":
        return torch.device("cpu")
    if name == "mps":
        if not torch.backends.mps.is_available():
            raise DeviceError(f"there is no mps, the GPU of an Apple processor: use {_available()}")
        return torch.device("mps")
    missing = _no_cuda()
    if name == "auto" and missing:
        return torch.device("cpu")
    if missing:
        raise DeviceError(f"there is no {name}: {missing}; use {_available()}")
    number = name.partition(":")[2]
    device = torch.device("cuda", int(number or os.environ.get(_LOCAL_RANK, "0")))
    try:
        _check_works(device)
    except DeviceError as error:
        # The processes of one run compute on devices of one kind.
        if name != "auto" or _LOCAL_RANK in os.environ:
            raise
        say(f"{error}; this is computed on the CPU")
        return torch.device("cpu")
    torch.cuda.set_device(device)  # where kernels of Triton and messages of NCCL go
    return device


def moved(module: ModuleT, device: torch.device) -> ModuleT:
    """``module.to(device)``, which changes the module.

    Raises:
        DeviceError: the device is ``"mps"``, and the module computes in double precision.
    """
    tensors = (*module.parameters(), *module.buffers())
    if any(tensor.dtype in _DOUBLE for tensor in tensors):
        check_double(device, f"{type(module).__name__}, with these targets,")
    return module.to(device)


def device_words(device: torch.device | str) -> str:
    """What computes: ``"NVIDIA H200"``, or ``"CPU, 2 threads"``."""
    device = torch.device(device)
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    threads = counted(torch.get_num_threads(), "thread")
    return f"CPU, {threads}" if device.type == "cpu" else device.type


def check_double(device: torch.device, what: str) -> None:
    """Refuse a device without double precision.

    Args:
        device: where to compute.
        what: what computes in double precision, for the message.

    Raises:
        DeviceError: the device is ``"mps"``.
    """
    if device.type == "mps":
        raise DeviceError(f"{what} computes in double precision, which mps lacks: use {_available(without='mps')}")


def _check_works(device: torch.device) -> None:
    count = torch.cuda.device_count()
    if device.index >= count:
        process = f" for process {device.index} of torchrun" if _LOCAL_RANK in os.environ else ""
        raise DeviceError(
            f"there is no {device}{process}: this machine has {counted(count, 'GPU')}; use {_available()}"
        )
    try:
        torch.ones(1, device=device).add(1).item()
    except (RuntimeError, AssertionError) as error:
        raise DeviceError(f"{device} does not work ({error_text(error)})") from error


def _no_cuda() -> str:
    """Why there is no CUDA, in a few words; ``""`` if there is."""
    if torch.version.cuda is None and torch.version.hip is None:
        return f"this PyTorch ({torch.__version__}) is built without CUDA"
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        if torch.cuda.is_available():
            return ""
    reason = "; ".join(error_text(Warning(one.message)) for one in caught)
    return f"PyTorch finds no GPU ({reason})" if reason else "PyTorch finds no GPU"


def _available(*, without: str = "") -> str:
    """The devices of this machine, for messages."""
    names = ["cpu"]
    if not _no_cuda():
        names += [f"cuda:{number}" for number in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available() and without != "mps":
        names.append("mps")
    *rest, last = names
    return f"{', '.join(rest)} or {last}" if rest else last
