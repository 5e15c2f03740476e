"""Reflections as the content of files: CSV, Excel workbooks, JSON, fcf, HKLF 4 of SHELX, and powder profiles."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from basis_compiler.reflections.absence_reasons import REASONS
from basis_compiler.reflections.powder_pattern import two_theta_of
from basis_compiler.reflections.scattering_factors import UNITS
from basis_store import ReflectionError
from basis_store.array_types import FloatArray
from basis_store.groups.cell_parameters import cell_parameters
from basis_store.printable import csv_cell
from basis_store.version import VERSION
from sgbasis.prediction.forms.workbook import workbook_bytes
from sgbasis.reports.change_of_basis import cell_operations
from sgbasis.reports.diffraction.reflection_table import absence_operation

if TYPE_CHECKING:
    from basis_compiler import ReflectionList

_COLUMNS = (
    "crystal", "h", "k", "l", "multiplicity", "d (Angstrom)", "two_theta (degrees)", "amplitude ({})",
    "phase (degrees)", "relative_intensity (%)", "absent_by", "operation",
)  # fmt: skip
"""With the unit of amplitudes, which depends on the radiation, left open."""

_ABOUT = (
    "One row for each reflection that is not equivalent to another; indices of the cell of the file, or, with "
    "--cell standard, of the standard setting.",
    "multiplicity: the number of equivalent reflections; d: spacing of the planes; amplitude and phase: of the "
    "structure factor of one cell.",
    "relative_intensity: m |F|^2 LP in a powder, in per cent of the strongest line.",
    "absent_by: why a reflection is absent, and the operation of the group that forbids it.",
)
_MOST_ROWS = 1_048_575
"""Of a sheet of Excel, without the headings."""

_PROBES = {"xray": "x-ray", "neutron": "neutron", "electron": "electron"}
"""What a CIF calls the radiation."""

RELATIVE_SIGMA = 0.01
LARGEST_HKLF4 = 99999.0
_SMALLEST_SIGMA = 0.01


def reflections_csv(lists: Sequence[ReflectionList], *, absences: bool) -> str:
    """A table with one row per reflection: of every crystal those that are present, then the absent ones.

    Numbers have eight digits. Operations are in parentheses, without which a spreadsheet takes
    ``-x, y, z`` for a formula.

    Args:
        lists: the reflections of at least one crystal, for one radiation.
        absences: whether to write the absent reflections.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(_headings(lists))
    for name, *values, operation in _rows(lists, absences):
        shown = [f"{one:.8g}" if isinstance(one, float) else one for one in values]
        writer.writerow([csv_cell(str(name)), *shown, f"({operation})" if operation else ""])
    return buffer.getvalue()


def reflections_workbook(lists: Sequence[ReflectionList], *, absences: bool) -> bytes:
    """The same table as a workbook of Excel.

    Args:
        lists: the reflections of at least one crystal, for one radiation.
        absences: whether to write the absent reflections.

    Raises:
        ReflectionError: more rows than a sheet can have.
        MissingDependencyError: openpyxl is not installed.
    """
    count = sum(len(one) + len(one.absences) * absences for one in lists)
    if count > _MOST_ROWS:
        raise ReflectionError(f"a workbook has up to {_MOST_ROWS:,} rows, not {count:,}: write a .csv file")
    amplitudes = UNITS[lists[0].radiation]
    units = [None, "", "", "", "", "Angstrom", "degrees", amplitudes, "degrees", "%", None, None]
    return workbook_bytes(
        _headings(lists), _rows(lists, absences), units=units, kept=4, about=_ABOUT, title="reflections"
    )


def reflections_json(lists: Sequence[ReflectionList]) -> str:
    """A JSON list with one object, and one line, per crystal."""
    return "[\n" + ",\n".join(json.dumps(_facts(one), allow_nan=False) for one in lists) + "\n]\n"


def hklf4_text(found: ReflectionList, *, absences: bool) -> str:
    """HKLF 4 of SHELX: h, k, l, |F|^2 and its standard uncertainty, in fixed columns, with a row of 0 at the end.

    Computed intensities have no uncertainty: written is 1 % of each, and at least the last digit. Intensities that
    are too large for their columns are scaled down together.

    Args:
        found: the reflections.
        absences: whether to write the absent reflections, with intensities of 0.

    Raises:
        ReflectionError: an index that has more than four characters.
    """
    hkl = np.concatenate([found.hkl, found.absences.hkl]) if absences else found.hkl
    intensities = np.concatenate([found.amplitudes**2, np.zeros(len(hkl) - len(found))])
    if ((hkl > 9999) | (hkl < -999)).any():
        raise ReflectionError("indices beyond -999 and 9999 have no room in HKLF 4: end at a larger d")
    intensities *= min(1.0, LARGEST_HKLF4 / max(intensities.max(initial=0.0), 1e-300))
    sigmas = np.maximum(RELATIVE_SIGMA * intensities, _SMALLEST_SIGMA)
    rows = zip(hkl.tolist(), intensities.tolist(), sigmas.tolist(), strict=True)
    lines = [f"{h:4d}{k:4d}{l:4d}{i:8.2f}{s:8.2f}" for (h, k, l), i, s in rows]  # noqa: E741 - Miller indices
    return "\n".join([*lines, f"{0:4d}{0:4d}{0:4d}{0:8.2f}{0:8.2f}"]) + "\n"


