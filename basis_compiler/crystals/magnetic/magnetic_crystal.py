"""A crystal with the magnetic moments of its atoms, and the magnetic operations that a file lists for it."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import spglib

from basis_compiler.crystals.crystal import Crystal
from basis_store import TURN, CrystalError, MagneticGroup
from basis_store.array_types import FloatArray, IntArray
from basis_store.counted import counted
from basis_store.tables.short_repr import ShortRepr

MAX_MOMENT = 20.0
"""Bohr magneton. Moments of atoms are below 11 (Ho3+, Dy3+)."""


class MagneticOperationList(NamedTuple):
    """Operations in the cell of a file, modulo its lattice translations: a group.

    They map positions by ``x -> R x + t`` and moments by ``m -> s det(R) R m``, with R in the coordinates of m.

    Attributes:
        rotations: (g, 3, 3) integers R, in fractional coordinates of the cell.
        translations24: (g, 3) t in 24ths, 0 to 23.
        time_reversal: (g,) s, which is -1 if the operation is combined with time reversal, else 1.
    """

    rotations: IntArray
    translations24: IntArray
    time_reversal: IntArray


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class MagneticCrystal(ShortRepr):
    """A crystal with magnetic moments.

    Attributes:
        crystal: the atoms of the cell that the moments have, in the frame of the file.
        moments: (n, 3) Bohr magneton, in the Cartesian frame of ``crystal.lattice``.
        has_directions: whether the moments are vectors in the source. If it gives one number for each atom, as
            calculations without spin-orbit coupling do, these are along z, which then has no meaning.
        operations: what a magnetic CIF lists; None for other sources.
        group: how the source names the magnetic group, such as ``"BNS 136.499"``; ``""`` if it does not.

    Raises:
        CrystalError: a moment for every atom is needed, in finite numbers of a size that atoms have.
    """

    crystal: Crystal
    moments: FloatArray
    has_directions: bool
    operations: MagneticOperationList | None = None
    group: str = field(default="")

    def __post_init__(self) -> None:
        moments = np.array(self.moments, dtype=np.float64)
        name, labels = self.crystal.name, self.crystal.labels
        if moments.shape != (len(self.crystal), 3):
            raise CrystalError(
                f"{name}: {counted(len(self.crystal), 'atom')}, but moments of the shape {moments.shape}"
            )
        sizes = np.abs(moments).max(axis=1)  # squares of damaged numbers overflow
        wrong = np.flatnonzero(~(sizes <= MAX_MOMENT))
        if len(wrong):
            size = sizes[wrong[0]]
            what = (
                f"is {size:.3g} Bohr magneton: no atom has one above 20" if np.isfinite(size) else "is no number"
            )
            raise CrystalError(f"{name}: the moment of {labels[wrong[0]]} (atom {wrong[0] + 1}) {what}")
        moments.setflags(write=False)
        object.__setattr__(self, "moments", moments)

    @functools.cached_property
    def magnetic_group(self) -> MagneticGroup:
        """The magnetic group of the listed operations, in whatever setting they are (spglib).

        Raises:
            CrystalError: none are listed, or they are those of no magnetic group.
        """
        listed = self.operations
        if listed is None:
            raise CrystalError(f"{self.crystal.name}: it lists no magnetic operations")
        found = spglib.get_magnetic_spacegroup_type_from_symmetry(
            listed.rotations.astype(np.intc),
            listed.translations24 / TURN,
            (listed.time_reversal == -1).astype(np.intc),
            lattice=self.crystal.lattice,
        )
        if found is None:
            raise CrystalError(f"{self.crystal.name}: its operations are those of no magnetic group")
        return MagneticGroup(uni_number=found.uni_number)


def magnetic_crystal(crystal: Crystal, moments: object) -> MagneticCrystal:
    """A crystal with moments from outside.

    Args:
        crystal: in the cell of the moments.
        moments: (n,) numbers or (n, 3) Cartesian vectors, in Bohr magneton.

    Raises:
        CrystalError: they are not that.
    """
    try:
        given = np.asarray(moments, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise CrystalError(f"{crystal.name}: the moments are not numbers or vectors, one for each atom") from error
    if given.shape not in ((len(crystal),), (len(crystal), 3)):
        raise CrystalError(
            f"{crystal.name}: {counted(len(crystal), 'atom')}, but moments of the shape {given.shape}: give a "
            "number or a vector for each atom"
        )
    vectors = given.ndim == 2
    full = given
    if not vectors:
        full = np.zeros((len(crystal), 3))
        full[:, 2] = given
    return MagneticCrystal(crystal=crystal, moments=full, has_directions=vectors)
