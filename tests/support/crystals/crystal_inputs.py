"""Files of crystals in all layouts that are read, made from the example crystals."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from basis_compiler import Crystal, compile_dataset, read_crystals
from basis_store import CrystalTable
from basis_store.files.locations import data_folder

CRYSTALS = data_folder() / "crystals"
OTHER_CELLS = CRYSTALS / "other_cells"
GROUPS = {"nacl": 225, "rutile": 136, "quartz": 154, "spinel": 227}
"""The examples in these files, with their space groups."""


def example_path(name: str) -> Path:
    """The file of an example, in its standard cell or in another one."""
    path = CRYSTALS / f"{name}.cif"
    return path if path.exists() else OTHER_CELLS / path.name


def example(name: str) -> Crystal:
    return read_crystals(example_path(name))[0]


def json_record(name: str, **rest: Any) -> dict[str, Any]:
    """An example as an object of a .jsonl file."""
    crystal = example(name)
    return {
        "id": name,
        "lattice": crystal.lattice.tolist(),
        "species": crystal.numbers.tolist(),
        "frac_coords": crystal.coordinates.tolist(),
    } | rest


def write_jsonl(path: Path, records: Iterable[dict[str, Any] | str]) -> Path:
    """One object, or text as it is, per line; compressed if the name ends in .gz."""
    text = "".join(f"{one if isinstance(one, str) else json.dumps(one)}\n" for one in records)
    path.write_bytes(gzip.compress(text.encode(), mtime=0) if path.suffix == ".gz" else text.encode())
    return path


def structure(name: str) -> dict[str, Any]:
    """An example as pymatgen's Structure.as_dict gives it."""
    crystal = example(name)
    labels = [label.rstrip("0123456789") for label in crystal.labels]
    return {
        "@module": "pymatgen.core.structure",
        "@class": "Structure",
        "charge": 0,
        "lattice": {"matrix": crystal.lattice.tolist(), "pbc": [True, True, True], "volume": crystal.volume},
        "sites": [
            {"species": [{"element": label, "occu": 1}], "abc": point, "properties": {}, "label": label}
            for label, point in zip(labels, crystal.coordinates.tolist(), strict=True)
        ],
    }


def write_table(path: Path, *, index: list[Any], columns: list[str], data: list[list[Any]]) -> Path:
    """A table of pandas as matbench stores it."""
    path.write_bytes(gzip.compress(json.dumps({"index": index, "columns": columns, "data": data}).encode()))
    return path


def write_folder(path: Path, listing: str | None, names: Iterable[str] = tuple(GROUPS)) -> Path:
    """CIFs, and an id_prop.csv unless ``listing`` is None."""
    path.mkdir()
    for name in names:
        shutil.copy(CRYSTALS / f"{name}.cif", path)
    if listing is not None:
        (path / "id_prop.csv").write_text(listing)
    return path


def compile_inputs(tmp_path: Path, *inputs: Path, **options: Any) -> CrystalTable:
    """The dataset of some inputs; no chunks are left."""
    table = compile_dataset(inputs, tmp_path / "out.h5", **options)
    assert not (tmp_path / "out.h5.chunks").exists()
    return table


def group_numbers(table: CrystalTable) -> dict[str, int]:
    """Space-group numbers by identifier."""
    return {record.identifier: record.setting.number for record in table}
