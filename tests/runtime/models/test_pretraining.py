"""Pretraining on orbit distances: it learns, is reproducible, and never samples excluded groups."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

from basis_store import Setting
from runtime import Store
from runtime.models.crystal_fourier_transformer import pretraining
from runtime.models.crystal_fourier_transformer.model import (
    CrystalFourierTransformer,
    CrystalFourierTransformerConfig,
)
from runtime.models.crystal_fourier_transformer.pretraining import pretrain
from runtime.targets.scalar_target import ScalarTarget

CONFIG = CrystalFourierTransformerConfig(
    width=16, blocks=1, heads=2, feed_forward=16, encoder_hidden=32, encoder_blocks=1, head_hidden=16
)
FEW = [2, 14, 62, 148, 194, 225]
OTHERS = sorted(set(range(1, 231)) - set(FEW))


@pytest.fixture
def model(store: Store) -> CrystalFourierTransformer:
    torch.manual_seed(0)
    return CrystalFourierTransformer(CONFIG, [ScalarTarget("band_gap", "eV")], store)


def test_it_learns_distances(model: CrystalFourierTransformer) -> None:
    losses = pretrain(model, steps=120, seed=0, pairs=128, learning_rate=3e-3, excluded_groups=OTHERS)
    assert len(losses) == 120
    # The variance of the distances is the error of an encoder that is constant.
    generator = torch.Generator().manual_seed(1)
    pairs = [pretraining.sample_pairs(model, Setting.standard(number), 100, generator) for number in FEW]
    assert np.mean(losses[-30:]) < 0.75 * float(torch.cat([some.distances for some in pairs]).var())


def test_only_encoders_change_and_all_their_tensors_do(model: CrystalFourierTransformer) -> None:
    before = copy.deepcopy(model.state_dict())
    reported: list[tuple[int, float]] = []
    losses = pretrain(model, steps=20, seed=0, pairs=16, on_step=lambda step, loss: reported.append((step, loss)))
    assert reported == list(enumerate(losses, start=1))
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name]) != name.startswith("encoders."), name


def test_equal_seeds_give_equal_bits(model: CrystalFourierTransformer) -> None:
    other, different = copy.deepcopy(model), copy.deepcopy(model)
    losses = pretrain(model, steps=5, seed=3, pairs=16)
    torch.manual_seed(123)
    assert pretrain(other, steps=5, seed=3, pairs=16) == losses
    assert pretrain(different, steps=5, seed=4, pairs=16) != losses
    for one, same in zip(model.parameters(), other.parameters(), strict=True):
        assert torch.equal(one, same)


def test_excluded_groups_are_not_sampled(
    model: CrystalFourierTransformer, monkeypatch: pytest.MonkeyPatch
) -> None:
    sampled: list[int] = []
    plain = pretraining.sample_pairs

    def spy(model, setting, n, generator):  # type: ignore[no-untyped-def]
        sampled.append(setting.number)
        return plain(model, setting, n, generator)

    monkeypatch.setattr(pretraining, "sample_pairs", spy)
    pretrain(model, steps=20, seed=0, pairs=8, excluded_groups=OTHERS)
    assert sorted(set(sampled)) == FEW
    assert {one.setting.number for one in model.waves._orbits} == set(sampled)
    for encoder in model.encoders.values():
        for embedding in (encoder.position_group, encoder.lattice_group):
            assert set(embedding.weight.any(dim=1).nonzero()[:, 0].tolist()) <= set(sampled)
            assert embedding.weight.any()


def test_excluding_all_groups_is_refused(model: CrystalFourierTransformer) -> None:
    with pytest.raises(ValueError, match="every space group is excluded"):
        pretrain(model, steps=1, seed=0, excluded_groups=range(1, 231))
