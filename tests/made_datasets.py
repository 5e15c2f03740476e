"""Small compiled datasets with targets that can be learnt."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from basis_store import CrystalRecord, Setting
from basis_store.crystals import write_crystals
from tests.made_records import made_record

GROUPS = (1, 2, 14, 62, 123, 148, 166, 194, 216, 225)


def made_dataset(path: Path, n: int = 60, *, seed: int = 0, **changes: object) -> list[CrystalRecord]:
    """Write ``n`` crystals to ``path``: every seventh for validation, ``energy`` from the elements and the volume.

    ``changes`` replaces fields of every record.
    """
    rng = np.random.default_rng(seed)
    records = []
    for i in range(n):
        record = made_record(Setting.standard(GROUPS[i % len(GROUPS)]), rng, n_sites=1 + i % 4)
        numbers = rng.choice([8, 11, 14, 17], len(record)).astype(np.uint8)
        atoms = record.multiplicities.sum()
        energy = float((numbers * record.multiplicities).sum() / atoms + record.volume / atoms)
        record = dataclasses.replace(
            record,
            identifier=f"made-{i}",
            numbers=numbers,
            targets={"energy": np.array(energy), "stiffness": np.array(np.exp(energy / 10))},
            split="val" if i % 7 == 3 else "train",
        )
        records.append(dataclasses.replace(record, **changes))
    write_crystals(path, records, units={"energy": "eV/atom", "stiffness": "GPa"})
    return records
