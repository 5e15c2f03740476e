"""The mean of several networks: the same as to average their predictions by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from basis_store import ModelError, Setting
from runtime import Ensemble, from_pretrained
from runtime.features.embedding import embed
from runtime.features.gradients import derivatives
from runtime.models.base import CrystalModel
from runtime.models.ensemble import EnsembleConfig
from runtime.models.site_transformer import SiteTransformer, SiteTransformerConfig
from runtime.prediction import predict
from runtime.pretrained.pretrained import save_pretrained
from runtime.targets.target import Target
from tests.support.crystals.made_records import made_record
from tests.support.tiny_models import BULK, DOMAIN, ELASTIC, ENERGY, tiny_model

RECORDS = [
    made_record(Setting.standard(number), np.random.default_rng(number), n_sites=2) for number in (2, 62, 161, 225)
]


def members(*targets: Target, architecture: str = "OrbitTransformer") -> list[CrystalModel]:
    made: list[CrystalModel] = []
    for seed in range(3):
        torch.manual_seed(seed)
        site = SiteTransformer(SiteTransformerConfig(width=16, layers=1, channels=8, feed_forward=16), targets)
        made.append(site.eval() if architecture == "SiteTransformer" else tiny_model(*targets, seed=seed))
    for model in made:
        model.target_mean.copy_(made[0].target_mean)
        model.target_scale.fill_(0.7)
    return made


@pytest.fixture(scope="module", params=["OrbitTransformer", "SiteTransformer"])
def networks(request: pytest.FixtureRequest) -> list[CrystalModel]:
    return members(ENERGY, ELASTIC, BULK, architecture=request.param)


@pytest.fixture(scope="module")
def ensemble(networks: list[CrystalModel]) -> Ensemble:
    return Ensemble.of(networks)


def outputs(model: torch.nn.Module) -> torch.Tensor:
    with torch.no_grad():
        return model(model.prepare(RECORDS))


def test_it_is_the_mean(networks: list[CrystalModel], ensemble: Ensemble) -> None:
    """Of what was learned: logarithms here."""
    each = torch.stack([outputs(network) for network in networks])
    assert float((each[0] - each[1]).abs().max()) > 1e-3
    torch.testing.assert_close(outputs(ensemble), each.mean(0), rtol=1e-5, atol=1e-6)


def test_embeddings_of_members_stand_side_by_side(networks: list[CrystalModel], ensemble: Ensemble) -> None:
    batch = ensemble.prepare(RECORDS)
    with torch.no_grad():
        whole = ensemble.embed(batch)
        both, again = ensemble.with_embedding(batch)
        parts = [network.embed(batch) for network in networks]
    torch.testing.assert_close(whole.crystals, torch.cat([part.crystals for part in parts], dim=1))
    torch.testing.assert_close(whole.sites, torch.cat([part.sites for part in parts], dim=1))
    torch.testing.assert_close(again, whole.crystals)
    torch.testing.assert_close(both, outputs(ensemble))
    assert embed(ensemble, RECORDS).crystals.shape == (len(RECORDS), 3 * networks[0].config.width)


@pytest.mark.parametrize("index", range(3))
def test_one_target_alone(ensemble: Ensemble, index: int) -> None:
    own = [slice(0, 1), slice(1, 22), slice(22, 23)][index]
    torch.testing.assert_close(outputs(ensemble.with_only(index)), outputs(ensemble)[:, own])


def test_saved_and_loaded(ensemble: Ensemble, tmp_path: Path) -> None:
    save_pretrained(ensemble, tmp_path / "model", card="# Mean\n", domain=DOMAIN, training={"epochs": 0})
    again = from_pretrained(tmp_path / "model")
    assert isinstance(again, Ensemble) and again.config == ensemble.config
    assert torch.equal(outputs(again), outputs(ensemble))
    doubled = outputs(again.double())
    torch.testing.assert_close(doubled, outputs(ensemble).double(), rtol=1e-4, atol=1e-5)


def test_heads_are_those_of_all_members(ensemble: Ensemble, networks: list[CrystalModel]) -> None:
    """What is of the heads, by name and by module, is the same; the rest is the body."""
    assert len(ensemble.heads()) == 3 * len(networks[0].heads())
    of_heads = {id(parameter) for head in ensemble.heads() for parameter in head.parameters()}
    for name, parameter in ensemble.named_parameters():
        assert ensemble.is_of_head(name) == (id(parameter) in of_heads), name
    assert ensemble.is_of_head("target_mean") and not ensemble.is_of_head("members.1.element.weight")


def test_derivatives_are_means(networks: list[CrystalModel], ensemble: Ensemble) -> None:
    record = RECORDS[1]
    each = [next(derivatives(network, [record]))[0] for network in networks]
    found = next(derivatives(ensemble, [record]))[0]
    strains = np.stack([one.strain for one in each])
    np.testing.assert_allclose(found.strain, strains.mean(0), rtol=1e-3, atol=1e-4)


def test_members_that_do_not_belong_together(networks: list[CrystalModel]) -> None:
    other = tiny_model(ENERGY)
    with pytest.raises(ModelError, match="the same architecture, sizes and targets"):
        Ensemble.of([networks[0], other])
    shifted = members(ENERGY)
    shifted[1].target_mean.add_(0.1)
    with pytest.raises(ModelError, match="trained on the same crystals"):
        Ensemble.of(shifted)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"members": 0}, "members of EnsembleConfig is an integer from 1 to 16, not 0"),
        ({"members": 17}, "members of EnsembleConfig is an integer from 1 to 16, not 17"),
        (
            {"architecture": "CompositionModel"},
            "OrbitTransformer or SiteTransformer, not 'CompositionModel'",
        ),
        ({"architecture": "SiteTransformer", "model": {"heads": 2}}, "unknown key 'heads'"),
        ({"model": {"width": 0}}, "width of OrbitTransformerConfig"),
    ],
)
def test_ensembles_that_make_no_sense(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ModelError, match=reason):
        EnsembleConfig(**changes)


def test_predictions_in_physical_units(networks: list[CrystalModel], ensemble: Ensemble) -> None:
    """The mean of logarithms is the logarithm of the geometric mean."""
    bulk = np.stack([predict(network, RECORDS)[:, -1] for network in networks])
    np.testing.assert_allclose(predict(ensemble, RECORDS)[:, -1], np.exp(np.log(bulk).mean(0)), rtol=1e-5)
