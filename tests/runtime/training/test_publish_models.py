"""Models of single targets from a run of several: the same predictions, and cards with their figures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from basis_store import TrainingError
from runtime.prediction import predict
from runtime.pretrained.pretrained import from_pretrained, open_pretrained
from runtime.targets.target import columns
from runtime.training.publish_models import publish, published_card
from runtime.training.runs.training_run import run_training
from tests.runtime.training.test_tensor_training import ELASTIC, MODEL, Silent
from tests.runtime.training.test_training_runs import configuration
from tests.support.crystals.made_datasets import made_tensor_dataset


def test_models_of_single_targets(tmp_path: Path) -> None:
    records = made_tensor_dataset(tmp_path / "data.h5")[:10]
    targets = ["energy", ELASTIC, {"name": "trusted"}]
    config = configuration(tmp_path / "data.h5", tmp_path / "run", targets=targets, model=MODEL, epochs=1)
    whole = from_pretrained(run_training(config, device="cpu", display=Silent(), on_epoch=lambda _: None))
    values = predict(whole, records)
    for target, own in zip(whole.targets, columns(whole.targets), strict=True):
        folder = tmp_path / target.name
        publish(tmp_path / "run", target.name, folder)
        small = from_pretrained(folder)
        assert small.targets == (target,)
        np.testing.assert_allclose(predict(small, records), values[:, own], rtol=1e-5, atol=1e-6)
        description = open_pretrained(folder).description
        card = (folder / "README.md").read_text()
        assert card == published_card(folder.name, description).to_markdown()
        parameters = sum(parameter.numel() for parameter in small.parameters())
        assert f"OrbitTransformer with {parameters:,} parameters, trained together with " in card
        assert f"# {target.name}\n\nPredicts {target.description} of a crystal in any cell" in card
        assert f"`sgbasis predict crystal.cif --property {target.name}`." in card
        for figure in target.score_figures(description.training["validation"]):
            assert "| {} | {} |".format(*figure) in card
    with pytest.raises(TrainingError, match="has no target 'gap'; it has energy, C, trusted"):
        publish(tmp_path / "run", "gap", tmp_path / "gap")
