"""The public helpers for tests: strategies, and the invariance check."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings as hypothesis_settings

from basis_store import Setting
from runtime import Store, load_store
from runtime.testing import assert_invariant, coordinates, settings

STORE = load_store()


@given(settings(), coordinates(3))
@hypothesis_settings(max_examples=150, deadline=None)
def test_any_setting_at_any_point(setting: Setting, x: torch.Tensor) -> None:
    """Also at special positions."""
    basis = STORE.basis(setting, count=40)
    values = basis(x)[:, None]
    images = basis(basis.images(x))
    torch.testing.assert_close(images, values.expand_as(images), atol=1e-11, rtol=0)


def test_a_basis_is_invariant_under_its_own_setting_only(store: Store) -> None:
    for number in (2, 76, 152, 227):
        basis = store.basis(Setting.standard(number), count=20)
        assert_invariant(basis, basis)
    other = store.basis(Setting.from_hall(525), count=20)  # the other origin choice of 227
    with pytest.raises(AssertionError, match=r"not invariant under 227:2 Fd-3m: operation \d+, R = "):
        assert_invariant(other, store.basis(Setting.standard(227)))


def test_a_function_without_the_period_of_the_lattice(store: Store) -> None:
    with pytest.raises(AssertionError, match=r"225 Fm-3m: a lattice translation, .* period 1 in each"):
        assert_invariant(lambda x: x[:, :1], store.basis(Setting.standard(225)))


def test_nan_is_not_invariant(store: Store) -> None:
    with pytest.raises(AssertionError, match="nan"):
        assert_invariant(lambda x: x[:, :1] * torch.nan, store.basis(Setting.standard(2)))
