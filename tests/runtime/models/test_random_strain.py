"""Random strains of training crystals: one for each crystal and step, and none in predictions."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from basis_store import Setting
from runtime.models.site_transformer import ImagesBatch, SiteTransformer, SiteTransformerConfig
from runtime.targets.scalar_target import ScalarTarget
from tests.support.crystals.made_records import made_record

SMALL = SiteTransformerConfig(width=16, layers=1, channels=8, feed_forward=16, cutoff=4.5)
NUMBERS = (1, 14, 62, 194, 225)


@pytest.fixture(scope="module")
def model() -> SiteTransformer:
    torch.manual_seed(0)
    return SiteTransformer(dataclasses.replace(SMALL, strain=0.05), [ScalarTarget("t")]).double()


@pytest.fixture(scope="module")
def batch(model: SiteTransformer) -> ImagesBatch:
    records = [made_record(Setting.standard(number), np.random.default_rng(number)) for number in NUMBERS]
    return model.prepare(records)


def strained(model: SiteTransformer, batch: ImagesBatch) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Vectors of each crystal before and after."""
    sizes = batch.counts["images"].tolist()
    return list(zip(batch.vectors.split(sizes), model._strained(batch).split(sizes), strict=True))


def test_all_vectors_of_a_crystal_have_one_symmetric_strain(model: SiteTransformer, batch: ImagesBatch) -> None:
    torch.manual_seed(1)
    found = []
    for before, after in strained(model, batch):
        strain = torch.linalg.lstsq(before, after - before).solution
        torch.testing.assert_close(before + before @ strain, after, rtol=0, atol=1e-12)
        torch.testing.assert_close(strain, strain.mT, rtol=0, atol=1e-12)
        found.append(strain)
    assert torch.pdist(torch.stack(found).flatten(1)).min() > 0.01


def test_strains_have_the_standard_deviation_of_the_configuration(
    model: SiteTransformer, batch: ImagesBatch
) -> None:
    torch.manual_seed(2)
    before, _ = strained(model, batch)[0]
    inverse = torch.linalg.pinv(before)
    strains = torch.stack([inverse @ (strained(model, batch)[0][1] - before) for _ in range(400)])
    assert float(strains.mean(0).abs().max()) < 0.01
    diagonal = strains.diagonal(dim1=1, dim2=2)
    assert float(diagonal.std()) == pytest.approx(0.05, rel=0.1)
    assert float(strains[:, 0, 1].std()) == pytest.approx(0.05 / 2**0.5, rel=0.15)


def test_only_training_is_random(model: SiteTransformer, batch: ImagesBatch) -> None:
    plain = SiteTransformer(dataclasses.replace(SMALL, strain=0.0), [ScalarTarget("t")]).double()
    plain.load_state_dict(model.state_dict())
    model.train()
    first, second = model(batch), model(batch)
    assert not torch.equal(first, second)
    model.eval()
    assert torch.equal(model(batch), plain.train()(batch))
