"""The tables of a group: operations, generators, Wyckoff positions and allowed tensors; as text and for JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from basis_compiler import operations
from basis_compiler.bases.dual_graph import lifted_generators
from basis_compiler.groups.wyckoff import wyckoff_positions
from basis_compiler.groups.wyckoff_points import wyckoff_points
from basis_store import TURN, MagneticGroup, Operations, Setting, representations
from basis_store.groups.group import Group
from basis_store.text_table import table_lines
from sgbasis.reports.change_of_basis import triplet_text

if TYPE_CHECKING:
    from basis_store import StoreReader

_WIDTH = 100
_POINTS = 24
"""Points of a Wyckoff position that a page shows; JSON has them all."""
_TENSORS = (
    ("pyroelectric", "i", False),
    ("dielectric", "ij=ji", False),
    ("piezoelectric", "ijk=ikj", False),
    ("elastic", "ijkl=jikl=klij", False),
    ("gyration", "ij=ji", True),
)
"""Name, index symmetry and whether it is axial."""


def operations_page(group: Group) -> Iterator[str]:
    """Lines: all operations modulo translations of the cell, of magnetic groups with time reversal."""
    facts = operation_facts(group)
    grey = isinstance(group, MagneticGroup) and group.type == 2
    yield f"Operations modulo translations of the cell: {len(facts)}" + (
        ", each with and without time reversal" if grey else ""
    )
    yield from _numbered(facts)


def generators_page(group: Group) -> Iterator[str]:
    """Lines: operations that generate all others, together with the translations of the cell."""
    yield "Generators, with the translations of the cell"
    yield from _numbered(generator_facts(group))


def operation_facts(group: Group) -> list[dict[str, Any]]:
    """Each operation as a triplet, as integers, and in magnetic groups with its time reversal."""
    return _facts(operations(representations(group)[-1] if group.kind == "magnetic" else group), group)


def generator_facts(group: Group) -> list[dict[str, Any]]:
    """The same for a few operations that generate the group."""
    every = operations(representations(group)[-1] if group.kind == "magnetic" else group)
    return _facts(lifted_generators(every), group)


def _facts(listed: Operations, group: Group) -> list[dict[str, Any]]:
    rows = zip(listed.rotations, listed.translations24, listed.characters24, strict=True)
    return [
        {
            "operation": triplet_text(rotation, shift / TURN),
            "rotation": rotation.tolist(),
            "translation": [str(Fraction(int(entry), TURN)) for entry in shift],
            **({"time_reversal": bool(c)} if group.kind == "magnetic" else {}),
        }
        for rotation, shift, c in rows
    ]


def _numbered(facts: list[dict[str, Any]]) -> Iterator[str]:
    rows = []
    for number, one in enumerate(facts, 1):
        colour = {True: "with time reversal", False: "", None: ""}[one.get("time_reversal")]
        rows.append((str(number), one["operation"], colour))
    yield from (f"  {line}".rstrip() for line in table_lines(rows, left=(1, 2)))


def wyckoff_page(setting: Setting) -> Iterator[str]:
    """Lines: multiplicity, letter, site symmetry and coordinates of each position, the general one first."""
    centrings = [_translation(shift) for shift in operations(setting).centrings24]
    plus = "".join(f" ({one})+" for one in ["0, 0, 0", *centrings]) if centrings else ""
    yield "Wyckoff positions" + (f", each point{plus}" if plus else "")
    for one in wyckoff_facts(setting):
        head = f"  {one['multiplicity']:>3} {one['letter']}  {one['site_symmetry']:<8} "
        points = [f"({point})" for point in one["coordinates"]]
        more = [f"... {len(points) - _POINTS} more"] if len(points) > _POINTS else []
        lines = textwrap.wrap(
            "  ".join(point.replace(" ", "\0") for point in points[:_POINTS] + more), _WIDTH - len(head)
        )
        for number, line in enumerate(lines):
            yield (" " * len(head) if number else head) + line.replace("\0", " ")


def wyckoff_facts(setting: Setting) -> list[dict[str, Any]]:
    """Each Wyckoff position, the general one first; coordinates of one point for all that differ by centrings."""
    found = []
    for position in reversed(wyckoff_positions(setting).values()):
        points = wyckoff_points(setting, position)
        found.append(
            {
                "letter": position.letter,
                "multiplicity": position.multiplicity,
                "site_symmetry": position.site_symmetry,
                "coordinates": [
                    triplet_text(points.matrices[i], points.shifts24[i] / TURN) for i in points.firsts.tolist()
                ],
            }
        )
    return found


def tensors_page(store: StoreReader, setting: Setting) -> Iterator[str]:
    """Lines: how many numbers some tensors of physics have."""
    facts = tensor_facts(store, setting)
    yield "Allowed tensors, with their numbers of independent components (sgbasis tensor prints them)"
    rows = [
        (one["name"], one["formula"], "axial" if one["axial"] else "polar", str(one["dimension"])) for one in facts
    ]
    yield from (f"  {line}" for line in table_lines(rows, left=(0, 1, 2)))


def tensor_facts(store: StoreReader, setting: Setting) -> list[dict[str, Any]]:
    """Name, index symmetry and number of independent components of some tensors of physics."""
    return [
        {
            "name": name,
            "formula": formula,
            "axial": axial,
            "dimension": store.tensor_basis(setting, formula, axial=axial).dimension,
        }
        for name, formula, axial in _TENSORS
    ]


def _translation(shift24: np.ndarray) -> str:
    return ", ".join(str(Fraction(int(entry), TURN)) for entry in shift24)
