"""The sites of a magnetic group and the moments that they allow; as text and for JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from basis_compiler import SiteMoments, site_moments
from basis_store import MagneticGroup
from basis_store.tables.text_table import table_lines
from sgbasis.reports.groups.wyckoff_pages import MAX_POINTS, Facts


def moments_page(group: MagneticGroup) -> Iterator[str]:
    """Lines: one point of each Wyckoff position, and its moment."""
    yield "Sites and the magnetic moments that they allow, in components along a, b and c"
    rows = [(f"{one.multiplicity}", one.letter, one.position_text, one.moment_text) for one in site_moments(group)]
    for line in table_lines(rows, left=(1, 2, 3)):
        yield f"  {line}"


def points_page(facts: Facts) -> Iterator[str]:
    """Lines: all points of each Wyckoff position with their moments, the general one first."""
    yield "Wyckoff positions, each point with its magnetic moment in components along a, b and c"
    for site in facts:
        head = f"  {site['multiplicity']:>3} {site['letter']}  "
        points = site["points"]
        rows = [(f"({one['position']})", f"({one['moment']})") for one in points[:MAX_POINTS]]
        lines = table_lines(rows, left=(0, 1))
        if len(points) > MAX_POINTS:
            lines.append(f"... {len(points) - MAX_POINTS} more")
        for number, line in enumerate(lines):
            yield (" " * len(head) if number else head) + line


def moment_facts(group: MagneticGroup) -> Facts:
    """What :func:`moments_page` prints, as plain values."""
    return [_facts(one) for one in site_moments(group)]


def point_facts(group: MagneticGroup) -> Facts:
    """What :func:`points_page` prints, with all points, as plain values."""
    return [
        _facts(one) | {"points": [{"position": x, "moment": m} for x, m in one.points()]}
        for one in reversed(site_moments(group))
    ]


def _facts(site: SiteMoments) -> dict[str, Any]:
    return {
        "letter": site.letter,
        "multiplicity": site.multiplicity,
        "position": site.position_text,
        "moment": site.moment_text,
        "moments": site.moments.tolist(),
    }
