"""The plain path of an encoding, in PyTorch operations alone: on every device, differentiable to any order."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from basis_store import Setting
from basis_store.groups.setting import LatticeFamily
from basis_store.groups.wave_shells import is_leading
from runtime.encoding.exponentials import Exponentials
from runtime.encoding.half_orbits import HalfOrbits
from runtime.encoding.one_thread import one_thread
from runtime.encoding.orbit_sums import OrbitSums
from runtime.encoding.plan import Block, plan

_POINTS = 256
"""Evaluated at a time: what lies between input and output then fits a core's cache."""


class PlainPath(nn.Module):
    """Encodes block by block: exponentials, one number per unit, all waves.

    Args:
        waves: (K, 3) of each lattice family.
        orbits_of: the units of a setting.
    """

    def __init__(
        self, waves: Mapping[LatticeFamily, NDArray[np.integer]], orbits_of: Callable[[Setting], HalfOrbits]
    ) -> None:
        super().__init__()
        self._waves, self._orbits_of = waves, orbits_of
        self._n_columns = 2 * max(map(len, waves.values()))
        self._exponentials = nn.ModuleDict(
            {family: Exponentials(some[is_leading(some)]) for family, some in waves.items()}
        )
        self._sums: dict[Setting, OrbitSums] = {}

    def divide(self, settings: Sequence[Setting], crystals: Tensor) -> list[Block]:
        """Blocks of points of one lattice family, setting by setting."""
        return plan(settings, crystals, _POINTS)

    def encode(self, x: Tensor, blocks: Sequence[Block], values: Tensor) -> None:
        """From (n, 3) write (n, 2 K) ``values``: Re P_k and Im P_k of each wave in turn."""
        with one_thread():
            for block in blocks:
                values.index_copy_(0, block.rows, self._values(x[block.rows], block))

    def encode_gradient(self, x: Tensor, gradient: Tensor, blocks: Sequence[Block]) -> Tensor:
        """(n, 3) of (n, 2 K) incoming gradients."""
        slopes = torch.empty_like(x)
        with one_thread():
            for block in blocks:
                slopes.index_copy_(0, block.rows, self._slopes(x[block.rows], gradient[block.rows], block))
        return slopes

    def differentiable_gradient(self, x: Tensor, gradient: Tensor, blocks: Sequence[Block]) -> Tensor:
        """The same, with a graph to differentiate it once more by both arguments."""
        rows, slopes = [x.new_zeros(0, dtype=torch.long)], [x.new_zeros(0, 3)]
        for block in blocks:
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
            [self._sums_of(setting).adjoint(gradient[start:stop].T) for setting, start, stop in block.segments],
            dim=1,
        )
        by_cosines, by_sines = by_exponentials.chunk(2)
        by_angles = cosines * by_sines - sines * by_cosines
        with torch.autocast(x.device.type, enabled=False):
            slopes: Tensor = math.tau * (by_angles.T @ exponentials.waves.to(x))
        return slopes

    def _values(self, x: Tensor, block: Block) -> Tensor:
        exponentials = self._exponentials_of(block)(x)
        values = torch.cat(
            [self._sums_of(setting)(exponentials[:, start:stop]).T for setting, start, stop in block.segments]
        )
        missing = self._n_columns - values.shape[1]
        return nn.functional.pad(values, (0, missing)) if missing else values

    def _sums_of(self, setting: Setting) -> OrbitSums:
        if setting not in self._sums:
            self._sums[setting] = OrbitSums(self._orbits_of(setting), self._waves[setting.lattice_family])
        return self._sums[setting]

    def _exponentials_of(self, block: Block) -> Exponentials:
        found = self._exponentials[block.segments[0].setting.lattice_family]
        assert isinstance(found, Exponentials)
        return found
