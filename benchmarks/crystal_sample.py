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

from basis_store import CertificateError, CrystalError, CrystalRecord, open_store, standard_settings

VARIABLE = "SGBASIS_BENCH_CRYSTALS"
"""Environment variable with the path of a JSONL file of crystals, as 'sgbasis crystals' reads it."""

_DEVELOPMENT_DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "mp_scalar.jsonl.gz"
_STRUCTURES = 128
_LOG_SITES = (2.0, 0.8)  # mean and standard deviation of the logarithm
_MOST_SITES, _MOST_ATOMS = 60, 240

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


def realistic_records(count: int) -> list[CrystalRecord]:
    """Made crystals of the sizes of inorganic compounds: about 9 sites, with 570 neighbours within 6 Angstrom.

    They are made fast: a few structures, each in many volumes and with many choices of elements. In settings with
    many operations they have few sites, as real crystals do.
    """
    from tests.support.crystals.made_records import made_record

    rng = np.random.default_rng(0)
    with open_store() as store:
        orders = {setting: len(store.read(setting).rotations) for setting in standard_settings()}
    structures: list[CrystalRecord] = []
    while len(structures) < min(count, _STRUCTURES):
        n_sites = int(np.clip(rng.lognormal(*_LOG_SITES), 1, _MOST_SITES))
        small = [setting for setting, order in orders.items() if order * n_sites <= _MOST_ATOMS]
        with contextlib.suppress(AssertionError):  # so many sites found no place
            structures.append(made_record(small[rng.integers(len(small))], rng, n_sites=n_sites))
    records = []
    for number in range(count):
        record = structures[number % len(structures)]
        lattice = record.lattice * rng.uniform(0.97, 1.03)
        numbers = rng.choice(np.arange(1, 90), len(record), replace=False).astype(np.uint8)
        records.append(replace(record, identifier=f"made-{number}", lattice=lattice, numbers=numbers))
    return records


def _read(path: Path) -> Iterator[CrystalRecord]:
    from basis_compiler import compile_crystal
    from basis_compiler.crystals.formats.sources import read_source
    from basis_compiler.datasets.targets import target_values

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
