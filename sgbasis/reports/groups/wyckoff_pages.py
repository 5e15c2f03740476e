"""The Wyckoff positions of a setting with the coordinates of their points; as text and for JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from fractions import Fraction
from typing import Any

import numpy as np

from basis_compiler.reflections.conditions.reflection_conditions import reflection_conditions
from basis_compiler.reflections.conditions.special_conditions import special_conditions
from basis_compiler.reflections.conditions.wave_zones import permutable_indices
from basis_store import TURN, Operations, WyckoffPosition, wyckoff_points
from sgbasis.reports.change_of_basis import triplet_text

_WIDTH = 100
MAX_POINTS = 24
"""Points of a Wyckoff position that a page shows; JSON has them all."""

Facts = list[dict[str, Any]]
"""A table as plain values for JSON, row by row; the pages are made of these."""


def wyckoff_facts(group: Operations, positions: Iterable[WyckoffPosition]) -> Facts:
    """Each Wyckoff position, the general one first, with its special reflection conditions.

    Coordinates are those of one point for all that differ by centrings.

    Args:
        group: the operations of the setting.
        positions: of the setting, in the order of their letters.
    """
    permutable = _permutable(group)
    found: Facts = []
    for position in reversed(list(positions)):
        points = wyckoff_points(group, position)
        special = special_conditions(group, position)
        found.append(
            {
                "letter": position.letter,
                "multiplicity": position.multiplicity,
                "site_symmetry": position.site_symmetry,
                "coordinates": [
                    triplet_text(points.matrices[i], points.shifts24[i] / TURN) for i in points.firsts.tolist()
                ],
                "general": not found,
                "permutable": permutable,
                "reflection_conditions": [
                    {"text": str(condition), **asdict(condition)} for condition in special.conditions
                ],
            }
        )
    return found


def _permutable(group: Operations) -> str:
    """Which indices may be exchanged in all conditions, such as ``"h, k, l permutable"``; ``""`` if none may.

    So 0kl stands for its images under the point group, as in International Tables.
    """
    laue = np.concatenate([group.point_group, -group.point_group]).astype(np.int64)
    return permutable_indices(laue, group.setting.lattice_family)


def wyckoff_page(group: Operations, facts: Facts) -> Iterator[str]:
    """Lines: multiplicity, letter, site symmetry and coordinates of each position, the general one first.

    Below those of the general position are the general reflection conditions, below those of a special one what it
    requires beyond them.
    """
    general = [str(one) + " (follows)" * one.follows for one in reflection_conditions(group).listed]
    centrings = [", ".join(str(Fraction(int(entry), TURN)) for entry in shift) for shift in group.centrings24]
    plus = "".join(f" ({one})+" for one in ["0, 0, 0", *centrings]) if centrings else ""
    yield "Wyckoff positions" + (f", each point{plus}" if plus else "")
    if (general or any(one["reflection_conditions"] for one in facts)) and (permutable := facts[0]["permutable"]):
        yield f"Reflection conditions: {permutable}"
    for one in facts:
        head = f"  {one['multiplicity']:>3} {one['letter']}  {one['site_symmetry']:<8} "
        points = [f"({point})" for point in one["coordinates"]]
        more = [f"... {len(points) - MAX_POINTS} more"] if len(points) > MAX_POINTS else []
        lines = textwrap.wrap(
            "  ".join(point.replace(" ", "\0") for point in points[:MAX_POINTS] + more), _WIDTH - len(head)
        )
        for number, line in enumerate(lines):
            yield (" " * len(head) if number else head) + line.replace("\0", " ")
        texts = [condition["text"] for condition in one["reflection_conditions"]]
        if one["general"]:
            listed = "; ".join(one.replace(" ", "\0") for one in general)  # lines end between conditions
            texts = [f"general conditions: {listed or 'none'}"]
        for text in texts or ["no extra conditions"]:
            wrapped = textwrap.wrap(
                text, _WIDTH, initial_indent=" " * len(head), subsequent_indent=" " * (len(head) + 5)
            )
            yield from (line.replace("\0", " ") for line in wrapped)
