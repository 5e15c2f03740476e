"""JSON files of one crystal, and structures of pymatgen whose occupancies are 1 up to rounding."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from basis_compiler import compile_dataset, read_crystals, standardize
from basis_store import CrystalError, open_crystals
from tests.support.crystals.crystal_inputs import example, structure


def jarvis(name: str, *, cartesian: bool) -> dict[str, object]:
    crystal = example(name)
    points = crystal.coordinates @ crystal.lattice if cartesian else crystal.coordinates
    return {
        "lattice_mat": crystal.lattice.tolist(),
        "coords": points.tolist(),
        "elements": [label.rstrip("0123456789") for label in crystal.labels],
        "cartesian": cartesian,
    }


FILES = {
    "as_dict": structure("rutile"),
    "JARVIS": jarvis("rutile", cartesian=False),
    "JARVIS, Cartesian": jarvis("rutile", cartesian=True),
    "JARVIS, record": {"jid": "JVASP-1", "atoms": jarvis("rutile", cartesian=True)},
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_one_crystal(name: str, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps(FILES[name]))
    (crystal,) = read_crystals(path)
    assert standardize(crystal).setting.number == 136
    compile_dataset([path], tmp_path / "x.h5", workers=1)
    assert len(open_crystals(tmp_path / "x.h5")) == 1


@pytest.mark.parametrize(
    "text", ["{}", "[]", "3", "{", '{"lattice": {}, "sites": [1]}', '{"atoms": 3}', "[" * 100_000]
)
def test_other_json_is_refused_in_one_line(text: str, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(CrystalError) as caught:
        read_crystals(tmp_path / "x.json")
    assert "\n" not in str(caught.value)


class Site:
    """As pymatgen's: ``specie`` fails unless the occupancy is 1."""

    def __init__(self, symbol: str, amount: float) -> None:
        self.species = {SimpleSpecies(symbol): amount}

    @property
    def specie(self) -> object:
        raise AttributeError("specie property only works for ordered sites!")


class SimpleSpecies(SimpleNamespace):
    def __init__(self, symbol: str) -> None:
        super().__init__(symbol=symbol)

    def __str__(self) -> str:
        return str(self.symbol)

    def __hash__(self) -> int:
        return hash(self.symbol)


def pymatgen_like(symbol: str, amount: float) -> object:
    class Structure(list[Site]):
        formula = "Po1"
        lattice = SimpleNamespace(matrix=np.eye(3) * 4, pbc=(True, True, True))
        frac_coords = np.zeros((1, 3))

    return Structure([Site(symbol, amount)])


@pytest.mark.parametrize(("symbol", "number"), [("Po", 84), ("D", 1), ("T", 1)])
def test_an_occupancy_within_rounding_of_one_is_one(symbol: str, number: int) -> None:
    assert read_crystals(pymatgen_like(symbol, 0.9995))[0].numbers.tolist() == [number]


@pytest.mark.parametrize(("symbol", "amount", "message"), [("Po", 0.9, "partial occupancy"), ("X", 1.0, "'X'")])
def test_disorder_and_dummies_are_refused(symbol: str, amount: float, message: str) -> None:
    with pytest.raises(CrystalError, match=message):
        read_crystals(pymatgen_like(symbol, amount))
