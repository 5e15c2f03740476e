"""Functions with a character (T9): f(g x) = chi(g) f(x) for all groups and all characters, and none is missing."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from basis_compiler import (
    compile_recipe,
    compile_setting,
    compile_tensors,
    dimensions,
    dual_graph,
    operations,
    prove,
    prove_store,
    trigonometric_form,
)
from basis_compiler.bases.dual_graph import spanning_forest
from basis_compiler.bases.formula_text import formula_text
from basis_compiler.bases.phases import solve_phases
from basis_store import (
    CertificateError,
    CharacterError,
    CompiledSetting,
    Operations,
    Recipe,
    Representation,
    Setting,
    StoreCorruptError,
    StoreReader,
    WaveIndex,
    all_settings,
    check_group,
    open_store,
    representations,
    standard_settings,
    wave_norm,
    waves_within,
    write_store,
)
from tests.support.compiled import changed

SMALL = Recipe(radius=2, min_functions=8, settings="standard", characters="all")


@pytest.fixture(scope="module")
def compiled() -> list[CompiledSetting]:
    """Every group with every character: each is proved when it is compiled."""
    return compile_recipe(SMALL)


def values(one: CompiledSetting, x: np.ndarray) -> np.ndarray:
    """(n, M) psi_O at points (n, 3), from the integers alone (T2)."""
    terms = np.exp(2j * np.pi * (x @ one.waves.T + one.phases24 / 24))
    return np.add.reduceat(terms, one.orbit_starts[:-1], axis=1) / np.sqrt(one.orbit_sizes)


def test_all_characters_of_all_groups_are_compiled(compiled: list[CompiledSetting]) -> None:
    assert [one.representation for one in compiled] == list(SMALL.representation_list)
    assert len(compiled) == sum(len(representations(setting)) for setting in standard_settings()) == 1118
    assert all(one.n_orbits >= 8 for one in compiled)


def test_functions_have_their_character(compiled: list[CompiledSetting]) -> None:
    """At random points, for every operation: not the integers of the proof, and the direction of the action."""
    rng = np.random.default_rng(0)
    for one in compiled:
        x = rng.uniform(-1, 1, (2, 3))
        chi = np.exp(2j * np.pi * one.characters24 / 24)
        images = np.einsum("gij,nj->gni", one.rotations, x) + one.translations24[:, None] / 24
        found = values(one, images.reshape(-1, 3)).reshape(len(chi), 2, -1)
        assert np.abs(found - chi[:, None, None] * values(one, x)).max() < 1e-9, one.label


@pytest.mark.parametrize("name", ["76:1E", "92:B2", "146:2E", "173:1E1", "198:1E", "230:A2u"])
def test_the_direction_of_the_action(name: str) -> None:
    """With the inverse operations instead, complex and non-symmorphic cases fail: the test above can fail."""
    one = compile_setting(name, radius=2, min_functions=8)
    chi = np.exp(2j * np.pi * one.characters24 / 24)
    x = np.random.default_rng(1).uniform(-1, 1, (2, 3))
    inverse = np.linalg.inv(one.rotations.astype(float))
    images = np.einsum("gij,gnj->gni", inverse, x - one.translations24[:, None] / 24)
    found = values(one, images.reshape(-1, 3)).reshape(len(chi), 2, -1)
    assert np.abs(found - chi.conj()[:, None, None] * values(one, x)).max() < 1e-9
    if not one.representation.is_real:
        assert np.abs(found - chi[:, None, None] * values(one, x)).max() > 0.1
    # The transposed action k -> R k of the waves is not an action of this group on them.
    columns = one.waves[: one.orbit_sizes[0]].astype(int)
    assert {tuple(k) for k in (columns[0] @ one.rotations.astype(int)).tolist()} == set(
        map(tuple, columns.tolist())
    )


def test_spaces_of_characters_are_orthogonal_and_as_large_as_the_derived_group_allows(
    compiled: list[CompiledSetting],
) -> None:
    """All characters of a group together: the functions that are invariant under its commutators and translations.

    Where the point group is abelian these are all waves that the centring allows.
    """
    for setting, members in itertools.groupby(compiled, lambda one: one.setting):
        group, basis = operations(setting), list(members)
        waves = np.array(waves_within(setting.lattice_family, 12), dtype=int)
        kernel = np.all([one.characters24 == 0 for one in basis], axis=0)
        derived = Operations(setting, group.rotations[kernel], group.translations24[kernel])
        expected = dimensions(derived, waves)
        found = dict.fromkeys(expected, 0)
        for one in basis:
            for shell, number in dimensions(one.operations, waves).items():
                assert number == (one.norms == shell).sum(), one.label
                found[shell] += number
        assert found == expected, setting
        if kernel.sum() == 1 + len(group.centrings24):  # abelian
            allowed = waves[~((waves @ group.centrings24.T) % 24).any(axis=1)]
            norms = wave_norm(allowed, setting.lattice_family)
            assert {s: n for s, n in found.items() if n} == dict(
                zip(*np.unique(norms, return_counts=True), strict=True)
            )


def test_dimensions_by_explicit_projectors() -> None:
    """The rank of (1/|G|) sum_g conj(chi(g)) g on the waves of a ball, as matrices, for all classes."""
    for setting in {one.point_group: one for one in reversed(standard_settings())}.values():
        waves = np.array(waves_within(setting.lattice_family, 12), dtype=int)
        index = WaveIndex(waves)
        for representation in representations(setting):
            group = operations(representation)
            projector = np.zeros((len(waves), len(waves)), complex)
            for r, t, c in zip(group.rotations, group.translations24, group.characters24, strict=True):
                images = index.rows(waves @ r)
                projector[images, np.arange(len(waves))] += np.exp(2j * np.pi * (waves @ t - c) / 24) / len(group)
            assert np.abs(projector @ projector - projector).max() < 1e-9
            rank = np.linalg.matrix_rank(projector, tol=1e-6)
            assert rank == sum(dimensions(representation, waves).values()), representation


def test_trivial_characters_give_the_same_tables(reader: StoreReader) -> None:
    """In a store with characters the invariant functions have the hashes that they have in the default store."""
    for number in (1, 14, 62, 136, 198, 227):
        representation = Representation.of(str(number))
        assert compile_setting(representation).digest() == reader.read(representation.setting).digest()
        assert compile_setting(representation).digest() == reader.read(str(representation)).digest()


def test_a_store_with_characters_is_read_as_it_was_written(tmp_path: Path) -> None:
    recipe = Recipe(radius=2, min_functions=8, settings=(1, 90, 349, 419), characters="all")
    made = compile_recipe(recipe)
    tensors = compile_tensors([one.setting for one in recipe.representation_list])
    path = tmp_path / "characters.h5"
    content_hash = write_store(path, made[::-1], recipe, tensors=tensors)
    with open_store(path) as store:
        assert (store.content_hash, store.format_version) == (content_hash, (1, 1))
        assert store.representations == recipe.representation_list
        assert [setting.hall_number for setting in store.settings] == [1, 90, 349, 419]
        for one in made:
            again = store.read(str(one.representation))
            assert (again.digest(), again.representation) == (one.digest(), one.representation)
            assert np.array_equal(again.characters24, one.characters24)
        prove_store(store)
        assert store.tensor_basis("75", "ij=ji").dimension == 2
    with pytest.raises(ValueError, match="trivial characters only"):
        write_store(path, made, Recipe(settings=(1, 90, 349, 419)), tensors=tensors)


def test_what_contradicts_a_character_is_not_read(tmp_path: Path) -> None:
    """Files with right hashes and wrong content, as another program may write them; and a swapped number."""
    recipe = Recipe(radius=2, min_functions=8, settings=(349,), characters="all")
    trivial, b, complex_one, conjugate = compile_recipe(recipe)
    tensors = compile_tensors(recipe.representation_list)
    wrong_parts = complex_one.parts.copy()
    wrong_parts[:2] = 1, -1
    for forged, why in (
        (changed(b, characters24=np.zeros_like(b.characters24)), "does not fit settings/characters"),
        (changed(complex_one, parts=wrong_parts), "the character is complex"),
        (changed(b, characters24=b.characters24 + np.int8(24)), "operations/characters24 holds"),
    ):
        path = tmp_path / "forged.h5"
        members = [
            forged if one.character == forged.character else one for one in (trivial, b, complex_one, conjugate)
        ]
        write_store(path, members, recipe, tensors=tensors)
        with open_store(path) as store, pytest.raises(StoreCorruptError, match=why):
            list(store)
    assert changed(complex_one, character=3).digest() != complex_one.digest()


def test_a_wrong_character_fails_its_proof() -> None:
    one = compile_setting("136:B1g", radius=2, min_functions=8)
    prove(one)
    for change in ({"character": 3}, {"characters24": np.roll(one.characters24, 1)}, {"character": 0}):
        with pytest.raises(CertificateError, match="the stored character is another one"):
            prove(changed(one, **change))
    complex_one = compile_setting("75:1E", radius=2, min_functions=8)
    parts = complex_one.parts.copy()
    parts[:2] = 1, -1
    with pytest.raises(CertificateError, match="lists real forms"):
        prove(changed(complex_one, parts=parts))
    phases = complex_one.phases24.copy()
    phases[1] = (phases[1] + 12) % 24
    with pytest.raises(CertificateError, match=r"75:1E P4 .* not constant along an operation"):
        prove(changed(complex_one, phases24=phases))


def test_formulas_of_known_functions() -> None:
    """The d wave of a square lattice; spins of rutile's two metal atoms; the first pseudoscalar of Pm-3m."""
    rutile = compile_setting("136:B2g")
    assert formula_text(trigonometric_form(rutile, 0)) == "cos X + cos Y"
    layer = compile_setting("123:B1g")
    assert formula_text(trigonometric_form(layer, 0)) == "cos X - cos Y"
    assert compile_setting("221:A1u").norms[0] == 3 * (3**2 + 2**2 + 1**2)
    with pytest.raises(CharacterError, match="complex functions only"):
        trigonometric_form(compile_setting("75:1E"), 0)
    with pytest.raises(IndexError, match="functions 0 to"):
        trigonometric_form(layer, layer.n_functions)


