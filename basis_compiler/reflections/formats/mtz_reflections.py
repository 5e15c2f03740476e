"""Reflections of MTZ files, the format of CCP4, read by gemmi: columns by their types.

    J, Q    intensity and its sigma            F, Q    amplitude and its sigma
    K, M    those of Friedel mates             P       phase

The first intensity counts, or else the first amplitude, with the sigma behind it; of an amplitude and a phase for
a map (FWT, PHWT) the phase is the first one. Unmerged files hold reduced indices; the measured ones are restored.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from basis_compiler.reflections.formats.raw_reflections import MAX_REFLECTIONS, RawReflections
from basis_store import ReflectionError, Setting, SettingError
from basis_store.counted import counted
from basis_store.extras import needed_for
from basis_store.reflections.reflection_data import checked_cell


def read_mtz(path: Path, *, name: str) -> RawReflections:
    """The reflections of an MTZ file.

    Args:
        path: a regular file, of a size that was checked.
        name: what messages call it.

    Raises:
        ReflectionError: not an MTZ file, one that promises more than it holds, or one without intensities and F.
        MissingDependencyError: gemmi is not installed.
    """
    with needed_for("reading MTZ files"):
        import gemmi  # noqa: PLC0415 - optional
    try:
        head: Any = gemmi.read_mtz_file(str(path), with_data=False)
        count = head.nreflections * len(head.columns)
        if head.nreflections > MAX_REFLECTIONS or 4 * count > path.stat().st_size:
            raise ReflectionError(
                f"{name}: the MTZ file holds fewer values than it says ({head.nreflections} reflections)"
            )
        return _rows(gemmi.read_mtz_file(str(path)), name)
    except ReflectionError:
        raise
    # Labels and symbols are decoded when they are looked at.
    except (RuntimeError, ValueError, OverflowError, MemoryError) as error:
        raise ReflectionError(f"{name}: not a readable MTZ file: {' '.join(str(error).split())[:200]}") from error


def _rows(mtz: Any, name: str) -> RawReflections:
    if unmerged := len(mtz.batches) > 0:
        mtz.switch_to_original_hkl()
    types = [column.type for column in mtz.columns]
    chosen = _chosen(types)
    if not chosen or types[:3] != ["H", "H", "H"]:
        raise ReflectionError(f"{name}: the MTZ file has no column of intensities or amplitudes")
    raw = RawReflections(name, columns=list(chosen), unit="reflection", unmerged=unmerged)
    raw.notes.append(
        "columns of the MTZ file: " + ", ".join(mtz.columns[place].label for place in chosen.values())
    )
    table = np.asarray(mtz.array, dtype=np.float64)[:, [0, 1, 2, *chosen.values()]]
    measured = [3 + place for place, column in enumerate(chosen) if not column.endswith("sigma")]
    missing = np.asarray(np.isnan(table[:, measured]).all(axis=1))
    for place, row in enumerate(table, start=1):
        if not missing[place - 1]:
            raw.add(place, row[:3].tolist(), row[3:].tolist())
    if missing.any():
        raw.notes.append(f"{counted(int(missing.sum()), 'reflection')} without a value left out")
    _add_crystal(raw, mtz)
    return raw


def _chosen(types: list[str]) -> dict[str, int]:
    """By column of the rows, its place in the file."""
    found: dict[str, int] = {}
    for kind, value, sigma in (("intensity", "J", "Q"), ("intensity", "K", "M"), ("amplitude", "F", "Q")):
        if value in types and not found:
            place = types.index(value)
            found[kind] = place
            if types[place + 1 : place + 2] == [sigma]:
                found[f"{kind} sigma"] = place + 1
    if "P" in types:
        if "F" in types:
            found.setdefault("amplitude", types.index("F"))
        found["phase"] = types.index("P")
    return found


def _add_crystal(raw: RawReflections, mtz: Any) -> None:
    values = [mtz.cell.a, mtz.cell.b, mtz.cell.c, mtz.cell.alpha, mtz.cell.beta, mtz.cell.gamma]
    try:
        raw.cell = checked_cell(values)
    except ReflectionError as error:
        raise ReflectionError(f"{raw.name}: {error}") from error
    wavelengths = {dataset.wavelength for dataset in mtz.datasets if dataset.wavelength > 0}
    raw.wavelength = wavelengths.pop() if len(wavelengths) == 1 else None
    if mtz.spacegroup is not None:
        try:
            raw.setting = Setting.parse(f"hall:{mtz.spacegroup.hall}").hall_number
        except SettingError:
            raw.notes.append(f"the space group {mtz.spacegroup.xhm()} of the MTZ file is none of the 530 settings")
