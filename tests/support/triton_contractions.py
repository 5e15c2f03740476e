"""Run by test_pair_contractions.py: Triton's kernels against PyTorch, on a GPU or in Triton's interpreter.

    python -m tests.support.triton_contractions

In a separate process: Triton reads TRITON_INTERPRET when it is imported.
"""

from __future__ import annotations

import torch
from torch import Tensor

from runtime.site_kernels import site_pairs as module
from runtime.site_kernels.pair_contractions import pair_products, sums_over_receivers, sums_over_senders
from runtime.site_kernels.site_pairs import site_pairs
from tests.support.dense_pairs import MadeBlocks, MadePairs, dense_products, dense_sums, made_pairs

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
BATCHES = [
    (made_pairs([(1, 1.0), (17, 0.9), (3, 0.4), (1, 0.0)], padding=3), 9, 1, 16, True),
    (made_pairs([(2, 1.0), (3, 1.0)]), 17, 2, 5, False),
    (made_pairs([(2, 0.0)], padding=2), 1, 1, 16, True),
]


def main() -> None:
    module.uses_triton = lambda x: True
    for made, *sizes, gated in BATCHES:
        for dtype, bar in ((torch.float32, 2e-5), (torch.float64, 1e-12)):
            compare(made, *sizes, dtype, bar, gated)
    compare_blocks(MadeBlocks([1, 3, 0, 2], [19, 2, 4, 2]))
    print("equal")


def compare(made: MadePairs, a: int, h: int, d: int, dtype: torch.dtype, bar: float, gated: bool) -> None:
    """Values, first and second derivatives, and equal bits of equal calls."""
    generator = torch.Generator().manual_seed(a)
    p, n = len(made.receivers), made.n_sites
    shapes = (a, h, p), (h, n, d), (h, n, d), (h, n, d)
    given = [torch.randn(shape, dtype=torch.float64, generator=generator) for shape in shapes]
    exact = [each.to(dtype).double().requires_grad_() for each in given]
    given = [each.to(DEVICE, dtype).requires_grad_() for each in given]
    pairs = site_pairs(made.receivers.to(DEVICE), made.senders.to(DEVICE), n)
    assert pairs.blocks is None

    def through_triton(w: Tensor, v: Tensor, q: Tensor, k: Tensor) -> Tensor:
        return sums_over_senders(w, torch.sigmoid(pair_products(q, k, pairs)) if gated else None, v, pairs)

    def through_arrays(w: Tensor, v: Tensor, q: Tensor, k: Tensor) -> Tensor:
        return dense_sums(w, torch.sigmoid(dense_products(q, k, made)) if gated else None, v, made)

    found = []
    used = 4 if gated else 2
    for function, inputs in ((through_triton, given), (through_triton, given), (through_arrays, exact)):
        value = function(*inputs)
        slopes = torch.autograd.grad(value.sin().sum(), inputs[:used], create_graph=True)
        total = torch.stack([slope.square().sum() for slope in slopes]).sum()
        found.append([value, *slopes, *torch.autograd.grad(total, inputs[:used])])
    for one, other, expected in zip(*found, strict=True):
        assert torch.equal(one, other), "equal calls give equal bits"
        scale = max(1.0, *expected.detach().abs().flatten().tolist())
        torch.testing.assert_close(one.cpu().double(), expected, atol=bar * scale, rtol=0)


def compare_blocks(made: MadeBlocks) -> None:
    """Both sums of a message from senders to receivers and back, with two derivatives."""
    generator = torch.Generator().manual_seed(0)
    pairs = made.pairs(DEVICE)
    assert pairs.blocks is None
    shapes = (2, 1, pairs.n_pairs), (1, pairs.n_senders, 5), (2, 1, pairs.n_receivers, 5)
    weights, values, moments = (torch.randn(shape, dtype=torch.float64, generator=generator) for shape in shapes)
    found = []
    for device, blocks in ((DEVICE, pairs), ("cpu", None)):
        w, v, m = (each.clone().to(device).requires_grad_() for each in (weights, values, moments))
        if blocks is None:
            sums = made.dense(w) @ v, (made.dense(w).mT @ m).sum(0)
        else:
            sums = sums_over_senders(w, None, v, blocks), sums_over_receivers(w, None, m, blocks)
        slopes = torch.autograd.grad(sum(each.sin().sum() for each in sums), (w, v, m), create_graph=True)
        second = torch.autograd.grad(sum(each.square().sum() for each in slopes), (w, v, m))
        found.append([each.detach().cpu() for each in (*sums, *slopes, *second)])
    torch.testing.assert_close(*found, atol=1e-11, rtol=1e-11)


if __name__ == "__main__":
    main()
