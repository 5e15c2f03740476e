"""Extinction symbols of International Tables: the Hermann-Mauguin symbol without what forbids no reflection.

Behind the letter of the lattice, for each symmetry direction d:

- the glide plane perpendicular to d, if reflections with k.d = 0 have conditions that the centring does not imply;
- the screw axis along d, if the reflections along its axis have conditions that neither centring nor glide planes
  imply;
- a dash otherwise, and 1 where the system has no symmetry along d.

Letters are those of the first setting of the class. Where two axial glides are the same in a centred orthorhombic
lattice, both are written, ``C - - (ab)``, except for I b a -, I b c a and their permutations.

Source: International Tables for Crystallography A (2006), section 3.1.3.
"""

from __future__ import annotations

import re

import numpy as np

from basis_compiler.groups.spglib_database import operations
from basis_compiler.reflections.conditions.reflection_congruences import Gains, Wave, gain_group
from basis_compiler.reflections.conditions.wave_zones import fixed_waves
from basis_store import Operations, Setting
from basis_store.array_types import IntArray

_DIRECTIONS = {
    "orthorhombic": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "tetragonal": ((0, 0, 1), (1, 0, 0), (1, -1, 0)),
    "trigonal": ((0, 0, 1), (1, 0, 0), (1, -1, 0)),
    "hexagonal": ((0, 0, 1), (1, 0, 0), (1, -1, 0)),
    "cubic": ((0, 0, 1), (1, 1, 1), (1, -1, 0)),
}
_AXES = {"a": 0, "b": 1, "c": 2}
_SAME_ABSENCES = {"43": "41", "32": "31", "64": "62", "65": "61"}
_Direction = tuple[int, int, int]


def extinction_symbol(setting: Setting, laue: IntArray) -> str:
    """The extinction symbol of the class of a setting.

    Args:
        setting: the first of the class, by Hall number.
        laue: (p, 3, 3) the rotations of its Laue class.
    """
    group = operations(setting)
    centring = setting.full_symbol[0]
    if setting.crystal_system == "triclinic":
        return f"{centring} -"
    tokens = [token.replace("_", "") for token in setting.full_symbol.split()[1:]]
    if setting.crystal_system == "monoclinic":
        unique = _AXES[setting.choice.lstrip("-")[0]]
        axis = (int(unique == 0), int(unique == 1), int(unique == 2))
        parts = ["1", "1", "1"]
        parts[unique] = _part(group, laue, axis, tokens[unique])
        return " ".join([centring, *parts])
    directions: tuple[_Direction, ...] = _DIRECTIONS[setting.crystal_system]
    if centring == "R":
        directions = ((1, 1, 1), (1, -1, 0)) if setting.choice == "R" else directions[:2]
    tokens += ["1"] * (len(directions) - len(tokens))
    parts = [_part(group, laue, axis, token) for axis, token in zip(directions, tokens, strict=False)]
    if setting.crystal_system == "orthorhombic":
        parts = _with_alternatives(parts, group, centring, directions, laue)
    if centring == "R" and setting.choice != "R":
        centring = "R(obv)"
    return " ".join([centring, *parts])


def _part(group: Operations, laue: IntArray, axis: _Direction, token: str) -> str:
    """What the symbol has for one direction."""
    screw, glide = "", ""
    plane, line = _waves(laue, axis)
    if plane and _required(group, plane) != _centring(group, plane):
        found = re.search("[abcnde]$", token)
        glide = found[0] if found else ""
    if line and _required(group, line) != _implied(group, laue, line):
        found = re.match(r"[2346][1-5]", token)
        screw = _SAME_ABSENCES.get(found[0], found[0]) if found else ""
    return "/".join(part for part in (screw, glide) if part) or "-"


def _with_alternatives(
    parts: list[str], group: Operations, centring: str, directions: tuple[_Direction, ...], laue: IntArray
) -> list[str]:
    """``(ab)`` for the planes of a centred orthorhombic lattice where both axial glides are the same."""
    if centring == "P" or (centring == "I" and sum(part != "-" for part in parts) > 1):
        return parts
    result = list(parts)
    for place, (part, axis) in enumerate(zip(parts, directions, strict=True)):
        if not re.fullmatch("[abcne]", part):
            continue
        plane, _ = _waves(laue, axis)
        letters = [letter for letter in "abc" if _AXES[letter] != place]
        if all(_is_glide(group, plane, letter) for letter in letters):
            result[place] = f"({''.join(letters)})"
    return result


def _is_glide(group: Operations, plane: tuple[Wave, ...], letter: str) -> bool:
    """Whether an axial glide explains the conditions of a plane."""
    half = np.zeros((1, 3), dtype=np.int64)
    half[0, _AXES[letter]] = 12
    translations = np.concatenate([group.centrings24, half])
    return gain_group(translations @ np.array(plane).T) == _required(group, plane)


def _waves(laue: IntArray, axis: _Direction) -> tuple[tuple[Wave, ...], tuple[Wave, ...]]:
    """Bases of the waves perpendicular to a direction, and of those along the axis; empty if none is fixed."""
    plane: tuple[Wave, ...] = ()
    line: tuple[Wave, ...] = ()
    for rotation in laue:
        image = tuple((rotation @ np.array(axis)).tolist())
        determinant = round(float(np.linalg.det(rotation)))
        if determinant == -1 and image == tuple(-one for one in axis) and np.trace(rotation) == 1:
            plane = fixed_waves(rotation)
        if determinant == 1 and image == axis and np.trace(rotation) < 3:
            line = fixed_waves(rotation)
    return plane, line


def _required(group: Operations, basis: tuple[Wave, ...]) -> frozenset[Gains]:
    array = np.array(basis)
    fixing = (array @ group.rotations == array).all(axis=(1, 2))
    return gain_group(group.translations24[fixing] @ array.T)


def _centring(group: Operations, basis: tuple[Wave, ...]) -> frozenset[Gains]:
    translations = np.concatenate([group.centrings24, np.zeros((1, 3), dtype=np.int64)])
    return gain_group(translations @ np.array(basis).T)


def _implied(group: Operations, laue: IntArray, line: tuple[Wave, ...]) -> frozenset[Gains]:
    """The gains on a line of all operations that fix a plane through it, or every wave."""
    array = np.array(line)
    through = (array @ group.rotations == array).all(axis=(1, 2))
    planes = np.array([len(fixed_waves(rotation)) > 1 for rotation in group.rotations])
    return gain_group(group.translations24[through & planes] @ array.T)
