"""Crystals from plain numbers, as in JSON: arrays, and the dictionaries of pymatgen's structures."""

from __future__ import annotations

import json
from typing import Any, TypeGuard

import numpy as np

from basis_compiler.crystals.crystal import MAX_ATOMS, Crystal, too_many_atoms
from basis_compiler.crystals.formats.ase_files import check_occupancies
from basis_compiler.crystals.formats.element_symbols import element_of_type, unknown_element
from basis_compiler.crystals.formats.input_text import json_value
from basis_store import CrystalError
from basis_store.counted import counted


def crystal_of_arrays(lattice: Any, species: Any, coordinates: Any, name: str) -> Crystal:
    """A crystal from rows of a lattice, atomic numbers or symbols, and fractional coordinates.

    Raises:
        CrystalError: they are not arrays of matching lengths, or not a crystal.
    """
    if not isinstance(species, list):
        raise CrystalError(f"{name}: its lattice, species or coordinates are not arrays of numbers")
    if len(species) > MAX_ATOMS:
        raise too_many_atoms(name, len(species))
    listed = [_number(one, atom, name) for atom, one in enumerate(species, start=1)]
    try:
        numbers = np.array(listed, dtype=np.int64)
        cell = np.array(lattice, dtype=np.float64)
        points = np.array(coordinates, dtype=np.float64).reshape(-1, 3)
    except (TypeError, ValueError, OverflowError) as error:
        raise CrystalError(f"{name}: its lattice, species or coordinates are not arrays of numbers") from error
    if cell.shape != (3, 3):
        raise CrystalError(f"{name}: its lattice is not three rows of three numbers")
    if len(points) != len(numbers):
        raise CrystalError(
            f"{name}: it has {len(numbers)} species but coordinates for {counted(len(points), 'atom')}"
        )
    return Crystal(lattice=cell, numbers=numbers, coordinates=points, name=name)


def _number(species: object, atom: int, name: str) -> int:
    if isinstance(species, int) and not isinstance(species, bool):
        return species
    number = element_of_type(species) if isinstance(species, str) else 0
    if number == 0:
        raise unknown_element(name, atom, species)
    return number


def is_structure(value: object) -> TypeGuard[dict[str, Any]]:
    """Whether a value is the dictionary of a pymatgen structure (``Structure.as_dict``)."""
    return (
        isinstance(value, dict) and isinstance(value.get("lattice"), dict) and isinstance(value.get("sites"), list)
    )


def crystal_of_structure(structure: dict[str, Any], name: str) -> Crystal:
    """A crystal from the dictionary of a pymatgen structure; pymatgen is not needed.

    Raises:
        CrystalError: it is disordered, not periodic in three directions, or no crystal.
    """
    lattice, sites = structure["lattice"], structure["sites"]
    if len(sites) > MAX_ATOMS:
        raise too_many_atoms(name, len(sites))
    try:
        species = [[(str(kind["element"]), float(kind["occu"])) for kind in site["species"]] for site in sites]
        coordinates = [site["abc"] for site in sites]
        matrix, periodic = lattice["matrix"], lattice.get("pbc", [True] * 3)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise CrystalError(f"{name}: not a whole pymatgen structure: {error!r}") from error
    if not isinstance(periodic, list | tuple) or len(periodic) != 3:
        raise CrystalError(f"{name}: not a whole pymatgen structure: its 'pbc' are not three truth values")
    if not all(periodic):
        raise CrystalError(f"{name}: periodic in {sum(map(bool, periodic))} of 3 directions")
    check_occupancies(name, species)
    return crystal_of_arrays(matrix, [kinds[0][0] for kinds in species], coordinates, name)


def is_jarvis(value: object) -> TypeGuard[dict[str, Any]]:
    """Whether a value is the dictionary of the atoms of JARVIS (``Atoms.to_dict``)."""
    return isinstance(value, dict) and {"lattice_mat", "coords", "elements"} <= value.keys()


def crystal_of_jarvis(atoms: dict[str, Any], name: str) -> Crystal:
    """A crystal from the dictionary of the atoms of JARVIS; raises :class:`CrystalError`."""
    lattice, coordinates = atoms["lattice_mat"], atoms["coords"]
    if atoms.get("cartesian"):
        try:
            coordinates = np.linalg.solve(np.array(lattice, float).T, np.array(coordinates, float).T).T
        except (TypeError, ValueError, OverflowError, np.linalg.LinAlgError) as error:
            raise CrystalError(f"{name}: its coordinates do not fit its lattice: {error}") from error
    return crystal_of_arrays(lattice, atoms["elements"], coordinates, name)


def described_crystal(value: object) -> dict[str, Any] | None:
    """The dictionary of pymatgen or JARVIS that a value is, or has as its ``structure`` or ``atoms``; else None.

    pymatgen's may also be a text of JSON, as tables of pandas often hold them.
    """
    found = value
    if isinstance(value, dict) and not (is_structure(value) or is_jarvis(value)):
        found = next((value[key] for key in ("structure", "atoms") if key in value), None)
    if isinstance(found, str):
        try:
            found = json.loads(found)
        except (ValueError, RecursionError):
            return None
    return found if is_structure(found) or is_jarvis(found) else None


def crystal_of_description(description: dict[str, Any], name: str) -> Crystal:
    """A crystal from what :func:`described_crystal` found; raises :class:`CrystalError`."""
    return (crystal_of_structure if is_structure(description) else crystal_of_jarvis)(description, name)


def parse_json(text: str, *, name: str, tolerance: float = 0.01) -> list[Crystal]:
    """The crystal of a JSON file that messages call ``name``: of pymatgen's ``as_dict``, or of JARVIS.

    Args:
        text: content of the file.
        name: its name, for messages.
        tolerance: does not matter.

    Raises:
        CrystalError: it describes no crystal, or one that :class:`Crystal` rejects.
    """
    if (description := described_crystal(json_value(text, name))) is not None:
        return [crystal_of_description(description, name)]
    raise CrystalError(
        f"{name}: not a CIF, POSCAR or extended XYZ file, and not the JSON of one crystal (as_dict of pymatgen, "
        "or JARVIS)"
    )
