"""The Fourier basis of one setting, invariant or with another character of its group, in PyTorch.

    psi_O(x) = |O|^{-1/2} sum_{k in O} exp(2 pi i (k.x + theta_k))                                   (T2)
    f_j(x)   = psi_O made real by its exact phase (O = -O), or sqrt2 Re psi_O, sqrt2 Im psi_O (O, -O)
    P_k(x)   = (1/|G|) sum_g e_k(g x) = |O|^{-1/2} exp(-2 pi i theta_k) psi_O(x)                     (T4)

Function 0 is the constant 1. With another character than the trivial one (T9), f(g x) = chi(g) f(x), there is no
constant, and the mean for P_k has the factor conj(chi(g)); if it is complex, psi_O has no real form.

Tables are integers (phases in 24ths of a turn); they are converted to the dtype of ``x`` when a function is
evaluated, so a basis has no dtype of its own and ``.to()`` only moves it.
"""

from __future__ import annotations

import math
import operator
import sys
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from basis_store import TURN, CompiledSetting, CutoffError, Representation
from basis_store.bases.basis_texts import basis_html
from basis_store.counted import counted
from basis_store.groups.group import Group
from runtime.arrays import constant, integers, points, real_tensor
from runtime.bases.basis_tables import basis_tables
from runtime.encoding.fused_functions import FusedFunctions
from runtime.encoding.phase import turns
from runtime.encoding.point_blocks import in_blocks
from runtime.encoding.routing_matrix import Routing, project, route, routing_matrix

if TYPE_CHECKING or "jaxtyping" in sys.modules:  # shapes are for readers and tests; importing stays fast
    from jaxtyping import Complex, Float, Int


