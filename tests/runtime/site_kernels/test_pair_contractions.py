"""Sums over pairs of sites: equal to dense arrays, to any derivative, for every shape of batch."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from torch import Tensor

from runtime.site_kernels import site_pairs as site_pairs_module
from runtime.site_kernels.direct_kernel import DirectKernel
from runtime.site_kernels.pair_contractions import pair_products, sums_over_receivers, sums_over_senders
from runtime.site_kernels.site_pairs import SitePairs, dense_pairs, site_pairs
from tests.support.dense_pairs import MadeBlocks, MadePairs, dense_products, dense_sums, made_pairs

BATCHES = {
    "equal crystals": made_pairs([(3, 1.0)] * 4),
    "crystals of all sizes": made_pairs([(1, 1.0), (2, 1.0), (2, 1.0), (13, 1.0), (5, 0.6), (1, 0.0), (4, 0.3)]),
    "a large crystal and small ones": made_pairs([(2, 1.0), (150, 0.05), (3, 1.0)]),
    "padding": made_pairs([(4, 1.0), (3, 0.5)], padding=5),
    "no pairs": made_pairs([(3, 0.0), (2, 0.0)]),
    "padding alone": made_pairs([(3, 0.0)], padding=2),
}


BLOCKS = {
    "one crystal": MadeBlocks([3], [40]),
    "one shape": MadeBlocks([2] * 3, [7] * 3),
    "all shapes": MadeBlocks([1, 4, 4, 0, 2, 9], [3, 5, 5, 2, 0, 1]),
    "nothing": MadeBlocks([0, 2], [3, 0]),
}


def prepared(made: MadePairs) -> SitePairs:
    return site_pairs(made.receivers, made.senders, made.n_sites)


def of_all_pairs(given: Tensor, pairs: SitePairs) -> Tensor:
    """(.., given pairs) -> (.., P), 0 for pairs that were added."""
    if pairs.places is None:
        return given
    return given.new_zeros(*given.shape[:-1], pairs.n_pairs).index_copy(
        -1, pairs.places, given[..., : len(pairs.places)]
    )


def of_given_pairs(found: Tensor, pairs: SitePairs, made: MadePairs) -> Tensor:
    if pairs.places is None:
        return found
    return torch.nn.functional.pad(found[..., pairs.places], (0, made.padding))


def inputs(made: MadePairs, seed: int = 0, a: int = 4, h: int = 2, d: int = 3) -> tuple[Tensor, ...]:
    """Weights, gates, values, queries and keys."""
    generator = torch.Generator().manual_seed(seed)
    p, n = len(made.receivers), made.n_sites
    shapes = (a, h, p), (h, p), (h, n, d), (h, n, d), (h, n, d)
    return tuple(torch.randn(shape, dtype=torch.float64, generator=generator).requires_grad_() for shape in shapes)


@pytest.mark.parametrize("gated", [True, False])
@pytest.mark.parametrize("name", BATCHES)
def test_equal_to_dense_arrays_with_two_derivatives(name: str, gated: bool) -> None:
    made = BATCHES[name]
    pairs = prepared(made)

    def through_pairs(w: Tensor, s: Tensor, v: Tensor, q: Tensor, k: Tensor) -> Tensor:
        gates = torch.sigmoid(pair_products(q, k, pairs)) * of_all_pairs(s, pairs) if gated else None
        return sums_over_senders(of_all_pairs(w, pairs), gates, v, pairs)

    def through_arrays(w: Tensor, s: Tensor, v: Tensor, q: Tensor, k: Tensor) -> Tensor:
        return dense_sums(w, torch.sigmoid(dense_products(q, k, made)) * s if gated else None, v, made)

    given = inputs(made)
    used = given if gated else (given[0], given[2])
    values, first, second = [], [], []
    for function in (through_pairs, through_arrays):
        value = function(*given)
        slopes = torch.autograd.grad(value.sin().sum(), used, create_graph=True)
        total = sum((slope.square().sum() for slope in slopes), torch.zeros((), dtype=torch.float64))
        values.append(value)
        first.append(slopes)
        second.append(torch.autograd.grad(total, used))
    torch.testing.assert_close(*values, atol=1e-12, rtol=1e-12)
    torch.testing.assert_close(*first, atol=1e-11, rtol=1e-11)
    torch.testing.assert_close(*second, atol=1e-9, rtol=1e-9)


@pytest.mark.parametrize("name", BATCHES)
def test_products_of_pairs(name: str) -> None:
    made = BATCHES[name]
    pairs, (*_, queries, keys) = prepared(made), inputs(made)
    found = of_given_pairs(pair_products(queries, keys, pairs), pairs, made)
    torch.testing.assert_close(found, dense_products(queries, keys, made), atol=1e-13, rtol=1e-13)


@pytest.mark.parametrize("name", BLOCKS)
@pytest.mark.parametrize("a", [1, 3])
def test_sums_and_their_transposes(name: str, a: int) -> None:
    """One after the other, as in a message, with two derivatives; with one weight for each pair in another way."""
    made = BLOCKS[name]
    pairs = made.pairs()
    generator = torch.Generator().manual_seed(0)
    shapes = (a, 1, pairs.n_pairs), (1, pairs.n_senders, 4)
    w, v = (torch.randn(each, dtype=torch.float64, generator=generator).requires_grad_() for each in shapes)
    matrix = made.dense(w)
    values = (
        sums_over_receivers(w, None, sums_over_senders(w, None, v, pairs), pairs),
        (matrix.mT @ (matrix @ v)).sum(0),
    )
    found = []
    for value in values:
        slopes = torch.autograd.grad(value.sin().sum(), (w, v), create_graph=True)
        total = torch.stack([slope.square().sum() for slope in slopes]).sum()
        found.append([value, *slopes, *torch.autograd.grad(total, (w, v))])
    torch.testing.assert_close(*found, atol=1e-8, rtol=1e-9)


@pytest.mark.parametrize("name", BLOCKS)
def test_blocks_of_receivers_and_senders(name: str) -> None:
    """A gated sum over senders and a sum over receivers, with two derivatives."""
    made = BLOCKS[name]
    pairs = made.pairs()
    generator = torch.Generator().manual_seed(0)
    shapes = (3, 2, pairs.n_pairs), (2, pairs.n_pairs), (2, pairs.n_senders, 4), (2, pairs.n_receivers, 4)
    w, s, v, q = (torch.randn(each, dtype=torch.float64, generator=generator).requires_grad_() for each in shapes)

    def through_pairs() -> Tensor:
        sums = sums_over_senders(w, s * pair_products(q, v, pairs), v, pairs)
        return sums_over_receivers(w, None, sums, pairs)

    def through_arrays() -> Tensor:
        gated = made.dense(w) * made.dense(s) * (q @ v.mT)
        return (made.dense(w).mT @ (gated @ v)).sum(0)

    found = []
    for function in (through_pairs, through_arrays):
        value = function()
        slopes = torch.autograd.grad(value.sin().sum(), (w, s, v, q), create_graph=True)
        total = torch.stack([slope.square().sum() for slope in slopes]).sum()
        found.append([value, *slopes, *torch.autograd.grad(total, (w, s, v, q))])
    torch.testing.assert_close(*found, atol=1e-8, rtol=1e-9)


def test_crystals_of_one_shape_are_one_product() -> None:
    blocks = MadeBlocks([2, 2, 2, 5], [7, 7, 7, 7]).pairs().blocks
    assert blocks is not None
    assert [(block.n_matrices, block.first_receiver, block.first_sender) for block in blocks] == [
        (3, 0, 0),
        (1, 6, 21),
    ]


def test_blocks_leave_padding_out() -> None:
    """The last crystal is padding with fewer pairs than its receivers and senders have."""
    firsts, each = torch.tensor([0, 0, 3, 3]), torch.tensor([3, 3, 1, 4])
    pairs = dense_pairs(np.array([6, 5]), np.array([2, 2]), np.array([3, 2]), firsts, each)
    assert (pairs.n_pairs, pairs.n_receivers, pairs.n_senders) == (11, 4, 5)
    weights = torch.rand(1, 1, 11, dtype=torch.float64)
    values = torch.rand(1, 5, 2, dtype=torch.float64)
    sums = sums_over_senders(weights, None, values, pairs)[0, 0]
    torch.testing.assert_close(sums[:2], weights[0, 0, :6].view(2, 3) @ values[0, :3])
    back = sums_over_receivers(weights, None, sums[None, None], pairs)[0]
    torch.testing.assert_close(back[:3], weights[0, 0, :6].view(2, 3).T @ sums[:2])


def test_derivatives_by_differences() -> None:
    made = made_pairs([(2, 1.0), (3, 0.4)])
    pairs = prepared(made)
    w, s, v, q, k = inputs(made, a=2, h=2, d=2)

    def function(w: Tensor, s: Tensor, v: Tensor, q: Tensor, k: Tensor) -> Tensor:
        return sums_over_senders(
            of_all_pairs(w, pairs), of_all_pairs(s, pairs) * pair_products(q, k, pairs), v, pairs
        )

    assert torch.autograd.gradcheck(function, (w, s, v, q, k))
    assert torch.autograd.gradgradcheck(function, (w, s, v, q, k))


def test_rows_of_large_crystals_do_not_grow_with_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """All pairs are listed where few are missing; otherwise only the real ones, and both give the same sums."""
    made = made_pairs([(150, 0.05), (3, 1.0)])
    few = prepared(made)
    assert few.n_pairs == len(made.receivers)
    monkeypatch.setattr(site_pairs_module, "_ADDED_PAIRS", 1000)
    monkeypatch.setattr(site_pairs_module, "_BLOCK_PAIRS", 1)
    every = prepared(made)
    assert every.n_pairs == 150**2 + 3**2
    w, s, v, *_ = inputs(made)
    sums = [sums_over_senders(of_all_pairs(w, some), of_all_pairs(s, some), v, some) for some in (few, every)]
    torch.testing.assert_close(*sums, atol=1e-12, rtol=1e-12)


def test_order_of_crystals_does_not_matter() -> None:
    sizes = [(2, 1.0), (7, 0.5), (3, 1.0)]
    made = made_pairs(sizes)
    w, s, v, *_ = inputs(made)
    site = torch.tensor([9, 10, 11, 0, 1, 2, 3, 4, 5, 6, 7, 8])  # new number -> old one: the last crystal first
    place = torch.argsort(site)
    receivers, senders = place[made.receivers], place[made.senders]
    order = torch.argsort(receivers * made.n_sites + senders)
    moved = site_pairs(receivers[order], senders[order], made.n_sites)
    pairs = prepared(made)
    here = sums_over_senders(of_all_pairs(w, pairs), of_all_pairs(s, pairs), v, pairs)
    there = sums_over_senders(
        of_all_pairs(w[..., order], moved), of_all_pairs(s[..., order], moved), v[:, site], moved
    )
    torch.testing.assert_close(there, here[:, :, site], atol=1e-13, rtol=1e-13)


def test_equal_calls_give_equal_bits() -> None:
    made = made_pairs([(4, 1.0), (140, 0.06), (6, 0.5)])
    pairs = prepared(made)
    w, s, v, q, k = (each.detach().float().requires_grad_() for each in inputs(made))
    found = []
    for _ in range(2):
        gates = of_all_pairs(s, pairs) * pair_products(q, k, pairs)
        value = sums_over_senders(of_all_pairs(w, pairs), gates, v, pairs)
        found.append((value, *torch.autograd.grad(value.square().sum(), (w, s, v, q, k))))
    assert all(torch.equal(one, other) for one, other in zip(*found, strict=True))
    assert {each.dtype for each in found[0]} == {torch.float32}


def test_types_are_promoted_and_gradients_are_not() -> None:
    made = made_pairs([(3, 1.0)])
    pairs = prepared(made)
    weights, _, values, *_ = (each.detach() for each in inputs(made))
    weights, values = weights.bfloat16().requires_grad_(), values.float().requires_grad_()
    sums = sums_over_senders(weights, None, values, pairs)
    sums.sum().backward()
    assert sums.dtype == torch.float32 and weights.grad is not None
    assert weights.grad.dtype == torch.bfloat16


def test_kernels_of_images_in_order() -> None:
    """Images beyond the cutoff are padding, also after those of the last pair; counts go to all pairs."""
    made = made_pairs([(2, 1.0), (3, 0.6)], padding=2)
    pairs = prepared(made)
    assert pairs.n_pairs > len(made.receivers) - made.padding
    generator = torch.Generator().manual_seed(0)
    counts = torch.randint(1, 4, (len(made.receivers),), generator=generator)
    counts[-made.padding :] = 0
    images = torch.repeat_interleave(torch.arange(len(counts)), counts)
    vectors = torch.randn(len(images), 3, dtype=torch.float64, generator=generator)
    kernel = DirectKernel(4.0, 5, 2).double()
    expected = kernel(vectors, images, len(counts)).transpose(0, 1)
    beyond = torch.tensor([[9.0, 0.0, 0.0]], dtype=torch.float64).repeat(4, 1)
    found = kernel.sums(torch.cat([vectors, beyond]), pairs.counts(counts))
    places = pairs.places
    assert places is not None and found.is_contiguous()
    torch.testing.assert_close(found[:, places], expected[:, : len(places)], atol=1e-14, rtol=1e-13)
    added = torch.ones(pairs.n_pairs, dtype=torch.bool).index_fill(0, places, False)
    assert added.any() and not found[:, added].any()


def test_triton_equals_pytorch() -> None:
    pytest.importorskip("triton", reason="Triton is not installed")
    environment = dict(os.environ)
    if not torch.cuda.is_available():
        environment["TRITON_INTERPRET"] = "1"
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.triton_contractions"],
        capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip
    assert done.stdout == "equal\n", done.stderr
