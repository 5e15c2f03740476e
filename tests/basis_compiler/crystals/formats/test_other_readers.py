"""CIFs of real crystals, as gemmi and ASE read them: the same cell and composition, or the reason why not."""

from __future__ import annotations

import gzip
import io
import itertools
import json
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from basis_compiler import read_crystals
from basis_compiler.crystals.formats.cif import parse_cif

pytestmark = pytest.mark.oracle


def test_two_hundred_files_written_by_ase(shared: Path, tmp_path: Path) -> None:
    ase = pytest.importorskip("ase")
    ase_io = pytest.importorskip("ase.io")
    gemmi = pytest.importorskip("gemmi")
    with gzip.open(shared / "data" / "mp_scalar.jsonl.gz", "rt") as lines:
        records = [json.loads(line) for line in itertools.islice(lines, 0, 20_000, 100)]
    assert len(records) == 200
    for number, record in enumerate(records):
        atoms = ase.Atoms(
            numbers=record["species"], cell=record["lattice"], scaled_positions=record["frac_coords"], pbc=True
        )
        buffer = io.BytesIO()
        ase_io.write(buffer, atoms, format="cif", wrap=bool(number % 2))
        text = buffer.getvalue().decode()
        # Every second file has its items in other places.
        if number % 4 == 1:
            text = text.replace("\n_cell_", " _cell_").replace("\n", " # \n")
        if number % 4 == 3:
            text = text.replace("\n", "\r")
        path = tmp_path / "x.cif"
        path.write_text(text, newline="")
        (crystal,) = read_crystals(path)
        assert Counter(crystal.numbers.tolist()) == Counter(record["species"]), record["id"]
        lengths_and_angles = atoms.cell.cellpar()
        # As gemmi reads it; its parser does not take a carriage return for the end of a line.
        block = gemmi.cif.read_string(text.replace("\r", "\n"))[0]
        small = gemmi.make_small_structure_from_block(block)
        sites = small.get_all_unit_cell_sites()
        assert Counter(site.element.atomic_number for site in sites) == Counter(crystal.numbers.tolist())
        np.testing.assert_allclose(small.cell.parameters, lengths_and_angles, atol=1e-4)
        lengths = np.linalg.norm(crystal.lattice, axis=1)
        a, b, c = crystal.lattice / lengths[:, None]
        angles = np.degrees(np.arccos([b @ c, a @ c, a @ b]))
        np.testing.assert_allclose([*lengths, *angles], small.cell.parameters, atol=1e-9)
        # As ASE reads the file that it wrote, before items were moved.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = ase_io.read(io.BytesIO(buffer.getvalue()), format="cif")
        assert theirs.numbers.tolist() == crystal.numbers.tolist()
        np.testing.assert_allclose(theirs.cell.array, crystal.lattice, atol=1e-12)
        gaps = theirs.get_scaled_positions(wrap=False) - crystal.coordinates
        assert np.abs(gaps - np.rint(gaps)).max() < 1e-9


def test_gemmi_reads_the_same_atoms_of_symmetric_files(shared: Path) -> None:
    """The package's own examples: operations by symbol, by list, at other origins."""
    gemmi = pytest.importorskip("gemmi")
    from basis_store.files.locations import data_folder

    paths = sorted(data_folder().glob("crystals/**/*.cif"))
    assert len(paths) > 20
    for path in paths:
        (crystal,) = parse_cif(path.read_text(), name=path.name)
        block = gemmi.cif.read_string(path.read_text())[0]
        small = gemmi.make_small_structure_from_block(block)
        # Where two settings have one name, gemmi asks for the cell or takes origin 1, and we refuse to guess.
        sites = small.get_all_unit_cell_sites()
        assert Counter(site.element.atomic_number for site in sites) == Counter(crystal.numbers.tolist()), path
