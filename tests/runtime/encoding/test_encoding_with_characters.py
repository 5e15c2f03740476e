"""Mixed batches of settings with any character: equal to Basis.project and to the mean over the group (T4, T9)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from basis_compiler import compile_recipe, compile_tensors
from basis_store import TURN, Representation, Setting, SettingError, write_store
from runtime import Store, WaveEncoder, load_store
from tests.support.triton_encoding import character_recipe


@pytest.fixture(scope="module")
def characters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Every character of a setting of each point group."""
    path: Path = tmp_path_factory.mktemp("characters") / "characters.h5"
    recipe = character_recipe()
    write_store(path, compile_recipe(recipe), recipe, tensors=compile_tensors(recipe.representation_list))
    yield load_store(path)


def test_values_equal_those_of_each_basis(characters: Store) -> None:
    """Real and complex characters in one batch, some of one setting; and chi(g) under every operation."""
    encoder, named = WaveEncoder(characters), list(characters.representations)
    assert len(named) > 140 and not all(one.is_real for one in named)
    generator = torch.Generator().manual_seed(3)
    crystals = torch.randperm(2 * len(named), generator=generator) % len(named)
    x = torch.rand(len(crystals), 3, generator=generator, dtype=torch.float64) * 8 - 4
    values = encoder(x, named, crystals)
    for number, one in enumerate(named):
        basis, points = characters.basis(one), x[crystals == number]
        expected = basis.project(points)
        own = values[crystals == number]
        torch.testing.assert_close(own[:, : expected.shape[1]], expected, atol=1e-13, rtol=0)
        assert not own[:, expected.shape[1] :].any()
    some = named[::7]
    counts = torch.tensor([len(characters.basis(one).rotations) for one in some])
    images = torch.cat([characters.basis(one).images(x[:1])[0] for one in some])
    moved = encoder(images, some, torch.repeat_interleave(torch.arange(len(some)), counts))
    for one, part in zip(some, moved.split(counts.tolist()), strict=True):
        c = characters.basis(one).characters24.to(x) * (torch.pi * 2 / TURN)
        chi = torch.polar(torch.ones_like(c), c)
        torch.testing.assert_close(part, chi[:, None] * part[:1], atol=1e-12, rtol=0)


def test_values_are_means_over_the_group(characters: Store) -> None:
    """P_k = mean of conj(chi(g)) e_k(g x), from the operations alone."""
    encoder = WaveEncoder(characters, radius=2)
    x = torch.rand(3, 3, dtype=torch.float64)
    for one in ("75:1E", "123:B1g", "143:2E", "162:A2u", "174:1E''", "195:1E"):
        named = Representation.parse(one)
        basis, waves = characters.basis(named), encoder.waves(named.setting.lattice_family)
        angles = (basis.images(x) @ waves.to(x).T) - basis.characters24.to(x)[:, None] / TURN
        expected = torch.polar(torch.ones_like(angles), 2 * torch.pi * angles).mean(dim=1)
        found = encoder(x, [one], torch.zeros(3, dtype=torch.long))[:, : len(waves)]
        torch.testing.assert_close(found, expected, atol=1e-13, rtol=0)


def test_derivatives_with_complex_characters(characters: Store) -> None:
    encoder = WaveEncoder(characters, radius=1)
    names, crystals = ["75:1E", "123:B1g", "143:2E"], torch.tensor([2, 0, 1, 0])
    x = torch.rand(4, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: encoder(x, names, crystals), (x,))
    assert torch.autograd.gradgradcheck(lambda x: encoder(x, names, crystals), (x,))


def test_names_of_one_representation_share_a_place(characters: Store) -> None:
    encoder = WaveEncoder(characters)
    setting = Setting.standard(123)
    settings = [setting, "123", Representation(setting), "123:B1g", Representation.of("123", "B1g"), "P4/mmm:B1g"]
    plan = encoder.plan(settings, torch.arange(6))
    assert plan.settings == (Representation(setting), Representation.of("123", "B1g"))
    assert plan.kinds.tolist() == [0, 0, 0, 1, 1, 1]
    for bad in (123, setting.hall_number):
        with pytest.raises(SettingError, match="give a setting"):
            encoder.plan([setting, bad], torch.arange(2))


def test_a_store_of_invariant_functions_says_what_it_lacks(store: Store) -> None:
    with pytest.raises(SettingError, match="it has invariant functions only"):
        WaveEncoder(store)(torch.rand(1, 3), ["136:B1g"], torch.zeros(1, dtype=torch.long))
