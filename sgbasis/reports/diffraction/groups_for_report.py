"""What ``sgbasis groups-for`` finds: as text, and as plain values for JSON."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from basis_compiler import GroupsFor
from basis_store.counted import counted
from basis_store.printable import printable
from basis_store.tables.text_table import table_lines

_WIDTH = 115
_MAX_LAUE = 6
_MAX_AGAINST = 8
_MAX_LINES = 12
_SMALL = 5e-4
_RANKED = "Ranked by probability: by ln(evidence), of these reflections alone, and by how common such groups are."
_RANKED_PEAKS = "Ranked by ln(evidence), that of the peaks alone; probabilities follow from it."
"""What the order of the classes is."""


def groups_for_lines(found: GroupsFor, *, name: str, count: int) -> Iterator[str]:
    """Lines: the data, Laue classes, extinction classes, conditions, what speaks against the first, notes.

    Args:
        found: the result.
        name: of the file.
        count: how many extinction classes to list.
    """
    cell = found.reflections.cell
    assert cell is not None
    of_peaks = bool(found.lines)
    shown = " ".join(f"{value:g}" for value in cell)
    if of_peaks:
        seen = sum(line.observed for line in found.lines)
        yield printable(f"{name}: {seen} of {counted(found.unique, 'line')} observed; cell {shown}")
    else:
        number = counted(len(found.reflections), "measurement")
        yield printable(f"{name}: {number}, {found.unique:,} unique in {found.best.laue.name}; cell {shown}")
        yield ""
        yield from _laue_lines(found)
    yield ""
    yield from _class_lines(found, count)
    yield ""
    yield from _condition_lines(found, of_peaks)
    yield from _peak_lines(found) if of_peaks else _against_lines(found)
    notes = [*_statistics(found), *found.notes]
    if notes:
        yield ""
    for note in notes:
        yield printable(f"Note: {note}")


def _laue_lines(found: GroupsFor) -> Iterator[str]:
    rows = [("Laue class", "R merge", "repeated", "ln(evidence)")]
    for row in found.laue[:_MAX_LAUE]:
        rows.append((row.laue.name, _number(row.r_merge, ".3f"), str(row.repeated), f"{row.log_evidence:.1f}"))
    yield from table_lines(rows)
    if (rest := len(found.laue) - _MAX_LAUE) > 0:
        yield f"... {rest} more that the cell allows"


def _class_lines(found: GroupsFor, count: int) -> Iterator[str]:
    rows = [("rank", "extinction symbol", "Laue class", "probability", "ln(evidence)")]
    groups = ["space groups"]
    for one in found.classes[:count]:
        small = "< 0.001" if one.probability < _SMALL else f"{one.probability:.3f}"
        laue = one.extinction.laue.name
        rows.append((str(one.rank), one.extinction.symbol, laue, small, f"{one.log_evidence:.1f}"))
        groups.append(", ".join(one.extinction.groups))
    lines = table_lines(rows, left=(1, 2))
    width = max(map(len, lines)) + 2
    for line, text in zip(lines, groups, strict=True):
        yield from _hanging(line.ljust(width), text)
    yield _RANKED_PEAKS if found.lines else _RANKED
    if len({one.rank for one in found.classes[:count]}) < len(found.classes[:count]):
        yield "Classes of equal rank are equally probable."


def _hanging(head: str, text: str) -> Iterator[str]:
    """The words of ``text`` behind ``head``, in as many lines as they need."""
    line = head
    for word in text.split(", "):
        piece = word if line.strip() == head.strip() or not line.strip() else f", {word}"
        if len(line) + len(piece) > _WIDTH and line.strip() != head.strip():
            yield f"{line},".rstrip()
            line, piece = " " * len(head), word
        line += piece
    yield line.rstrip()


def _condition_lines(found: GroupsFor, of_peaks: bool) -> Iterator[str]:
    best = found.best
    what = "lines" if of_peaks else "measured"
    head = (
        ("condition", what, "observed") if of_peaks else ("condition", what, "observed", "mean I/sigma", "I/<I>")
    )
    unknown = [row.condition.replace(", ", ",") for row in found.conditions if not (row.forbidden or row.holds)]
    for holds, title in ((True, f"Required by {best.symbol}"), (False, "Not required")):
        rows: list[Sequence[str]] = [(*head, "strongest observed" if not of_peaks else "")]
        for row in found.conditions:
            if row.holds != holds or not (row.forbidden or holds):
                continue
            strongest = "; ".join(_index(found, place) for place in row.worst[:3])
            if not row.forbidden:
                strongest = "not tested"
            numbers = [str(row.forbidden), str(row.observed)]
            if not of_peaks:
                numbers += [_number(row.mean_ratio, ".1f"), _number(row.mean_intensity, ".3f")]
            rows.append((row.condition, *numbers, strongest))
        if len(rows) == 1:
            if holds:
                yield f"{title}: no condition" + (f"; not tested: {len(unknown)}, see below" if unknown else "")
            continue
        yield f"{title}, of the reflections that a condition forbids:" if holds else f"{title}, among the others:"
        yield from (f"  {line}" for line in table_lines(rows, left=(0, len(rows[0]) - 1)))
    if unknown:
        what = "line of its own" if of_peaks else "reflection in the list"
        yield from _hanging(f"Not tested, since no {what} is one that they forbid: ", ", ".join(unknown))


def _index(found: GroupsFor, place: int) -> str:
    return " ".join(map(str, found.reflections.hkl[place].tolist()))


def _against_lines(found: GroupsFor) -> Iterator[str]:
    if len(found.against) == 0:
        return
    data = found.reflections
    assert data.intensities is not None and data.sigmas is not None
    yield ""
    yield f"Observed although {found.best.symbol} forbids them ({len(found.against)}; multiple scattering?)"
    rows: list[Sequence[str]] = [("h", "k", "l", "I", "sigma", "I/sigma")]
    for place in found.against[:_MAX_AGAINST]:
        intensity, sigma = data.intensities[place], data.sigmas[place]
        hkl = [str(one) for one in data.hkl[place].tolist()]
        rows.append((*hkl, f"{intensity:.5g}", f"{sigma:.3g}", f"{intensity / sigma:.1f}"))
    yield from (f"  {line}" for line in table_lines(rows, left=()))


def _peak_lines(found: GroupsFor) -> Iterator[str]:
    wrong = [line for line in found.lines if line.observed and not line.allowed]
    missing = [line for line in found.lines if line.allowed and not line.observed]
    for title, lines in (
        (f"Observed although {found.best.symbol} forbids them", wrong),
        (f"Not observed although {found.best.symbol} allows them", missing),
    ):
        if not lines:
            continue
        yield ""
        shown = "; ".join(f"{' '.join(map(str, line.hkl))} (d = {line.d:.4f})" for line in lines[:_MAX_LINES])
        yield from _hanging(f"{title} ({len(lines)}): ", shown.replace("; ", ", "))


def _statistics(found: GroupsFor) -> Iterator[str]:
    if not math.isnan(found.mean_e2):
        yield (
            f"mean |E^2-1| of the general reflections, each once, is {found.mean_e2:.2f}; expected for many "
            "atoms on general positions: 0.97 in centrosymmetric groups, 0.74 in others"
        )


def _number(value: float, form: str) -> str:
    return "-" if math.isnan(value) else format(value, form)


def groups_for_facts(found: GroupsFor) -> dict[str, Any]:
    """Everything as plain values for JSON.

    Args:
        found: the result.
    """
    data = found.reflections
    assert data.cell is not None
    facts: dict[str, Any] = {
        "measurements": len(data),
        "unique": found.unique,
        "cell": data.cell.tolist(),
        "laue_classes": [
            {
                "name": row.laue.name,
                "log_evidence": row.log_evidence,
                "r_merge": None if math.isnan(row.r_merge) else row.r_merge,
                "repeated": row.repeated,
            }
            for row in found.laue
        ],
        "classes": [
            {
                "rank": one.rank,
                "extinction_symbol": one.extinction.symbol,
                "laue_class": one.extinction.laue.name,
                "probability": one.probability,
                "log_evidence": one.log_evidence,
                "space_groups": list(one.extinction.groups),
                "hall_numbers": [setting.hall_number for setting in one.extinction.settings],
                "conditions": [str(condition) for condition in one.extinction.conditions.conditions],
            }
            for one in found.classes
        ],
        "conditions": [
            {
                "condition": row.condition,
                "required": row.holds,
                "forbidden": row.forbidden,
                "observed": row.observed,
                "mean_i_over_sigma": None if math.isnan(row.mean_ratio) else row.mean_ratio,
                "mean_relative_intensity": None if math.isnan(row.mean_intensity) else row.mean_intensity,
                "strongest": [data.hkl[place].tolist() for place in row.worst],
            }
            for row in found.conditions
        ],
        "against": [data.hkl[place].tolist() for place in found.against],
        "mean_e2": None if math.isnan(found.mean_e2) else found.mean_e2,
        "notes": list(found.notes),
    }
    if found.lines:
        facts["lines"] = [
            {"d": line.d, "hkl": list(line.hkl), "observed": line.observed, "allowed": line.allowed}
            for line in found.lines
        ]
    return facts
