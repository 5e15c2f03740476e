"""Many numbers as lines of text."""

from __future__ import annotations

import numpy as np

from basis_store.array_types import FloatArray

_CHUNK = 100_000
"""Lines."""


def number_lines(values: FloatArray, form: str, per_line: int) -> str:
    """The values in this order, ``per_line`` of them on a line; the last line may be shorter.

    Args:
        values: of any shape.
        form: of a number with the space before it, as for ``%``.
        per_line: numbers.
    """
    flat = np.ascontiguousarray(values).reshape(-1)
    whole = len(flat) // per_line
    parts = []
    for start in range(0, whole, _CHUNK):
        lines = min(_CHUNK, whole - start)
        chunk = flat[start * per_line : (start + lines) * per_line]
        parts.append((form * per_line + "\n") * lines % tuple(chunk.tolist()))
    rest = flat[whole * per_line :]
    if len(rest):
        parts.append(form * len(rest) % tuple(rest.tolist()) + "\n")
    return "".join(parts)
