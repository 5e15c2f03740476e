"""The reciprocal side of the kernels (T6): site-resolved scattering by shells in |G| and by angle."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from runtime.arrays import constant, real_tensor
from runtime.site_kernels.harmonics import HIGHEST_DEGREE, real_harmonics
from runtime.site_kernels.pair_sums import sum_of_chunks
from runtime.site_kernels.structure_factors import StructureFactors, orbit_lengths

_STEP = 8
"""Sites x per step."""

TAIL_WIDTHS = 6.0
"""Sums over waves end this many widths beyond the last shell's centre; the error is of order 1e-8."""


def shell_centres(g_max: float, shells: int, like: Tensor) -> Tensor:
    """(shells,) evenly spaced from ``g_max / shells`` to ``g_max``, in the type and on the device of a tensor."""
    return torch.linspace(g_max / shells, g_max, shells, dtype=like.dtype, device=like.device)


class GaussianShells(nn.Module):
    """Functions w_s of |G|: Gaussians about c_s, and about -c_s, so that they are smooth at 0.

    Each is divided by its integral, so that its transform, a function of the distance in space, is 1 at r = 0:

        kappa_s(r) = exp(-2 (pi width r)^2) [c_s^2 sinc(2 pi c_s r) + width^2 cos(2 pi c_s r)] / (c_s^2 + width^2)

    Args:
        g_max: centre of the last shell in |G|, 1/Angstrom, without 2 pi. The others are evenly spaced from
            ``g_max / shells``; their width is the spacing.
        shells: number of shells.

    Attributes:
        g_cutoff: |G| beyond which all shells are negligible, 1/Angstrom.

    Raises:
        ValueError: there is no shell.
    """

    centres: Tensor

    def __init__(self, g_max: float, shells: int) -> None:
        super().__init__()
        if not 0 < g_max < math.inf or shells < 1:
            raise ValueError(f"there is at least one shell, and g_max is positive, not {shells} and {g_max}")
        self.width = g_max / shells
        self.g_max = g_max
        centres = shell_centres(g_max, shells, torch.empty(0, dtype=torch.float64, device="cpu"))
        self.register_buffer("centres", constant(centres, torch.get_default_dtype()), persistent=False)
        self.g_cutoff = g_max + TAIL_WIDTHS * self.width

    def forward(self, lengths: Tensor) -> Tensor:
        """(m,) |G| to (shells, m), in cubic Angstrom and in the type of ``lengths``."""
        lengths = real_tensor(lengths, "lengths")
        # Not the buffer, which is rounded to the type of the module.
        centres = shell_centres(self.g_max, len(self.centres), lengths)[:, None]
        integrals = 4 * math.pi * math.sqrt(math.tau) * self.width * (centres.square() + self.width**2)
        scale = math.sqrt(0.5 * math.log2(math.e)) / self.width  # exp2 takes half of the time of exp
        x, c = scale * lengths, scale * centres
        return (torch.exp2(-(x - c).square()) + torch.exp2(-(x + c).square())) / integrals


