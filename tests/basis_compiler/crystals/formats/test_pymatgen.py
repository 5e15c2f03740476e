"""Objects and dictionaries of the real pymatgen, and those of JARVIS, wherever crystals are read."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sgbasis
from basis_compiler import compile_crystal, compile_dataset, read_crystals, standardize
from basis_store import CrystalError, RecipeError
from tests.support.tiny_models import save_tiny

pytestmark = pytest.mark.oracle
core = pytest.importorskip("pymatgen.core", reason="pymatgen is not installed")


@pytest.fixture(scope="module")
def salt() -> Any:
    return core.Structure.from_spacegroup("Fm-3m", core.Lattice.cubic(5.64), ["Na", "Cl"], [[0, 0, 0], [0.5] * 3])


def jarvis(structure: Any, *, cartesian: bool = False) -> dict[str, Any]:
    """As ``Atoms.to_dict`` of jarvis-tools gives it."""
    points = structure.cart_coords if cartesian else structure.frac_coords
    return {
        "lattice_mat": structure.lattice.matrix.tolist(),
        "coords": points.tolist(),
        "elements": [site.specie.symbol for site in structure],
        "abc": list(structure.lattice.abc),
        "angles": list(structure.lattice.angles),
        "cartesian": cartesian,
        "props": [""] * len(structure),
    }


class Atoms:
    """As ``jarvis.core.atoms.Atoms``."""

    def __init__(self, description: dict[str, Any]) -> None:
        self.lattice_mat = description["lattice_mat"]
        self._description = description

    def to_dict(self) -> dict[str, Any]:
        return self._description


def without_modules(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_modules(one) for key, one in value.items() if not key.startswith("@")}
    return [without_modules(one) for one in value] if isinstance(value, list) else value


def decorated(structure: Any, how: str) -> Any:
    copy = structure.copy()
    if how == "oxidation states":
        copy.add_oxidation_state_by_element({"Na": 1, "Cl": -1})
    if how == "spins":
        copy.add_spin_by_element({"Na": 1, "Cl": 0})
    if how == "site properties":
        copy.add_site_property("magmom", [0.0] * len(copy))
    return copy


@pytest.mark.parametrize("how", ["plain", "oxidation states", "spins", "site properties"])
def test_all_that_a_structure_can_become(how: str, salt: Any, tmp_path: Path) -> None:
    structure = decorated(salt, how)
    text = structure.to_json()
    plain = json.loads(text)
    paths = {}
    for name, content in (("json", plain), ("bare", without_modules(plain)), ("jarvis", jarvis(structure))):
        paths[name] = tmp_path / f"{name}.json"
        paths[name].write_text(json.dumps(content))
    for source in (
        structure,
        structure.as_dict(),
        without_modules(plain),
        jarvis(structure),
        jarvis(structure, cartesian=True),
        Atoms(jarvis(structure)),
        {"jid": "JVASP-1", "atoms": jarvis(structure)},
        {"structure": text},
        *paths.values(),
    ):
        (crystal,) = read_crystals(source)
        assert Counter(crystal.numbers.tolist()) == {11: 4, 17: 4}
        np.testing.assert_allclose(crystal.lattice, structure.lattice.matrix, atol=1e-12)
        assert standardize(crystal).setting.number == 225
        assert crystal.notes == ()


def test_lines_and_tables_with_structures(salt: Any, tmp_path: Path) -> None:
    text = salt.to_json()
    charged = salt.copy()
    charged.set_charge(0)
    records = [
        {"jid": "a", "atoms": jarvis(salt), "gap": 8.5},
        {"jid": "b", "atoms": jarvis(salt, cartesian=True), "gap": 8.5},
        {"id": "c", "structure": json.loads(text), "gap": 8.5},
        {"id": "d", "structure": text, "gap": 8.5},
        json.loads(charged.to_json()),
    ]
    path = tmp_path / "some.jsonl"
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records))
    table = compile_dataset(path, tmp_path / "some.h5")  # one path, not a list of letters
    assert table.identifiers == ("a", "b", "c", "d", "some.jsonl:5")
    assert table.skipped == ()
    assert list(table.targets) == ["gap"], "the charge of a structure is no target"
    for column in (json.loads(text), text, jarvis(salt)):
        path = tmp_path / "table.json"
        path.write_text(json.dumps({"index": ["x"], "columns": ["one", "gap"], "data": [[column, 8.5]]}))
        table = compile_dataset([path], tmp_path / "some.h5")
        assert (table.identifiers, list(table.targets)) == (("x",), ["gap"])


@pytest.mark.parametrize("amount", [1.0, 1 - 1e-9, 0.99995, 0.9995])
def test_occupancies_of_one(amount: float) -> None:
    structure = core.Structure(core.Lattice.cubic(3.35), [{"Po": amount}], [[0, 0, 0]])
    for source in (structure, structure.as_dict()):
        assert read_crystals(source)[0].numbers.tolist() == [84]


@pytest.mark.parametrize(
    ("species", "message"),
    [
        ({"Fe": 0.5, "Mn": 0.5}, r"partial occupancy \((Fe 0.5, Mn 0.5|Mn 0.5, Fe 0.5)\): only ordered"),
        ({"Fe": 0.9}, r"partial occupancy \(Fe 0.9\): only ordered"),
        ({"Fe2+": 0.5, "Fe3+": 0.5}, r"partial occupancy \(Fe(2\+)? 0.5, Fe(3\+)? 0.5\): only ordered"),
        ({"X": 1}, "'X'"),
    ],
)
def test_disorder_is_said_in_one_sentence(species: dict[str, float], message: str) -> None:
    structure = core.Structure(core.Lattice.cubic(3), [species], [[0, 0, 0]])
    for source in (structure, structure.as_dict()):
        with pytest.raises(CrystalError, match=message) as caught:
            read_crystals(source)
        assert "\n" not in str(caught.value)


def test_what_is_no_crystal_is_named(salt: Any) -> None:
    slab = core.Structure(core.Lattice(np.eye(3) * 4, pbc=(True, True, False)), ["Po"], [[0, 0, 0]])
    for source in (slab, slab.as_dict()):
        with pytest.raises(CrystalError, match="periodic in 2 of 3 directions"):
            read_crystals(source)
    molecule = core.Molecule(["H"], [[0, 0, 0]])
    for source in (molecule, molecule.as_dict(), salt[0], salt.lattice, core.Structure, {}, 3, None):
        with pytest.raises(
            TypeError, match=r"a path, an ase.Atoms, a pymatgen Structure or its as_dict\(\) is needed"
        ):
            read_crystals(source)


def test_every_function_takes_structures_or_says_what_it_takes(salt: Any, tmp_path: Path) -> None:
    model = save_tiny(tmp_path / "model")
    values = [
        sgbasis.predict(source, model)[0].value
        for source in (salt, salt.as_dict(), jarvis(salt), [salt], (one for one in [salt.as_dict()]))
    ]
    np.testing.assert_allclose(values, values[0], rtol=1e-6)
    assert sgbasis.compile_crystals(salt.as_dict())[0].setting.number == 225
    assert sgbasis.project_tensor(np.eye(3), salt.as_dict()).setting.number == 225
    for function in (standardize, compile_crystal):
        for source in ("x.cif", salt, read_crystals(salt)):
            with pytest.raises(TypeError, match=r"a Crystal is needed, not (str|Structure|list): read_crystals"):
                function(source)  # type: ignore[arg-type]
    for inputs in (salt, [salt], 3, [tmp_path, 3]):
        with pytest.raises(TypeError, match="inputs are paths of files and folders, not "):
            compile_dataset(inputs, tmp_path / "x.h5")  # type: ignore[arg-type]
    assert sorted(tmp_path.iterdir()) == [model]


@pytest.mark.parametrize("tolerance", [0, -1, 0.26, 3, float("nan"), float("inf"), None, "0.01", True])
def test_a_tolerance_out_of_range_is_one_error_everywhere(tolerance: Any, salt: Any, tmp_path: Path) -> None:
    model = save_tiny(tmp_path / "model")
    path = tmp_path / "x.json"
    path.write_text(salt.to_json())
    (crystal,) = read_crystals(salt)
    for call in (
        lambda: read_crystals(salt, tolerance=tolerance),
        lambda: read_crystals(path, tolerance=tolerance),
        lambda: standardize(crystal, tolerance=tolerance),
        lambda: compile_crystal(crystal, tolerance=tolerance),
        lambda: sgbasis.compile_crystals(salt, tolerance=tolerance),
        lambda: sgbasis.predict(salt, model, tolerance=tolerance),
        lambda: sgbasis.predict(path, model, tolerance=tolerance),
        lambda: sgbasis.project_tensor(np.eye(3), salt, tolerance=tolerance),
        lambda: compile_dataset([path], tmp_path / "x.h5", tolerance=tolerance),
    ):
        with pytest.raises(RecipeError, match=r"the tolerance lies between 0 and 0\.25 Angstrom, not at "):
            call()  # type: ignore[no-untyped-call]
