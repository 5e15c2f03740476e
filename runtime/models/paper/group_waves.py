"""The group-conditional layer: all groups of a frame speak to one network through the waves they share (T4).

    P_k(x) = (1/|G|) sum_g e_k(g x) = |O|^{-1/2} exp(-2 pi i theta_k) psi_O(x),   0 if k is absent

There are far fewer invariant functions than waves (4 against 514 in group 228), so a crystal keeps the functions
f_j at its sites, and the real matrix

    (Re P_k, Im P_k) = sum_j f_j(x) M_G[j, :]        at most two entries per column

expands them when a batch is made. This is the paper's M_G applied to all its waves, with nothing computed twice.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from basis_store import Setting
from basis_store.frames import ball_norm, norm
from basis_store.setting import Frame
from runtime.store import Store

_RADIUS = 5


def paper_waves(store: Store, frame: Frame) -> Tensor:
    """(K, 3) int64: the paper's 514 (orthogonal) or 418 (hexagonal) shared waves, also from a larger store."""
    waves = store.shared_waves(frame)
    return waves[torch.from_numpy(norm(waves.numpy(), frame) <= ball_norm(_RADIUS))]


class GroupWaves:
    """The shared waves of a frame, made invariant under one setting.

    Args:
        store: has the setting.
        setting: any.

    Attributes:
        basis: its functions up to the reach of the shared list, the constant first.
        waves: (K, 3) see :func:`paper_waves`.
        columns: (2, 2 K) the two functions that each real column is made of, and
        weights: (2, 2 K) with what weights, float64; 0 where P_k = 0. Columns: all Re P_k, then all Im P_k.
    """

    def __init__(self, store: Store, setting: Setting) -> None:
        self.basis = store.basis(setting, radius=_RADIUS)
        self.waves = paper_waves(store, setting.frame)
        self.columns, self.weights = self._matrix()

    def __deepcopy__(self, memo: object) -> GroupWaves:
        """Itself: nothing in it changes, so copies of a model share it."""
        return self

    def functions(self, coordinates: Tensor) -> Tensor:
        """(n, M) invariant functions f_j at (n, 3) fractional coordinates."""
        return self.basis.evaluate(coordinates)

    def project(self, functions: Tensor) -> Tensor:
        """(n, 2 K): Re P_k of all shared waves, then Im P_k, from the (n, M) functions."""
        weights = self.weights.to(functions)
        first, second = self.columns
        return functions[:, first] * weights[0] + functions[:, second] * weights[1]

    def _matrix(self) -> tuple[Tensor, Tensor]:
        orbits, phases24, counts = self.basis.routing(self.waves)
        present = orbits >= 0
        orbits = orbits.clamp(min=0)
        part, real_phase = self.basis.parts[orbits], self.basis.real_phases24[orbits]
        # psi = exp(-i phi) f for O = -O, else (f_first + i sign f_second) / sqrt2: Basis.evaluate_complex.
        first, second = orbits - (part == -1).long(), orbits + (part == 1).long()
        angle = (phases24 + real_phase).double() * (-math.tau / 24)
        size = present * (counts * torch.where(part == 0, 1, 2)).double().rsqrt()
        cos, sin = size * torch.cos(angle), size * torch.sin(angle)
        real = torch.stack([cos, -sin * part])
        imaginary = torch.stack([sin, cos * part])
        return torch.stack([first, second]).repeat(1, 2), torch.cat([real, imaginary], dim=1)
