"""Crystals for benchmarks: real ones if a file of them is available, else random ones."""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np

from basis_compiler import compile_crystal
from basis_compiler.crystals.formats.sources import read_source
from basis_compiler.datasets.targets import target_values
from basis_store import CertificateError, CrystalError, CrystalRecord, standard_settings

VARIABLE = "SGBASIS_BENCH_CRYSTALS"
"""Environment variable with the path of a JSONL file of crystals, as 'sgbasis crystals' reads it."""

_DEVELOPMENT_DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "mp_scalar.jsonl.gz"
_NO_CRYSTAL = (CrystalError, CertificateError, np.linalg.LinAlgError)


@functools.cache
def sample_records(count: int) -> tuple[list[CrystalRecord], str]:
    """The same ``count`` crystals in every call, and a description of them.

    They are drawn from the split ``train`` of the file named by :data:`VARIABLE`, or of the development data next
    to the checkout; without either they are random crystals of all standard settings. A smaller sample is a prefix
    of a larger one.
    """
    path = Path(os.environ.get(VARIABLE, _DEVELOPMENT_DATA))
    if VARIABLE in os.environ or path.exists():
        found = list(islice(_read(path), count))
        return found, f"{len(found):,} crystals of {path.name}"
    return list(islice(_made(), count)), f"{count:,} made crystals over all standard settings"


def _read(path: Path) -> Iterator[CrystalRecord]:
    entries = read_source(path).entries
    for index in np.random.default_rng(0).permutation(len(entries)).tolist():
        for crystal in entries[index].crystals(0.01):
            if crystal.split not in ("train", ""):
                continue
            name, targets = crystal.identifier, target_values(crystal.targets, Counter())
            with contextlib.suppress(*_NO_CRYSTAL):
                yield compile_crystal(crystal.build(), identifier=name, targets=targets, split="train")


def _made() -> Iterator[CrystalRecord]:
    from tests.support.crystals.made_records import made_record

    rng, settings = np.random.default_rng(0), standard_settings()
    for number in itertools.count():
        setting = settings[rng.integers(len(settings))]
        yield replace(made_record(setting, rng, n_sites=int(rng.integers(1, 7))), identifier=f"made-{number}")
