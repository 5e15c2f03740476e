"""Which operations of a crystal's space group keep or reverse its collinear moments, exactly.

The atoms of a site are ``p_j + tau``: a point p_j of the orbit for each coset of the site group, and a lattice
translation tau modulo the lattice of the file's cell, which the moments have. An operation maps ``p_j`` to
``p_j' + v`` with a translation v, and ``p_j + tau`` to ``p_j' + v + R tau``. Positions are compared only to find
the j' and v of each operation, between points that exact operations map to each other; all else is integers.

1. Moments become integers: 0, or a sign and the number of their size. Sizes that differ by less than a tolerance
   are one size.
2. Translations that keep the pattern of moments are its lattice, which may be larger than that of the file's cell.
3. Every operation of the space group that maps this lattice to itself is tried with every translation modulo it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from basis_compiler.crystals.standardization import StandardCrystal
from basis_compiler.groups.spglib_database import operations
from basis_compiler.magnetism.sublattices import Quotient, contains
from basis_store import TURN, CrystalError
from basis_store.array_types import FloatArray, IntArray
from basis_store.groups.generated_group import generated_lattice
from basis_store.tables.short_repr import ShortRepr

_IDENTITY = np.eye(3, dtype=np.int64)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class SpinPattern(ShortRepr):
    """The operations that keep or reverse a pattern of collinear moments: a group.

    Attributes:
        lattice24: (3, 3) primitive translations that keep the pattern, rows in 24ths of the standard cell.
        rotations: (m, 3, 3) integers R in the standard cell; the identity comes first.
        translations24: (m, 3) t in 24ths of the standard cell, modulo ``lattice24``.
        signs: (m,) 1 where an operation maps every moment to an equal one, -1 where to an opposite one.
    """

    lattice24: IntArray
    rotations: IntArray
    translations24: IntArray
    signs: IntArray

    def rotations_of(self, sign: int) -> IntArray:
        """(p, 3, 3) the distinct R of the operations with this sign."""
        return np.unique(self.rotations[self.signs == sign], axis=0)


def moment_levels(moments: FloatArray, tolerance: float, name: str) -> IntArray:
    """(n,) signed integers: equal for equal moments, opposite for opposite ones, 0 for none.

    Args:
        moments: (n,) along one axis, in Bohr magneton.
        tolerance: in Bohr magneton; sizes closer than this are the same, and smaller ones are 0.
        name: what messages call the crystal.

    Raises:
        CrystalError: sizes that run into each other, so that the tolerance does not tell which are the same.
    """
    sizes = np.abs(moments)
    order = np.argsort(sizes, kind="stable")
    jumps = np.diff(sizes[order], prepend=0.0) > tolerance
    levels = np.empty(len(moments), dtype=np.int64)
    levels[order] = np.cumsum(jumps)
    for level in range(1, int(levels.max(initial=0)) + 1):
        own = sizes[levels == level]
        if np.ptp(own) > 2 * tolerance:
            raise CrystalError(
                f"{name}: moments from {own.min():.4g} to {own.max():.4g} Bohr magneton differ by little from one "
                f"to the next (tolerance {tolerance:.3g}): which of them are equal? Give another moment tolerance"
            )
    if sizes[levels == 0].max(initial=0.0) > 2 * tolerance:
        raise CrystalError(f"{name}: small moments run into larger ones: give another moment tolerance")
    return np.asarray(levels * np.sign(moments).astype(np.int64))


def spin_pattern(standard: StandardCrystal, levels: IntArray) -> SpinPattern:
    """The operations of the space group that keep or reverse all moments.

    Args:
        standard: the crystal.
        levels: (n,) for each atom of the crystal's own cell, from :func:`moment_levels`.

    Raises:
        CrystalError: its atoms do not form whole orbits of the lattice translations.
    """
    orbits = _Orbits(standard, levels)
    # 1. The lattice of the pattern: translations that keep every moment.
    cell = orbits.cell
    shifts = cell.representatives()
    kept = [one for one in shifts if np.array_equal(orbits.table[:, cell.numbers(shifts + one)], orbits.table)]
    lattice24 = generated_lattice(np.concatenate([cell.sublattice, kept]))
    # 2. The moments at the atoms modulo this lattice.
    reduced = Quotient.of(orbits.lattice24, lattice24)
    shifts = reduced.representatives()
    table = orbits.table[:, cell.numbers(shifts)]
    # 3. What each rotation with its first translation makes of them; then with all translations.
    moved = []
    for index, (rotation, translation) in enumerate(zip(orbits.rotations, orbits.translations24, strict=True)):
        if not contains(lattice24, lattice24 @ rotation.T):
            continue
        image = np.empty_like(table)
        turned = reduced.numbers(orbits.steps[index][:, None] + shifts @ rotation.T)
        image[orbits.points[index][:, None], turned] = table
        moved.append((rotation, translation, image))
    found = []
    for shift in shifts:
        seen = table[:, reduced.numbers(shifts + shift)]
        for rotation, translation, image in moved:
            for sign in (1, -1):
                if np.array_equal(seen, sign * image):
                    found.append((rotation, _modulo(translation + shift, lattice24), sign))
    # The identity is first: it keeps everything, and its translation is 0.
    found.sort(key=lambda one: (-one[2], (one[0] != _IDENTITY).any(), *one[1], *(-one[0]).ravel()))
    rotations, translations24, signs = (np.array(part, dtype=np.int64) for part in zip(*found, strict=True))
    return SpinPattern(lattice24=lattice24, rotations=rotations, translations24=translations24, signs=signs)


class _Orbits:
    """The points of all sites with moments, and what the operations do to them.

    Attributes:
        lattice24: (3, 3) primitive translations of the space group, rows in 24ths of the standard cell.
        cell: these modulo the lattice of the file's cell.
        rotations, translations24: one operation for each of the p rotations of the point group.
        points: (p, J) the number j' of the point to which each operation maps point j, but for a translation.
        steps: (p, J, 3) that translation in 24ths.
        table: (J, q) the levels of the atoms, by point and coset.
    """

    def __init__(self, standard: StandardCrystal, levels: IntArray) -> None:
        group = operations(standard.setting)
        self.rotations, first = np.unique(group.rotations, axis=0, return_index=True)
        self.translations24 = group.translations24[first]
        self.lattice24 = generated_lattice(np.concatenate([TURN * _IDENTITY, group.centrings24]))
        own_cell = standard.change_of_basis.T * (TURN // standard.denominator)
        self.cell = Quotient.of(self.lattice24, own_cell)
        positions = standard.to_standard(standard.crystal.coordinates)
        points, steps, tables = [], [], []
        count = 0
        for number, site in enumerate(standard.sites):
            atoms = np.flatnonzero(standard.site_of_atom == number)
            if not levels[atoms].any():
                continue
            # 1. One point of each coset of the site group, modulo the primitive lattice.
            images = self.rotations @ site.coordinates + self.translations24 / TURN
            same, _ = self._between(images[:, None], images[None], standard.lattice)
            x = images[np.flatnonzero(same.argmax(axis=1) == np.arange(len(same)))]
            # 2. Where the operations map them.
            moved = np.einsum("pij,nj->pni", self.rotations, x) + self.translations24[:, None] / TURN
            hit, step = self._between(moved[:, :, None], x[None, None], standard.lattice)
            if not (hit.sum(axis=2) == 1).all():
                raise _broken(standard)
            target = hit.argmax(axis=2)
            points.append(target + count)
            steps.append(np.take_along_axis(step, target[:, :, None, None], axis=2)[:, :, 0])
            # 3. The atoms of the cell: their points, and their cosets.
            hit, step = self._between(positions[atoms][:, None], x[None], standard.lattice, exact=False)
            own = hit.argmax(axis=1)
            cosets = self.cell.numbers(step[np.arange(len(atoms)), own])
            table = np.zeros((len(x), len(self.cell)), dtype=np.int64)
            table[own, cosets] = levels[atoms]
            if len(np.unique(own * len(self.cell) + cosets)) != table.size or not hit.any(axis=1).all():
                raise _broken(standard)
            tables.append(table)
            count += len(x)
        self.points, self.steps = np.concatenate(points, axis=1), np.concatenate(steps, axis=1)
        self.table = np.concatenate(tables)

    def _between(
        self, one: FloatArray, other: FloatArray, lattice: FloatArray, *, exact: bool = True
    ) -> tuple[FloatArray, IntArray]:
        """Whether points of the standard cell differ by a translation of the primitive lattice, and by which.

        Of points that are not exact, the closest one of each row.
        """
        basis = self.lattice24 / TURN
        steps = np.rint((one - other) @ np.linalg.inv(basis))
        gaps = np.linalg.norm((one - other - steps @ basis) @ lattice, axis=-1)
        same = gaps < 1e-4 if exact else gaps == gaps.min(axis=-1, keepdims=True)
        return same, steps.astype(np.int64) @ self.lattice24


def _broken(standard: StandardCrystal) -> CrystalError:
    return CrystalError(
        f"{standard.crystal.name}: its atoms are not whole orbits of {standard.setting.label}: try another "
        "tolerance"
    )


def _modulo(vector: IntArray, lattice: IntArray) -> IntArray:
    """A vector modulo a lattice in Hermite form: in the box of its diagonal."""
    for axis in range(3):
        vector = vector - vector[axis] // lattice[axis, axis] * lattice[axis]
    return vector
