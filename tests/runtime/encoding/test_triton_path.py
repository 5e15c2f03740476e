"""The Triton kernels, equal to PyTorch: encodings in all 230 groups, functions of settings, unusual batches."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import torch

PARTS = 2
"""Each is a process, because Triton reads at its import that it shall interpret."""


def check(*arguments: object) -> None:
    pytest.importorskip("triton", reason="Triton is not installed")
    environment = dict(os.environ)
    if not torch.cuda.is_available():
        environment["TRITON_INTERPRET"] = "1"
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.triton_encoding", *map(str, arguments)],
        capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip
    assert done.stdout.startswith("equal on"), done.stderr


@pytest.mark.parametrize("part", range(PARTS))
def test_encodings_in_all_groups(part: int) -> None:
    check("groups", part, PARTS)


def test_functions_unusual_batches_and_characters() -> None:
    """Functions of every 23rd of the 530 settings: both lattice families, all crystal systems."""
    check("functions", 3, 23, "batches", "characters")
