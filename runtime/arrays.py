"""Constants of modules, and tensors from whatever a caller gives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode


def constant(values: NDArray[np.generic] | Tensor, dtype: torch.dtype | None = None) -> Tensor:
    """A tensor that a module computes with, and that is not learned or saved.

    It is on PyTorch's default device, as parameters are: a module is whole on one device. Constants have values
    even if the default device is ``"meta"``, so that a module without weights is complete once they are assigned.

    Args:
        values: on the CPU.
        dtype: of the tensor; default: that of the values.
    """
    tensor = values if isinstance(values, Tensor) else torch.from_numpy(np.ascontiguousarray(values))
    device = torch.empty(0).device
    return tensor.to("cpu" if device.type == "meta" else device, dtype)


def random_weights(*shape: int, std: float) -> nn.Parameter:
    """Normally distributed parameters with a mean of 0, in the default type and on the default device."""
    return nn.Parameter(nn.init.normal_(torch.empty(shape), std=std))


@contextmanager
def building(dtype: torch.dtype, device: torch.device | str) -> Iterator[None]:
    """Make modules of one type on one device, whatever the defaults are; their weights get no initial values."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        with torch.device(device), _WithoutInitialValues():
            yield
    finally:
        torch.set_default_dtype(before)


class _WithoutInitialValues(TorchFunctionMode):
    """Skips :mod:`torch.nn.init`; on the device "meta" its functions would import SymPy, which takes a second."""

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if getattr(func, "__module__", None) == "torch.nn.init":
            return args[0] if args else kwargs["tensor"]
        return func(*args, **kwargs)
