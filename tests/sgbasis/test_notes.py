"""Where there was doubt when a crystal was read, every command and function says so."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from click.testing import CliRunner, Result

import sgbasis
from basis_compiler import Crystal, compile_crystal, compile_crystals, compile_dataset, read_crystals
from basis_store import open_crystals, write_crystals
from basis_store.datasets.crystal_notes import note_lines, split_notes
from sgbasis.cli import main
from tests.support.crystals.crystal_inputs import CRYSTALS, json_record, write_jsonl
from tests.support.tiny_models import DOMAIN, save_tiny

NACL = (CRYSTALS / "nacl.cif").read_text()
HEAD, LOOP = NACL[: NACL.index("_space_group")], NACL[NACL.rindex("loop_") :]
WATER = LOOP.replace("_atom_site_type_symbol\n", "").replace("Na1 Na", "Na1").replace("Cl1 Cl", "OW")
ROUNDED = (
    "data_x _cell_length_a 3 _cell_length_b 3 _cell_length_c 3.2 _cell_angle_gamma 120\n"
    "_space_group_name_H-M_alt 'P 6/m m m'\n"
    "loop_ _atom_site_label _atom_site_fract_x _atom_site_fract_y _atom_site_fract_z\n"
    "Al1 0 0 0\nB1 0.333 0.666 0.5\n"
)
DOUBTFUL = {
    "unnamed.cif": (HEAD + LOOP, "the CIF names no space group; its atoms are taken as the whole cell"),
    "moved.cif": (ROUNDED, "atoms were moved by up to 0.00"),
    "named.cif": (
        NACL.replace("F m -3 m", "F q 7"),
        "the space group 'F q 7' of the CIF is unknown; space group 225",
    ),
    "water.cif": (
        f"{HEAD}_space_group_name_H-M_alt 'F m -3 m'\n{WATER}",
        "labels of water and hydroxyl were read",
    ),
    "doubled.cif": (
        HEAD + "loop_\n_symmetry_equiv_pos_as_xyz\nx,y,z\nx,y,z\n" + LOOP,
        "the CIF lists 1 symmetry operation more than once",
    ),
    "identity.cif": (
        NACL.replace("loop_\n_atom", "loop_\n_symmetry_equiv_pos_as_xyz\nx,y,z\nloop_\n_atom"),
        "the CIF names 'F m -3 m' but lists no symmetry operation except x,y,z",
    ),
    "old.vasp": (
        "Na Cl\n1.0\n0 2.82 2.82\n2.82 0 2.82\n2.82 2.82 0\n1 1\nDirect\n0 0 0\n.5 .5 .5\n",
        "the POSCAR names no elements in line 6; its first line counts: Na Cl",
    ),
}


def run(*arguments: object) -> Result:
    done = CliRunner().invoke(main, [*map(str, arguments)])
    assert done.exit_code == 0, done.output
    return done


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny(tmp_path_factory.mktemp("models") / "energy")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("doubt")
    for name, (text, _) in DOUBTFUL.items():
        (path / name).write_text(text)
    (path / "sure.cif").write_text(NACL)
    return path


@pytest.mark.parametrize("name", DOUBTFUL)
def test_a_note_reaches_every_print(name: str, folder: Path, model: Path, tmp_path: Path) -> None:
    path, note = folder / name, DOUBTFUL[name][1]
    (crystal,) = read_crystals(path)
    assert any(one.startswith(note) for one in crystal.notes)
    assert f"Note: {path}: {note}" in run("encode", path).stderr
    # Predictions: printed, and in both kinds of file.
    assert note in run("predict", path, "--model", model).stdout
    for form in ("csv", "jsonl"):
        done = run("predict", path, "--model", model, "-o", tmp_path / f"x.{form}")
        assert done.stdout.rstrip().endswith("; read with a note: 1")
    (row,) = csv.DictReader((tmp_path / "x.csv").read_text().splitlines())
    assert row["notes"].startswith(note)
    assert json.loads((tmp_path / "x.jsonl").read_text())["notes"][0].startswith(note)
    # A dataset, its summaries, and what is predicted from it.
    assert f"notes on how crystals were read: 1\n      1  {path.stem}: {note}" in (
        run("crystals", path, "-o", tmp_path / "x.h5").stdout
    )
    assert f"{path.stem}: {note}" in run("info", tmp_path / "x.h5").stdout
    assert note in run("predict", tmp_path / "x.h5", "--model", model).stdout
    # Tensors.
    (tmp_path / "e.txt").write_text("2 0 0\n0 2 0\n0 0 2\n")
    assert f"note: {note}" in run("project-tensor", path, tmp_path / "e.txt").stdout
    assert note in " ".join(json.loads(run("project-tensor", path, tmp_path / "e.txt", "--json").stdout)["notes"])
    # Python.
    for notes in (
        sgbasis.predict(path, model)[0].notes,
        sgbasis.predict(tmp_path / "x.h5", model)[0].notes,
        sgbasis.predict(compile_crystals(path), model)[0].notes,
        compile_crystals(path)[0].notes,
        sgbasis.standardize(crystal).notes,
        sgbasis.project_tensor(np.eye(3), path).notes,
        open_crystals(tmp_path / "x.h5")[0].notes,
    ):
        assert notes[0].startswith(note)


def test_the_sure_have_no_notes(folder: Path, model: Path, tmp_path: Path) -> None:
    done = run("predict", folder / "sure.cif", "--model", model, "-o", tmp_path / "x.jsonl")
    assert "read with a note" not in done.stdout
    assert json.loads((tmp_path / "x.jsonl").read_text())["notes"] == []
    assert "notes on how" not in run("crystals", folder / "sure.cif", "-o", tmp_path / "x.h5").stdout


def test_notes_do_not_count_as_outside_of_the_training_data(folder: Path, model: Path, tmp_path: Path) -> None:
    assert 225 in DOMAIN.groups
    done = run("predict", folder / "unnamed.cif", folder / "sure.cif", "--model", model, "-o", tmp_path / "x.csv")
    assert "2 predictions for 2 crystals, 1 of the predictions outside" in done.stdout
    # Na and Cl at one place each are not rock salt: the note on the space group is one on the model.
    assert "; read with a note: 1" in done.stdout


@pytest.mark.parametrize("workers", [1, 2])
def test_kinds_are_counted_whatever_works(
    workers: int, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In every chunk, by whichever process."""
    for chunk in ("basis_compiler.datasets.compiler._CHUNK", "sgbasis.prediction.predict_many.CHUNK"):
        monkeypatch.setattr(chunk, 8)
    many = tmp_path / "many"
    many.mkdir()
    for i in range(60):
        (many / f"{i:02}.cif").write_text(DOUBTFUL["unnamed.cif"][0] if i % 3 else NACL)
    done = run("crystals", many, "-o", tmp_path / "x.h5", "--workers", workers)
    assert "notes on how crystals were read: 40\n     40  01: the CIF names no space group" in done.stdout
    done = run("predict", many, "--model", model, "-o", tmp_path / "x.jsonl", "--workers", workers)
    assert "; read with a note: 40" in done.stdout
    lines = [json.loads(line) for line in (tmp_path / "x.jsonl").read_text().splitlines()]
    assert sum(one["notes"][:1] == [DOUBTFUL["unnamed.cif"][1]] for one in lines) == 40


