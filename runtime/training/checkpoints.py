"""Checkpoints: the whole state of a run after an epoch, so that a killed run resumes with the same result."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from basis_store import TrainingError
from basis_store.files.atomic_write import write_atomically


def save_checkpoint(path: Path, state: Mapping[str, Any]) -> None:
    """Write ``state`` atomically: the previous checkpoint stays until the new one is complete.

    Raises:
        OSError: no space, or not writable.
    """
    buffer = io.BytesIO()
    torch.save(dict(state), buffer)
    write_atomically(path, buffer.getvalue())


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Read what :func:`save_checkpoint` wrote.

    Raises:
        TrainingError: the file is damaged, or not a checkpoint.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        if not isinstance(state, dict) or "epoch" not in state:
            raise ValueError("it has no epoch")
    except Exception as error:
        raise TrainingError(
            f"{path} is damaged or not a checkpoint of sgbasis ({type(error).__name__}): "
            "remove it to start the run again"
        ) from error
    return state
