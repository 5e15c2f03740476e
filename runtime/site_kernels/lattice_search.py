"""All atoms of periodic crystals within a cutoff of points, for many crystals at once, on any device.

Exact for every shape of cell; the minimum-image convention is not (tests/regressions/test_08). Write the lattice
vectors in an orthonormal frame of their own,

    a_1 = T_11 q_1,    a_2 = T_21 q_1 + T_22 q_2,    a_3 = T_31 q_1 + T_32 q_2 + T_33 q_3        (Gram-Schmidt)

A vector t_1 a_1 + t_2 a_2 + t_3 a_3, t_i = f_i + n_i with integers n_i, is shorter than the cutoff r if and only
if

    (t_3 T_33)^2 + (t_3 T_32 + t_2 T_22)^2 + (t_3 T_31 + t_2 T_21 + t_1 T_11)^2 < r^2.

For given t_3 and t_2 this leaves an interval of n_1; without the last square, an interval of n_2; and so on. Three
steps, each of which replaces a row by those of its interval, therefore list the vectors themselves and little else
(U. Fincke and M. Pohst, Math. Comp. 44, 463, 1985).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from basis_store.array_types import IntArray

SAME_POINT = 1e-3
"""Angstrom. Atoms this close are the same; records hold no atoms closer than 0.5."""

_MARGIN = 1e-6
"""Relative; intervals are this much too long, so that rounding loses nothing. Lengths are compared at the end."""

_CPU_BLOCK, _DEVICE_BLOCK = 1 << 16, 1 << 22
"""Vectors per step, so that memory does not grow with the crystals: about a core's cache, and a part of a GPU."""


class Images(NamedTuple):
    """Atoms near points: images of the given atoms under lattice translations.

    Attributes:
        points: (E,) int64, ascending.
        atoms: (E,) int64, ascending for each point.
        vectors: (E, 3) Cartesian, from the points to the images, in Angstrom.
    """

    points: Tensor
    atoms: Tensor
    vectors: Tensor


def images_within(
    cutoff: float,
    points: Tensor,
    atoms: Tensor,
    lattices: Tensor,
    *,
    point_counts: IntArray,
    atom_counts: IntArray,
) -> Images:
    """All images of atoms closer than a cutoff to points, without an image at the point itself.

    Args:
        cutoff: Angstrom.
        points: (P, 3) fractional coordinates, of all crystals one after another, float64.
        atoms: (A, 3) the same: all atoms of one cell of each crystal.
        lattices: (p, 3, 3) rows in Angstrom.
        point_counts: (p,) points of each crystal.
        atom_counts: (p,) atoms of each crystal.

    Returns:
        Vectors are differentiable by points, atoms and lattices.
    """
    counts = torch.from_numpy(np.stack([point_counts, atom_counts])).to(lattices.device)
    crystals = torch.repeat_interleave(counts[0], output_size=len(points))
    blocks = _blocks(cutoff, lattices, point_counts, atom_counts)
    images = _search(cutoff, points, atoms, lattices, crystals, counts[1], blocks)
    if not (torch.is_grad_enabled() and any(x.requires_grad for x in (points, atoms, lattices))):
        return images
    # The same vectors once more, with a graph: the steps in the cell, and the translations that were found.
    crystals = crystals.index_select(0, images.points)
    steps = atoms.T.index_select(1, images.atoms) - points.T.index_select(1, images.points)
    whole = _combined(images.vectors.T, torch.linalg.inv(lattices.detach()), crystals)
    return images._replace(vectors=_combined(steps + (whole - steps.detach()).round(), lattices, crystals).T)


@torch.no_grad()
def _search(
    cutoff: float,
    points: Tensor,
    atoms: Tensor,
    lattices: Tensor,
    crystals: Tensor,
    atom_counts: Tensor,
    blocks: Sequence[slice],
) -> Images:
    """The images, block by block; ``crystals`` (P,) are those of the points."""
    x, y, triangles = points.T.contiguous(), atoms.T.contiguous(), _triangles(lattices)
    first_atoms = (atom_counts.cumsum(0) - atom_counts).index_select(0, crystals)
    n_atoms = atom_counts.index_select(0, crystals)
    found = [(crystals[:0], crystals[:0], x[:, :0])]
    for block in blocks:
        # 1. All pairs of a point and an atom of its cell: the step between them that rounds to zero.
        point, rank = _expanded(n_atoms[block])
        atom = first_atoms[block].index_select(0, point) + rank
        point = point + block.start
        gaps = _columns(y, atom) - _columns(x, point)
        gaps -= gaps.round()
        # 2. The translations that each of them allows.
        crystal = crystals.index_select(0, point)
        pair, translations = _translations(gaps, crystal, triangles, cutoff * (1 + _MARGIN))
        steps = _combined(_columns(gaps, pair) + translations, lattices, crystal.index_select(0, pair))
        # 3. Those that are short enough.
        squares = steps.square().sum(0)
        kept = torch.nonzero((squares < cutoff * cutoff) & (squares > SAME_POINT * SAME_POINT)).squeeze(1)
        pair = pair.index_select(0, kept)
        found.append((point.index_select(0, pair), atom.index_select(0, pair), _columns(steps, kept)))
    point, atom, steps = (torch.cat(part, dim=-1) for part in zip(*found, strict=True))
    return Images(point, atom, steps.T)


