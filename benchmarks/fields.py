"""Expanding and symmetrising fields on grids, beside averages over explicit operations and the FFT alone.

Everything runs in one thread, in turns; times are of the processor, so that other jobs disturb ratios least.
``python -m benchmarks.fields 225 256 symmetrise`` prints the bytes that some work takes (Linux: from /proc).
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import scipy.fft

from basis_store import GridField, Setting
from benchmarks.machine import Machine
from benchmarks.peers.grid_average import gemmi_map, numpy_average
from benchmarks.row import Row, side_by_side
from runtime import expand, load_store, symmetrise

_GROUPS = (225, 194, 14, 1)
_SIZES = (128, 256)
_REPEATS = 5
_OPERATIONS = 4
"""Of the loop that are timed; the others take as long."""
_PROCESS = Path("/proc/self")


def rows(machine: Machine) -> list[Row]:
    """Some groups and grids, random values."""
    return [row for size in _SIZES for number in _GROUPS for row in _rows(Setting.standard(number), size)]


def _rows(setting: Setting, size: int) -> list[Row]:
    group = load_store().compiled(setting).operations
    field = _random_field(setting, size)
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
            peak_bytes=_peak_bytes(setting, size, "symmetrise")),
        Row(name=f"field_average_{name}", what=f"symmetrise {what}", ours=ours, peer=loop * len(group) / count,
            peer_name=f"NumPy over {len(group)} operations ({count} measured)", limit=fft, limited_by=limited_by),
        Row(name=f"field_expand_{name}", what=f"expand {what}", ours=expansion, limit=fft, limited_by=limited_by,
            peak_bytes=_peak_bytes(setting, size, "expand")),
    ]  # fmt: skip


def _peak_bytes(setting: Setting, size: int, work: str) -> int:
    """The memory of a piece of work, ``"expand"`` or ``"symmetrise"``, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.fields", str(setting.number), str(size), work]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _random_field(setting: Setting, size: int) -> GridField:
    """Normal random values on a grid of size^3 points of a cell that the setting preserves."""
    lattice = 5 * np.eye(3)
    if setting.lattice_family == "hexagonal":
        lattice = np.array([[4, 0, 0], [-2, 4 * 0.75**0.5, 0], [0, 0, 6]])
    return GridField(np.random.default_rng(0).normal(size=(size, size, size)), lattice)


def main(number: str, size: str, work: str) -> None:
    """Print the largest resident memory during the work, beyond what the process has without the field."""
    setting = Setting.standard(int(number))
    symmetrise(_random_field(setting, 12), setting)  # modules and tables
    field = _random_field(setting, int(size))
    before = _status("VmRSS") - field.values.nbytes
    (_PROCESS / "clear_refs").write_text("5")  # the peak counts from here on
    found = symmetrise(field, setting) if work == "symmetrise" else expand(field, setting).coefficients
    print(_status("VmHWM") - before)
    del found


def _status(name: str) -> int:
    """A number of bytes of this process."""
    lines = (_PROCESS / "status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))


if __name__ == "__main__":
    main(*sys.argv[1:])
