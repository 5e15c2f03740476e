"""Messages from periodic images: gated functions of both sites and their distance, summed for each receiver.

For a receiver I, an image e of a sender J at the distance r_e, and channels c,

    (g, v) = a_I + b_J + phi(r_e) W,        m_ec = sigmoid(g_c) silu(v_c),        A_Ilm,c = sum_e Y_lm(e) m_ec,

where the angular functions Y_lm contain an envelope that vanishes at the cutoff. Sums are additive over images:
they do not depend on the choice of cell, and are the same for an asymmetric unit and for a full cell.

On a CPU, messages are made and summed block by block, and made again for derivatives: all of them are never in
memory, and sums are in full precision. Elsewhere, and where coordinates or derivatives are differentiated,
operations of PyTorch do the same. Sums are in a fixed order.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import embedding_bag, silu

from runtime.site_kernels.images.segments import spread_rows, sum_rows

_BLOCK = 1024
"""Images whose messages are made at once on a CPU: few enough for a processor's caches."""


class ImageBlock(NamedTuple):
    """Consecutive receivers with all their images.

    Attributes:
        receivers: which ones.
        images: theirs.
        rows: (images,) receivers, counted from the first of the block.
        numbers: (images,) 0, 1, ...
        starts: (receivers,) first image of each, counted from the first of the block.
    """

    receivers: slice
    images: slice
    rows: Tensor
    numbers: Tensor
    starts: Tensor


@dataclass(frozen=True, eq=False)
class SiteImages:
    """The periodic images near each of S sites; made by :func:`site_images`.

    Attributes:
        receivers: (E,) ascending.
        senders: (E,) the site that each is an image of.
        counts: (S,) images of each receiver.
    """

    receivers: Tensor
    senders: Tensor
    counts: Tensor

    @property
    def n_sites(self) -> int:
        """S."""
        return len(self.counts)

    @functools.cached_property
    def by_sender(self) -> tuple[Tensor, Tensor, Tensor]:
        """(E,) images by sender, (E,) where each image is among them, and (S,) images of each sender."""
        order = torch.argsort(self.senders, stable=True)
        ranks = torch.empty_like(order)
        ranks[order] = torch.arange(len(order), device=order.device)
        return order, ranks, _counts(self.senders[order], self.n_sites)

    @functools.cached_property
    def blocks(self) -> list[ImageBlock]:
        """All receivers that have images."""
        counts, ends = self.counts.tolist(), self.counts.cumsum(0).tolist()
        blocks, first, start = [], 0, 0
        for site, end in enumerate(ends):
            following = counts[site + 1] if site + 1 < len(ends) else _BLOCK
            if end > start and end - start + following > _BLOCK:
                own = self.counts[first : site + 1]
                blocks.append(
                    ImageBlock(
                        receivers=slice(first, site + 1),
                        images=slice(start, end),
                        rows=self.receivers[start:end] - first,
                        numbers=torch.arange(end - start, device="cpu"),
                        starts=own.cumsum(0) - own,
                    )
                )
                first, start = site + 1, end
        return blocks


def site_images(receivers: Tensor, senders: Tensor, n_sites: int) -> SiteImages:
    """Prepare images for :func:`image_moments`; nothing waits for a GPU.

    Args:
        receivers: (E,) ascending.
        senders: (E,).
        n_sites: S.
    """
    return SiteImages(receivers, senders, _counts(receivers, n_sites))


def image_moments(
    of_receivers: Tensor, of_senders: Tensor, filters: Tensor, radial: Tensor, angular: Tensor, images: SiteImages
) -> Tensor:
    """Sums of messages over the images of each receiver; see the head of this file. Differentiable to any order.

    Args:
        of_receivers: (S, 2 C), the numbers a: gates, then values.
        of_senders: (S, 2 C), the numbers b.
        filters: (radial functions, 2 C), the matrix W.
        radial: (E, radial functions), phi.
        angular: (A, E), Y_lm times the envelope.
        images: E images of S sites.

    Returns:
        (A, S, C); 0 for sites without images.
    """
    arguments = of_receivers, of_senders, filters, radial, angular
    if of_receivers.device.type != "cpu" or radial.requires_grad or angular.requires_grad:
        return _in_operations(*arguments, images)
    dtype = functools.reduce(torch.promote_types, (x.dtype for x in arguments))
    moments: Tensor = _Moments.apply(*(x.to(dtype) for x in arguments), images)  # type: ignore[no-untyped-call]
    return moments


