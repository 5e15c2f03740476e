"""The outcome of a chunk, and the file that keeps it until the whole output is written."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class ChunkResult:
    """The outcome of a chunk.

    Attributes:
        crystals: how many were predicted.
        predictions: how many, of all models.
        outside: how many of them are for crystals unlike all that the model was trained on.
        noted: how many crystals were read with notes.
        failures: one line for each crystal that could not be read.
        text: of the predictions.
    """

    crystals: int
    predictions: int
    outside: int
    noted: int
    failures: list[str]
    text: str


def encoded(result: ChunkResult) -> bytes:
    """A result as the content of a file: its SHA-256, then JSON."""
    content = json.dumps(asdict(result)).encode()
    return f"{hashlib.sha256(content).hexdigest()}\n".encode() + content


def read_result(path: Path) -> ChunkResult | None:
    """Inverse of :func:`encoded` for a file; None if there is no such file, or it is damaged."""
    try:
        digest, _, content = path.read_bytes().partition(b"\n")
    except FileNotFoundError:
        return None
    if hashlib.sha256(content).hexdigest().encode() != digest:
        return None
    return ChunkResult(**json.loads(content))
