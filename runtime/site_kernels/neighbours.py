"""The neighbours of every site: all atoms of the periodic crystal within a cutoff.

They are the terms of the direct side of the invariant kernels (T6): K(x, y) = sum over g of kappa(x - g y), over
operations and lattice translations g. Only the sites of the asymmetric unit appear as x and as y. An atom g y is
called a periodic image of the site y.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from basis_store import TURN, CompiledSetting, CrystalArrays, CrystalRecord, Setting
from basis_store.array_types import FloatArray, IntArray
from basis_store.bases.compiled_setting import check_compiled
from runtime.arrays import points as as_points, real_tensor, sites_and_lattice
from runtime.site_kernels.lattice_search import images_within


class Neighbours(NamedTuple):
    """Pairs of a site and an atom closer than a cutoff; other images of the site itself are included.

    Attributes:
        receivers: (E,) int64, the site I at x_I; ascending.
        senders: (E,) int64, the site J of which the atom is a periodic image; ascending for each receiver.
        vectors: (E, 3) from x_I to the atom, Cartesian, in Angstrom.
    """

    receivers: Tensor
    senders: Tensor
    vectors: Tensor


def neighbours(
    record: CrystalRecord,
    compiled: CompiledSetting,
    cutoff: float,
    coordinates: Tensor | None = None,
    lattice: Tensor | None = None,
) -> Neighbours:
    """All atoms within a cutoff of each site of a crystal.

    Args:
        record: the crystal.
        compiled: its setting.
        cutoff: Angstrom.
        coordinates: (n, 3) fractional, to differentiate vectors by; float64, on any device. On a special position,
            a gradient holds for displacements that keep it. Default: the record's.
        lattice: (3, 3) rows in Angstrom, to differentiate by; default: the record's.

    Raises:
        TypeError: ``compiled`` is something else, such as a :class:`runtime.Basis`.
        ValueError: coordinates or lattice have another shape.
    """
    check_compiled(compiled)
    x, cell = sites_and_lattice(record, coordinates, lattice)
    crystals = CrystalArrays.of([record])
    return site_neighbours(crystals, lambda _: compiled, cutoff, x.double(), cell.double()[None])


def site_neighbours(
    crystals: CrystalArrays,
    compiled_of: Callable[[Setting], CompiledSetting],
    cutoff: float,
    coordinates: Tensor,
    lattices: Tensor,
) -> Neighbours:
    """All atoms within a cutoff of each site, of many crystals at once.

    Args:
        crystals: N crystals with S sites.
        compiled_of: the operations of a setting.
        cutoff: Angstrom.
        coordinates: (S, 3) fractional, float64; those of the crystals, on any device, perhaps with a graph.
        lattices: (N, 3, 3) rows in Angstrom; the same.

    Returns:
        Sites are numbered over all crystals. Vectors are differentiable by coordinates and lattices.
    """
    if not len(crystals):
        none = torch.zeros(0, dtype=torch.int64, device=lattices.device)
        return Neighbours(none, none, lattices.new_zeros(0, 3))
    atoms, owners = _cell_atoms(crystals, compiled_of, coordinates)
    counts = {"point_counts": crystals.site_counts, "atom_counts": crystals.atom_counts}
    images = images_within(cutoff, coordinates, atoms, lattices, **counts)
    return Neighbours(images.points, owners.index_select(0, images.atoms), images.vectors)


def periodic_neighbours(
    points: FloatArray,
    atoms: FloatArray,
    owners: IntArray,
    lattice: FloatArray,
    cutoff: float,
) -> Neighbours:
    """All atoms of a periodic crystal within a cutoff of each point, without an atom at the point itself.

    Exact for every shape of cell; the minimum-image convention is not (tests/regressions/test_08).

    Args:
        points: (n, 3) fractional; ``receivers`` are their numbers.
        atoms: (N, 3) fractional, all atoms of one cell.
        owners: (N,) the number of each atom in ``senders``, ascending.
        lattice: (3, 3) rows in Angstrom.
        cutoff: Angstrom.
    """
    x, y = as_points(points).double(), as_points(atoms).double()
    cell = real_tensor(lattice, "lattice vectors").double()[None]
    counts = {"point_counts": np.array([len(x)]), "atom_counts": np.array([len(y)])}
    images = images_within(cutoff, x, y, cell, **counts)
    senders = torch.from_numpy(np.asarray(owners, np.int64))[images.atoms]
    return Neighbours(images.points, senders, images.vectors)


def cell_atoms(record: CrystalRecord, compiled: CompiledSetting) -> tuple[FloatArray, IntArray]:
    """All atoms of the conventional cell.

    Args:
        record: the crystal.
        compiled: its setting.

    Returns:
        (N, 3) fractional coordinates, not reduced to the cell, and (N,) their sites.

    Raises:
        TypeError: ``compiled`` is something else, such as a :class:`runtime.Basis`.
    """
    check_compiled(compiled)
    crystals, x = CrystalArrays.of([record]), torch.from_numpy(record.coordinates.copy())
    atoms, owners = _cell_atoms(crystals, lambda _: compiled, x)
    return atoms.numpy(), owners.numpy()


def _cell_atoms(
    crystals: CrystalArrays, compiled_of: Callable[[Setting], CompiledSetting], coordinates: Tensor
) -> tuple[Tensor, Tensor]:
    """(A, 3) coordinates of the atoms of all conventional cells, differentiable, and (A,) their sites."""
    table = torch.from_numpy(cell_operations(crystals, compiled_of).T.copy()).to(coordinates)
    owners = torch.from_numpy(np.repeat(np.arange(len(coordinates)), crystals.multiplicities)).to(
        coordinates.device
    )
    x = coordinates.T.index_select(1, owners)
    return ((table[:9].view(3, 3, -1) * x).sum(1) + table[9:]).T, owners


def cell_operations(crystals: CrystalArrays, compiled_of: Callable[[Setting], CompiledSetting]) -> FloatArray:
    """The operations that map sites to the atoms of all conventional cells.

    Args:
        crystals: with A atoms in their cells.
        compiled_of: the operations of a setting.

    Returns:
        (A, 12): the nine entries of R, row by row, and the three of t.
    """
    settings, places = crystals.settings()
    operations = [compiled_of(setting) for setting in settings]
    rotations = np.concatenate([one.rotations.reshape(-1, 9) for one in operations])
    shifts = np.concatenate([one.translations24 for one in operations]) / TURN
    lengths = np.array([len(one.rotations) for one in operations])
    starts = np.repeat((np.cumsum(lengths) - lengths)[places], crystals.atom_counts)
    return np.asarray(np.concatenate([rotations, shifts], axis=1)[starts + crystals.images])