def fcf_text(found: ReflectionList) -> str:
    """A CIF with the cell, the operations and a loop of reflections: calculated amplitudes, phases and F^2.

    Operations are those of the cell of the indices. They are left out where they have no exact form in it: if the
    cell is not mapped to itself, or its origin is no multiple of 1/24.
    """
    standard = found.standard
    names = ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma")
    lines = ["data_reflections", f"_audit_creation_method sgbasis-{VERSION}"]
    lines += [
        f"_cell_{name} {value:.10g}" for name, value in zip(names, cell_parameters(found.lattice), strict=True)
    ]
    lines.append(f"_diffrn_radiation_wavelength {found.wavelength:.10g}")
    lines.append(f"_diffrn_radiation_probe {_PROBES[found.radiation]}")
    lines.append(f"_exptl_crystal_F_000 {found.zero_factor:.10g}")
    operations = cell_operations(standard, own_cell=found.cell == "file")
    if operations:
        lines += ["loop_", "_space_group_symop_operation_xyz", *(f"'{one}'" for one in operations)]
    tags = ("index_h", "index_k", "index_l", "F_squared_calc", "F_calc", "phase_calc", "d_spacing")
    lines += ["loop_", *(f"_refln_{tag}" for tag in tags)]
    # Those that are 0 by the positions of the atoms are known as well; what the group forbids is left out.
    zero = found.absences.witnesses < 0
    nothing = np.zeros(int(zero.sum()))
    columns = (
        np.concatenate([found.hkl, found.absences.hkl[zero]]),
        np.concatenate([found.amplitudes, nothing]),
        np.concatenate([found.phases, nothing]),
        np.concatenate([found.d, found.absences.d[zero]]),
    )
    rows = zip(*(column.tolist() for column in columns), strict=True)
    for (h, k, l), amplitude, phase, d in rows:  # noqa: E741 - Miller indices
        lines.append(f"{h} {k} {l} {amplitude**2:.12g} {amplitude:.12g} {round(phase, 9) + 0.0:.12g} {d:.8g}")
    return "\n".join(lines) + "\n"


def profile_csv(angles: FloatArray, intensities: FloatArray) -> str:
    """Two columns: 2 theta in degrees, and the intensity in per cent of the highest point."""
    scaled = 100 * intensities / max(float(intensities.max(initial=0.0)), 1e-300)
    rows = zip(angles.tolist(), scaled.tolist(), strict=True)
    return "two_theta (degrees),intensity (%)\n" + "".join(f"{angle:.6g},{value:.6g}\n" for angle, value in rows)


def _headings(lists: Sequence[ReflectionList]) -> list[str]:
    return [heading.format(UNITS[lists[0].radiation]) for heading in _COLUMNS]


def _rows(lists: Sequence[ReflectionList], absences: bool) -> Iterator[list[str | float | None]]:
    """Of every crystal the reflections that are present, then the absent ones."""
    for found in lists:
        name = found.standard.crystal.name
        for row in _present(found):
            yield [name, *row.values(), "", ""]
        for row in _absent(found) if absences else ():
            values = [row[key] for key in ("h", "k", "l", "multiplicity", "d", "two_theta")]
            yield [name, *values, 0.0, None, 0.0, row["absent_by"], row["operation"]]


def _facts(found: ReflectionList) -> dict[str, Any]:
    standard = found.standard
    return {
        "name": standard.crystal.name,
        "space_group_number": standard.setting.number,
        "setting": standard.setting.label,
        "hall_number": standard.setting.hall_number,
        "indices_of": found.cell,
        "setting_of_indices": None if found.setting is None else found.setting.label,
        "cell": cell_parameters(found.lattice).tolist(),
        "change_of_basis": standard.change_of_basis.tolist(),
        "change_of_basis_denominator": standard.denominator,
        "origin_shift": standard.origin_shift.tolist(),
        "radiation": found.radiation,
        "wavelength": found.wavelength,
        "d_min": found.d_min,
        "friedel_pairs_merged": found.friedel,
        "displacements": found.displacements,
        "f000": found.zero_factor,
        "notes": [*standard.notes, *found.notes],
        "reflections": list(_present(found)),
        "absences": list(_absent(found)),
    }


def _present(found: ReflectionList) -> Iterator[dict[str, Any]]:
    phases, relative = found.phases, found.relative_intensities
    for i, (h, k, l) in enumerate(found.hkl.tolist()):  # noqa: E741 - Miller indices
        yield {
            "h": h,
            "k": k,
            "l": l,
            "multiplicity": int(found.multiplicities[i]),
            "d": float(found.d[i]),
            "two_theta": _finite(found.two_theta[i]),
            "amplitude": float(found.amplitudes[i]),
            "phase": float(phases[i]),
            "relative_intensity": _finite(relative[i]),
        }


def _absent(found: ReflectionList) -> Iterator[dict[str, Any]]:
    absences = found.absences
    angles = two_theta_of(absences.d, found.wavelength)
    for i, (h, k, l) in enumerate(absences.hkl.tolist()):  # noqa: E741 - Miller indices
        yield {
            "h": h,
            "k": k,
            "l": l,
            "multiplicity": int(absences.multiplicities[i]),
            "d": float(absences.d[i]),
            "two_theta": _finite(angles[i]),
            "absent_by": REASONS[absences.reasons[i]],
            "operation": absence_operation(found, i),
        }


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