class ReciprocalKernel(nn.Module):
    """Neighbour-density moments of sites, by Gaussian shells in |G| and by degree: Debye's sum, resolved by site.

    For a site at x and senders y, such as all images of a site J or all atoms of an element,

        K_s,lm(x) = (1/V) sum_k w_s(|G|) (|G|/g_s)^l Y_lm(G/|G|) Re[i^l e_k(x) conj e_k(y)]
                  = sum over images of kappa_s,l(r) Y_lm(r/|r|),   r from x to the image,

    over every wave of the real lattice, with w_s and kappa_s,0 of :class:`GaussianShells` and
    g_s^2 = c_s^2 + width^2. With l = 0 these are the kernels of T6. Their range in space is about
    1 / (2 pi width), much more than is cheap for sums over images; they complement :class:`DirectKernel`, which is
    sharp at short distances. A site counts as an image of itself: it adds 1 at l = 0.

    F, the sum over the atoms of the senders, is needed at one wave of each orbit (T7). e_k(x) differs from wave to
    wave, but e_{kR}(x) conj F(kR) = e_k(g x) conj F(k) for g = (R, t): the sum over the waves of an orbit, with
    their angles, equals one over the images of x, which is done before the products. So the cost grows with sites
    times waves. Memory is bounded as in :class:`OrbitKernel`.

    Args:
        g_max: of :class:`GaussianShells`.
        shells: of :class:`GaussianShells`.
        degree: highest l, 0 to 4.
    """

    def __init__(self, g_max: float, shells: int, degree: int) -> None:
        super().__init__()
        if not 0 <= degree <= HIGHEST_DEGREE:
            raise ValueError(f"the degree is 0 to {HIGHEST_DEGREE}, not {degree}")
        self.degree, self.shells = degree, GaussianShells(g_max, shells)
        self._degrees = [each for each in range(degree + 1) for _ in range(2 * each + 1)]
        # Even degrees first: for odd l, i^l exchanges cosines and sines.
        self._order = sorted(range(self.n_angular), key=lambda place: self._degrees[place] % 2)
        self._n_even = sum(each % 2 == 0 for each in self._degrees)

    @property
    def n_angular(self) -> int:
        """(degree + 1)^2."""
        return (self.degree + 1) ** 2

    def forward(
        self, factors: StructureFactors, classes: Tensor | None = None, seen: Tensor | None = None
    ) -> Tensor:
        """Sums over waves; differentiable by coordinates, not by the lattice.

        Args:
            factors: of a crystal, to ``self.shells.g_cutoff``.
            classes: (C, n) 1 for the sites in each class of senders, else 0; default: each site is a class.
            seen: (n, c) the classes whose moments about each site are returned; default: all.

        Returns:
            (n, c, (degree + 1)^2, shells).
        """
        n, parts = factors.n_sites, 1 if factors.centrosymmetric else 2

        def part(rows: slice) -> Tensor:
            # 1. Weights and angular functions of the waves of each orbit.
            vectors = factors.vectors(rows).detach()
            lengths = orbit_lengths(vectors)
            scaled = self.shells(lengths) * factors.sizes[rows]
            even, odd = self._angular(vectors, lengths).tensor_split((self._n_even,), dim=1)
            # 2. F of each class of senders.
            phases = factors.phases(rows, sines=True)
            rotated = torch.stack([-phases[1], phases[0]])  # i (c + i s) = -s + i c
            sent = factors.partial(phases[:parts])
            sent = (sent if classes is None else classes @ sent)[:, None]
            # 3. For a few sites at a time, the sum over their images, then its products with F.
            found = []
            for start in range(0, n, _STEP):
                images = factors.images[start : start + _STEP]
                ours = [(source[:parts, images, None] * angular).sum(2)
                        for source, angular in ((phases, even), (rotated, odd))]  # fmt: skip
                received = torch.cat(ours, dim=2)[:, :, None]
                theirs = (sent if seen is None else sent[:, 0, seen[start : start + _STEP]])[:, :, :, None]
                products = received[0] * theirs[0]
                for one, other in zip(received[1:], theirs[1:], strict=True):
                    products = torch.addcmul(products, one, other)
                found.append(scaled @ products.flatten(0, 2).T)
            return torch.cat(found, dim=1)

        # 4. Sum over orbits in chunks.
        atoms = factors.multiplicities if classes is None else classes @ factors.multiplicities
        atoms = atoms.expand(n, -1) if seen is None else atoms[seen]
        rotations, angles, images = len(factors.maps), self.n_angular + 2, len(factors.owners)
        floats = 2 * min(n, _STEP) * angles * (rotations + atoms.shape[1]) + 10 * images + 4 * rotations * angles
        sums = sum_of_chunks(part, len(factors.waves), floats, factors.points)
        # 5. The usual order of degrees, the constant term, and the powers of |G|/g_s.
        back = torch.tensor(self._order, device=sums.device).argsort()
        moments = sums.T.view(*atoms.shape, self.n_angular, -1)[:, :, back]
        moments[:, :, 0] += atoms[:, :, None] * self.shells(atoms.new_zeros(1))[:, 0]
        squares = shell_centres(self.shells.g_max, len(self.shells.centres), moments) ** 2 + self.shells.width**2
        degrees = moments.new_tensor(self._degrees)[:, None]
        return moments / (factors.volume.detach() * squares ** (degrees / 2))

    def _angular(self, vectors: Tensor, lengths: Tensor) -> Tensor:
        """Y_lm(G/|G|) |G|^l / h with the sign of i^l, at all waves (h, m, 3) of m orbits; (h, n_angular, m)."""
        values = real_harmonics(vectors / lengths[:, None], self.degree).mT.contiguous()[:, self._order]
        powers = torch.stack([(-1) ** (each // 2) * lengths**each for each in range(self.degree + 1)])
        return values * powers[[self._degrees[place] for place in self._order]] / len(vectors)
