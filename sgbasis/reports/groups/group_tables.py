"""The tables of a group: operations, generators and allowed tensors; as text and for JSON."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from basis_compiler import operations
from basis_compiler.bases.dual_graph import lifted_generators
from basis_store import TURN, MagneticGroup, Operations, Setting, representations
from basis_store.groups.group import Group
from basis_store.tables.text_table import table_lines
from basis_store.tensors.index_symmetry import PROPERTIES
from sgbasis.reports.change_of_basis import triplet_text
from sgbasis.reports.groups.wyckoff_pages import Facts

if TYPE_CHECKING:
    from basis_store import StoreReader

_TENSORS = ("pyroelectric", "dielectric", "piezoelectric", "elastic", "gyration")


def operations_page(group: Group, facts: Facts) -> Iterator[str]:
    """Lines: all operations modulo translations of the cell, of magnetic groups with time reversal."""
    grey = isinstance(group, MagneticGroup) and group.type == 2
    yield f"Operations modulo translations of the cell: {len(facts)}" + (
        ", each with and without time reversal" if grey else ""
    )
    yield from _numbered(facts)


def generators_page(facts: Facts) -> Iterator[str]:
    """Lines: operations that generate all others, together with the translations of the cell."""
    yield "Generators, with the translations of the cell"
    yield from _numbered(facts)


def operation_facts(group: Group) -> Facts:
    """Each operation as a triplet, as integers, and in magnetic groups with its time reversal."""
    return _facts(_coloured(group), group)


def generator_facts(group: Group) -> Facts:
    """The same for a few operations that generate the group."""
    return _facts(lifted_generators(_coloured(group)), group)


def _coloured(group: Group) -> Operations:
    """The operations; of a magnetic group, c tells which of them are combined with time reversal."""
    return operations(representations(group)[-1] if isinstance(group, MagneticGroup) else group)


def _facts(listed: Operations, group: Group) -> Facts:
    rows = zip(listed.rotations, listed.translations24, listed.characters24, strict=True)
    return [
        {
            "operation": triplet_text(rotation, shift / TURN),
            "rotation": rotation.tolist(),
            "translation": [str(Fraction(int(entry), TURN)) for entry in shift],
            **({"time_reversal": bool(c)} if isinstance(group, MagneticGroup) else {}),
        }
        for rotation, shift, c in rows
    ]


def _numbered(facts: Facts) -> Iterator[str]:
    rows = []
    for number, one in enumerate(facts, 1):
        colour = "with time reversal" if one.get("time_reversal") else ""
        rows.append((str(number), one["operation"], colour))
    yield from (f"  {line}".rstrip() for line in table_lines(rows, left=(1, 2)))


def tensors_page(facts: Facts) -> Iterator[str]:
    """Lines: how many numbers some tensors of physics have."""
    yield "Allowed tensors, with their numbers of independent components (sgbasis tensor prints them)"
    rows = [
        (one["name"], one["formula"], "axial" if one["axial"] else "polar", str(one["dimension"])) for one in facts
    ]
    yield from (f"  {line}" for line in table_lines(rows, left=(0, 1, 2)))


def tensor_facts(store: StoreReader, setting: Setting) -> Facts:
    """Name, index symmetry and number of independent components of some tensors of physics."""
    return [
        {
            "name": name,
            "formula": PROPERTIES[name][0],
            "axial": PROPERTIES[name][1],
            "dimension": store.tensor_basis(setting, name).dimension,
        }
        for name in _TENSORS
    ]
