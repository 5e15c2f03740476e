"""Expanding and symmetrising fields on grids, beside averages over explicit operations and the FFT alone.

Everything runs in one thread, in turns; times are of the processor, so that other jobs disturb ratios least.
"""

from __future__ import annotations

import time

import numpy as np
import scipy.fft

from basis_store import Setting
from benchmarks.field_memory import peak_bytes, random_field
from benchmarks.machine import Machine
from benchmarks.peers.grid_average import gemmi_map, numpy_average
from benchmarks.row import Row, side_by_side
from runtime import expand, load_store, symmetrise

_GROUPS = (225, 194, 14, 1)
_SIZES = (128, 256)
_REPEATS = 5
_OPERATIONS = 4
"""Of the loop that are timed; the others take as long."""


def rows(machine: Machine) -> list[Row]:
    """Some groups and grids, random values."""
    return [row for size in _SIZES for number in _GROUPS for row in _rows(Setting.standard(number), size)]


def _rows(setting: Setting, size: int) -> list[Row]:
    group = load_store().compiled(setting).operations
    field = random_field(setting, size)
    expected = symmetrise(field, setting).values
    grid = gemmi_map(field, group)
    grid.symmetrize_avg()
    assert np.abs(grid.array - expected).max() < 1e-5
    del expected
    count = min(_OPERATIONS, len(group))
    works = [
        lambda: symmetrise(field, setting),
        lambda: expand(field, setting).coefficients,
        grid.symmetrize_avg,
        lambda: numpy_average(field.values, group, count),
        lambda: scipy.fft.rfftn(field.values),
    ]
    ours, expansion, by_gemmi, loop, fft = side_by_side(works, _REPEATS, clock=time.process_time)
    what = f"a grid of {size}^3 in {setting.label}"
    limited_by = "one FFT of the real grid (scipy.fft.rfftn)"
    name = f"{setting.number}_{size}"
    return [
        Row(name=f"field_symmetrise_{name}", what=f"symmetrise {what}", ours=ours, peer=by_gemmi,
            peer_name="symmetrize_avg of gemmi, in single precision", limit=fft, limited_by=limited_by,
            peak_bytes=peak_bytes(setting, size, "symmetrise")),
        Row(name=f"field_average_{name}", what=f"symmetrise {what}", ours=ours, peer=loop * len(group) / count,
            peer_name=f"NumPy over {len(group)} operations ({count} measured)", limit=fft, limited_by=limited_by),
        Row(name=f"field_expand_{name}", what=f"expand {what}", ours=expansion, limit=fft, limited_by=limited_by,
            peak_bytes=peak_bytes(setting, size, "expand")),
    ]  # fmt: skip