def _blocks(cutoff: float, lattices: Tensor, point_counts: IntArray, atom_counts: IntArray) -> list[slice]:
    """Cut the points so that each part has about as many vectors as a step may have."""
    volumes = lattices.detach().double().det().abs().cpu().numpy()
    each = atom_counts * np.maximum(4.0, 4.2 * cutoff**3 / volumes)  # pairs, or vectors where these are more
    costs = np.cumsum(np.repeat(each, point_counts))
    size = _CPU_BLOCK if lattices.device.type == "cpu" else _DEVICE_BLOCK
    cuts = np.flatnonzero(np.diff(costs // size, prepend=0)).tolist()
    edges = sorted({0, *cuts, len(costs)})
    return [slice(*pair) for pair in itertools.pairwise(edges)]


def _triangles(lattices: Tensor) -> Tensor:
    """(6, p): T_11, T_21, T_22, T_31, T_32, T_33 of each lattice."""
    a, b, c = lattices.unbind(1)
    t11 = a.norm(dim=1)
    q1 = a / t11[:, None]
    t21 = (b * q1).sum(1)
    b = b - t21[:, None] * q1
    t22 = b.norm(dim=1)
    q2 = b / t22[:, None]
    t31, t32 = (c * q1).sum(1), (c * q2).sum(1)
    t33 = (c - t31[:, None] * q1 - t32[:, None] * q2).norm(dim=1)
    return torch.stack([t11, t21, t22, t31, t32, t33])


def _translations(gaps: Tensor, crystals: Tensor, triangles: Tensor, cutoff: float) -> tuple[Tensor, Tensor]:
    """The integers that make steps shorter than a cutoff, and perhaps some that just do not.

    Args:
        gaps: (3, n) fractional f.
        crystals: (n,) of the gaps.
        triangles: (6, p) of their lattices, see :func:`_triangles`.
        cutoff: Angstrom.

    Returns:
        (E,) numbers of gaps, ascending, and (3, E) integers to be added to them.
    """
    # 1. n_3, and the squares that are left for the rest.
    half = cutoff / triangles[5].index_select(0, crystals)
    rows, n3 = _integers_between(-half - gaps[2], half - gaps[2])
    crystals = crystals.index_select(0, rows)
    f1, f2, f3 = _columns(gaps, rows)
    t11, t22, t31, t32, t33 = _columns(triangles[[0, 2, 3, 4, 5]], crystals)
    t3 = f3 + n3
    left = (cutoff * cutoff - (t3 * t33).square()).clamp(min=0)
    # 2. n_2. Of t_3 the two other components are kept: along q_2, and along q_1 in units of a_1.
    along_2, along_1 = t3 * t32, f1 + t3 * t31 / t11
    centre, half = -along_2 / t22 - f2, left.sqrt() / t22
    parents, n2 = _integers_between(centre - half, centre + half)
    rows, crystals = rows.index_select(0, parents), crystals.index_select(0, parents)
    f2, n3, along_1, along_2, left = _columns(torch.stack([f2, n3, along_1, along_2, left]), parents)
    t11, t21, t22 = _columns(triangles[:3], crystals)
    t2 = f2 + n2
    left = (left - (along_2 + t2 * t22).square()).clamp(min=0)
    # 3. n_1.
    centre, half = -t2 * t21 / t11 - along_1, left.sqrt() / t11
    parents, n1 = _integers_between(centre - half, centre + half)
    n2, n3 = _columns(torch.stack([n2, n3]), parents)
    return rows.index_select(0, parents), torch.stack([n1, n2, n3])


def _integers_between(low: Tensor, high: Tensor) -> tuple[Tensor, Tensor]:
    """(m,) rows, and (m,) the integers of the interval of each row."""
    first = low.ceil()
    rows, rank = _expanded((high.floor() - first + 1).clamp(min=0).long())
    return rows, first.index_select(0, rows) + rank


def _expanded(counts: Tensor) -> tuple[Tensor, Tensor]:
    """Each number as often as its count says, and which of its copies each is, from 0."""
    rows = torch.repeat_interleave(counts)
    starts = counts.cumsum(0) - counts
    return rows, torch.arange(len(rows), device=counts.device) - starts.index_select(0, rows)


def _combined(steps: Tensor, lattices: Tensor, crystals: Tensor) -> Tensor:
    """(3, n) Cartesian vectors of fractional ``steps`` (3, n), each in the lattice of its crystal."""
    parts = _columns(lattices.reshape(-1, 9).T, crystals).view(3, 3, -1)
    return (steps[:, None] * parts).sum(0)


def _columns(table: Tensor, columns: Tensor) -> Tensor:
    """Some columns of a table; on a CPU several times as fast as ``index_select`` along the second axis."""
    return table.gather(1, columns.expand(len(table), -1))
