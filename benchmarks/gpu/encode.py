"""``WaveEncoder`` on a GPU: values, gradients and second derivatives; beside dense routing and PyTorch."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import torch
from torch import Tensor

from benchmarks.encoding import PADDED, MixedBatch
from benchmarks.gpu.setup import PRECISIONS, Setup, check_close, check_derivatives_of, derivatives, plainly
from benchmarks.row import Row
from runtime import WaveEncoder

_CHECKED = 690
"""Atoms, about three of each group."""


def check_encodings(setup: Setup) -> None:
    """Values of all groups are those of the CPU, in both precisions, and equal calls give equal values."""
    for dtype, bound in PRECISIONS.items():
        encoder, (here, there) = setup.encoder, _both(setup, dtype)
        found = encoder(there.x, there.settings, there.crystals)
        check_close(found, encoder(here.x, here.settings, here.crystals), bound, f"encodings in {_short(dtype)}")
        again = encoder(there.x, there.settings, there.crystals)
        check_close(again, found, 0.0, f"two equal calls in {_short(dtype)}")


def check_derivatives(setup: Setup) -> None:
    """First and second derivatives are those of the CPU, in both precisions."""
    for dtype, bound in PRECISIONS.items():
        here, there = _both(setup, dtype)
        check_derivatives_of(
            f"encodings in {_short(dtype)}", bound,
            *(partial(_encoded, setup.encoder, batch) for batch in (there, here)),
            points=[there.x, here.x], weights=_weights(here.x, setup.encoder.n_waves),
        )  # fmt: skip


def check_routing(setup: Setup) -> None:
    """Dense routing, the peer, gives the same values and second derivatives."""
    batch = MixedBatch.made(_CHECKED, setup.device)
    peer, ours = partial(_routed, setup, batch), partial(_encoded, setup.encoder, batch)
    check_close(peer(batch.x), ours(batch.x), 2e-5, "dense routing")
    weights = _weights(batch.x, setup.encoder.n_waves)
    found, expected = (derivatives(encode, batch.x, weights)[1] for encode in (peer, ours))
    check_close(found, expected, 1e-4, "second derivatives of dense routing")


CHECKS = (check_encodings, check_derivatives, check_routing)


def rows(setup: Setup) -> Iterator[Row]:
    """A small batch beside dense routing, a large one beside PyTorch operations, and derivatives."""
    few, many = (MixedBatch.made(n, setup.device) for n in setup.sizes.points)
    yield from _small(setup, few)
    yield from _large(setup, many)
    yield _second(setup, few)


def _small(setup: Setup, batch: MixedBatch) -> Iterator[Row]:
    encoder = setup.encoder
    plan = encoder.plan(batch.settings, batch.crystals)
    longest = int(batch.counts.max())
    padded, tight = batch.padded(batch.x, PADDED), batch.padded(batch.x, longest)
    encode = partial(_encoded, encoder, batch, batch.x)
    other_settings, other_crystals = batch.settings[::-1], len(batch.settings) - 1 - batch.crystals

    def alternate() -> None:
        encode()
        encoder(batch.x, other_settings, other_crystals)

    ours, planned, alternating, plain, released, unpadded = setup.times(
        encode,
        lambda: encoder(batch.x, plan),
        alternate,
        plainly(encode),
        lambda: list(setup.dense.in_parts(padded, batch.groups, setup.sizes.routed)),
        lambda: list(setup.dense.in_parts(tight, batch.groups, setup.sizes.routed)),
    )
    n = len(batch.x)
    row = partial(
        Row, what=f"{n:,} atoms of 230 groups, shared ball, float32", limit=_limit(setup, n, 1),
        limited_by="writing the result",
    )  # fmt: skip
    name = f"gpu_encode_{n}"
    yield row(name=name, ours=ours, peer=released, peer_name=f"dense routing as released, {PADDED} padded atoms")
    yield row(
        name=f"{name}_unpadded", ours=ours, peer=unpadded,
        peer_name=f"dense routing padded to the longest crystal only, {longest} atoms",
    )  # fmt: skip
    yield row(name=f"{name}_plain", ours=ours, peer=plain, peer_name="our PyTorch operations, without Triton")
    same = f"{name}: the same crystals at every call, without a plan"
    yield row(name=f"{name}_planned", ours=planned, peer=ours, peer_name=same)
    yield row(name=f"{name}_alternating", ours=alternating / 2, peer=ours, peer_name=same)


def _large(setup: Setup, batch: MixedBatch) -> Iterator[Row]:
    encoder, n = setup.encoder, len(batch.x)
    x, cotangent = batch.x.clone().requires_grad_(), torch.ones_like(_encoded(encoder, batch, batch.x))
    encode = partial(_encoded, encoder, batch, batch.x)

    def differentiate() -> None:
        torch.autograd.grad(_encoded(encoder, batch, x), x, cotangent)

    ours, plain, gradient, plain_gradient = setup.times(
        encode, plainly(encode), differentiate, plainly(differentiate)
    )
    row = partial(Row, peer_name="our PyTorch operations, without Triton")
    yield row(
        name=f"gpu_encode_{n}", what=f"{n:,} atoms of 230 groups, shared ball, float32", ours=ours, peer=plain,
        limit=_limit(setup, n, 1), limited_by="writing the result",
    )  # fmt: skip
    yield row(
        name="gpu_encode_gradient", what="the same with the gradient by coordinates", ours=gradient,
        peer=plain_gradient, limit=_limit(setup, n, 2),
        limited_by="writing the result, reading its gradient",
    )  # fmt: skip


def _second(setup: Setup, batch: MixedBatch) -> Row:
    weights = _weights(batch.x, setup.encoder.n_waves)

    ours, peer = partial(_encoded, setup.encoder, batch), partial(_routed, setup, batch)
    seconds = setup.times(*(partial(derivatives, encode, batch.x, weights) for encode in (ours, peer)))
    return Row(
        name="gpu_second_derivative",
        what=f"{len(batch.x):,} atoms of 230 groups: values, gradients and a product with the Hessian, float32",
        ours=seconds[0],
        peer=seconds[1],
        peer_name=f"dense routing padded to the longest crystal only, {int(batch.counts.max())} atoms",
        limit=_limit(setup, len(batch.x), 2),
        limited_by="writing the result, reading its gradient",
    )


def _encoded(encoder: WaveEncoder, batch: MixedBatch, x: Tensor) -> Tensor:
    values: Tensor = encoder(x, batch.settings, batch.crystals)
    return values


def _routed(setup: Setup, batch: MixedBatch, x: Tensor) -> Tensor:
    longest = int(batch.counts.max())
    table = torch.cat([*setup.dense.in_parts(batch.padded(x, longest), batch.groups, setup.sizes.routed)])
    return table.flatten(0, 1).index_select(0, batch.places(longest))


def _limit(setup: Setup, n: int, times: int) -> float:
    return setup.machine.seconds(bytes_moved=times * n * (8 * setup.encoder.n_waves + 12))


def _both(setup: Setup, dtype: torch.dtype) -> tuple[MixedBatch, MixedBatch]:
    """The same atoms on the CPU and on the device."""
    return MixedBatch.made(_CHECKED, None, dtype), MixedBatch.made(_CHECKED, setup.device, dtype)


def _weights(x: Tensor, columns: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    one, other = (torch.randn(len(x), n, generator=generator, dtype=torch.float64).to(x) for n in (columns, 3))
    return one, other


def _short(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