class _Moments(torch.autograd.Function):
    @staticmethod
    @torch.amp.custom_fwd(device_type="cpu", cast_inputs=torch.float32)  # type: ignore[untyped-decorator]
    def forward(
        ctx: Any, of_receivers: Tensor, of_senders: Tensor, filters: Tensor, radial: Tensor, angular: Tensor,
        images: SiteImages,
    ) -> Tensor:  # fmt: skip
        ctx.save_for_backward(of_receivers, of_senders, filters, radial, angular)
        ctx.images = images
        moments = of_receivers.new_zeros(len(angular), images.n_sites, filters.shape[1] // 2)
        for block in images.blocks:
            gates, values = _inputs(of_receivers, of_senders, filters, radial, images, block).chunk(2, dim=1)
            messages = torch.sigmoid(gates).mul_(silu(values))
            moments[:, block.receivers] = _sums(messages, angular[:, block.images], block)
        return moments

    @staticmethod
    @torch.amp.custom_bwd(device_type="cpu")  # type: ignore[untyped-decorator]
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        of_receivers, of_senders, filters, radial, angular = ctx.saved_tensors
        images, (by_moments,) = ctx.images, gradients
        if torch.is_grad_enabled():  # derivatives of these are wanted
            learned = [x for x in (of_receivers, of_senders, filters) if x.requires_grad]
            again = _in_operations(of_receivers, of_senders, filters, radial, angular, images)
            found = iter(torch.autograd.grad(again, learned, by_moments, create_graph=True))
            needed = ctx.needs_input_grad[:3]
            return *(next(found) if one else None for one in needed), None, None, None
        by_receivers = torch.zeros_like(of_receivers)
        by_senders = torch.zeros_like(of_senders)
        by_filters = torch.zeros_like(filters)
        for block in images.blocks:
            by_inputs = _inputs(of_receivers, of_senders, filters, radial, images, block)
            gates, values = by_inputs.chunk(2, dim=1)
            # 1. By messages: for each image, the sum over angular functions of its receiver's gradients.
            n_angular, n_receivers = len(angular), len(block.starts)
            rows = block.rows[:, None] + n_receivers * torch.arange(n_angular, device="cpu")
            by_messages = embedding_bag(
                rows, by_moments[:, block.receivers].flatten(0, 1), mode="sum",
                per_sample_weights=angular[:, block.images].T.contiguous(),
            )  # fmt: skip
            # 2. By their inputs: with s = sigmoid(v), the derivative of silu(v) = v s is s + v s (1 - s).
            gate, share = torch.sigmoid(gates), torch.sigmoid(values)
            by_messages *= gate
            value = values * share
            torch.mul(by_messages * value, 1 - gate, out=gates)
            torch.mul(by_messages, share.add_((1 - share) * value), out=values)
            # 3. By what the inputs are made of.
            by_receivers[block.receivers] = embedding_bag(block.numbers, by_inputs, block.starts, mode="sum")
            by_senders.index_add_(0, images.senders[block.images], by_inputs)
            by_filters.addmm_(radial[block.images].T, by_inputs)
        return by_receivers, by_senders, by_filters, None, None, None


def _inputs(
    of_receivers: Tensor,
    of_senders: Tensor,
    filters: Tensor,
    radial: Tensor,
    images: SiteImages,
    block: ImageBlock,
) -> Tensor:
    """(images of the block, 2 C): gates and values before their functions."""
    inputs = radial[block.images] @ filters
    inputs += of_senders.index_select(0, images.senders[block.images])
    inputs += of_receivers[block.receivers].index_select(0, block.rows)
    return inputs


def _sums(messages: Tensor, angular: Tensor, block: ImageBlock) -> Tensor:
    """(A, receivers of the block, C); the products of ``angular`` (A, images) and messages are never in memory."""
    n_angular, n_images = angular.shape
    offsets = block.starts + n_images * torch.arange(n_angular, device="cpu")[:, None]
    numbers, weights = block.numbers.repeat(n_angular), angular.flatten()
    sums = embedding_bag(numbers, messages, offsets.flatten(), mode="sum", per_sample_weights=weights)
    return sums.view(n_angular, -1, messages.shape[1])


def _in_operations(
    of_receivers: Tensor, of_senders: Tensor, filters: Tensor, radial: Tensor, angular: Tensor, images: SiteImages
) -> Tensor:
    """The same by differentiable operations, on any device."""
    order, ranks, sent = images.by_sender
    from_senders = spread_rows(of_senders, images.senders[order], sent).index_select(0, ranks)
    inputs = radial @ filters + from_senders + spread_rows(of_receivers, images.receivers, images.counts)
    gates, values = inputs.chunk(2, dim=1)
    messages = torch.sigmoid(gates) * silu(values)
    sums = [sum_rows(one[:, None] * messages, images.receivers, images.counts) for one in angular]
    return torch.stack(sums)


def _counts(ascending: Tensor, n: int) -> Tensor:
    """(n,) how often each of 0 to n - 1 occurs."""
    return torch.searchsorted(ascending, torch.arange(n + 1, device=ascending.device)).diff()
