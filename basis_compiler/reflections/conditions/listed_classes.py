"""The classes of reflections under which International Tables A list conditions, in their order.

They are those of the crystal system, whether or not an operation of the group fixes them: 0kl in C2, h0l in I4. So
conditions on zones and rows are listed as well that follow from those on larger classes.
"""

from __future__ import annotations

import numpy as np

from basis_compiler.reflections.conditions.reflection_congruences import Wave
from basis_compiler.reflections.conditions.wave_zones import normal_form
from basis_store.groups.group import Group

_CLASSES = {
    "triclinic": ("h,k,l",),
    "orthorhombic": ("h,k,l", "0,k,l", "h,0,l", "h,k,0", "h,0,0", "0,k,0", "0,0,l"),
    "tetragonal": ("h,k,l", "h,k,0", "0,k,l", "h,h,l", "0,0,l", "h,0,0", "h,-h,0"),
    "hexagonal": ("h,k,l", "h,k,0", "h,h,l", "h,-h,l", "0,0,l", "h,-h,0"),
    "rhombohedral": ("h,k,l", "h,h,l", "h,h,h"),
    "cubic": ("h,k,l", "0,k,l", "h,h,l", "h,0,0"),
}


def listed_classes(group: Group, fixed: set[tuple[Wave, ...]]) -> list[tuple[Wave, ...]]:
    """The sublattices of waves in three dimensions that International Tables list, each by its basis.

    Args:
        group: with a crystal system of space groups.
        fixed: the sublattices that operations of the Laue class fix; in monoclinic groups they come first.
    """
    system = group.crystal_system
    if system == "trigonal":
        system = "hexagonal" if group.lattice_family == "hexagonal" else "rhombohedral"
    bases = [_basis(pattern) for pattern in _CLASSES["orthorhombic" if system == "monoclinic" else system]]
    if system == "monoclinic":
        bases.sort(key=lambda basis: (-len(basis), basis not in fixed))
    return bases


def _basis(pattern: str) -> tuple[Wave, ...]:
    """Of ``h,-h,l``: a row for each letter that occurs."""
    entries = pattern.split(",")
    rows = [[{letter: 1, f"-{letter}": -1}.get(entry, 0) for entry in entries] for letter in "hkl"]
    return normal_form(np.array([row for row in rows if any(row)], dtype=np.int64))
