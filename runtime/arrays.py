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

from basis_store import CrystalRecord, MissingDependencyError

if tuple(map(int, torch.__version__.split(".")[:2])) < (2, 6):
    raise MissingDependencyError(
        f"sgbasis needs PyTorch 2.6 or newer, and {torch.__version__} is installed: pip install --upgrade torch"
    )


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


def as_tensor(values: object, what: str, device: torch.device | str = "cpu") -> Tensor:
    """A tensor as it is; a NumPy array or lists of numbers as a tensor.

    Args:
        values: anything.
        what: it is called in messages.
        device: for what is no tensor yet.

    Raises:
        TypeError: they are not numbers.
        ValueError: there is nothing in it, as on the device "meta".
    """
    if not isinstance(values, Tensor):
        try:
            array = np.asarray(values)
            values = torch.tensor(array.astype(array.dtype.newbyteorder("=")), device=device)
        except (TypeError, ValueError, RuntimeError) as error:
            raise TypeError(f"{what} are a tensor or an array of numbers, not {type(values).__name__}") from error
    if values.is_meta:
        raise ValueError(f'{what} are on the device "meta", where they have no values')
    return values


def real_tensor(values: object, what: str, device: torch.device | str = "cpu") -> Tensor:
    """The same in float32 or float64.

    Raises:
        TypeError: another type.
        ValueError: as :func:`as_tensor`.
    """
    tensor = as_tensor(values, what, device)
    if tensor.dtype not in (torch.float32, torch.float64):
        raise TypeError(f"{what} must be float32 or float64, not {str(tensor.dtype).removeprefix('torch.')}")
    return tensor


def points(
    values: object, what: str = "coordinates", device: torch.device | str = "cpu", dimension: int = 3
) -> Tensor:
    """The same with shape (..., 3), or as many coordinates as the dimension.

    Raises:
        TypeError: another type.
        ValueError: another shape, or as :func:`as_tensor`.
    """
    tensor = real_tensor(values, what, device)
    if tensor.ndim == 0 or tensor.shape[-1] != dimension:
        raise ValueError(f"{what} have shape (..., {dimension}), not {tuple(tensor.shape)}")
    return tensor


def sites_and_lattice(
    record: CrystalRecord,
    coordinates: object | None = None,
    lattice: object | None = None,
    device: torch.device | str | None = None,
) -> tuple[Tensor, Tensor]:
    """The sites and the lattice of a record, or tensors in their place to differentiate by.

    Args:
        record: the crystal.
        coordinates: (n, 3) fractional; default: the record's.
        lattice: (3, 3) rows in Angstrom; default: the record's.
        device: of the record's own coordinates.

    Returns:
        (n, 3) and (3, 3), on the device of the first, each of its own type.

    Raises:
        TypeError: they are neither float32 nor float64.
        ValueError: they have another shape.
    """
    x = points(record.coordinates if coordinates is None else coordinates, device=device or "cpu")
    cell = real_tensor(record.lattice if lattice is None else lattice, "lattice vectors", x.device)
    if x.shape != record.coordinates.shape or cell.shape != (3, 3):
        shapes = f"{tuple(x.shape)} and {tuple(cell.shape)}"
        raise ValueError(f"coordinates have shape ({len(record)}, 3) and the lattice (3, 3), not {shapes}")
    return x, cell.to(x.device)


def integers(values: object, what: str, device: torch.device | str = "cpu") -> Tensor:
    """A tensor of integers, from whatever a caller gives.

    Raises:
        TypeError: another type.
        ValueError: as :func:`as_tensor`.
    """
    tensor = as_tensor(values, what, device)
    if tensor.is_floating_point() or tensor.is_complex() or tensor.dtype == torch.bool:
        raise TypeError(f"{what} are integers, not {str(tensor.dtype).removeprefix('torch.')}")
    return tensor


def on_device(tensor: Tensor, device: torch.device) -> Tensor:
    """A small tensor of the CPU on a device; a GPU is not waited for."""
    if device.type != "cuda":
        return tensor.to(device)
    return tensor.pin_memory().to(device, non_blocking=True)


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
