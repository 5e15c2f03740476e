"""Small compiled datasets with targets that can be learnt."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from basis_store import CrystalRecord, Setting
from basis_store.datasets.writer import write_crystals
from runtime import load_store
from runtime.tensors.frames import rotate_tensor
from runtime.tensors.point_group_normalizer import normalizer_cosets
from runtime.tensors.projection import project_tensor
from runtime.tensors.voigt import piezoelectric_matrix, stiffness_matrix
from tests.support.crystals.made_records import made_record

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


def made_tensor_dataset(path: Path, n: int = 40, *, rotated: bool = False) -> list[CrystalRecord]:
    """Write the crystals of :func:`made_dataset` with tensors that their point groups allow.

    ``C`` (6, 6) is positive definite and stiffer where ``energy`` is higher; ``e`` is (3, 6). Every eighth crystal
    is not ``trusted``. With ``rotated``, each ``e`` is rotated by an operation of the group's normalizer.
    """
    rng, store = np.random.default_rng(1), load_store()
    records = []
    for i, record in enumerate(made_dataset(path, n)):
        some = rng.normal(size=(6, 6))
        stiffness = float(record.targets["energy"]) * (10 * np.eye(6) + some @ some.T)
        e = project_tensor(rng.normal(size=(3, 6)), record).tensor
        cosets = normalizer_cosets(record, store.compiled(record.setting))
        drawn = rng.integers(len(cosets))  # in any case, so that both datasets have the same crystals
        operation = cosets[drawn if rotated else 0]
        targets = {
            "C": stiffness_matrix(project_tensor(stiffness, record).tensor),
            "e": piezoelectric_matrix(rotate_tensor(e, operation)),
            "trusted": np.array(float(i % 8 != 0)),
            "energy": record.targets["energy"],
        }
        records.append(dataclasses.replace(record, targets=targets))
    write_crystals(path, records, units={"C": "GPa", "e": "C/m^2"})
    return records
