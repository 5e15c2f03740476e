"""The Triton kernels in all 230 groups: equal to PyTorch, invariant, deterministic."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import torch

PARTS = 4


@pytest.mark.parametrize("part", range(PARTS))
def test_equal_to_the_torch_path(part: int) -> None:
    pytest.importorskip("triton", reason="Triton is not installed")
    environment = dict(os.environ)
    if not torch.cuda.is_available():
        environment["TRITON_INTERPRET"] = "1"
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.triton_encoding", str(part), str(PARTS)],
        capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip
    assert done.stdout.startswith("equal on"), done.stderr
