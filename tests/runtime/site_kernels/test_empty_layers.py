"""Empty layers: slabs, wires and molecules have them in any cell, crystals do not; volumes without them."""

import numpy as np
import pytest
import torch
from ase import Atoms
from ase.build import bulk, fcc111, graphene, make_supercell, molecule, mx2, surface
from ase.spacegroup import crystal

from basis_compiler import compile_crystals
from basis_store import CrystalArrays
from runtime import load_store
from runtime.site_kernels.images.empty_layers import empty_layers, filled_volumes


def _hexagonal(symbols: list[str], sites: list[tuple[float, float, float]], a: float, c: float) -> Atoms:
    return crystal(symbols, sites, spacegroup=194, cellpar=[a, a, c, 90, 90, 120])


BULK = {
    "diamond": bulk("C", "diamond", a=3.567),
    "tungsten": bulk("W", "bcc", a=3.165),
    "caesium chloride": bulk("CsCl", "cesiumchloride", a=4.12),
    "rock salt, twice in each direction": bulk("NaCl", "rocksalt", a=5.64, cubic=True).repeat(2),
    "graphite": _hexagonal(["C", "C"], [(0, 0, 0.25), (1 / 3, 2 / 3, 0.25)], 2.46, 6.71),
    "MoS2": _hexagonal(["Mo", "S"], [(1 / 3, 2 / 3, 0.25), (1 / 3, 2 / 3, 0.621)], 3.16, 12.3),
    "sodalite": crystal(
        ["Si", "O"], [(0.25, 0.5, 0), (0.293, 0.293, 0)], spacegroup=229, cellpar=[8.8, 8.8, 8.8, 90, 90, 90]
    ),
    "graphene sheets 4 Angstrom apart": graphene(vacuum=2.0),
}

VACUUM = {
    "copper": (fcc111("Cu", (1, 1, 4), vacuum=5.0), 10.0),
    "rock salt": (surface(bulk("NaCl", "rocksalt", a=5.64, cubic=True), (1, 0, 0), 2, vacuum=8.0), 16.0),
    "a high surface": (surface(bulk("Cu", "fcc", a=3.61, cubic=True), (2, 1, 1), 6, vacuum=6.0), 12.0),
    "MoS2": (mx2("MoS2", vacuum=7.5), 15.0),
    "graphene": (graphene(vacuum=10.0), 20.0),
    "benzene": (molecule("C6H6", cell=[12.0] * 3), 12.0),
    "an atom": (Atoms("Ar", cell=[10.0] * 3), 10.0),
}


def _arrays(*found: Atoms) -> CrystalArrays:
    for atoms in found:
        atoms.pbc = True
    return CrystalArrays.of([record for atoms in found for record in compile_crystals(atoms)])


def _layers(*found: Atoms) -> list[float]:
    return empty_layers(_arrays(*found), load_store().compiled).tolist()


def _volumes(*found: Atoms) -> np.ndarray:
    """Per atom."""
    arrays = _arrays(*found)
    volumes = filled_volumes(arrays, load_store().compiled, torch.from_numpy(arrays.lattices))
    return volumes.numpy() / arrays.atom_counts


def _rewritten(atoms: Atoms) -> Atoms:
    skew = make_supercell(atoms, [[1, 0, 0], [1, 1, 0], [-1, 2, 1]])
    skew.rotate(40, (1, 2, 3), rotate_cell=True)
    skew.positions += np.array([0.3, -1.2, 5.0])
    return skew


@pytest.mark.parametrize("name", BULK)
def test_crystals_have_none(name: str) -> None:
    assert _layers(BULK[name]) == [0.0]


@pytest.mark.parametrize("name", VACUUM)
def test_their_thickness_is_that_of_the_vacuum_in_any_cell(name: str) -> None:
    atoms, thickness = VACUUM[name]
    assert _layers(atoms, _rewritten(atoms)) == pytest.approx([thickness] * 2, abs=1e-3)


def test_each_crystal_has_its_own() -> None:
    together = [*BULK.values(), *(atoms for atoms, _ in VACUUM.values())]
    assert _layers(*together) == pytest.approx(
        [0.0] * len(BULK) + [thickness for _, thickness in VACUUM.values()], abs=1e-3
    )
    assert _layers() == []


def test_against_a_search_without_periods_of_planes() -> None:
    """Random atoms in random cells: the same as all planes up to high indices, one crystal and plane at a time."""
    rng = np.random.default_rng(0)
    found, expected = [], []
    for _ in range(20):
        cell = np.diag(rng.uniform(6, 16, 3)) + rng.normal(size=(3, 3))
        x = rng.uniform(size=(rng.integers(1, 5), 3))
        record = compile_crystals(Atoms(["He"] * len(x), scaled_positions=x, cell=cell, pbc=True))[0]
        found.append(record)
        inverse = np.linalg.inv(cell).T
        thickest = 0.0
        for h in np.ndindex(7, 7, 7):
            index = np.array(h) - 3
            if not index.any() or np.gcd.reduce(index) != 1:
                continue
            places = np.sort(x @ index % 1)
            gap = max([*np.diff(places), places[0] + 1 - places[-1]])
            thickest = max(thickest, gap / np.linalg.norm(index @ inverse))
        expected.append(thickest if thickest > 5 else 0.0)
    assert empty_layers(CrystalArrays.of(found), load_store().compiled) == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("name", BULK)
def test_volumes_of_crystals_are_those_of_their_cells(name: str) -> None:
    np.testing.assert_allclose(_volumes(BULK[name]), BULK[name].get_volume() / len(BULK[name]), rtol=1e-10)


@pytest.mark.parametrize("name", VACUUM)
def test_volumes_do_not_depend_on_how_much_vacuum_there_is(name: str) -> None:
    atoms, _ = VACUUM[name]
    more = atoms.copy()
    # In the directions that are empty, each cell vector longer by 7 Angstrom; atoms stay together.
    cell = more.cell.array
    empty = np.ptp(more.get_scaled_positions(), axis=0) * np.linalg.norm(cell, axis=1)
    for axis in np.flatnonzero(np.linalg.norm(cell, axis=1) - empty > 6.0):
        cell[axis] *= 1 + 7.0 / np.linalg.norm(cell[axis])
    more.set_cell(cell)
    volumes = _volumes(atoms, more, _rewritten(atoms))
    np.testing.assert_allclose(volumes, volumes[0], rtol=1e-6)
    assert volumes[0] < 0.8 * atoms.get_volume() / len(atoms)


def test_volumes_change_continuously_where_a_layer_becomes_thick() -> None:
    slabs = [fcc111("Cu", (1, 1, 4), vacuum=half) for half in (2.4999, 2.5001)]
    below, above = _volumes(*slabs)
    assert below == pytest.approx(above, rel=1e-4)


@pytest.mark.parametrize(
    "atoms", [BULK["MoS2"], VACUUM["copper"][0], VACUUM["benzene"][0]], ids=["bulk", "slab", "box"]
)
def test_derivatives_of_volumes(atoms: Atoms) -> None:
    arrays = _arrays(atoms)

    def volumes(lattices: torch.Tensor) -> torch.Tensor:
        return filled_volumes(arrays, load_store().compiled, lattices)

    assert torch.autograd.gradcheck(volumes, torch.from_numpy(arrays.lattices.copy()).requires_grad_())
