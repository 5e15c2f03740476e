"""What other readers see in a file: gemmi in CIFs, ASE in the other formats."""

from __future__ import annotations

import math
import warnings
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import ase.io
import gemmi

CELL = ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma")
OPERATIONS = ("_space_group_symop_operation_xyz", "_symmetry_equiv_pos_as_xyz")


@dataclass(frozen=True)
class Content:
    """What does not depend on the choice of the cell.

    Attributes:
        formula: element and its number of atoms, without a common factor.
        volume_per_atom: in cubic Angstrom.
    """

    formula: tuple[tuple[str, int], ...]
    volume_per_atom: float

    @classmethod
    def of(cls, atoms: Mapping[str, int], volume: float) -> Self:
        """From the numbers of atoms in a cell and its volume."""
        factor = math.gcd(*atoms.values())
        return cls(tuple(sorted((e, n // factor) for e, n in atoms.items())), volume / sum(atoms.values()))


def independent_reading(path: Path) -> list[Content] | None:
    """The crystals of a file; None if the other reader refuses it or finds none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return _cif(path) if path.suffix == ".cif" else _others(path)
        except Exception:  # a reader that gives up, in whichever way, has no opinion
            return None


def _cif(path: Path) -> list[Content] | None:
    found = []
    for block in gemmi.cif.read(str(path)):
        structure = gemmi.make_small_structure_from_block(block)
        listed = _operations(block)
        # gemmi takes 1 for a length that is missing, and lists atoms twice if an operation is.
        if not all(block.find_value(f"_cell_{one}") for one in CELL) or len(set(listed)) < len(listed):
            return None
        sites = structure.get_all_unit_cell_sites()
        if sites:
            found.append(Content.of(Counter(site.element.name for site in sites), structure.cell.volume))
    return found or None


def _operations(block: gemmi.cif.Block) -> list[gemmi.Op]:
    columns = (block.find_values(tag) for tag in OPERATIONS)
    return [gemmi.Op(gemmi.cif.as_string(one)) for column in columns for one in column]


def _others(path: Path) -> list[Content] | None:
    form = "vasp" if path.name == "POSCAR" else "extxyz"
    if path.suffix == ".json":
        return None
    frames = ase.io.read(path, index=":", format=form)
    return [Content.of(Counter(frame.get_chemical_symbols()), abs(frame.get_volume())) for frame in frames] or None
