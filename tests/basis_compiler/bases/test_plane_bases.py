"""Bases of the 17 plane groups: proved as those of space groups are, and equal to what these have at l = 0."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from basis_compiler import (
    compile_recipe,
    compile_setting,
    compile_vector_basis,
    operations,
    prove,
    prove_store,
    reflection_conditions,
)
from basis_compiler.bases.dual_graph import dual_graph
from basis_store import (
    CertificateError,
    PlaneGroup,
    Recipe,
    RecipeError,
    Representation,
    SettingError,
    WaveIndex,
    open_store,
    plane_groups,
    representations,
    waves_within,
    write_store,
)

NAMED = [one for group in plane_groups() for one in representations(group)]


@pytest.mark.parametrize("group", NAMED, ids=str)
def test_functions_are_those_of_the_space_group_at_l_0(group: Representation) -> None:
    assert isinstance(group.setting, PlaneGroup)
    plane = compile_setting(group, radius=4, min_functions=0)
    space = compile_setting(Representation(group.setting.setting, group.number), radius=4, min_functions=0)
    flat = space.roots[:, 2] == 0
    assert np.array_equal(plane.roots, space.roots[flat, :2])
    assert np.array_equal(plane.orbit_sizes, space.orbit_sizes[flat])
    assert np.array_equal(plane.real_phases24, space.real_phases24[flat])
    # A pair O, -O is one in space as well: both are at l = 0.
    assert np.array_equal(plane.parts, space.parts[flat])
    rows = np.repeat(flat, space.orbit_sizes)
    assert np.array_equal(plane.waves, space.waves[rows, :2])
    assert np.array_equal(plane.phases24, space.phases24[rows])
    starts = space.absence_starts[:-1]
    flat_absences = space.absent_waves[starts, 2] == 0
    assert np.array_equal(plane.absence_sizes, space.absence_sizes[flat_absences])
    assert np.array_equal(plane.witnesses, space.witnesses[flat_absences])
    assert plane.waves.shape[1] == plane.absent_waves.shape[1] == plane.shifts24.shape[1] == 2


@pytest.mark.parametrize("group", plane_groups(), ids=lambda one: one.label)
def test_origin_shifts_are_those_of_the_space_group_in_the_plane(group: PlaneGroup) -> None:
    plane = compile_setting(group, radius=2, min_functions=0)
    space = compile_setting(group.setting, radius=2, min_functions=0)
    # In space the origin may move along z as well.
    directions = space.shift_directions.tolist()
    assert [0, 0, 1] in directions
    directions.remove([0, 0, 1])
    assert plane.shift_directions.tolist() == [one[:2] for one in directions]
    assert not space.shifts24[:, 2].any()
    assert np.array_equal(plane.shifts24, space.shifts24[:, :2])
    assert np.array_equal(plane.shift_orders, space.shift_orders)


CONDITIONS = {
    "pg": ["0k: k=2n"],
    "cm": ["hk: h+k=2n"],
    "p2mg": ["h0: h=2n"],
    "p2gg": ["h0: h=2n", "0k: k=2n"],
    "c2mm": ["hk: h+k=2n"],
    "p4gm": ["h0: h=2n"],
}
"""International Tables A; others have none. In p4gm a quarter turn makes 0k: k=2n of h0: h=2n."""


@pytest.mark.parametrize("group", plane_groups(), ids=lambda one: one.label)
def test_reflection_conditions_are_those_of_international_tables(group: PlaneGroup) -> None:
    found = reflection_conditions(group)
    assert [str(one) for one in found.conditions] == CONDITIONS.get(group.symbol, [])
    assert found.permutable == ("h, k permutable" if group.symbol == "p4gm" else "")
    waves = waves_within(group.lattice_family, 3 * 36, 2)
    compiled = compile_setting(group, radius=6, min_functions=0)
    absent = {tuple(one) for one in compiled.absent_waves.tolist()}
    assert [tuple(one) in absent for one in waves.tolist()] == (~found.allows(waves)).tolist()


@pytest.mark.parametrize("group", NAMED, ids=str)
def test_conditions_of_characters_are_the_absences(group: Representation) -> None:
    waves = waves_within(group.setting.lattice_family, 3 * 16, 2)
    compiled = compile_setting(group, radius=4, min_functions=0)
    absent = {tuple(one) for one in compiled.absent_waves.tolist()}
    allowed = reflection_conditions(group).allows(waves)
    assert [tuple(one) in absent for one in waves.tolist()] == (~allowed).tolist()


@pytest.mark.parametrize("group", NAMED, ids=str)
def test_functions_have_their_character_at_points(group: Representation) -> None:
    compiled = compile_setting(group, radius=3, min_functions=0)
    x = np.random.default_rng(0).uniform(size=(5, 2))

    def values(points: np.ndarray) -> np.ndarray:
        turns = points @ compiled.waves.T + compiled.phases24 / 24
        return np.add.reduceat(np.exp(2j * np.pi * turns), compiled.orbit_starts[:-1], axis=-1)

    here, them = values(x), operations(group)
    for rotation, translation, c in zip(them.rotations, them.translations24, them.characters24, strict=True):
        there = values(x @ rotation.T + translation / 24)
        assert np.allclose(there, np.exp(2j * np.pi * c / 24) * here)


@pytest.mark.parametrize("symbol", ["pg", "p4gm", "p31m"])
def test_damage_is_found(symbol: str) -> None:
    compiled = compile_setting(f"plane:{symbol}", radius=3, min_functions=0)
    prove(compiled)
    phases = compiled.phases24.copy()
    phases[int(compiled.orbit_starts[-1]) - 1] += 12
    damaged = {
        "phases24": phases,
        "real_phases24": np.where(compiled.parts == 0, (compiled.real_phases24 + 7) % 12 - 6, 0).astype(np.int8),
        "waves": compiled.waves[:, ::-1].copy(),
        "shift_orders": compiled.shift_orders + 1,
        "translations24": (compiled.translations24 + 6) % 24,
        "norm_limit": compiled.norm_limit + 3,
    }
    for name, column in damaged.items():
        if np.array_equal(column, getattr(compiled, name)):
            continue
        with pytest.raises(CertificateError, match=f"{symbol}.* fails its proof"):
            prove(dataclasses.replace(compiled, **{name: column}))


def test_the_dual_graph_of_a_plane_group() -> None:
    graph = dual_graph("plane:p2gg", WaveIndex(waves_within("orthogonal", 12, 2)))
    assert (1, 0) in graph
    # The glides along x and y: of (1, 0) the half along x counts.
    assert {gain for *_, gain in graph.edges((1, 0), data="gain")} == {12}


def test_a_store_holds_them_all(tmp_path: Path) -> None:
    recipe = Recipe(groups="plane", characters="all", radius=3, min_functions=8)
    compiled = compile_recipe(recipe)
    content_hash = write_store(tmp_path / "plane.h5", compiled[::-1], recipe, tensors=None)
    with open_store(tmp_path / "plane.h5") as store:
        assert (store.content_hash, store.format_version, store.recipe) == (content_hash, (1, 2), recipe)
        assert store.settings == plane_groups()
        assert [str(one) for one in store.representations] == [str(one) for one in NAMED]
        assert {waves.shape[1] for waves in store.shared_waves.values()} == {2}
        for made, read in zip(compiled, store, strict=True):
            assert made.digest() == read.digest()
        assert "plane:p6mm" in store
        assert "p6mm" not in store  # P6mm, of space
        prove_store(store)
        with pytest.raises(SettingError, match="it holds plane groups"):
            store.tensor_basis("P1", "ij=ji")
        with pytest.raises(SettingError, match="it holds plane groups"):
            store.read("P6mm")


def test_recipes_of_plane_groups() -> None:
    assert Recipe(groups="plane", settings=(17, 2, 17)).settings == (2, 17)
    assert Recipe(groups="plane").dimension == 2
    with pytest.raises(RecipeError, match="settings are 'all' or numbers of plane groups, not 'standard'"):
        Recipe(groups="plane", settings="standard")
    with pytest.raises(SettingError, match="no plane group 18"):
        Recipe(groups="plane", settings=(18,))


def test_vector_fields_of_plane_groups_are_refused() -> None:
    with pytest.raises(SettingError, match="plane:12 p4gm is a plane group: vector fields are those of space"):
        compile_vector_basis("plane:p4gm", axial=False)
