"""The limits of the machine, measured in the same run as everything that is compared with them."""

from __future__ import annotations

import datetime
import platform
from dataclasses import dataclass

import torch

from basis_compiler import available_cores
from basis_store.version import VERSION
from benchmarks.row import median_seconds

_BYTES = 1 << 28
"""Larger than every cache."""

_SIZE = 2048


@dataclass(frozen=True)
class Machine:
    """Limits with all of torch's threads.

    Attributes:
        bandwidth: bytes per second, read and written together, of a copy too large for the caches.
        flops: float32 operations per second of a large matrix product.
    """

    bandwidth: float
    flops: float

    @classmethod
    def measure(cls) -> Machine:
        """Copy a quarter of a gigabyte; multiply matrices of 2,048 rows."""
        source = torch.ones(_BYTES // 4)
        target = torch.empty_like(source)
        copy = median_seconds(lambda: target.copy_(source))
        one, other = torch.rand(_SIZE, _SIZE), torch.rand(_SIZE, _SIZE)
        product = torch.empty(_SIZE, _SIZE)
        multiply = median_seconds(lambda: torch.mm(one, other, out=product))
        return cls(bandwidth=2 * _BYTES / copy, flops=2 * _SIZE**3 / multiply)

    def seconds(self, *, bytes_moved: float = 0.0, operations: float = 0.0) -> float:
        """The shortest time for a number of bytes and of float32 operations: the slower of the two."""
        return max(bytes_moved / self.bandwidth, operations / self.flops)

    def description(self) -> dict[str, object]:
        """What figures of this run depend on."""
        return {
            "date": datetime.date.today().isoformat(),
            "cores": available_cores(),
            "processor": platform.machine(),
            "bandwidth": self.bandwidth,
            "flops": self.flops,
            "python": platform.python_version(),
            "torch": torch.__version__,
            "sgbasis": VERSION,
        }
