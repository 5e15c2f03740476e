"""The encoding in PyTorch operations alone: on every device, differentiable to any order.

A mixed batch is encoded in blocks: points of one setting together, a few hundred of one lattice family at a time.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from basis_store import Representation
from basis_store.groups.group import LatticeFamily
from basis_store.groups.wave_shells import is_leading
from runtime.encoding.exponentials import Exponentials
from runtime.encoding.half_orbits import HalfOrbits
from runtime.encoding.orbit_sums import OrbitSums
from runtime.encoding.plan import Block, EncodingPlan


class TorchPath:
    """Encodes block by block: exponentials, one number per Friedel pair of orbits, all waves.

    Args:
        waves: (K, 3) of each lattice family.
        orbits_of: the Friedel pairs of a setting with a character.
    """

    def __init__(
        self, waves: Mapping[LatticeFamily, NDArray[np.integer]], orbits_of: Callable[[Representation], HalfOrbits]
    ) -> None:
        self._waves, self._orbits_of = waves, orbits_of
        self._n_columns = 2 * max(map(len, waves.values()))
        self._exponentials = {family: Exponentials(some[is_leading(some)]) for family, some in waves.items()}
        self._sums: dict[Representation, OrbitSums] = {}

    def write(self, x: Tensor, values: Tensor, plan: EncodingPlan) -> None:
        """From (n, 3) coordinates to (n, 2 K) ``values``: Re P_k and Im P_k of each wave in turn."""
        with _one_thread():
            for block in plan.blocks:
                values.index_copy_(0, block.rows, self._values(x[block.rows], block))

    def slopes(self, x: Tensor, gradient: Tensor, plan: EncodingPlan) -> Tensor:
        """(n, 3) gradients by ``x`` from (n, 2 K) gradients by the values; without a graph."""
        slopes = torch.empty_like(x)
        with _one_thread():
            for block in plan.blocks:
                slopes.index_copy_(0, block.rows, self._slopes(x[block.rows], gradient[block.rows], block))
        return slopes

    def differentiable_slopes(self, x: Tensor, gradient: Tensor, plan: EncodingPlan) -> Tensor:
        """The same, with a graph to differentiate it again by ``x`` and by ``gradient``."""
        rows, slopes = [x.new_zeros(0, dtype=torch.long)], [x[:0]]  # an empty batch has a graph, too
        for block in plan.blocks:
            points = x[block.rows]
            slopes += torch.autograd.grad(
                self._values(points, block), points, gradient[block.rows], create_graph=True
            )
            rows.append(block.rows)
        return torch.zeros_like(x).index_copy(0, torch.cat(rows), torch.cat(slopes))

    def _slopes(self, x: Tensor, gradient: Tensor, block: Block) -> Tensor:
        exponentials = self._exponentials_of(block)
        cosines, sines = exponentials(x).chunk(2)
        by_exponentials = torch.cat(
            [self._sums_of(named).adjoint(gradient[start:stop].T) for named, start, stop in block.segments],
            dim=1,
        )
        by_cosines, by_sines = by_exponentials.chunk(2)
        by_angles = cosines * by_sines - sines * by_cosines
        with torch.autocast(x.device.type, enabled=False):
            slopes: Tensor = math.tau * (by_angles.T @ exponentials.tables(x.device).waves.to(x))
        return slopes

    def _values(self, x: Tensor, block: Block) -> Tensor:
        exponentials = self._exponentials_of(block)(x)
        values = torch.cat(
            [self._sums_of(named)(exponentials[:, start:stop]).T for named, start, stop in block.segments]
        )
        missing = self._n_columns - values.shape[1]
        return nn.functional.pad(values, (0, missing)) if missing else values

    def _sums_of(self, named: Representation) -> OrbitSums:
        known = self._sums.get(named)  # looked up once: this is called for every block
        if known is None:
            known = self._sums[named] = OrbitSums(
                self._orbits_of(named), self._waves[named.setting.lattice_family]
            )
        return known

    def _exponentials_of(self, block: Block) -> Exponentials:
        return self._exponentials[block.lattice_family]


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Let PyTorch use one CPU thread: the operations of a block are too small for a second one to pay off."""
    before = torch.get_num_threads()
    if before == 1:
        yield
        return
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
