"""Spglib and the tables of Stokes and Campbell (ISO-MAG, in pymatgen) as oracles: all 1,651 magnetic groups."""

from __future__ import annotations

import functools
import itertools

import numpy as np
import pytest
import spglib

from basis_compiler import compile_setting, dimensions, operations
from basis_compiler.groups.magnetic_table import magnetic_rows
from basis_store import CompiledSetting, MagneticGroup, Operations, Setting, magnetic_groups, representations
from basis_store.groups.magnetic.magnetic_group import _rows

pytestmark = pytest.mark.oracle


def coloured(group: MagneticGroup) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(n, 3, 3) rotations, (n, 3) translations in 24ths and (n,) time reversals of all operations."""
    every = operations(representations(group)[-1])
    rotations, translations, reversals = every.rotations, every.translations24, every.characters24 == 12
    if group.type == 2:
        rotations, translations = np.concatenate([rotations] * 2), np.concatenate([translations] * 2)
        reversals = np.repeat([False, True], len(every))
    return rotations, translations, reversals


def test_spglib_recognises_every_group() -> None:
    """By its operations alone, in whatever setting."""
    for group in magnetic_groups():
        rotations, translations, reversals = coloured(group)
        found = spglib.get_magnetic_spacegroup_type_from_symmetry(
            rotations.astype(np.intc), translations / 24, reversals.astype(np.intc)
        )
        assert found is not None and found.uni_number == group.uni_number, group.label
        assert (found.bns_number, found.og_number, found.type) == (group.bns_number, group.og_number, group.type)


def test_operations_are_those_of_spglib() -> None:
    """Exactly; but 218 groups have two origin choices, and spglib's magnetic tables use the first.

    In nine others spglib's axes are not those of the symbol, as in P2'2'2: two of them are exchanged.
    """
    shifted, exchanged = [], []
    for group in magnetic_groups():
        known = spglib.get_magnetic_symmetry_from_database(group.uni_number)
        translations = np.rint(known["translations"] * 24).astype(int) % 24
        theirs = rows(known["rotations"], translations, known["time_reversals"])
        if rows(*coloured(group)) == theirs:
            continue
        if group.setting.choice == "2":
            origins = (np.array(p) for p in itertools.product(range(0, 24, 3), repeat=3))
            assert any(rows(*moved(coloured(group), np.eye(3, dtype=int), p)) == theirs for p in origins)
            shifted.append(group)
        else:
            swaps = (np.eye(3, dtype=int)[list(p)] for p in ((0, 2, 1), (1, 0, 2)))
            assert any(rows(*moved(coloured(group), one, np.zeros(3, int))) == theirs for one in swaps)
            exchanged.append(group)
    assert (len(shifted), len(exchanged)) == (218, 9)


def moved(
    group: tuple[np.ndarray, np.ndarray, np.ndarray], axes: np.ndarray, origin24: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The same operations in the coordinates ``axes @ x + origin24 / 24``."""
    rotations = axes @ group[0] @ axes.T
    return rotations, (group[1] @ axes.T + origin24 - rotations @ origin24) % 24, group[2]


def test_even_functions_are_invariant_under_the_family_group() -> None:
    """Spglib recognises the operations without time reversal as those of the first part of the OG number."""
    for group in magnetic_groups():
        every = operations(group)
        found = spglib.get_spacegroup_type_from_symmetry(every.rotations, every.translations24 / 24)
        assert found is not None and found.number == group.family_number, group.label


@pytest.mark.filterwarnings("ignore")
def test_the_table_is_what_its_command_writes() -> None:
    """It compares all operations of ISO-MAG with those of a setting and a character of it."""
    pytest.importorskip("pymatgen", reason="pymatgen is not installed")
    for row, kept in zip(magnetic_rows(), _rows(), strict=True):
        assert list(row.values())[1:] == [*map(str, kept)]


def rows(rotations: np.ndarray, translations24: np.ndarray, reversals: np.ndarray) -> set[tuple[int, ...]]:
    table = np.column_stack([np.reshape(rotations, (-1, 9)), translations24, np.asarray(reversals, int)])
    return set(map(tuple, table.astype(int).tolist()))


def test_even_functions_of_type_iv_are_those_of_the_parent_in_another_cell() -> None:
    """Every function of the parent's standard setting, written in the BNS cell, and no others on these waves.

    The change of cell x_std = P x + p is spglib's, of a crystal with general positions; all else is integers: the
    wave k of the standard cell is k P in the BNS cell, with the phase k.p. All 517 groups.
    """
    draw = np.random.default_rng(0)
    for group in magnetic_groups():
        if group.type != 4:
            continue
        every, parent = operations(group), Setting.standard(group.family_number)
        change, origin24 = change_of_cell(every, parent, draw)
        own = compiled_parent(parent)
        starts = np.repeat(own.orbit_starts[:-1], own.orbit_sizes)
        waves = np.rint(own.waves @ change).astype(int)
        assert np.abs(waves - own.waves @ change).max() < 1e-9
        phases = own.phases24 + own.waves @ origin24
        phases = (phases - phases[starts]) % 24
        rows = {tuple(wave): row for row, wave in enumerate(waves.tolist())}
        for rotation, translation in zip(every.rotations, every.translations24, strict=True):
            images = [rows[tuple(wave)] for wave in (waves @ rotation).tolist()]
            assert np.array_equal(starts[images], starts), group.label
            assert not ((phases + waves @ translation - phases[images]) % 24).any(), group.label
        absent = np.rint(own.absent_waves @ change).astype(int)
        closed = np.concatenate([waves, absent])
        assert sum(dimensions(every, closed).values()) == own.n_orbits, group.label


@functools.cache
def compiled_parent(setting: Setting) -> CompiledSetting:
    return compile_setting(setting, radius=2, min_functions=0)


def change_of_cell(group: Operations, parent: Setting, draw: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """P (3, 3) and p (3,) in 24ths with x_std = P x + p, of spglib's description of a crystal of two orbits."""
    metric = group.point_group.transpose(0, 2, 1) @ np.diag([1.0, 1.21, 1.47]) @ group.point_group
    lattice = 50 * np.linalg.cholesky(metric.mean(axis=0))
    points = [(group.rotations @ x + group.translations24 / 24) % 1 for x in draw.uniform(size=(2, 3))]
    numbers = np.repeat([1, 2], len(group))
    found = spglib.get_symmetry_dataset(
        (lattice, np.concatenate(points), numbers), symprec=1e-3, hall_number=parent.hall_number
    )
    assert found is not None and found.number == parent.number
    origin24 = np.rint(found.origin_shift * 24).astype(int)
    assert np.abs(origin24 - found.origin_shift * 24).max() < 1e-3
    return found.transformation_matrix, origin24