class Basis(nn.Module):
    """Orthonormal functions on the unit cell, invariant under one space group; made by :meth:`Store.basis`.

    Or with another character: f(g x) = chi(g) f(x) for every operation g. ``basis(x)`` is :meth:`evaluate`. All
    coordinates are fractional, in the conventional cell of the setting; of plane groups, 2 stands for each 3.
    Leading dimensions are free; they are written ``n`` below. ``M`` counts the functions, the constant included
    where there is one. NumPy arrays and lists are taken as well, and results are tensors.

    Args:
        compiled: the integers of the setting.
        shared_waves: (K, 3) the waves that all settings of its family share in the store, without 0.
        content_hash: hash of the store.
        n_functions: M; default: all functions of the store.

    Attributes:
        setting: the space-group setting, or a group of another kind.
        representation: the setting with its character; trivial for invariant functions.
        content_hash: hash of the store it comes from.
        waves: (N, 3) int64, the wave 0 of a constant first, then orbit after orbit, each from its root on.
        orbits: (N,) int64, the function of each wave.
        phases24: (N,) int64, theta in 24ths of a turn, 0 at roots.
        counts: (M,) int64, |O|.
        parts: (M,) int64, 0 for O = -O; 1 and -1 for the two of a pair (O, -O).
        real_phases24: (M,) int64, the phase in 24ths that makes psi_O real where O = -O.
        norms: (M,) int64, invariant integer norm; ``sqrt(norm / 3)`` is the radius.
        rotations: (g, 3, 3) int64 R of the operations x -> R x + t modulo cell translations.
        translations24: (g, 3) int64 t in 24ths.
        characters24: (g,) int64 c of chi(g) = exp(2 pi i c/24); 0 for invariant functions.
        shifts24, shift_orders, shift_directions: int64, the allowed origin shifts (T5).
        shared_waves: (K, 3) int64, as given.

    Raises:
        CutoffError: the store holds fewer functions.
    """

    waves: Tensor
    orbits: Tensor
    phases24: Tensor
    counts: Tensor
    parts: Tensor
    real_phases24: Tensor
    norms: Tensor
    rotations: Tensor
    translations24: Tensor
    characters24: Tensor
    shifts24: Tensor
    shift_orders: Tensor
    shift_directions: Tensor
    shared_waves: Tensor
    _term_waves: Tensor
    _term_phases24: Tensor
    _term_squares: Tensor
    _term_counts: Tensor
    _wave_rows: Tensor

    def __init__(
        self,
        compiled: CompiledSetting,
        *,
        shared_waves: NDArray[np.integer],
        content_hash: str = "",
        n_functions: int | None = None,
    ) -> None:
        super().__init__()
        self.setting: Group = compiled.setting
        self.representation: Representation = compiled.representation
        self.content_hash = content_hash
        self._compiled = compiled
        self._is_real = compiled.representation.is_real
        self._fused = FusedFunctions()
        available = compiled.n_functions
        self.n_functions = available if n_functions is None else operator.index(n_functions)
        if not 1 <= self.n_functions <= available:
            raise CutoffError(
                f"{compiled.label} has 1 to {available} functions in this store{self._with_constant}, not "
                f"{n_functions}; compile one with a larger radius or more functions"
            )
        tables = basis_tables(compiled, shared_waves, self.n_functions)
        for name, array in tables.items():
            self.register_buffer(name, constant(array.astype(np.int64)), persistent=False)

    @property
    def n_waves(self) -> int:
        """N, the number of waves in all orbits, the wave 0 included."""
        return len(self.waves)

    def extra_repr(self) -> str:
        """One line for ``print``."""
        functions, waves = counted(self.n_functions, "function"), counted(self.n_waves, "wave")
        return f"{self.representation.label}, {functions}, {waves}{self._with_constant}"

    def _repr_html_(self) -> str:
        return basis_html(self._compiled, self.n_functions)

    @property
    def _with_constant(self) -> str:
        return ", the constant included" if self.representation.is_trivial else ""

    def truncate(self, *, radius: float | None = None, count: int | None = None) -> Basis:
        """The first functions of this basis: those within ``radius``, or the first ``count``, or both.

        Args:
            radius: keep functions of norm up to ``3 radius^2``.
            count: keep at most this many functions, the constant included.

        Returns:
            A new basis on the same device. It is a prefix: function j stays function j.

        Raises:
            CutoffError: the store holds fewer functions or a smaller radius.
        """
        kept = self.n_functions if count is None else count
        if radius is not None:
            limit = self._compiled.norm_within(radius)
            within = self._compiled.n_constants + int(np.searchsorted(self._compiled.norms, limit, side="right"))
            kept = min(within, kept)
        basis = Basis(
            self._compiled,
            shared_waves=self.shared_waves.cpu().numpy(),
            content_hash=self.content_hash,
            n_functions=kept,
        )
        return basis.to(self.waves.device)

    def forward(self, x: Float[Tensor, "*n dim"]) -> Float[Tensor, "*n functions"]:
        """The same as :meth:`evaluate`."""
        return self.evaluate(x)

    def evaluate(self, x: Float[Tensor, "*n dim"]) -> Float[Tensor, "*n functions"]:
        """Real orthonormal functions f_j(x); (n, 3) -> (n, M), in the dtype of ``x``.

        The mean over the cell of f_i f_j is 1 if i = j, else 0. Differentiable to any order.

        Raises:
            CharacterError: the character is complex, so there are no real functions; see :meth:`evaluate_complex`.
            TypeError: ``x`` is neither float32 nor float64.
            ValueError: its last dimension is not 3, or it is on another device.
        """
        self._check_real()
        return self._evaluate_rows(self._coordinates(x))[..., : self.n_functions]

    def evaluate_complex(self, x: Float[Tensor, "*n dim"]) -> Complex[Tensor, "*n functions"]:
        """Complex orthonormal functions psi_O(x) (T2); (n, 3) -> (n, M)."""
        x = self._coordinates(x)
        real = self._evaluate_rows(x)
        rows = torch.arange(self.n_functions, device=real.device)
        # O = -O: psi = exp(-2 pi i phi/24) f.  A pair: psi = (f_Re + i f_Im) / sqrt2, and its conjugate.
        parts = self.parts if self._is_real else torch.ones_like(self.parts)
        if not self._is_real:  # each orbit has two rows
            rows = 2 * rows
        first, second = real[..., rows - (parts == -1).long()], real[..., rows + (parts == 1).long()]
        angle = self.real_phases24.to(x.dtype) * (-math.tau / TURN)
        size = torch.where(parts == 0, 1.0, 2.0).to(x.dtype).rsqrt()
        parts = parts.to(x.dtype)
        return torch.complex(
            first * torch.cos(angle) * size,
            (first * torch.sin(angle) + second * parts) * size,
        )

    def gradient(
        self, x: Float[Tensor, "*n dim"], *, lattice: Float[Tensor, "dim dim"] | None = None
    ) -> Float[Tensor, "*n functions dim"]:
        """First derivatives of :meth:`evaluate`; (n, 3) -> (n, M, 3).

        Args:
            x: fractional coordinates.
            lattice: (3, 3) rows: the cell vectors of the setting in Angstrom. With it, derivatives are with
                respect to Cartesian coordinates, in 1/Angstrom; without it, with respect to ``x``.

        Raises:
            CharacterError: as :meth:`evaluate`.
            ValueError: the lattice has another shape.
        """
        self._check_real()

        def block(points: Tensor, lattice: Tensor | None = None) -> Tensor:
            waves = self._wave_vectors(points, lattice)
            slopes = torch.sin(self._angles(points)) * -self._weights(points)
            return torch.stack([(slopes * waves[..., c]).sum(-1) for c in range(3)], dim=-1)

        dimension, x = self.setting.dimension, self._coordinates(x)
        if not self._fused.apply_to(x):
            slopes = self._in_blocks(x, partial(block, lattice=lattice))
        else:
            slopes = self._fused(x, self._terms(), 1, partial(self._in_blocks, function=block))
            if lattice is not None:
                a, b, c = self._reciprocal(lattice, x).T
                slopes = slopes[..., :1] * a + slopes[..., 1:2] * b + slopes[..., 2:] * c
        return slopes[..., : self.n_functions, :dimension]

    def hessian(
        self, x: Float[Tensor, "*n dim"], *, lattice: Float[Tensor, "dim dim"] | None = None
    ) -> Float[Tensor, "*n functions dim dim"]:
        """Second derivatives of :meth:`evaluate`; (n, 3) -> (n, M, 3, 3).

        Args:
            x: fractional coordinates.
            lattice: (3, 3) as for :meth:`gradient`.

        Raises:
            CharacterError: as :meth:`evaluate`.
            ValueError: the lattice has another shape.
        """
        self._check_real()

        def block(points: Tensor) -> Tensor:
            waves = self._wave_vectors(points, lattice)
            curvatures = torch.cos(self._angles(points)) * -self._weights(points)
            entries = [(curvatures * (waves[..., c] * waves[..., d])).sum(-1) for c in range(3) for d in range(3)]
            stacked = torch.stack(entries, dim=-1)
            return stacked.reshape(*stacked.shape[:-1], 3, 3)

        dimension, values = self.setting.dimension, self._in_blocks(self._coordinates(x), block)
        return values[..., : self.n_functions, :dimension, :dimension]

    def images(self, x: Float[Tensor, "*n dim"]) -> Float[Tensor, "*n operations dim"]:
        """``R x + t`` for every operation; (n, 3) -> (n, g, 3), not reduced to the cell."""
        x = self._coordinates(x)[..., : self.setting.dimension]
        # This class has no matrix products, only sums of products: autocast and TF32 would round the former.
        rotated = (self.rotations.to(x.dtype) * x[..., None, None, :]).sum(-1)
        return rotated + self.translations24.to(x.dtype) / TURN

    def routing(self, waves: Int[Tensor, "waves dim"] | None = None) -> Routing:
        """Look up waves (K, 3) among the orbits; default: the shared waves, see :attr:`shared_waves`.

        Raises:
            TypeError: the waves are not integers.
            CutoffError: a wave lies beyond this basis.
        """
        waves = self.shared_waves if waves is None else integers(waves, "waves", self.waves.device)
        tables = self._wave_rows, self.orbits, self.phases24, self.counts
        return route(waves, *tables, dimension=self.setting.dimension, label=self.representation.label)

    def project(
        self, x: Float[Tensor, "*n dim"], waves: Int[Tensor, "waves dim"] | Routing | None = None
    ) -> Complex[Tensor, "*n waves"]:
        """Symmetrised plane waves P_k(x) = (1/|G|) sum_g conj(chi(g)) e_k(g x) (T4); (n, 3) -> (n, K).

        Args:
            x: fractional coordinates.
            waves: (K, 3) integers, or their :meth:`routing`; default: the shared waves.
        """
        routing = waves if isinstance(waves, Routing) else self.routing(waves)
        return project(self.evaluate_complex(x), routing)

    def routing_matrix(
        self, waves: Int[Tensor, "waves dim"] | None = None, *, dtype: torch.dtype = torch.complex64
    ) -> Complex[Tensor, "waves waves"]:
        """The dense (K, K) matrix M_G of :mod:`runtime.encoding.routing_matrix`.

        Args:
            waves: (K, 3) integers; default: the shared waves.
            dtype: complex64 or complex128.

        Raises:
            TypeError: the waves are not integers.
            CutoffError: a wave lies beyond this basis.
        """
        return routing_matrix(self.routing(waves), dtype=dtype)

    def _evaluate_rows(self, x: Float[Tensor, "*n 3"]) -> Float[Tensor, "*n rows"]:
        def block(points: Tensor) -> Tensor:
            return (torch.cos(self._angles(points)) * self._weights(points)).sum(-1)

        if self._fused.apply_to(x):
            return self._fused(x, self._terms(), 0, partial(self._in_blocks, function=block))
        return self._in_blocks(x, block)

    def _terms(self) -> dict[str, Tensor]:
        return {name: some for name, some in self.named_buffers() if name.startswith("_term_")}

    def _angles(self, points: Float[Tensor, "points 3"]) -> Float[Tensor, "points rows terms"]:
        return turns(points, self._term_waves, self._term_phases24) * math.tau

    def _weights(self, points: Tensor) -> Float[Tensor, "rows terms"]:
        return self._term_squares.to(points.dtype).div(self._term_counts.to(points.dtype)).sqrt()

    def _wave_vectors(self, points: Tensor, lattice: Tensor | None) -> Float[Tensor, "rows terms 3"]:
        """2 pi k, or 2 pi G in 1/Angstrom for a lattice of row vectors: x = r L^-1, so G = k (L^-1)^T."""
        waves = self._term_waves.to(points.dtype) * math.tau
        if lattice is None:
            return waves
        return torch.sum(self._reciprocal(lattice, points) * waves[..., None, :], dim=-1)

    def _check_real(self) -> None:
        if not self._is_real:
            self._compiled.check_real()

    def _coordinates(self, x: object) -> Tensor:
        x = points(x, device=self.waves.device, dimension=self.setting.dimension)
        if x.device != self.waves.device:
            raise ValueError(
                f"coordinates are on {x.device}, the basis is on {self.waves.device}: move one of them"
            )
        # Points of the plane are evaluated as points of space, and their waves as (h, k, 0).
        return x if x.shape[-1] == 3 else nn.functional.pad(x, (0, 1))

    def _in_blocks(self, x: Tensor, function: Callable[[Tensor], Tensor]) -> Tensor:
        values = in_blocks(x.reshape(-1, 3), function, self._term_phases24.numel())
        return values.reshape(*x.shape[:-1], *values.shape[1:])

    def _reciprocal(self, lattice: Tensor, points: Tensor) -> Float[Tensor, "3 3"]:
        lattice = real_tensor(lattice, "lattice vectors", points.device)
        shape = (self.setting.dimension,) * 2
        if lattice.shape != shape:
            raise ValueError(f"a lattice has shape {shape}, its rows the cell vectors, not {tuple(lattice.shape)}")
        inverse: Tensor = torch.linalg.inv(lattice.to(points))
        return nn.functional.pad(inverse, (0, 3 - len(inverse)) * 2)
