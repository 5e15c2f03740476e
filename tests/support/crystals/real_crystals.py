"""Real crystals of the development data."""

from __future__ import annotations

import gzip
import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from basis_compiler import Crystal


def real_crystals(shared: Path, step: int, stop: int | None = None) -> Iterator[tuple[Crystal, dict[str, Any]]]:
    """Every ``step``-th of the first ``stop`` crystals of the Materials Project, with its entry in the file."""
    path = shared / "data" / "mp_scalar.jsonl.gz"
    if not path.is_file():
        pytest.skip(f"no {path.name} in {path.parent}")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in itertools.islice(lines, 0, stop, step):
            entry = json.loads(line)
            yield (
                Crystal(
                    lattice=entry["lattice"],
                    numbers=entry["species"],
                    coordinates=entry["frac_coords"],
                    name=entry["id"],
                ),
                entry,
            )
