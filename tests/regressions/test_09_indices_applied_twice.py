"""Regression 9. The rows of the training split were applied to what was the training split already.

A fifth of them were beyond its end, and all of these became the same crystal: a fifth of every epoch. Nothing
failed, and the error on the validation split only looked as if the model were worse.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from basis_store import Setting
from runtime.prediction import batches
from runtime.training.data import epoch_steps
from tests.runtime.training.test_training_runs import configuration, trainer
from tests.support.crystals.made_datasets import made_dataset
from tests.support.crystals.made_records import made_record
from tests.support.tiny_models import tiny_model

N = 1003


def test_applied_twice_a_fifth_is_one_crystal() -> None:
    rows = np.random.default_rng(0).permutation(1000)[:800]
    split = np.arange(1000)[rows]
    twice = split[np.minimum(rows, len(split) - 1)]
    shares = np.bincount(twice, minlength=1000) / len(rows)
    assert shares.max() == pytest.approx(0.2, abs=0.02)
    assert np.count_nonzero(shares) < 0.7 * 1000, "and a fifth of the split is never seen"


def test_an_epoch_uses_every_crystal_once() -> None:
    lengths = np.random.default_rng(0).integers(1, 50, N)
    orders = [np.concatenate(epoch_steps(lengths, 32, seed=5, epoch=epoch)) for epoch in (0, 1)]
    for order in orders:
        assert np.array_equal(np.sort(order), np.arange(N))
    assert not np.array_equal(*orders)

    rng = np.random.default_rng(0)
    records = [made_record(Setting.standard(2), rng, n_sites=int(n)) for n in rng.integers(1, 6, 40)]
    crystals = tiny_model().prepare(records)
    pieces = list(batches(orders[0][orders[0] < len(crystals)], crystals, int(crystals.costs.sum()) // 9))
    assert np.array_equal(np.sort(np.concatenate(pieces)), np.arange(len(crystals)))
    assert len(pieces) > 8


def test_the_samples_of_a_run_are_the_rows_of_its_split(tmp_path: Path) -> None:
    """The samples of a run are the training split, each crystal once."""
    records = made_dataset(tmp_path / "made.h5")
    run = trainer(configuration(tmp_path / "made.h5", tmp_path / "run"))
    expected = sorted(float(record.targets["energy"]) for record in records if record.split == "train")
    assert sorted(run.train_data.values[:, 0].tolist()) == pytest.approx(expected)
    assert len(run.val_data) == sum(record.split == "val" for record in records)
