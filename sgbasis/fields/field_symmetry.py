"""Which setting a field has, and how its cell lies in it: from a name, a file of a crystal, or its atoms."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import NamedTuple

import numpy as np

from basis_store import CellChange, CrystalError, FieldError, GridField, Representation, Setting, SettingError
from basis_store.array_types import FloatArray, IntArray
from basis_store.groups.magnetic.magnetic_group import is_magnetic_name

_SAME_CELL = 0.01
"""Relative difference of lengths, and of angles in radians, of a crystal's cell and that of a field."""


class FieldSymmetry(NamedTuple):
    """The symmetry of a field.

    Attributes:
        representation: the setting, or a magnetic group, and the character.
        cell: how the cell of the field lies in it.
        origin: where it comes from, for people.
        notes: on how it was found.
    """

    representation: Representation
    cell: CellChange
    origin: str
    notes: tuple[str, ...] = ()


def find_symmetry(
    field: GridField,
    symmetry: str | None,
    *,
    character: str | None = None,
    stated: Setting | None,
    name: str,
    tolerance: float,
) -> FieldSymmetry:
    """The symmetry that a user names, or else that of the file of the field.

    Args:
        field: the field.
        symmetry: name of a setting, whose conventional or usual primitive cell is that of the field; or path of a
            file of a crystal in the cell of the field; None for what the file of the field says.
        character: symbol of a character of the group; None for that of ``symmetry``, or the trivial one.
        stated: setting that the file of the field states.
        name: of the file of the field, for messages.
        tolerance: in Angstrom, at which the group of atoms is found.

    Raises:
        FieldError: nothing is known of the symmetry, or the crystal has another cell.
        CrystalError: a file that cannot be read, or atoms that are no crystal.
        SettingError: neither a file nor a setting has this name; or there is no such character, or there are two.
    """
    if symmetry is not None and not Path(symmetry).is_file():
        try:
            named = Representation.parse(symmetry)
        except SettingError as error:
            raise SettingError(f"{symmetry!r:.80} is no file, and as the name of a setting: {error}") from error
        if character is None and names_magnetic_group(symmetry):
            raise SettingError(
                f"{symmetry:.80} is a magnetic group: say whether the field is odd or even under time reversal, "
                f"as {symmetry:.80}:odd"
            )
        if character is not None and not named.is_trivial:
            raise SettingError(f"{symmetry} names a character already: leave out the character {character}")
        named = Representation.of(named.setting, character) if character is not None else named
        cell, which = usual_cell(field, named, name)
        return FieldSymmetry(named, cell, f"as given, its {which} cell")
    if symmetry is not None:
        numbers, coordinates = atoms_of_crystal(field, symmetry, tolerance=tolerance)
        found = _of_atoms(field, numbers, coordinates, symmetry, f"that of {symmetry}", tolerance)
        return found._replace(representation=Representation.of(found.representation.setting, character))
    if stated is not None:
        return FieldSymmetry(Representation.of(stated, character), CellChange.conventional(), "as it states")
    if not len(field.elements):
        raise FieldError(
            f"{name}: it lists no atoms to find the symmetry from: give --symmetry SETTING or a crystal"
        )
    found = _of_atoms(field, field.elements, field.coordinates, name, "that of its atoms", tolerance)
    return found._replace(representation=Representation.of(found.representation.setting, character))


def names_magnetic_group(symmetry: str) -> bool:
    """Whether a text is the name of a magnetic group without a character."""
    return is_magnetic_name(symmetry) and not symmetry.strip().lower().endswith((":odd", ":even"))


def usual_cell(field: GridField, named: Representation, name: str) -> tuple[CellChange, str]:
    """The conventional cell; or, if only that fits, the usual primitive one."""
    from runtime.fields.expansion import check_lattice
    from runtime.fields.grid_lattice import operations_of

    group = operations_of(named)
    conventional, primitive = CellChange.conventional(), CellChange.primitive(named.setting)
    try:
        check_lattice(conventional.setting_lattice(field.lattice), group)
    except FieldError as error:
        with contextlib.suppress(FieldError):
            check_lattice(primitive.setting_lattice(field.lattice), group)
            return primitive, "primitive"
        raise FieldError(f"{name}: {error}") from error
    return conventional, "conventional"


def atoms_of_crystal(field: GridField, path: str, *, tolerance: float = 0.01) -> tuple[IntArray, FloatArray]:
    """(n,) atomic numbers and (n, 3) coordinates of the crystal in a file, which has the cell of the field.

    Raises:
        FieldError: it has another cell.
        CrystalError: it cannot be read, or holds several crystals.
    """
    from basis_compiler import read_crystals

    crystals = read_crystals(path, tolerance=tolerance)
    if len(crystals) != 1:
        raise CrystalError(f"{path}: it holds {len(crystals)} crystals: give a file with the one of the field")
    (crystal,) = crystals
    mine, theirs = (lattice @ lattice.T for lattice in (field.lattice, crystal.lattice))
    lengths = np.sqrt(np.diag(mine))
    if np.abs(mine - theirs).max() > 2 * _SAME_CELL * lengths.max() ** 2:
        texts = [" ".join(f"{one:.4g}" for one in np.linalg.norm(rows, axis=1)) for rows in
                 (crystal.lattice, field.lattice)]  # fmt: skip
        raise FieldError(
            f"{path}: its cell, of {texts[0]} Angstrom, is not that of the field, of {texts[1]}: give the crystal "
            "in the cell of the field"
        )
    return crystal.numbers, crystal.coordinates


def _of_atoms(
    field: GridField, numbers: IntArray, coordinates: FloatArray, name: str, origin: str, tolerance: float
) -> FieldSymmetry:
    from basis_compiler import Crystal, standardize

    crystal = Crystal(lattice=field.lattice, numbers=numbers, coordinates=coordinates, name=name)
    standard = standardize(crystal, tolerance=tolerance)
    exact = standard.origin_shift if standard.origin_shift24 is None else standard.origin_shift24 / 24
    cell = CellChange(standard.change_of_basis, standard.denominator, exact)
    return FieldSymmetry(Representation(standard.setting), cell, origin, standard.notes)
