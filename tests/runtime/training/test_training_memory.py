"""Memory that a training step frees is reused by the next one, without new pages from the system."""

from __future__ import annotations

import subprocess
import sys

import pytest

SCRIPT = """
import resource, sys, torch
from runtime.training.optimization import keep_freed_memory

if sys.argv[1] == "kept":
    keep_freed_memory()
def step():
    tensors = [torch.ones(1 << 21) for _ in range(12)]
for _ in range(3):
    step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(5):
    step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def pages(how: str) -> int:
    done = subprocess.run([sys.executable, "-c", SCRIPT, how], capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems are left as they are")
def test_freed_memory_is_kept() -> None:
    if pages("default") < 1000:
        pytest.skip("this C library keeps it by itself")
    assert pages("kept") < 100
