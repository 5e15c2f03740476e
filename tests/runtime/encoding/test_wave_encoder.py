"""Symmetrised plane waves of mixed batches: equal to Basis.project, invariant, differentiable."""

from __future__ import annotations

import copy

import pytest
import torch

from basis_store import CutoffError, SettingError, all_settings
from runtime import Setting, Store, WaveEncoder
from runtime.encoding import plan

MIXED = [Setting.standard(number) for number in (2, 19, 167, 194, 227)]


@pytest.fixture(scope="module")
def encoder(store: Store) -> WaveEncoder:
    return WaveEncoder(store)


def batch(
    settings: list[Setting], points: int, dtype: torch.dtype, seed: int = 0
) -> tuple[torch.Tensor, torch.Tensor]:
    """Coordinates in many cells, and crystals in random order, ``points`` each."""
    generator = torch.Generator().manual_seed(seed)
    n = len(settings) * points
    x = torch.rand(n, 3, generator=generator, dtype=torch.float64) * 40 - 20
    return x.to(dtype), torch.randperm(n, generator=generator) % len(settings)


@pytest.mark.parametrize(("dtype", "bar"), [(torch.float64, 1e-13), (torch.float32, 2e-6)])
def test_values_equal_those_of_basis_project(
    encoder: WaveEncoder, store: Store, dtype: torch.dtype, bar: float
) -> None:
    """T4, all 530 settings in one batch; absences and the columns of the other lattice family are exactly 0."""
    settings = list(all_settings())
    x, crystals = batch(settings, 2, dtype)
    values = encoder(x, settings, crystals)
    assert values.shape == (len(x), encoder.n_waves) == (len(x), 514)
    for number, setting in enumerate(settings):
        basis, own = store.basis(setting), values[crystals == number]
        expected = basis.project(x[crystals == number].double())
        n_waves = expected.shape[1]
        assert torch.equal(encoder.waves(setting.lattice_family), basis.shared_waves)
        torch.testing.assert_close(own[:, :n_waves].to(expected), expected, atol=bar, rtol=0)
        assert not own[:, n_waves:].any()
        assert not own[:, :n_waves][:, basis.routing().orbits < 0].any()


def test_values_are_invariant_under_every_operation_of_every_setting(encoder: WaveEncoder, store: Store) -> None:
    rng = torch.Generator().manual_seed(1)
    settings, images = list(all_settings()), []
    for setting in settings:
        x = torch.rand(1, 3, generator=rng, dtype=torch.float64)
        images.append(store.basis(setting).images(x)[0] + torch.randint(-3, 4, (1, 3), generator=rng))
    counts = torch.tensor([len(some) for some in images])
    values = encoder(torch.cat(images), settings, torch.repeat_interleave(torch.arange(len(settings)), counts))
    for some in values.split(counts.tolist()):
        torch.testing.assert_close(some, some[:1].expand_as(some), atol=1e-12, rtol=0)


def test_the_size_of_blocks_changes_nothing(
    encoder: WaveEncoder, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    x, crystals = batch(MIXED, 30, torch.float64)
    whole = encoder(x, MIXED, crystals)
    for points in (1, 7, 64):
        monkeypatch.setattr(plan, "POINTS", points)
        torch.testing.assert_close(encoder(x, MIXED, crystals), whole, atol=1e-14, rtol=0)


def test_derivatives_of_first_and_second_order(encoder: WaveEncoder) -> None:
    x, crystals = batch(MIXED, 1, torch.float64)
    x = (x % 1).requires_grad_()

    def some_waves(x: torch.Tensor) -> torch.Tensor:
        return encoder(x, MIXED, crystals)[:, :40:3]

    assert torch.autograd.gradcheck(some_waves, x)
    assert torch.autograd.gradgradcheck(some_waves, x)


def test_gradients_far_from_the_origin_in_float32(encoder: WaveEncoder) -> None:
    x, crystals = batch(MIXED, 20, torch.float32)
    slopes = []
    for points in (x.requires_grad_(), x.detach().double().requires_grad_()):
        loss = encoder(points, MIXED, crystals).real[:, ::7].sum()
        slopes += torch.autograd.grad(loss, points)
    torch.testing.assert_close(slopes[0].double(), slopes[1], atol=1e-3, rtol=1e-5)


def test_a_smaller_ball_is_a_prefix(encoder: WaveEncoder, store: Store) -> None:
    smaller = WaveEncoder(store, radius=3)
    assert smaller.n_waves == 122
    x, crystals = batch(MIXED, 4, torch.float64)
    small, large = smaller(x, MIXED, crystals), encoder(x, MIXED, crystals)
    for number, setting in enumerate(MIXED):
        own = crystals == number
        n_waves = len(smaller.waves(setting.lattice_family))
        torch.testing.assert_close(small[own, :n_waves], large[own, :n_waves], atol=1e-14, rtol=0)


def test_unusual_batches(encoder: WaveEncoder) -> None:
    """No points, one point, crystals without points, one setting twice."""
    nothing = torch.zeros(0, 3, requires_grad=True)
    values = encoder(nothing, MIXED, torch.zeros(0, dtype=torch.long))
    assert values.shape == (0, 514)
    values.abs().sum().backward()
    assert nothing.grad is not None
    x = torch.rand(1, 3)
    alone = encoder(x, [MIXED[0], MIXED[3], MIXED[3]], torch.tensor([2]))
    torch.testing.assert_close(alone, encoder(x, [MIXED[3]], torch.tensor([0], dtype=torch.int32)))


def test_a_copy_of_a_model_encodes_the_same(encoder: WaveEncoder) -> None:
    x, crystals = batch(MIXED, 2, torch.float32)
    assert torch.equal(copy.deepcopy(encoder)(x, MIXED, crystals), encoder(x, MIXED, crystals))
    assert not encoder.state_dict()


@pytest.mark.usefixtures("unchecked")
def test_invalid_arguments_raise(encoder: WaveEncoder, store: Store) -> None:
    x, crystals = torch.rand(2, 3), torch.tensor([0, 0])
    with pytest.raises(CutoffError, match="share have radius 5, not 9"):
        WaveEncoder(store, radius=9)
    with pytest.raises(SettingError, match="give a setting, not 227"):
        encoder(x, [227], crystals)  # type: ignore[list-item]
    with pytest.raises(TypeError, match="float32 or float64"):
        encoder(x.half(), MIXED, crystals)
    with pytest.raises(TypeError, match="integers"):
        encoder(x, MIXED, crystals.float())
    with pytest.raises(ValueError, match=r"\(2, 3\) and \(3,\)"):
        encoder(x, MIXED, torch.zeros(3, dtype=torch.long))
    with pytest.raises(IndexError):
        encoder(x, MIXED[:1], torch.tensor([0, 1]))