def test_notes_survive_an_interruption(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("basis_compiler.datasets.compiler._CHUNK", 2)
    expected = compile_dataset([folder], tmp_path / "expected.h5")
    assert len(expected.crystal_notes) == len(DOUBTFUL)

    def stop(finished: int, total: int) -> None:
        if finished >= total - 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compile_dataset([folder], tmp_path / "x.h5", progress=stop)
    assert (tmp_path / "x.h5.chunks").exists()
    resumed = compile_dataset([folder], tmp_path / "x.h5")
    assert resumed.crystal_notes == expected.crystal_notes
    assert resumed.content_hash == expected.content_hash


def test_a_larger_tolerance_that_moves_atoms_is_said(model: Path, tmp_path: Path) -> None:
    """Not only for CIFs, whose own operations say where an atom belongs."""
    record = json_record("nacl")
    record["frac_coords"][3][0] += 0.005  # 0.03 Angstrom
    path = write_jsonl(tmp_path / "x.jsonl", [record])
    options = ("--model", model, "--tolerance", 0.1)
    printed = run("predict", path, *options).stdout
    assert "225 Fm-3m" in printed
    assert "the symmetry that was found moves atoms by up to 0.02" in printed


@pytest.mark.parametrize(("moved", "other"), [(0.005, "225 Fm-3m at 0.1"), (0.0005, "at 0.001")])
def test_predictions_say_where_another_tolerance_gives_another_group(
    moved: float, other: str, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As encode does; of many crystals, a larger tolerance is not tried."""
    record = json_record("nacl")
    record["frac_coords"][3][0] += moved
    path = write_jsonl(tmp_path / "x.jsonl", [record])

    def said(notes: Iterable[str]) -> bool:
        return any(other in note and "choose the tolerance deliberately" in note for note in notes)

    def printed() -> bool:
        return said(json.loads(run("predict", path, "--model", model, "--json").stdout)["notes"])

    crystal = Atoms(record["species"], cell=record["lattice"], scaled_positions=record["frac_coords"], pbc=True)
    assert printed()
    assert said(sgbasis.predict(path, model)[0].notes)
    assert said(sgbasis.predict(crystal, model)[0].notes)
    assert not said(compile_crystals(crystal)[0].notes)
    monkeypatch.setattr("sgbasis.prediction.inputs.CHUNK", 0)
    assert printed() == said(sgbasis.predict([crystal], model)[0].notes) == (moved < 0.001)


def test_notes_of_records_are_written_and_read(tmp_path: Path) -> None:
    crystal = Crystal(lattice=np.eye(3) * 4, numbers=[84], coordinates=[[0, 0, 0]])  # type: ignore[arg-type]
    record = compile_crystal(crystal)
    names = ("a\tb", "c: d", "e", "note")
    notes = [("one", "two\tmore\nlines"), (), ("one",), ("note: x",)]
    records = [replace(record, identifier=name, notes=some) for name, some in zip(names, notes, strict=True)]
    write_crystals(tmp_path / "x.h5", records, notes=["on a\ttarget: 3"])
    table = open_crystals(tmp_path / "x.h5")
    assert table.notes == ("on a target: 3",)
    assert [one.notes for one in table] == [("one", "two more lines"), (), ("one",), ("note: x",)]
    assert split_notes(note_lines(table.notes, table)) == (table.notes, dict(table.crystal_notes))
