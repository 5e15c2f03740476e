"""The orbits that a grid's waves have are those of the store, proved there; in integers, for all 530 settings."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from basis_store import FieldError, Setting, all_settings, open_store, point_group_operations, wave_norm
from basis_store.fields.cell_change import CellChange
from runtime.fields import root_runs
from runtime.fields.grid_lattice import GridLattice, compatible_shapes
from runtime.fields.orbit_table import OrbitTable
from runtime.fields.root_runs import RootRuns
from runtime.fields.wave_orbits import WaveOrbits, orbits_of

STORE = open_store()
RADIUS = 4


def grid_orbits(lattice: GridLattice) -> WaveOrbits:
    """All balanced orbits of a grid, in the order of the store, with the right coefficients beside them."""
    table = OrbitTable(lattice)
    for roots in table.runs.blocks():
        table.add(roots, roots.numbers.astype(complex))
    orbits, numbers = table.in_store_order()
    expected = np.empty_like(orbits.roots.T)
    table.runs.read(numbers.real.astype(np.int64), expected)
    np.testing.assert_array_equal(orbits.roots.T, expected)
    return orbits


def test_orbits_of_a_grid_are_those_of_the_store() -> None:
    """All columns: roots and their order, sizes, pairs, real phases, absences."""
    for setting in all_settings():
        compiled = STORE.read(setting)
        shape = (8, 8, 8) if setting.lattice_family == "orthogonal" else (9, 9, 8)
        orbits = grid_orbits(GridLattice(shape, CellChange.conventional(), compiled.operations))
        within = orbits.take(wave_norm(orbits.roots, setting.lattice_family) <= 3 * RADIUS**2)
        stored = (compiled.norms <= 3 * RADIUS**2) & (compiled.parts >= 0)
        assert (within.roots[0] == 0).all()
        for mine, theirs in (
            (within.roots, compiled.roots),
            (within.sizes, compiled.orbit_sizes),
            (within.paired, compiled.parts == 1),
            (within.real_phases24, compiled.real_phases24),
        ):
            np.testing.assert_array_equal(mine[1:], theirs[stored], err_msg=setting.label)


def test_orbits_off_the_walls_are_of_the_general_kind() -> None:
    """What is not looked at one by one: |O|, pairs, balance, and waves that look alike."""
    for setting in all_settings():
        group = point_group_operations(STORE.read(setting).operations)
        cells = [CellChange.conventional(), CellChange.primitive(setting)]
        for cell in cells:
            lattice = GridLattice((6, 6, 6), cell, STORE.read(setting).operations)
            for roots in RootRuns(lattice).blocks():
                h, k, _, l = roots.waves  # noqa: E741 - a Miller index
                waves = np.stack([roots.waves.repeated(h), roots.waves.repeated(k), l], axis=1)
                general = np.delete(waves, roots.special, axis=0)
                orbits, kept = orbits_of(general, group)
                assert kept.all(), setting.label
                assert (orbits.sizes == len(group.rotations)).all()
                assert (orbits.paired == (group.inversion is None)).all()
                assert (lattice.ties(general) == 1).all()


@pytest.mark.parametrize("number", [1, 2, 14, 43, 146, 167, 194, 198, 227])
def test_orbits_do_not_depend_on_the_size_of_blocks(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    setting = Setting.standard(number)
    lattice = GridLattice((12, 12, 12), CellChange.primitive(setting), STORE.read(setting).operations)
    whole = grid_orbits(lattice)
    monkeypatch.setattr(root_runs, "_BLOCK", 9)
    assert len(list(RootRuns(lattice).blocks())) > 2
    for one, other in zip(grid_orbits(lattice), whole, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("number", "shape"), [(227, (6, 6, 6)), (225, (5, 5, 5)), (166, (6, 6, 6)), (15, (5, 5, 4))]
)
@pytest.mark.parametrize("primitive", [False, True])
def test_waves_of_a_grid_are_the_shortest_of_those_that_look_alike(
    number: int, shape: tuple[int, int, int], primitive: bool
) -> None:
    """By brute force: the norms of all waves that look alike on the grid, ties counted."""
    setting = Setting.standard(number)
    cell = CellChange.primitive(setting) if primitive else CellChange.conventional()
    lattice = GridLattice(shape, cell, STORE.read(setting).operations)
    orbits = grid_orbits(lattice)
    shifts = np.array(list(itertools.product(range(-3, 4), repeat=3))) @ lattice.alias
    norms = wave_norm(orbits.roots[:, None] + shifts, setting.lattice_family)
    np.testing.assert_array_equal(norms.min(axis=1), wave_norm(orbits.roots, setting.lattice_family))
    ties = (norms == norms.min(axis=1, keepdims=True)).sum(axis=1)
    np.testing.assert_array_equal(lattice.ties(orbits.roots), ties)


def test_grids_that_rotations_do_not_map_to_themselves_are_refused() -> None:
    group = STORE.read("225").operations
    with pytest.raises(FieldError, match=r"do not map a grid of 20 x 20 x 21 points to itself; .*: 20 x 20 x 20,"):
        GridLattice((20, 20, 21), CellChange.conventional(), group)
    supercell = CellChange(np.diag([2, 1, 1]))
    assert GridLattice((20, 10, 10), supercell, group).closed
    with pytest.raises(FieldError, match=r"20 x 11 x 11 points to itself; .*: 20 x 10 x 10"):
        GridLattice((20, 11, 11), supercell, group)
    with pytest.raises(FieldError, match="does not have the translations"):
        GridLattice((19, 10, 10), supercell, group)
    assert (
        next(compatible_shapes((18, 18, 18), CellChange.conventional(), STORE.read("227").operations)) == (20,) * 3
    )


def test_glides_of_diamond_leave_an_odd_half_of_its_primitive_grid() -> None:
    """Its grid points are mapped to each other if the origin is at the centre, not if it is on an atom."""
    group = STORE.read("227").operations
    for origin, closed in (((0.0, 0.0, 0.0), True), ((1 / 8, 1 / 8, 1 / 8), False)):
        lattice = GridLattice((18, 18, 18), CellChange.primitive("227", origin), group)
        assert lattice.closed == closed
