"""Property tensors from tokens and kernels: equivariant by construction, exact by projection."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations_with_replacement
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from runtime.arrays import constant, random_weights
from runtime.site_kernels.images.site_mean import SiteMean
from runtime.tensors.tensor_space import TensorSpace, couplings, isotropic_parts

_MAX_FACTOR = 3
"""Highest degree of moments that are multiplied with each other."""


class _Path(NamedTuple):
    """Moments of degree l of a site: taken as they are, or the product of two of them."""

    degree: int
    factors: tuple[int, ...]


class TensorHead(nn.Module):
    """A tensor for each crystal of a batch, which rotates with the crystal.

    Neighbour-density moments of each site, gated by its token, and products of two of
    them, are summed over the sites and contracted with isotropic tensors, one learned coefficient for each of them
    and each channel; isotropic parts come from the tokens. The sum over the atoms of the full cell is then the sum
    over sites, projected on the invariant subspace of the point group (T8): the environments of the atoms of an
    orbit differ by the group's operations only. By T6 these sums are orbit moments (T7) of learned weights.

    Two-body moments of degree l change by (-1)^l under inversion. Where a tensor's part of degree l does not, such
    as the l = 2 part of a piezoelectric tensor, it is built from three-body products, and a pseudoscalar from
    four-body ones; no frame has to be chosen.

    Args:
        space: of the tensor.
        width: of tokens.
        channels: moments of each degree per site.
        around: makes the module of the moments, given their highest degree; it has ``norm``, of tokens, and
            ``features(tokens, *surroundings)``, (S, (degree + 1)^2, ``n_features``).

    Attributes:
        degree: highest degree of the moments it needs.
        dimension: of the space.
    """

    def __init__(self, space: TensorSpace, width: int, channels: int, around: Callable[[int], Any]) -> None:
        super().__init__()
        # 1. The irreducible parts of the tensor, by degree, and the paths that lead to them.
        parts = {degree: isotropic_parts(space, degree) for degree in range(space.symmetry.rank + 1)}
        parts = {degree: part for degree, part in parts.items() if part.shape[2]}
        self.dimension = len(space)
        self.channels = channels
        self.degree = max(2, *parts)
        self.pseudoscalar = 0 in parts and space.parity < 0
        self.paths = _paths([degree for degree in parts if degree], space.parity, self.degree)
        # 2. Moments of each site, mixed and gated by its token.
        self.around = around(self.degree)
        features = self.around.n_features
        self.mixtures = random_weights(self.degree, features, 2 * channels, std=features**-0.5)
        self.gates = nn.Linear(width, self.degree * 2 * channels)
        # 3. Isotropic tensors and couplings, in float64: a model in double precision is equivariant to it.
        for degree, part in parts.items():
            self.register_buffer(f"isotropic_{degree}", constant(part), persistent=False)
        products = {path for path in self.paths if len(path.factors) > 1}
        if self.pseudoscalar:
            products.add(_Path(2, (1, 2)))
        for path in sorted(products):
            first, second = path.factors
            coupling = couplings(first, second, path.degree)
            self.register_buffer(_coupling_name(path), constant(coupling), persistent=False)
        # 4. Learned coefficients of each path, and the isotropic part.
        ways = {degree: part.shape[2] for degree, part in parts.items()}
        self.coefficients = nn.ParameterList(
            random_weights(channels, ways[path.degree], std=(channels * len(self.paths)) ** -0.5)
            for path in self.paths
        )
        self.scalars: nn.Module | None = None
        if self.pseudoscalar:
            self.scalars = nn.Linear(channels, ways[0], bias=False)
        elif 0 in parts:
            self.scalars = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, ways[0]))

    def forward(
        self,
        tokens: Tensor,
        pooled: Tensor,
        surroundings: tuple[Any, ...],
        mean: SiteMean,
        allowed: Tensor,
    ) -> Tensor:
        """Coordinates of tensors in their :class:`TensorSpace`.

        Args:
            tokens: (S, width) of sites.
            pooled: (p, width) of crystals.
            surroundings: of the sites, as the module of the moments takes them.
            mean: over the atoms of each crystal.
            allowed: (p, dimension, dimension) float64, from coordinates in the frame of the moments to
                the invariant subspace in the crystal's own frame.

        Returns:
            (p, dimension).
        """
        moments = self._moments(tokens, surroundings)
        tensors = tokens.new_zeros(allowed.shape[:2])
        for path, coefficients in zip(self.paths, self.coefficients, strict=True):
            of_crystal = mean(self._along(path, moments)) @ coefficients
            tensors = tensors + self._assembled(path.degree, of_crystal)
        if self.scalars is not None:
            if self.pseudoscalar:
                chiral = self._along(_Path(2, (1, 2)), moments)
                pooled = mean((chiral * moments[2][..., : self.channels]).sum(1))
            tensors = tensors + self._assembled(0, self.scalars(pooled)[:, None])
        # In double precision, so that the result lies in the subspace to that precision.
        exact: Tensor = torch.einsum("pcd,pd->pc", allowed, tensors.double())
        return exact.to(tensors.dtype)

    def _moments(self, tokens: Tensor, surroundings: tuple[Any, ...]) -> dict[int, Tensor]:
        """(S, 2 l + 1, 2 channels) for each degree l > 0: gated mixtures of neighbour-density moments."""
        tokens = self.around.norm(tokens)
        all_moments = self.around.features(tokens, *surroundings)
        gates = (2 * torch.sigmoid(self.gates(tokens))).view(len(tokens), self.degree, 1, 2 * self.channels)
        by_degree = all_moments.split_with_sizes([2 * degree + 1 for degree in range(self.degree + 1)], dim=1)
        moments = {}
        for degree, some in enumerate(by_degree[1:], start=1):
            size = some.square().mean(dim=(1, 2), keepdim=True)
            bounded = some * torch.rsqrt(1 + size)  # bounded, so that large moments do not dominate
            moments[degree] = (bounded @ self.mixtures[degree - 1]) * gates[:, degree - 1]
        return moments

    def _along(self, path: _Path, moments: dict[int, Tensor]) -> Tensor:
        """(S, 2 l + 1, channels) of one path."""
        first = moments[path.factors[0]][..., : self.channels]
        if len(path.factors) == 1:
            return first
        second = moments[path.factors[1]][..., self.channels :]
        coupling = getattr(self, _coupling_name(path)).to(first.dtype)
        return torch.einsum("sac,sbc,abm->smc", first, second, coupling)

    def _assembled(self, degree: int, moments: Tensor) -> Tensor:
        """(p, dimension) tensors of moments (p, 2 l + 1, ways)."""
        parts: Tensor = getattr(self, f"isotropic_{degree}")
        return torch.einsum("pmw,cmw->pc", moments, parts.to(moments.dtype))


def _paths(degrees: list[int], parity: int, largest: int) -> list[_Path]:
    """All paths to ``degrees`` > 0 whose sign under inversion is ``parity``."""
    paths = [_Path(degree, (degree,)) for degree in degrees if (-1) ** degree == parity]
    for first, second in combinations_with_replacement(range(1, min(largest, _MAX_FACTOR) + 1), 2):
        if (-1) ** (first + second) == parity:
            paths += [_Path(d, (first, second)) for d in degrees if second - first <= d <= first + second]
    return paths


def _coupling_name(path: _Path) -> str:
    return "coupling_{}_{}_{}".format(*path.factors, path.degree)


def module_name(target: str) -> str:
    """The name of a target as that of a module: without dots, and no attribute that such modules have."""
    name = target.replace("%", "%25").replace(".", "%2E")
    return f"%{name}" if hasattr(nn.ModuleDict(), name) else name
