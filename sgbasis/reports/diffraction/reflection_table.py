"""The reflections of a crystal as readable text: what they are of, a table, and why others are absent."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from basis_compiler.reflections.absence_reasons import REASONS
from basis_compiler.reflections.scattering_factors import NAMES, UNITS
from basis_store.counted import counted
from basis_store.groups.cell_parameters import cell_parameters
from basis_store.printable import printable
from basis_store.tables.text_table import table_lines
from sgbasis.reports.change_of_basis import axes_text, coordinates_text, operation_text

if TYPE_CHECKING:
    from basis_compiler import ReflectionList

MAX_ROWS = 200
"""Of a printed table; files have all."""

_BY = {
    "centring": "by the centring",
    "glide plane": "by a glide plane",
    "screw axis": "by a screw axis",
    "special position": "by the special positions of the atoms, not by the group",
    "cancellation": "since atoms of different sites cancel, not by the group",
}


def reflections_text(found: ReflectionList, *, absences: bool) -> str:
    """Facts, a table of the reflections that are present, and the absent ones in numbers or in a table.

    Args:
        found: the reflections.
        absences: whether to list the absent reflections with their reasons and operations.
    """
    lines = [printable(found.standard.crystal.name), *_facts(found), ""]
    rows: list[tuple[str, ...]] = [("h", "k", "l", "m", "d", "2theta", "|F|", "phase", "I")]
    relative, phases = found.relative_intensities, found.phases
    for i in range(min(len(found), MAX_ROWS)):
        rows.append(
            (
                *map(str, found.hkl[i].tolist()), str(found.multiplicities[i]), f"{found.d[i]:.5f}",
                _or_dash(found.two_theta[i], 4), f"{found.amplitudes[i]:.3f}", phase_text(phases[i]),
                _or_dash(relative[i], 2),
            )
        )  # fmt: skip
    lines += table_lines(rows, left=())
    if len(found) > MAX_ROWS:
        lines.append(f"... and {len(found) - MAX_ROWS:,} more: --output writes all to a file")
    lines += ["", *(_absence_table(found) if absences else _absence_counts(found))]
    return "\n".join(lines)


def absence_operation(found: ReflectionList, row: int) -> str:
    """The operation that forbids an absent reflection, in the coordinates of its cell; ``""`` if none does."""
    witness = int(found.absences.witnesses[row])
    return "" if witness < 0 else operation_text(found.standard, witness, own_cell=found.cell == "file")


def phase_text(degrees: float) -> str:
    """A phase with one decimal: never -0.0 or -180.0."""
    rounded = round(degrees, 1)
    return f"{180.0 if rounded == -180 else rounded + 0.0:.1f}"


def _facts(found: ReflectionList) -> list[str]:
    standard = found.standard
    cell = cell_parameters(found.lattice)
    edges = " ".join(f"{value:.5f}" for value in cell[:3])
    angles = " ".join(f"{value:.8g}" for value in np.round(cell[3:], 4))
    whose = "the cell of the file" if found.cell == "file" else "the standard setting"
    if found.setting is None:
        whose += ", which is in none of the 530 settings"
    setting = found.setting or standard.setting
    other = f", standard setting {standard.setting.label}" if setting != standard.setting else ""
    facts = [
        ("space group", f"{setting.label} ({setting.full_symbol}){other}"),
        ("indices of", f"{whose}: {edges} Angstrom, {angles} degrees"),
    ]
    if coordinates_text(standard) != "x, y, z":
        frame = "those of the file" if found.cell == "file" else "those of the standard setting"
        facts += [
            ("standard axes", f"{axes_text(standard)} of the file"),
            ("standard x, y, z", f"{coordinates_text(standard)} of the file; indices and phases are {frame}"),
        ]
    unit = UNITS[found.radiation]
    facts += [
        ("radiation", f"{NAMES[found.radiation]} of {found.wavelength:.6g} Angstrom, |F| in {unit}"),
        ("displacements", found.displacements),
        ("F(000)", f"{found.zero_factor:.6g} {unit} in the cell"),
        ("reflections", f"{len(found):,}{' (hkl and -h-k-l apart)' * (not found.friedel)}, down to d = "
                        f"{found.d_min:.4f} Angstrom; I: powder, strongest line 100"),
    ]  # fmt: skip
    if beyond := int(np.isnan(found.two_theta).sum()):
        half = found.wavelength / 2
        facts.append(
            ("without angle", f"{beyond:,} of them: with d below half the wavelength, {half:.4f} Angstrom")
        )
    width = max(len(name) for name, _ in facts)
    return [f"  {name.ljust(width)}  {value}" for name, value in facts]


def _absence_counts(found: ReflectionList) -> list[str]:
    counts = [(reason, found.absences.count(reason)) for reason in REASONS]
    lines = [f"  {count:,} {_BY[reason]}" for reason, count in counts if count]
    if not lines:
        return ["No reflection is absent."]
    return [f"{counted(len(found.absences), 'reflection')} absent (--absences lists them):", *lines]


def _absence_table(found: ReflectionList) -> list[str]:
    if not len(found.absences):
        return ["No reflection is absent."]
    rows: list[tuple[str, ...]] = [("h", "k", "l", "m", "d", "absent by", "operation")]
    for i in range(min(len(found.absences), MAX_ROWS)):
        reason = REASONS[found.absences.reasons[i]]
        rows.append(
            (
                *map(str, found.absences.hkl[i].tolist()), str(found.absences.multiplicities[i]),
                f"{found.absences.d[i]:.5f}", reason, absence_operation(found, i),
            )
        )  # fmt: skip
    lines = table_lines(rows, left=(5, 6))
    if len(found.absences) > MAX_ROWS:
        lines.append(f"... and {len(found.absences) - MAX_ROWS:,} more: --output writes all to a file")
    return lines


def _or_dash(value: float, digits: int) -> str:
    return f"{value:.{digits}f}" if math.isfinite(value) else "-"
