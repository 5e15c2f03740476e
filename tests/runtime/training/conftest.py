"""A dataset that tests of training share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.crystals.made_datasets import made_dataset


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Crystals with an energy and a stiffness; not to be changed."""
    path = tmp_path_factory.mktemp("data") / "made.h5"
    made_dataset(path)
    return path
