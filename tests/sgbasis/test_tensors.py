"""sgbasis.project_tensor: crystals in files and objects give the same as their records."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from basis_compiler import Crystal, compile_crystal
from basis_store import CrystalError
from basis_store.files.locations import data_folder
from runtime import Store
from sgbasis import project_tensor


def test_files_objects_and_records_give_the_same(store: Store) -> None:
    import ase.io

    path = data_folder() / "crystals" / "quartz.cif"
    tensor = np.arange(9.0).reshape(3, 3)
    from_path = project_tensor(tensor, path)
    from_text = project_tensor(tensor, str(path), store=store)
    atoms = ase.io.read(path)
    from_atoms = project_tensor(tensor, atoms)
    record = compile_crystal(
        Crystal(lattice=atoms.cell[:], numbers=atoms.numbers, coordinates=atoms.get_scaled_positions())
    )
    from_record = project_tensor(tensor, record)
    for found in (from_path, from_text, from_record):
        np.testing.assert_allclose(found.tensor, from_atoms.tensor, atol=1e-6)
    x, _, z = np.diag(from_path.tensor)
    np.testing.assert_allclose(from_path.tensor, np.diag([x, x, z]), atol=1e-9)


def test_exactly_one_crystal_is_needed(tmp_path: Path) -> None:
    text = (data_folder() / "crystals" / "quartz.cif").read_text()
    both = tmp_path / "both.cif"
    both.write_text(f"{text}\n{text.replace('data_', 'data_second_', 1)}")
    with pytest.raises(CrystalError, match="holds 2 crystals"):
        project_tensor(np.eye(3), both)
    with pytest.raises(TypeError, match=r"a pymatgen Structure or its as_dict\(\) is needed, not int"):
        project_tensor(np.eye(3), 227)
