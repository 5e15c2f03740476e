"""VASP: CHGCAR, CHG, PARCHG, AECCAR, LOCPOT, ELFCAR and POT.

A POSCAR, a blank line, the grid, and the values with the first axis fastest; densities are multiplied by the
volume of the cell, potentials and ELFCAR are not. A spin-polarised file has the grid again and another block: the
magnetisation (up minus down) behind a total density, the potential of the other spin behind that of the first;
with spin-orbit coupling there are three more. Between blocks lie augmentation occupancies and moments, which are
skipped.

The POSCAR is parsed by ASE. The grids are not: ASE's ``VaspChargeDensity`` divides potentials by the volume, too,
accepts files that are cut off, and reads two of four blocks.

Source: https://www.vasp.at/wiki/index.php/CHGCAR
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from basis_compiler.crystals.crystal import ELEMENTS
from basis_compiler.crystals.formats.ase_files import parse_poscar
from basis_compiler.fields.field_file import Declared, FieldFile, check_same_cells, grid_field
from basis_compiler.fields.field_text import FieldText, grid_text
from basis_compiler.fields.field_units import DENSITY, factor, quantity_of
from basis_compiler.fields.number_lines import number_lines
from basis_store import Setting
from basis_store.errors import CrystalError, FieldError
from basis_store.fields.grid_field import GridField

_DENSITIES = ("CHGCAR", "CHG", "PARCHG", "AECCAR")
_POTENTIALS = ("LOCPOT", "VHAR")
_OTHERS = ("ELFCAR",)
WORDS = (*_DENSITIES, *_POTENTIALS, *_OTHERS)
"""Names of files of VASP."""

_MAX_LINES = 200_000
"""Of the crystal at the beginning."""


def is_vasp(head: bytes) -> bool:
    """Whether this is the beginning of a POSCAR and a grid: a scale and three vectors."""
    lines = head.split(b"\n")[1:5]
    counts = [1, 3, 3, 3]
    return len(lines) == 4 and all(
        len(words) >= count and _are_numbers(words[:count])
        for words, count in zip((line.split() for line in lines), counts, strict=True)
    )


def _are_numbers(words: list[bytes]) -> bool:
    return all(re.fullmatch(rb"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", word) for word in words)


def _unit_of(name: str, declared: Declared) -> tuple[str, str]:
    """Quantity and unit that the name of a file says, or the user."""
    upper = Path(name).name.upper()
    stated = None
    if any(word in upper for word in _POTENTIALS):
        stated = ("potential", "eV")
    elif any(word in upper for word in _OTHERS):
        stated = ("electron localisation function", "1")
    elif any(word in upper for word in _DENSITIES):
        stated = ("electron density", DENSITY)
    if stated is None and not declared.unit:
        raise FieldError(
            f"{name}: a file of VASP says by its name what it holds: call it CHGCAR, PARCHG, LOCPOT or ELFCAR, or "
            f"give the unit, {DENSITY} or eV"
        )
    quantity, unit, _ = declared.resolved(name, stated, "")
    return quantity, unit


def read_vasp(name: str, content: bytes, declared: Declared) -> FieldFile:
    """The fields of a file of VASP, densities in e/Angstrom^3 and potentials in eV.

    Raises:
        FieldError: its name does not say what it holds, or it is cut off or damaged.
        CrystalError: its first part is no POSCAR.
        MissingDependencyError: ASE is not installed.
    """
    quantity, unit = _unit_of(name, declared)
    text = FieldText(name, content)
    # 1. The crystal.
    poscar = text.lines_until_blank("the grid", at_most=_MAX_LINES)
    try:
        (crystal,) = parse_poscar(poscar, name=name)
    except CrystalError as error:
        raise FieldError(str(error)) from error
    # 2. The blocks; each is announced by the same line.
    shape = text.integers(3, "the grid")
    words = [str(n) for n in shape]
    volume = abs(float(np.linalg.det(crystal.lattice)))
    scale = 1 / volume if quantity_of(unit) == "electron density" else 1.0
    blocks = []
    notes = list(crystal.notes)
    while True:
        blocks.append(text.values(shape).reshape(shape, order="F") * scale)
        text.rest_of_line()
        found, between = text.skip_to(words)
        if between not in ("", "augmentation"):
            raise FieldError(
                f"{name}: behind a grid of {grid_text(shape)} points comes {between[:40]!r}: one crystal is read, "
                "split files of several"
            )
        if between and len(blocks) == 1:
            notes.append("augmentation occupancies are left out: the field is that on the grid")
        if not found:
            break
        if len(blocks) == 4:
            raise FieldError(f"{name}: it has more than four blocks of {grid_text(shape)} values")
    # 3. What they are.
    atoms = (crystal.numbers, crystal.coordinates)
    spin = "spin density" if quantity == "electron density" else quantity
    made = {
        key: grid_field(name, values, crystal.lattice, spin if index else quantity, unit, atoms)
        for index, (key, values) in enumerate(zip(_names(len(blocks), quantity, name), blocks, strict=True))
    }
    return FieldFile(made, "VASP", notes=tuple(notes))


def _names(count: int, quantity: str, name: str) -> list[str]:
    if count == 1:
        return ["total"]
    if count == 2:
        return ["total", "magnetisation"] if quantity == "electron density" else ["spin up", "spin down"]
    if count == 4:
        first = "magnetisation" if quantity == "electron density" else "field"
        return ["total", *(f"{first} {axis}" for axis in "xyz")]
    raise FieldError(f"{name}: it has {count} blocks of values; files of VASP have 1, 2 or 4: it may be cut off")


def write_vasp(name: str, fields: Mapping[str, GridField], setting: Setting | None) -> bytes:
    """The bytes of a file of VASP with up to four blocks; the name says whether it is a density or a potential.

    Raises:
        FieldError: the fields are in other units, have no atoms, or do not go into one file.
    """
    quantity, unit = _unit_of(name, Declared())
    first = check_same_cells(name, fields)
    if not len(first.elements):
        raise FieldError(f"{name}: files of VASP begin with atoms, and the field has none: write .cube or .xsf")
    _names(len(fields), quantity, name)
    out = io.StringIO()
    # 1. The crystal, its atoms by element in the order of their first one.
    out.write(f"{quantity}, written by sgbasis\n   1.00000000000000\n")
    for row in first.lattice:
        out.write("".join(f" {one:21.14f}" for one in row) + "\n")
    kinds = list(dict.fromkeys(first.elements.tolist()))
    out.write("".join(f" {ELEMENTS[kind]:>4}" for kind in kinds) + "\n")
    out.write("".join(f" {int((first.elements == kind).sum()):4d}" for kind in kinds) + "\nDirect\n")
    for kind in kinds:
        for x in first.coordinates[first.elements == kind]:
            out.write("".join(f" {one:19.16f}" for one in x) + "\n")
    # 2. The blocks.
    scale = first.volume if quantity_of(unit) == "electron density" else 1.0
    for one in fields.values():
        values = one.values.ravel(order="F") * (scale * factor(one.unit, unit, name))
        out.write("\n" if one is first else "")
        out.write("".join(f" {n:4d}" for n in one.shape) + "\n")
        out.write(number_lines(values, " %18.11E", 5))
    return out.getvalue().encode("ascii")