def test_the_dual_graph_has_the_gains_of_the_character() -> None:
    index = WaveIndex(waves_within("orthogonal", 3))
    plain, signed = dual_graph("75", index), dual_graph("75:B", index)
    for tail, head, key, gain in plain.edges(keys=True, data="gain"):
        assert (signed.edges[tail, head, key]["gain"] - gain) % 24 == 12


@pytest.mark.parametrize("name", ["8", "23", "44", "71", "107", "139", "197", "217", "229", "38", "65"])
def test_any_integers_that_form_a_character_serve(name: str) -> None:
    """A function that is odd under a centring translation, as magnetic groups with a black-and-white lattice need.

    It has no name here, but orbits, phases and dimensions are found from the integers c alone.
    """
    group = operations(name)
    signed = replace(group, characters24=12 * (group.translations24 != 0).any(axis=1))
    check_group(signed)
    waves = waves_within(group.setting.lattice_family, 27)
    solved = solve_phases(signed, spanning_forest(group.distinct_rotations, waves))
    norms = wave_norm(
        solved.waves[np.cumsum(solved.orbit_sizes) - solved.orbit_sizes], group.setting.lattice_family
    )
    found = dict(zip(*np.unique(norms, return_counts=True), strict=True))
    assert {shell: n for shell, n in dimensions(signed, waves).items() if n} == found
    assert not np.isin(solved.waves @ group.centrings24.T % 24, 0).any(), "only waves that the centring forbids"


def test_names_in_python() -> None:
    assert Representation.parse("136:B1g") == Representation.of("P4_2/mnm", "b_1g")
    assert str(Representation.parse("P4_2/mnm:B1g")) == "136:B1g"
    assert Representation.parse("3:b").is_trivial and Representation.parse("3:B").character == "B"
    assert Setting.parse("3:b") == Representation.parse("3:b:B").setting
    for setting in all_settings():
        name = setting.label.split()[0]
        for text in (
            setting.label,
            name,
            name.upper(),
            f"hall:{setting.hall_symbol}",
            f"hall:{setting.hall_number}",
        ):
            if text not in ("3:A", "3:B", "4:A", "4:B"):  # characters, while 3:a and 3:b are choices
                assert Representation.parse(text) == Representation(Setting.parse(text)), text
        for one in representations(setting):
            assert Representation.parse(str(one)) == Representation.parse(one.label) == one
            assert Representation.of(setting, one.character.lower()) == one
