"""Intervals and notes of the models that ship, as a user sees them."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, fcc111, molecule
from ase.io import write

from basis_store import ModelError
from runtime import ScalarTarget
from sgbasis import Prediction, predict
from tests.support.command_line import run_predict
from tests.support.tiny_models import save_tiny

NUMBERS = ["formation_energy", "band_gap", "bulk_modulus", "shear_modulus"]
SALT = bulk("NaCl", "rocksalt", a=5.64)


def _slab() -> Atoms:
    slab = fcc111("Cu", (1, 1, 4), vacuum=6.0)
    slab.pbc = True
    return slab


def _box() -> Atoms:
    return Atoms(molecule("H2O"), cell=[10.0] * 3, pbc=True)


NOTES = [
    (SALT, "formation_energy", ()),
    (SALT, "band_gap", ()),
    (bulk("C", "diamond", a=3.567), "formation_energy", ("its volume is 0.61", "an element")),
    (bulk("C", "diamond", a=3.567), "band_gap", ("its volume is 0.61",)),
    (bulk("O", "fcc", a=3.0), "formation_energy", ("unlike those in any training crystal", "an element")),
    (bulk("O", "fcc", a=3.0), "band_gap", ("unlike those in any training crystal",)),
    (bulk("W", "bcc", a=3.165), "formation_energy", ("an element",)),
    (bulk("W", "bcc", a=3.165), "dielectric_electronic", ("calls it a metal",)),
    (SALT, "dielectric_electronic", ()),
    (bulk("FeCo", "zincblende", a=5.2), "piezoelectric_tensor", ("calls it a metal", "not accurate for a single")),
    (_slab(), "formation_energy", ("an empty layer of 12.0 Angstrom",)),
    (_slab(), "bulk_modulus", ("an empty layer of 12.0 Angstrom",)),
    (_box(), "band_gap", ("an empty layer of", "volume")),
    (bulk("NaCl", "rocksalt", a=5.64 * 0.8), "formation_energy", ("its volume is 0.45",)),
    (bulk("NaCl", "rocksalt", a=5.64 * 1.4), "formation_energy", ("its volume is 2.4",)),
    (bulk("Si", "diamond", a=5.43), "piezoelectric_tensor", ()),  # zero by symmetry
    (_slab(), "piezoelectric_tensor", ()),
]


@pytest.mark.parametrize(("atoms", "name", "notes"), NOTES)
def test_notes_are_on_what_is_unusual(atoms: Atoms, name: str, notes: tuple[str, ...]) -> None:
    (one,) = predict(atoms, name)
    for note in notes:
        assert any(note in text for text in one.notes), one.notes
    if not notes:
        assert one.notes == ()
        assert not one.is_outside


@pytest.mark.parametrize("name", NUMBERS)
def test_intervals_hold_their_value(name: str) -> None:
    for atoms in (SALT, bulk("C", "diamond", a=3.567), _slab()):
        (one,) = predict(atoms, name)
        assert one.interval is not None
        assert isinstance(one.value, float)
        assert one.interval[0] <= one.value <= one.interval[1]
        if name != "formation_energy":
            assert one.interval[0] >= 0
        if "modulus" in name:  # of logarithms: as far in ratio
            assert one.value**2 == pytest.approx(one.interval[0] * one.interval[1], rel=1e-6)


def test_an_interval_does_not_depend_on_the_cell_or_on_what_else_is_predicted() -> None:
    alone = predict(SALT, "formation_energy")[0].interval
    others: list[Prediction] = predict([_slab(), SALT.repeat((1, 2, 3)), SALT], ["band_gap", "formation_energy"])
    for one in (others[3], others[5]):
        assert alone is not None
        assert one.interval == pytest.approx(alone, rel=1e-3)


def test_gaps_are_never_negative() -> None:
    metals = [bulk(name) for name in ("Al", "Cu", "Fe", "Na", "Ti", "W", "Au", "Pb")]
    found = predict(metals, "band_gap")
    assert all(isinstance(one.value, float) and one.value >= 0 for one in found)
    assert any(one.value == 0 for one in found)


def test_tensors_have_no_interval() -> None:
    assert predict(SALT, "elastic_tensor")[0].interval is None


@pytest.fixture
def salt(tmp_path: Path) -> Path:
    write(tmp_path / "salt.cif", SALT)
    return tmp_path / "salt.cif"


def test_all_outputs_have_the_same_interval(salt: Path) -> None:
    (one,) = predict(salt, "band_gap")
    assert one.interval is not None
    output = salt.with_suffix(".csv")
    assert run_predict(salt, "--property", "band_gap", "--output", output).exit_code == 0
    (row,) = csv.DictReader(io.StringIO(output.read_text()))
    assert [float(row["low"]), float(row["high"])] == pytest.approx(one.interval, rel=1e-4)
    record = json.loads(run_predict(salt, "--property", "band_gap", "--json").stdout)
    assert [record["low"], record["high"]] == [float(row["low"]), float(row["high"])]
    text = run_predict(salt, "--property", "band_gap").stdout
    assert "90 % interval" in text
    assert f"{one.interval[0]:.3g} to {one.interval[1]:.3g}" in text


def test_the_gap_that_tells_metals_is_not_shown(salt: Path) -> None:
    lines = run_predict(salt, "--property", "dielectric_electronic", "--json").stdout.splitlines()
    assert [json.loads(line)["property"] for line in lines] == ["dielectric_electronic"]


def test_a_model_without_calibration_predicts_without_intervals(salt: Path, tmp_path: Path) -> None:
    folder = save_tiny(tmp_path / "tiny", ScalarTarget("x", "eV"))
    (one,) = predict(salt, folder)
    assert one.interval is None
    assert np.isfinite(one.value)
    table, last = run_predict(salt, "--model", folder).stdout.split("\n\n")
    assert "interval" not in table
    assert last.startswith("no intervals for x: the model was saved without a calibration, ")
    assert "low" not in json.loads(run_predict(salt, "--model", folder, "--json").stdout)


def test_a_damaged_calibration_is_an_error(tmp_path: Path) -> None:
    from shutil import copytree

    from runtime import shipped_models

    folder = copytree(shipped_models()["band_gap"], tmp_path / "gap")
    (folder / "calibration.safetensors").write_bytes(b"nothing")
    with pytest.raises(ModelError, match=r"calibration.safetensors is damaged"):
        predict(SALT, folder)
