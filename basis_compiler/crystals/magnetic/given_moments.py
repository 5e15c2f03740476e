"""Moments that a user writes beside a file: ``1,-1,0,0,0,0`` or ``Mn=1,-1``."""

from __future__ import annotations

import re

import numpy as np

from basis_compiler.crystals.crystal import ELEMENTS, Crystal
from basis_compiler.crystals.magnetic.magnetic_crystal import MagneticCrystal, magnetic_crystal
from basis_store import CrystalError
from basis_store.array_types import FloatArray, IntArray
from basis_store.counted import counted

_MAX_TEXT = 100_000
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?")


def with_moments(crystal: Crystal, text: str) -> MagneticCrystal:
    """A crystal with the collinear moments that a text gives, in Bohr magneton; only signs and ratios matter.

    ``"1,-1,0,0,0,0"`` is one number for each atom of the cell, in the order of the file (in that of
    :attr:`Crystal.numbers`). ``"Mn=1,-1"`` is one for each atom of an element, or of a label of the file; a single
    number counts for all of them. Several such parts are separated by semicolons or spaces; atoms that are not
    named have no moment.

    Raises:
        CrystalError: the text cannot be read, or its numbers are not as many as the atoms.
    """
    text = text.strip()
    if not text or len(text) > _MAX_TEXT:
        raise CrystalError(f"{crystal.name}: moments are written 1,-1,0,0 (one for each atom) or Mn=1,-1")
    if "=" not in text:
        values = _numbers(text, crystal)
        if len(values) != len(crystal):
            raise _wrong_count(crystal, len(values), np.arange(len(crystal)), "atom")
        return magnetic_crystal(crystal, values)
    moments, named = np.zeros(len(crystal)), np.zeros(len(crystal), dtype=bool)
    for part in filter(None, re.split(r"[;\s]+", re.sub(r"\s*([=,])\s*", r"\1", text))):
        name, equals, numbers = part.partition("=")
        if not equals or not name:
            raise CrystalError(f"{crystal.name}: {part!r:.60} is no part such as Mn=1,-1")
        atoms = _atoms_of(crystal, name)
        if named[atoms].any():
            raise CrystalError(f"{crystal.name}: two moments are given for {name}")
        values = _numbers(numbers, crystal)
        if len(values) not in (1, len(atoms)):
            raise _wrong_count(crystal, len(values), atoms, f"atom of {name}")
        moments[atoms], named[atoms] = values, True
    return magnetic_crystal(crystal, moments)


def _atoms_of(crystal: Crystal, name: str) -> IntArray:
    """Indices of the atoms with a label, or else of an element."""
    atoms = [i for i, label in enumerate(crystal.labels) if label == name]
    if not atoms and name in ELEMENTS:
        atoms = np.flatnonzero(crystal.numbers == ELEMENTS.index(name)).tolist()
    if not atoms:
        known = dict.fromkeys(ELEMENTS[number] for number in crystal.numbers)
        raise CrystalError(
            f"{crystal.name}: no atom has the element or the label {name!r:.40}: it has {', '.join(known)}"
        )
    return np.array(atoms)


def _numbers(text: str, crystal: Crystal) -> FloatArray:
    texts = [one.strip() for one in text.split(",")]
    wrong = next((one for one in texts if not _NUMBER.fullmatch(one)), None)
    if wrong is not None:
        raise CrystalError(f"{crystal.name}: a moment is a number, not {wrong!r:.40}: write 1,-1,0,0 or Mn=1,-1")
    return np.array([float(one) for one in texts])


def _wrong_count(crystal: Crystal, count: int, atoms: IntArray, what: str) -> CrystalError:
    order = ", ".join(crystal.labels[i] for i in atoms[:12]) + ", ..." * (len(atoms) > 12)
    return CrystalError(
        f"{crystal.name}: {counted(count, 'moment')}, but {len(atoms)} {what.replace('atom', 'atoms', 1)} in the "
        f"cell: give one for each, in the order {order}"
    )
