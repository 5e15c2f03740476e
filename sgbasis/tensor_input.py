"""Matrices of numbers from files that people write: JSON, or rows of numbers between spaces."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from basis_store.errors import TensorError


def read_matrix(path: Path) -> NDArray[np.float64]:
    """A matrix (rows, columns) from a file.

    Read are JSON (a list of rows) and text: one row per line, numbers between spaces, tabs or commas; what follows
    a # is left out.

    Raises:
        TensorError: not such a file, or rows of different lengths.
        OSError: there is no such file.
    """
    try:
        text = path.read_text(encoding="utf-8")
        is_json = text.lstrip().startswith("[")
        rows = json.loads(text) if is_json else [_numbers(line) for line in text.splitlines()]
        values = np.array([row for row in rows if row], dtype=np.float64)
    except (ValueError, TypeError) as error:
        raise TensorError(f"{path}: not a matrix: rows of as many numbers each, or JSON ({error})") from error
    if values.ndim != 2:
        raise TensorError(f"{path}: not a matrix: its shape is {values.shape}")
    return values


def _numbers(line: str) -> list[float]:
    return [float(word) for word in line.partition("#")[0].replace(",", " ").split()]
