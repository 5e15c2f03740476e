"""``Basis`` of one setting on a GPU, beside the same in eager and in compiled PyTorch."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import torch

from basis_store import Setting
from benchmarks.gpu.setup import PRECISIONS, Setup, check_close, check_derivatives_of, plainly
from benchmarks.row import Row

_GROUP = 227


def check_functions(setup: Setup) -> None:
    """Functions, gradients and their derivatives are those of the CPU, of whole and of truncated bases."""
    for number in (1, 62, 194, _GROUP):
        whole = setup.store.basis(Setting.standard(number))
        for here in (whole, whole.truncate(count=10)):
            there = here.truncate(count=here.n_functions).to(setup.device)
            for dtype, bound in PRECISIONS.items():
                generator = torch.Generator().manual_seed(number)
                x = torch.rand(50, 3, generator=generator, dtype=torch.float64).to(dtype)
                weights = [
                    torch.randn(50, n, generator=generator, dtype=torch.float64) for n in (here.n_functions, 3)
                ]
                what = f"{here.n_functions} functions of group {number} in {str(dtype).removeprefix('torch.')}"
                moved = x.to(setup.device)
                check_close(there(moved), here(x), bound, what)
                check_close(there.gradient(moved), here.gradient(x), bound, f"gradient of {what}")
                check_derivatives_of(what, bound, there, here, points=[moved, x], weights=weights)


CHECKS = (check_functions,)


def rows(setup: Setup) -> Iterator[Row]:
    """Values of all functions, and their gradients."""
    basis = setup.store.basis(Setting.standard(_GROUP)).to(setup.device)
    n = setup.sizes.basis_points
    x = torch.rand(n, 3, generator=torch.Generator().manual_seed(0)).to(setup.device)
    what = f"{n:,} points, {basis.n_functions} functions of group {_GROUP}, float32"
    limit, limit_of_slopes = (
        setup.machine.seconds(bytes_moved=4 * n * (3 + columns * basis.n_functions)) for columns in (1, 3)
    )
    row = partial(Row, what=what, limit=limit, limited_by="writing the result")

    def values() -> object:
        return basis(x)

    def gradients() -> object:
        return basis.gradient(x)

    ours, eager, slopes, eager_slopes = setup.times(values, plainly(values), gradients, plainly(gradients))
    eagerly = "eager PyTorch operations"
    yield row(name="gpu_basis_eager", ours=ours, peer=eager, peer_name=eagerly)
    yield row(
        name="gpu_basis_gradient", what=f"gradients: {what}", ours=slopes, peer=eager_slopes, peer_name=eagerly,
        limit=limit_of_slopes,
    )  # fmt: skip
    compiled = setup.compiled(basis.evaluate)
    ours, peer = setup.times(values, lambda: compiled(x))
    yield row(name="gpu_basis", ours=ours, peer=peer, peer_name="the same operations compiled by torch.compile")
