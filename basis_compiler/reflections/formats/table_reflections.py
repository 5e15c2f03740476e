"""Reflections of a table in text: columns with headings, separated by commas, semicolons, tabs or spaces."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Sequence

from basis_compiler.reflections.formats.raw_reflections import RawReflections, line_error, number
from basis_store import ReflectionError
from basis_store.reflections.radiation import Radiation

_HEADINGS = {
    "h": ("h",),
    "k": ("k",),
    "l": ("l",),
    "intensity": ("intensity", "i", "iobs", "f2", "f^2", "fsq", "f_squared", "f2obs", "fo2", "fo^2", "|f|^2"),
    "intensity sigma": (
        "sigma", "sig", "sigi", "sigma_i", "sigmai", "sigma(i)", "esd", "su", "error", "sigf2", "sigma(f2)",
        "sigma_f2",
    ),
    "amplitude": ("f", "amplitude", "|f|", "fobs", "fo", "f_meas", "f_obs"),
    "amplitude sigma": ("sigf", "sigma_f", "sigma(f)", "sigmaf"),
    "calculated": ("fcalc", "fc", "f_calc"),
    "phase": ("phase", "phi", "phi_deg", "phase_deg", "phase(deg)", "phicalc", "phic"),
    "crystal": ("crystal",),
    "d": ("d", "d_spacing", "d(a)", "d_angstrom", "d(angstrom)"),
}  # fmt: skip
_UNIT = re.compile(r"\((angstrom|a|degrees?|deg|electrons?|fm|%)\)$")
"""What a heading may end in, as of `sgbasis reflections`: ``phase (degrees)``; other units are not read."""
_RADIATIONS: dict[str, Radiation] = {
    "electron": "xray",
    "electrons": "xray",
    "fm": "neutron",
    "angstrom": "electron",
}
"""What was scattered, by the unit of amplitudes."""
_WITHOUT_HEADINGS = ("h", "k", "l", "intensity", "intensity sigma")


def parse_table(text: str, *, name: str) -> RawReflections:
    """The reflections of a table.

    The first line names the columns: h, k, l, and intensity, sigma, or F, phase; others are left out. A table of
    five columns of numbers without such a line has h, k, l, intensity, sigma. Lines that begin with # are
    comments. The phase of a reflection with F = 0 may be missing. A column "crystal", as `sgbasis reflections`
    writes it, has the same text in all lines.

    Args:
        text: content of the file.
        name: what messages call it.

    Raises:
        ReflectionError: columns that are missing or named twice, a line of another length, values that are no
            numbers, reflections of several crystals; names the line.
    """
    lines = [
        (count, line) for count, line in enumerate(text.splitlines(), 1) if line.strip() and line.strip()[0] != "#"
    ]
    if not lines:
        raise ReflectionError(f"{name}: the file has no reflections")
    separator = next((one for one in (";", "\t", ",") if one in lines[0][1]), None)
    first = _cells(name, *lines[0], separator)
    if all(_number(one, separator) is not None for one in first):
        if len(first) != len(_WITHOUT_HEADINGS):
            raise ReflectionError(
                f"{name}, line {lines[0][0]}: the table needs a line of headings, such as h,k,l,intensity,sigma: "
                f"it has {len(first)} columns"
            )
        columns: Sequence[str] = _WITHOUT_HEADINGS
    else:
        columns = _columns(first, name, lines.pop(0)[0])
    kept = [column for column in columns if column not in ("", "crystal", "h", "k", "l")]
    raw = RawReflections(name, columns=kept, unmerged="phase" not in kept)
    raw.radiation = _radiation(first, columns)
    if left_out := [text for text, column in zip(first, columns, strict=True) if not column]:
        raw.notes.append(f"{name}: columns that are not known are left out: {', '.join(left_out[:8])}")
    places = [columns.index(column) for column in ("h", "k", "l", *kept)]
    crystals = set()
    for count, line in lines:
        cells = _cells(name, count, line, separator)
        if len(cells) != len(columns):
            raise line_error(name, count, line, f"{len(cells)} values in a table of {len(columns)} columns")
        row = dict(zip(columns, cells, strict=True))
        crystals.add(row.get("crystal"))
        if len(crystals) > 1:
            raise line_error(
                name, count, line, "another crystal than in the lines before; keep those of one crystal"
            )
        if row.get("phase") == "" and _number(row.get("amplitude", ""), separator) == 0:
            cells[columns.index("phase")] = "0"  # as an absent reflection, whose phase nothing decides
        numbers = [_number(cells[place], separator) for place in places]
        for value, column in zip(numbers, ("h", "k", "l", *kept), strict=True):
            if value is None:
                raise line_error(name, count, line, f"the {column} is not a number")
        values = [math.nan if value is None else value for value in numbers]
        raw.add(count, values[:3], values[3:])
    return raw


def _columns(headings: Sequence[str], name: str, count: int) -> list[str]:
    known = {heading: column for column, names in _HEADINGS.items() for heading in names}
    squeezed = [re.sub(r"\s", "", heading).lower() for heading in headings]
    columns = [known.get(one) or known.get(_UNIT.sub("", one), "") for one in squeezed]
    # F and phase with one sigma: it is that of F.
    if "intensity" not in columns and "amplitude" in columns:
        columns = ["amplitude sigma" if one == "intensity sigma" else one for one in columns]
    for column in (one for one in _HEADINGS if columns.count(one) > 1):
        raise ReflectionError(f"{name}, line {count}: two columns are {column}: {', '.join(headings)}"[:300])
    missing = [letter for letter in "hkl" if letter not in columns]
    if missing or not {"intensity", "amplitude", "calculated"} & set(columns):
        what = ", ".join(missing) or "an intensity or F"
        raise ReflectionError(
            f"{name}, line {count}: the headings lack {what}: h,k,l,intensity,sigma or h,k,l,F,phase are needed"
        )
    return columns


def _radiation(headings: Sequence[str], columns: Sequence[str]) -> Radiation | None:
    """What was scattered, as the unit in the heading of the amplitudes says it."""
    for heading, column in zip(headings, columns, strict=True):
        if column in ("amplitude", "calculated") and (unit := _UNIT.search(re.sub(r"\s", "", heading).lower())):
            return _RADIATIONS.get(unit[1])
    return None


def _cells(name: str, count: int, line: str, separator: str | None) -> list[str]:
    """The values of a line; a quoted one may contain the separator."""
    if separator is None:
        return [cell.strip('"') for cell in line.split()]
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=separator, skipinitialspace=True))]
    except csv.Error as error:
        raise line_error(name, count, line, str(error)) from error


def _number(text: str, separator: str | None) -> float | None:
    return number(text.replace(",", ".") if separator == ";" else text)
