"""``python -m benchmarks.kernel_sides DATASET.h5``: which side of T6 is cheaper, by the width of a Gaussian.

Both sides have a relative accuracy of 1e-6: images end where the Gaussian has fallen to that, waves where its
transform has. Times are means over crystals of the dataset, on one thread, neighbour search included.
"""

from __future__ import annotations

import functools
import math
import sys
import time

import numpy as np
import torch

from basis_store import open_crystals
from runtime import OrbitKernel, gaussian_transforms, load_store, neighbours, structure_factors

CRYSTALS = 30
WIDTHS = (0.5, 0.8, 1.2, 2.0, 3.0)
DIGITS = math.log(1e6)


def main() -> None:
    """Print one row per width."""
    torch.set_num_threads(1)
    table, store = open_crystals(sys.argv[1]), load_store()
    records = [table[int(row)] for row in np.random.default_rng(0).permutation(len(table))[:CRYSTALS]]
    print(f"{'width/A':>8} {'images/ms':>10} {'waves/ms':>10} {'worst difference':>17}")
    for width in WIDTHS:
        direct_time = waves_time = worst = 0.0
        for record in records:
            compiled = store.compiled(record.setting)
            start = time.perf_counter()
            found = neighbours(record, compiled, width * math.sqrt(2 * DIGITS))
            values = torch.exp(-found.vectors.square().sum(1) / (2 * width**2)).numpy()
            direct = np.eye(len(record))
            np.add.at(direct, (found.receivers.numpy(), found.senders.numpy()), values)
            middle = time.perf_counter()
            factors = structure_factors(record, compiled, math.sqrt(DIGITS / 2) / (math.pi * width))
            (waves,) = OrbitKernel(functools.partial(gaussian_transforms, widths=[width]))([factors])
            waves_time += time.perf_counter() - middle
            direct_time += middle - start
            scale = np.abs(direct).max()
            worst = max(worst, float(np.abs(waves[..., 0].numpy() - direct).max() / scale))
        print(
            f"{width:8.1f} {1e3 * direct_time / CRYSTALS:10.2f} {1e3 * waves_time / CRYSTALS:10.2f} {worst:17.1e}"
        )


if __name__ == "__main__":
    main()
