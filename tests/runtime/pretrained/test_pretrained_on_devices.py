"""Models that ship on a GPU: inputs go where the model is, and values are those of the CPU."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import torch

from basis_store import CrystalRecord, Setting
from runtime import from_pretrained, predict, shipped_models
from tests.support.crystals.made_records import made_record

ON_CUDA = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")


@cache
def records() -> tuple[CrystalRecord, ...]:
    """Of every crystal system, with one site and with several."""
    rng = np.random.default_rng(0)
    return tuple(
        made_record(Setting.standard(number), rng, n_sites=sites)
        for sites in (1, 5)
        for number in (2, 14, 62, 88, 139, 166, 194, 198, 227)
    )


@ON_CUDA
@pytest.mark.parametrize(("dtype", "bar"), [(torch.float32, 1e-4), (torch.float64, 1e-9)])
@pytest.mark.parametrize("name", shipped_models())
def test_values_do_not_depend_on_the_device(name: str, dtype: torch.dtype, bar: float) -> None:
    model = from_pretrained(name).to(dtype)
    here = predict(model, records())
    there = predict(model.to("cuda"), records())
    np.testing.assert_allclose(there, here, rtol=bar, atol=bar * np.abs(here).max())
    again = predict(model.to("cpu"), records())
    np.testing.assert_array_equal(again, here, "back from where it was")
