"""The memory that expanding or symmetrising a random field takes, in a process of its own (Linux: from /proc).

    python -m benchmarks.field_memory 225 256 symmetrise

prints bytes: the largest resident memory during the work, beyond what the process has without the field.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np

from basis_store import GridField, Setting
from runtime import expand, symmetrise

_PROCESS = Path("/proc/self")


def peak_bytes(setting: Setting, size: int, work: str) -> int:
    """Run the work in a new process and wait for it.

    Args:
        setting: a standard setting.
        size: points along each axis.
        work: ``"expand"`` or ``"symmetrise"``.
    """
    command = [sys.executable, "-m", "benchmarks.field_memory", str(setting.number), str(size), work]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def random_field(setting: Setting, size: int) -> GridField:
    """Normal random values on a grid of size^3 points of a cell that the setting preserves."""
    lattice = 5 * np.eye(3)
    if setting.lattice_family == "hexagonal":
        lattice = np.array([[4, 0, 0], [-2, 4 * 0.75**0.5, 0], [0, 0, 6]])
    return GridField(np.random.default_rng(0).normal(size=(size, size, size)), lattice)


def main(number: str, size: str, work: str) -> None:
    """Measure in this process."""
    setting = Setting.standard(int(number))
    symmetrise(random_field(setting, 12), setting)  # modules and tables
    field = random_field(setting, int(size))
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
