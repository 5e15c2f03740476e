"""The memory of a command is that of all its processes at one time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.process_tree import run_measured

pytestmark = pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="no /proc")

# A parent and a grandchild hold 60 MB each for a moment.
SCRIPT = """
import subprocess, sys, time
held = b"x" * 60_000_000
if sys.argv[1:]:
    subprocess.run([sys.executable, "-c", sys.argv[1], *sys.argv[2:]], check=True)
else:
    time.sleep(0.5)
    print("done")
"""


def test_processes_are_added_up() -> None:
    alone = run_measured([sys.executable, "-c", SCRIPT])
    both = run_measured([sys.executable, "-c", SCRIPT, SCRIPT])
    assert alone.output == both.output == "done\n"
    assert 60e6 < alone.peak_bytes < 110e6
    assert both.peak_bytes > alone.peak_bytes + 55e6
    assert alone.seconds > 0.5


def test_a_command_that_fails_is_not_measured() -> None:
    with pytest.raises(subprocess.CalledProcessError):
        run_measured([sys.executable, "-c", "raise SystemExit(3)"])
