"""Sums of messages from images: blocks, plain operations and a loop over images agree, with all derivatives."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import silu

from runtime.site_kernels.images import image_moments as module
from runtime.site_kernels.images.image_moments import SiteImages, image_moments, site_images

CHANNELS, RADIAL, ANGULAR = 3, 4, 5


def made_images(counts: list[int], seed: int = 0) -> SiteImages:
    rng = np.random.default_rng(seed)
    receivers = np.repeat(np.arange(len(counts)), counts)
    senders = rng.integers(len(counts), size=len(receivers))
    return site_images(torch.from_numpy(receivers), torch.from_numpy(senders), len(counts))


def made_arguments(images: SiteImages, seed: int = 0, dtype: torch.dtype = torch.float64) -> list[Tensor]:
    rng = torch.Generator().manual_seed(seed)
    sites, n = images.n_sites, len(images.receivers)
    shapes = (sites, 2 * CHANNELS), (sites, 2 * CHANNELS), (RADIAL, 2 * CHANNELS), (n, RADIAL), (ANGULAR, n)
    return [torch.randn(*shape, dtype=dtype, generator=rng) for shape in shapes]


def one_by_one(arguments: list[Tensor], images: SiteImages) -> Tensor:
    """The definition."""
    of_receivers, of_senders, filters, radial, angular = arguments
    moments = torch.zeros(ANGULAR, images.n_sites, CHANNELS, dtype=of_receivers.dtype)
    pairs = zip(images.receivers.tolist(), images.senders.tolist(), strict=True)
    for image, (receiver, sender) in enumerate(pairs):
        gates, values = (of_receivers[receiver] + of_senders[sender] + radial[image] @ filters).chunk(2)
        message = torch.sigmoid(gates) * silu(values)
        moments[:, receiver] += angular[:, image, None] * message
    return moments


COUNTS = {
    "usual": [3, 5, 2, 7, 4],
    "sites without images": [0, 3, 0, 0, 4, 0],
    "one site": [6],
    "no image": [0, 0],
    "more than a block": [20, 30, 1, 0, 25, 40],
}


@pytest.mark.parametrize("counts", COUNTS.values(), ids=COUNTS)
def test_blocks_and_operations_equal_the_definition(counts: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BLOCK", 32)
    images = made_images(counts)
    blocks = images.blocks
    covered = [site for block in blocks for site in range(block.receivers.start, block.receivers.stop)]
    assert covered == sorted(set(covered)) and set(np.flatnonzero(counts)) <= set(covered)
    assert sum(len(block.rows) for block in blocks) == sum(counts)
    arguments = made_arguments(images)
    learned = [x.requires_grad_() for x in arguments[:3]]
    expected = one_by_one(arguments, images)
    gradient = torch.randn_like(expected)
    expected_gradients: tuple[Tensor | None, ...] = (None,) * 3
    if expected.requires_grad:
        expected_gradients = torch.autograd.grad(expected, learned, gradient, allow_unused=True)
    for ways in (image_moments, module._in_operations):
        found = ways(*arguments, images)
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)
        gradients = torch.autograd.grad(found, learned, gradient)
        for one, other in zip(gradients, expected_gradients, strict=True):
            torch.testing.assert_close(one, torch.zeros_like(one) if other is None else other, rtol=0, atol=1e-12)


def test_derivatives_of_first_and_second_order() -> None:
    images = made_images([2, 0, 3, 1])
    arguments = made_arguments(images)
    learned = [x.requires_grad_() for x in arguments[:3]]

    def by_weights(*some: Tensor) -> Tensor:
        return image_moments(*some, *arguments[3:], images)

    assert torch.autograd.gradcheck(by_weights, learned)
    assert torch.autograd.gradgradcheck(by_weights, learned)
    everything = [x.requires_grad_() for x in arguments]
    assert torch.autograd.gradcheck(lambda *some: image_moments(*some, images), everything)
    assert torch.autograd.gradgradcheck(lambda *some: image_moments(*some, images), everything)


def test_only_what_is_needed_is_differentiated() -> None:
    images = made_images([2, 3, 1])
    arguments = made_arguments(images)
    filters = arguments[2].requires_grad_()
    moments = image_moments(*arguments, images)
    (first,) = torch.autograd.grad(moments.square().sum(), filters, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), filters)
    assert second.shape == filters.shape


def test_single_precision_and_mixed_types() -> None:
    images = made_images([5, 40, 3])
    arguments = made_arguments(images)
    expected = one_by_one(arguments, images)
    single = image_moments(*(x.float() for x in arguments), images)
    assert single.dtype == torch.float32
    torch.testing.assert_close(single.double(), expected, rtol=1e-5, atol=1e-5)
    mixed = image_moments(arguments[0], *(x.float() for x in arguments[1:]), images)
    assert mixed.dtype == torch.float64


def test_equal_calls_give_equal_bits() -> None:
    images = made_images([50] * 60)
    arguments = made_arguments(images, dtype=torch.float32)
    first, second = (image_moments(*arguments, images) for _ in range(2))
    assert torch.equal(first, second)


def test_a_site_has_the_same_moments_among_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """To the last bit: blocks hold whole receivers."""
    images = made_images([9, 4])
    arguments = made_arguments(images)
    alone = image_moments(*arguments, images)
    n = len(images.receivers)
    twice = site_images(
        torch.cat([images.receivers, images.receivers + 2]), torch.cat([images.senders, images.senders + 2]), 4
    )
    doubled = [torch.cat([x, x]) for x in arguments[:2]] + [arguments[2], torch.cat([arguments[3]] * 2)]
    together = image_moments(*doubled, torch.cat([arguments[4]] * 2, dim=1), twice)
    assert len(twice.receivers) == 2 * n
    torch.testing.assert_close(together[:, :2], alone, rtol=0, atol=1e-14)
    torch.testing.assert_close(together[:, 2:], alone, rtol=0, atol=1e-14)
