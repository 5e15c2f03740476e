"""Distances between orbits of points in a crystal, exact for any shape of the cell.

    d(x, y) = min over operations g and integer n of |(x - g y + n) L|         rows of L: cell vectors, Angstrom

Rounding fractional differences to [-1/2, 1/2] does not give the nearest lattice translation of a skew cell
(tests/regressions/test_08). Here it is found in two steps, both for whole batches. Write
b_i = q_i + sum_{j<i} mu_ij q_j with orthogonal q_i (Gram-Schmidt) and g_i = |q_i|. Then v = sum v_i b_i has
|v|^2 = sum c_i^2 g_i^2, where c_i = v_i + sum_{j>i} mu_ji v_j.

1. *Reduction* to a basis of the same lattice with |b1| <= |b2| <= |b3|, |mu_21| <= 1/2, and b3 the shortest of
   b3 + Z b1 + Z b2. Each change makes a vector shorter, and finitely many are shorter than a given one: it ends.
2. *Enumeration* of v modulo integers. For v_3 take the value that rounds c_3 to [-1/2, 1/2], and that plus and
   minus 1; for each of them v_2 likewise from c_2; then the v_1 that rounds c_1. The shortest v is among the nine.

*Proof of 2.* Whatever v_3, ..., v_{i+1} are, rounding the others in turn leaves |c_j| <= 1/2 for j <= i. So the
shortest v has sum_{j<=i} c_j^2 g_j^2 <= (1/4) sum_{j<=i} g_j^2, else rounding would give a shorter one. Therefore

    |c_i| <= (1/2) sqrt(sum_{j<=i} g_j^2 / g_i^2).

i = 1: |c_1| <= 1/2. i = 2: g_2^2 = |b2|^2 - mu_21^2 |b1|^2 >= (3/4) g_1^2, so |c_2| <= 0.77. i = 3: by the same
argument in the plane of b1 and b2, g_3^2 >= |b3|^2 - (g_1^2 + g_2^2)/4 >= |b2|^2 / 2; with
g_1^2 + g_2^2 <= 2 |b2|^2 <= 4 g_3^2, |c_3| <= 1.12. A value two steps from the rounded one is at least 3/2 in
size, which both bounds exclude. Step 1 itself needs only i = 1 and 2, in the plane. The bounds have room: rounding
errors in step 1 do no harm. ∎
"""

from __future__ import annotations

import torch
from torch import Tensor

from basis_store import TURN

# A change must shorten a vector by this factor; else rounding errors could make the reduction cycle for ever.
_SHORTER = 1 - 1e-9


def orbit_distance(x: Tensor, y: Tensor, lattices: Tensor, rotations: Tensor, translations24: Tensor) -> Tensor:
    """Distance between the orbits of x and y under a space group, lattice translations included, in Angstrom.

    Args:
        x: (n, 3) fractional coordinates, float64.
        y: (n, 3) the same.
        lattices: (n, 3, 3) a cell for each pair, rows in Angstrom, with the symmetry of the group's setting.
        rotations: (g, 3, 3) R of the operations x -> R x + t.
        translations24: (g, 3) t in 24ths of the cell.

    Returns:
        (n,) distances. The group acts by isometries, so that moving y alone is enough.
    """
    images = torch.einsum("gij,nj->ngi", rotations.to(y), y) + translations24.to(y) / TURN
    return shortest_length(x[:, None] - images, lattices).amin(dim=1)


def shortest_length(steps: Tensor, lattices: Tensor) -> Tensor:
    """Length of the shortest step modulo lattice translations, in Angstrom.

    Args:
        steps: (n, m, 3) fractional differences, float64.
        lattices: (n, 3, 3) rows in Angstrom.

    Returns:
        (n, m) lengths.
    """
    basis = reduced_basis(lattices)
    mu = _gram_schmidt(basis)
    g = torch.linalg.solve_triangular(mu, basis, upper=False, unitriangular=True).norm(dim=-1)
    # The step is sum c_i q_i; basis vector i is row i of mu in these units.
    c = (steps @ lattices) @ torch.linalg.inv(basis) @ mu
    near = _near(c)
    c = c[:, :, None, :] - mu[:, None, None, 2] * (torch.round(c[:, :, None, 2, None]) + near[:, None])
    c = c[:, :, :, None, :] - mu[:, None, None, None, 1] * (torch.round(c[:, :, :, None, 1, None]) + near[:, None])
    c = c - mu[:, None, None, None, 0] * torch.round(c[..., 0, None])
    squares: Tensor = (c * g[:, None, None, None]).square().sum(-1)
    return squares.flatten(2).amin(dim=-1).sqrt()


def reduced_basis(lattices: Tensor) -> Tensor:
    """The reduced basis of each lattice (step 1 above); (n, 3, 3) rows -> (n, 3, 3) rows."""
    basis = lattices
    changed = True
    while changed:
        order = basis.norm(dim=-1).argsort(dim=-1, stable=True)
        basis = basis.gather(1, order[..., None].expand_as(basis))
        b1, b2, b3 = basis.unbind(1)
        second = (b2 - _nearest(b2, b1) * b1)[:, None]
        mu = _gram_schmidt(basis)
        two = torch.round(mu[:, 2, 1, None]) + _near(basis)
        one = torch.round(mu[:, 2, 0, None] - two * mu[:, 1, 0, None])
        third = b3[:, None] - two[..., None] * b2[:, None] - one[..., None] * b1[:, None]
        (b2, changed_2), (b3, changed_3) = _shortest(b2, second), _shortest(b3, third)
        # One at a time: both changes assume that b1 and b2 are what they were.
        b3 = torch.where(changed_2[:, None], basis[:, 2], b3)
        basis = torch.stack([b1, b2, b3], dim=1)
        changed = bool((changed_2 | changed_3).any())
    return basis


def _nearest(vector: Tensor, along: Tensor) -> Tensor:
    """(n, 1) the integer m that makes ``vector - m along`` shortest."""
    return torch.round((vector * along).sum(-1, keepdim=True) / along.square().sum(-1, keepdim=True))


def _shortest(vector: Tensor, candidates: Tensor) -> tuple[Tensor, Tensor]:
    """(n, 3) the shortest of (n, m, 3) candidates where it is shorter than (n, 3) ``vector``; and (n,) where."""
    lengths, index = candidates.norm(dim=-1).min(dim=1)
    shorter = lengths < vector.norm(dim=-1) * _SHORTER
    best = candidates[torch.arange(len(index), device=index.device), index]
    return torch.where(shorter[:, None], best, vector), shorter


def _gram_schmidt(basis: Tensor) -> Tensor:
    """Coefficients mu_ij, a lower triangle with ones on the diagonal; (n, 3, 3)."""
    triangle = torch.linalg.qr(basis.mT)[1].mT
    mu: Tensor = triangle / triangle.diagonal(dim1=-2, dim2=-1)[:, None, :]
    return mu


def _near(like: Tensor) -> Tensor:
    """(3,) the steps -1, 0, 1."""
    return torch.tensor([-1.0, 0.0, 1.0], dtype=like.dtype, device=like.device)
