"""The search for the space group of a crystal, by spglib; and whether other tolerances find another one."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import spglib

from basis_compiler.crystals.crystal import Crystal
from basis_store import Setting

SMALLER, LARGER = 0.1, 10.0
ALL_OTHERS = (SMALLER, LARGER)
"""Multiples of a tolerance that are tried as well; a larger one takes half as long as all the rest."""

_EXACT = 0.01
"""Of a tolerance: what is moved by less is as symmetric at the smaller one, which need not be tried."""


def spglib_dataset(crystal: Crystal, tolerance: float, hall_number: int = 0) -> Any:
    """Spglib's dataset, or None; its releases differ in how they report failure.

    Args:
        crystal: in any cell.
        tolerance: in Angstrom.
        hall_number: of the setting; 0 for the one that spglib chooses.
    """
    cell = (crystal.lattice, crystal.coordinates, crystal.numbers)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            return spglib.get_symmetry_dataset(cell, symprec=tolerance, hall_number=hall_number)
        except Exception:
            return None


def other_groups(
    crystal: Crystal, setting: Setting, tolerance: float, multiples: Sequence[float], *, moved: float
) -> list[str]:
    """Notes on whether other tolerances give another group.

    Args:
        crystal: in any cell.
        setting: of the group that was found.
        tolerance: in Angstrom, at which it was found.
        multiples: of it, which are tried.
        moved: by how many Angstrom the group moves atoms and cell vectors.
    """
    notes = []
    for multiple in multiples:
        if multiple < 1 and moved <= _EXACT * tolerance:
            continue
        other = tolerance * multiple
        found = spglib_dataset(crystal, other)
        if found is None:
            notes.append(
                f"the space group is {setting.label} at {tolerance:g} Angstrom; none is found at {other:g}"
            )
        elif found.number != setting.number:
            notes.append(
                f"the space group is {setting.label} at {tolerance:g} Angstrom but "
                f"{Setting.standard(int(found.number)).label} at {other:g}: choose the tolerance deliberately"
            )
    return notes
