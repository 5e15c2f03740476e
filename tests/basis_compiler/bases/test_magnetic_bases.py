"""Even and odd functions of all 1,651 magnetic groups."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from basis_compiler import (
    compile_recipe,
    compile_setting,
    dimensions,
    operations,
    prove_store,
    reflection_conditions,
)
from basis_compiler.bases.certificate import prove
from basis_compiler.bases.compiler import compile_bundle
from basis_store import (
    CertificateError,
    CompiledSetting,
    MagneticGroup,
    Operations,
    Recipe,
    Representation,
    StoreFormatError,
    magnetic_groups,
    open_store,
    representations,
    waves_within,
    write_store,
)
from runtime import load_store

SMALL = Recipe(groups="magnetic", characters="all", radius=2, min_functions=4)
WITH_ODD = [group for group in magnetic_groups() if group.type > 2]
CUBE = np.array([wave for wave in itertools.product(range(-4, 5), repeat=3) if any(wave)])


def odd(group: MagneticGroup) -> Operations:
    return operations(Representation.of(group, "odd"))


def columns_of(compiled: CompiledSetting) -> list[bytes]:
    names = (
        "rotations",
        "translations24",
        "orbit_sizes",
        "parts",
        "real_phases24",
        "waves",
        "phases24",
        "shifts24",
    )
    return [getattr(compiled, name).tobytes() for name in names]


@pytest.fixture(scope="module")
def compiled() -> list[CompiledSetting]:
    """All even and odd functions, each proved."""
    return compile_recipe(SMALL)


def test_all_are_compiled_and_proved(compiled: list[CompiledSetting], tmp_path: Path) -> None:
    assert len(compiled) == 2842
    write_store(tmp_path / "magnetic.h5", compiled, SMALL, tensors=None)
    with open_store(tmp_path / "magnetic.h5") as store:
        assert store.format_version == (1, 2) and store.recipe == SMALL and store.settings == magnetic_groups()
        assert (
            store.read("62.446:odd").digest()
            == compile_bundle(SMALL, [Representation.of("62.446", "odd")])[0].digest()
        )


def test_even_functions_are_those_of_the_parent_group(compiled: list[CompiledSetting]) -> None:
    """In type III that group has the same cell; in type IV a smaller one, and its translations are in the list."""
    plain = compile_recipe(replace(SMALL, groups="space", settings="standard", characters="trivial"))
    for one in compiled:
        if isinstance(one.setting, MagneticGroup) and one.setting.type < 4 and one.character == 0:
            assert columns_of(one) == columns_of(plain[one.setting.number - 1])
            assert one.setting.family_number == one.setting.number


def test_even_and_odd_functions_together_are_those_of_the_group_without_time_reversal() -> None:
    for group in WITH_ODD:
        every = odd(group)
        kept = every.characters24 == 0
        assert 2 * kept.sum() == len(every)
        without = Operations(group, every.rotations[kept], every.translations24[kept])
        waves = waves_within(group.lattice_family, 27)
        even, other = dimensions(operations(group), waves), dimensions(every, waves)
        assert {shell: even[shell] + other[shell] for shell in even} == dimensions(without, waves)


def test_conditions_on_waves_are_those_of_the_operations() -> None:
    for group in WITH_ODD:
        every = odd(group)
        absent = np.zeros(len(CUBE), dtype=bool)
        for rotation, translation, c in zip(
            every.rotations, every.translations24, every.characters24, strict=True
        ):
            absent |= (CUBE @ rotation == CUBE).all(axis=1) & ((CUBE @ translation - c) % 24 != 0)
        assert np.array_equal(reflection_conditions(every).allows(CUBE), ~absent), group.label


def test_functions_change_sign_under_time_reversal(tmp_path: Path) -> None:
    """Of one group of each type with an odd function, by its value at random points and at their images."""
    recipe = replace(SMALL, settings=(544, 549, 1159, 1640))
    write_store(tmp_path / "few.h5", compile_recipe(recipe), recipe, tensors=None)
    with open_store(tmp_path / "few.h5") as written:
        prove_store(written)
    store = load_store(tmp_path / "few.h5")
    points = torch.rand(5, 3, dtype=torch.float64)
    for representation in store.representations:
        basis = store.basis(representation)
        images = basis.images(points)
        signs = torch.where(basis.characters24 == 0, 1.0, -1.0).to(points)
        torch.testing.assert_close(basis(images), signs[:, None] * basis(points)[:, None])
        assert representation.is_trivial == bool((signs > 0).all())


def test_a_charge_and_a_spin_density_of_rutile() -> None:
    """The two metal atoms, at 0 0 0 and 1/2 1/2 1/2, have the same charge and opposite spins.

    (Spins that do not turn with the crystal; with moments along c as axial vectors the group is 136.499.)
    """
    for name, sign in (("136.498:odd", -1), ("136.498", 1)):
        terms = compile_setting(name).real_functions(40)
        one, other = (
            np.bincount(terms.functions, np.cos(2 * np.pi * (terms.waves @ np.full(3, at) + terms.phases24 / 24)))
            for at in (0.0, 0.5)
        )
        np.testing.assert_allclose(other, sign * one, atol=1e-12)
        assert np.abs(one).max() > 1


def test_a_wrong_character_is_no_proof() -> None:
    right = compile_setting("62.446:odd", radius=2, min_functions=0)
    wrong = compile_setting("62.447:odd", radius=2, min_functions=0)
    with pytest.raises(CertificateError, match=r"62\.446:odd"):
        prove(replace(right, characters24=wrong.characters24))


def test_stores_of_other_kinds_are_told_apart(tmp_path: Path) -> None:
    recipe = replace(SMALL, settings=(544,))
    write_store(tmp_path / "one.h5", compile_recipe(recipe), recipe, tensors=None)
    with open_store(tmp_path / "one.h5") as store:
        with pytest.raises(ValueError, match=r"holds no basis for 62 Pnma .*: it holds magnetic groups"):
            store.read("62")
        with pytest.raises(ValueError, match=r"one\.h5 holds magnetic groups, which have no tensors here"):
            _ = store.tensors
    with pytest.raises(ValueError, match="tensors"):
        write_store(tmp_path / "two.h5", [], Recipe(settings=(1,)), tensors=None)
    with pytest.raises(StoreFormatError):
        Recipe.from_json('{"groups":"plain","radius":2,"min_functions":0,"settings":"all"}')
    assert Recipe.from_json(recipe.to_json()) == recipe
    assert len(representations("62.446")) == 2
