"""Every model that ships, on real crystals written in other cells, origins, orientations and handedness."""

from __future__ import annotations

import functools
import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from basis_compiler import Crystal, compile_crystal, operations
from basis_compiler.crystals.formats.json_structures import crystal_of_arrays
from basis_store import CrystalRecord
from runtime import from_pretrained, predict, shipped_models
from runtime.tensors.frames import rotate_tensor
from tests.support.crystals.made_crystals import rewritten

DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "mp_scalar.jsonl.gz"
N_CRYSTALS = 500


@functools.cache
def real_crystals() -> list[tuple[CrystalRecord, CrystalRecord, np.ndarray]]:
    """Records of real crystals, of the same crystals rewritten, and the turns R between them: r' = R r.

    Half of the rewritten cells are twice as large, and a third of the crystals are mirrored. All atoms are put
    exactly where the symmetry has them first: a crystal that is symmetric up to the tolerance only may have
    another group in another cell.
    """
    if not DATA.is_file():
        pytest.skip("no real crystals ../shared/data/mp_scalar.jsonl.gz next to the checkout")
    with gzip.open(DATA, "rt") as file:
        lines = file.readlines()
    rng = np.random.default_rng(0)
    found = []
    for number, line in enumerate(rng.permutation(len(lines))[:N_CRYSTALS]):
        description = json.loads(lines[line])
        lattice, species, coordinates = (description[key] for key in ("lattice", "species", "frac_coords"))
        name = description["id"]
        crystal = whole_cell(
            compile_crystal(crystal_of_arrays(lattice, species, coordinates, name), identifier=name)
        )
        written, _, turn = rewritten(crystal, rng, doubled=number % 2 == 0)
        if number % 3 == 0:
            written = Crystal(lattice=-written.lattice, numbers=written.numbers, coordinates=written.coordinates)
            turn = -turn
        found.append(
            (compile_crystal(crystal, identifier=name), compile_crystal(written, identifier=name), turn.T)
        )
    return found


def whole_cell(record: CrystalRecord) -> Crystal:
    """All atoms of the conventional cell."""
    group = operations(record.setting)
    site = np.repeat(np.arange(len(record)), record.multiplicities)
    images = np.einsum("nij,nj->ni", group.rotations[record.images], record.coordinates[site])
    coordinates = images + group.translations24[record.images] / 24
    return Crystal(lattice=record.lattice, numbers=record.numbers[site].astype(int), coordinates=coordinates)


@pytest.mark.parametrize("name", shipped_models())
@pytest.mark.parametrize(("double", "limit"), [(False, 1e-5), (True, 1e-10)], ids=["float32", "float64"])
def test_predictions_do_not_depend_on_how_a_crystal_is_written(name: str, double: bool, limit: float) -> None:
    crystals, written, turns = zip(*real_crystals(), strict=True)
    model = from_pretrained(name)
    model = model.double() if double else model
    (target,) = model.targets
    values, others = predict(model, crystals), predict(model, written)
    scale = np.linalg.norm(values, axis=1).mean()
    for record, other, turn, value, found in zip(crystals, written, turns, values, others, strict=True):
        expected = rotate_tensor(target.physical_value(value, record), turn)
        difference = np.abs(target.physical_value(found, other) - expected).max()
        assert difference < limit * max(scale, np.abs(expected).max()), f"{record.identifier}: {difference:.1e}"
