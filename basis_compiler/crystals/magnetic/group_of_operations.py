"""Which of the 1,651 magnetic groups a list of magnetic operations is."""

from __future__ import annotations

import numpy as np
import spglib

from basis_compiler.crystals.magnetic.magnetic_crystal import MagneticCrystal
from basis_store import TURN, CrystalError, MagneticGroup


def magnetic_group_of(crystal: MagneticCrystal) -> MagneticGroup:
    """The magnetic group of the operations that a magnetic CIF lists, in whatever setting (spglib).

    Args:
        crystal: with operations.

    Raises:
        CrystalError: it has none, or they are those of no magnetic group.
    """
    listed = crystal.operations
    if listed is None:
        raise CrystalError(f"{crystal.crystal.name}: it lists no magnetic operations")
    found = spglib.get_magnetic_spacegroup_type_from_symmetry(
        listed.rotations.astype(np.intc),
        listed.translations24 / TURN,
        (listed.time_reversal == -1).astype(np.intc),
        lattice=crystal.crystal.lattice,
    )
    if found is None:
        raise CrystalError(f"{crystal.crystal.name}: its operations are those of no magnetic group")
    return MagneticGroup(uni_number=found.uni_number)
