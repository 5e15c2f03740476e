"""The limits of the machine, measured in the same run as everything that is compared with them."""

from __future__ import annotations

import datetime
import importlib.metadata
import importlib.util
import platform
from dataclasses import dataclass

import torch

from basis_compiler import available_cores
from basis_store.version import VERSION
from benchmarks.row import median_seconds

_BYTES = {"cpu": 1 << 28, "cuda": 1 << 30}
"""Larger than every cache."""

_SIZES = {"cpu": 2048, "cuda": 8192}


@dataclass(frozen=True)
class Machine:
    """Limits with all of torch's threads, or of a GPU.

    Attributes:
        bandwidth: bytes per second, read and written together, of a copy too large for the caches.
        flops: float32 operations per second of a large matrix product.
        bfloat16_flops: the same in bfloat16; measured for GPUs only.
        device: a GPU, if the limits are those of one.
    """

    bandwidth: float
    flops: float
    bfloat16_flops: float | None = None
    device: torch.device | None = None

    @classmethod
    def measure(cls, device: torch.device | None = None) -> Machine:
        """Copy a quarter of a gigabyte and multiply matrices of 2,048 rows; on a GPU 1 GiB and 8,192 rows.

        Args:
            device: a GPU; default: the processor.
        """
        kind = "cpu" if device is None else device.type
        source = torch.ones(_BYTES[kind] // 4, device=device)
        target = torch.empty_like(source)
        copy = median_seconds(lambda: target.copy_(source), device=device)
        on_gpu = kind == "cuda"
        return cls(
            bandwidth=2 * _BYTES[kind] / copy,
            flops=_product_flops(_SIZES[kind], torch.float32, device),
            bfloat16_flops=_product_flops(_SIZES[kind], torch.bfloat16, device) if on_gpu else None,
            device=device if on_gpu else None,
        )

    def seconds(self, *, bytes_moved: float = 0.0, operations: float = 0.0, bfloat16: bool = False) -> float:
        """The shortest time for a number of bytes and of operations: the slower of the two.

        Args:
            bytes_moved: read and written.
            operations: of float32 numbers.
            bfloat16: they are of bfloat16 numbers, where the machine has been measured with these.
        """
        flops = self.bfloat16_flops if bfloat16 and self.bfloat16_flops else self.flops
        return max(bytes_moved / self.bandwidth, operations / flops)

    def description(self) -> dict[str, object]:
        """What figures of this run depend on."""
        found: dict[str, object] = {
            "date": datetime.date.today().isoformat(),
            "cores": available_cores(),
            "processor": platform.machine(),
            "bandwidth": self.bandwidth,
            "flops": self.flops,
            "python": platform.python_version(),
            "torch": torch.__version__,
            "sgbasis": VERSION,
        }
        if self.device is not None:
            found |= {
                "gpu": torch.cuda.get_device_name(self.device),
                "bfloat16_flops": self.bfloat16_flops,
                "cuda": torch.version.cuda,
                "triton": triton_version(),
            }
        return found


def triton_version() -> str | None:
    """None where Triton is not installed."""
    return importlib.metadata.version("triton") if importlib.util.find_spec("triton") else None


def _product_flops(size: int, dtype: torch.dtype, device: torch.device | None) -> float:
    one, other = (torch.rand(size, size, device=device).to(dtype) for _ in range(2))
    product = torch.empty_like(one)
    return 2 * size**3 / median_seconds(lambda: torch.mm(one, other, out=product), device=device)
