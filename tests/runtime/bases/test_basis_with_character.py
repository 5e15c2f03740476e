"""Bases with a character (T9), in PyTorch: by direct sums, by their operations, and as an orthonormal whole."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from basis_compiler import compile_recipe, compile_tensors
from basis_store import CharacterError, CutoffError, Recipe, Representation, SettingError, write_store
from runtime import Basis, Store, load_store
from tests.runtime.bases.test_basis import plane_waves, points

# One group for each kind of class: abelian and not, with and without inversion, symmorphic or not.
NUMBERS = (
    4,
    14,
    19,
    33,
    62,
    76,
    82,
    88,
    92,
    114,
    136,
    146,
    148,
    158,
    169,
    174,
    176,
    178,
    190,
    194,
    198,
    206,
    219,
    230,
)


@pytest.fixture(scope="module")
def characters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A small store of all characters of these groups."""
    settings = tuple(Representation.of(str(number)).setting.hall_number for number in NUMBERS)
    recipe = Recipe(radius=2, min_functions=10, settings=settings, characters="all")
    path: Path = tmp_path_factory.mktemp("stores") / "characters.h5"
    tensors = compile_tensors([one.setting for one in recipe.representation_list])
    write_store(path, compile_recipe(recipe), recipe, tensors=tensors)
    yield load_store(path)


def bases(store: Store) -> Iterator[Basis]:
    return (store.basis(one) for one in store.representations)


def chi(basis: Basis) -> torch.Tensor:
    return torch.exp(2j * math.pi * basis.characters24.double() / 24)


def test_complex_functions_are_their_definition(characters: Store) -> None:
    x = points(3)
    for basis in bases(characters):
        terms = plane_waves(x, basis.waves) * torch.exp(2j * math.pi * basis.phases24.double() / 24)
        psi = torch.zeros(3, basis.n_functions, dtype=torch.complex128).index_add_(1, basis.orbits, terms)
        psi = psi / basis.counts.double().sqrt()
        torch.testing.assert_close(basis.evaluate_complex(x), psi, atol=1e-12, rtol=0, msg=basis.extra_repr())


def test_functions_have_their_character(characters: Store) -> None:
    x = points(2, spread=3)
    for basis in bases(characters):
        images, factors = basis.images(x), chi(basis)[None, :, None]
        expected = factors * basis.evaluate_complex(x)[:, None]
        torch.testing.assert_close(basis.evaluate_complex(images), expected, atol=1e-12, rtol=0)
        if basis.representation.is_real:
            torch.testing.assert_close(basis(images), factors.real * basis(x)[:, None], atol=1e-12, rtol=0)


def test_all_functions_of_a_group_are_orthonormal(characters: Store) -> None:
    """The mean over a grid that tells their waves apart: functions of one character, and of different ones."""
    for setting in characters.settings:
        own = [one for one in characters.representations if one.setting == setting]
        # As many points along each axis as two waves can differ by, and one more.
        found = [characters.basis(one).truncate(count=10) for one in own]
        size = 2 * int(max(basis.waves.abs().max() for basis in found)) + 1
        axis = torch.arange(size, dtype=torch.float64) / size
        x = torch.cartesian_prod(axis, axis, axis)
        values = torch.cat([basis.evaluate_complex(x) for basis in found], dim=1)
        products = values.mH @ values / len(x)
        torch.testing.assert_close(products, torch.eye(len(products), dtype=products.dtype), atol=1e-9, rtol=0)


def test_projection_is_the_mean_over_the_group(characters: Store) -> None:
    """T4 with the character: P_k(x) = (1/|G|) sum_g conj(chi(g)) e_k(g x), 0 for absent waves and for k = 0."""
    x, waves = (
        points(2),
        torch.tensor([[0, 0, 0], [1, 0, 0], [0, 1, 1], [0, 0, 1], [1, 1, 1], [0, 0, 2], [-1, 0, 1]]),
    )
    for basis in bases(characters):
        means = (plane_waves(basis.images(x), waves) * chi(basis).conj()[None, :, None]).mean(dim=1)
        torch.testing.assert_close(basis.project(x, waves), means, atol=1e-12, rtol=0, msg=basis.extra_repr())


def test_allowed_origin_shifts_are_one_phase_per_orbit(characters: Store) -> None:
    """T5 does not depend on the character."""
    x = points(2)
    for basis in bases(characters):
        roots = basis.waves[torch.cat([torch.ones(1, dtype=torch.bool), basis.orbits.diff() > 0])].double()
        shifts = torch.cat([basis.shifts24.double() / 24, basis.shift_directions.double() * 0.37])
        for shift in shifts:
            phases = torch.exp(2j * math.pi * (roots @ shift))
            torch.testing.assert_close(
                basis.evaluate_complex(x + shift), phases * basis.evaluate_complex(x), atol=1e-12, rtol=0
            )


def test_derivatives(characters: Store) -> None:
    x = points(2).requires_grad_()
    basis = characters.basis("136:B1g")
    (slopes,) = torch.autograd.grad(basis(x)[:, 3].sum(), x)
    torch.testing.assert_close(basis.gradient(x.detach())[:, 3], slopes)


def test_truncations_are_prefixes(characters: Store) -> None:
    for name in ("76:1E", "62:B2u", "198:2E", "4:B"):
        basis, x = characters.basis(name), points(2)
        for count in (1, 4, 5):
            torch.testing.assert_close(
                basis.truncate(count=count).evaluate_complex(x), basis.evaluate_complex(x)[:, :count]
            )
        assert basis.truncate(radius=2).n_functions == int((basis.norms <= 12).sum())


def test_there_is_no_constant(characters: Store, store: Store) -> None:
    assert characters.basis("136").norms[0] == 0
    assert characters.basis("136:A2g").norms[0] > 0
    assert "the constant included" not in repr(characters.basis("136:A2g"))
    torch.testing.assert_close(characters.basis("136", count=9)(points(2)), store.basis("136", count=9)(points(2)))


def test_error_messages(characters: Store, store: Store) -> None:
    with pytest.raises(CharacterError, match=r"76:1E P4_1 has complex functions only.*evaluate_complex"):
        characters.basis("76:1E").evaluate(points(1))
    with pytest.raises(CharacterError, match="complex functions only"):
        characters.basis("76:1E").gradient(points(1))
    with pytest.raises(SettingError, match="invariant functions only; sgbasis fetch characters"):
        store.basis("136:B1g")
    with pytest.raises(SettingError, match=r"has no one-dimensional character 'B3g'.* A1g, A2g, B1g, B2g, A1u"):
        characters.basis("136:B3g")
    with pytest.raises(CutoffError, match=r"136:B1g P4_2/mnm has 1 to \d+ functions in this store, not 9999"):
        characters.basis("136:B1g").truncate(count=9999)
