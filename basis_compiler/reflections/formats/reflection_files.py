"""Every file of reflections that is read: SHELX ``.hkl``, CIF and fcf, CSV and other tables, MTZ.

What several lines with the same indices mean depends on the file:

- Lists of measurements (``.hkl``, ``_diffrn_refln_``, unmerged MTZ, tables) hold every reflection many times. All
  are
  kept: whoever needs one value takes their weighted mean (:func:`merge_repeated`).
- Lists with phases hold each reflection once. A repeated line that says the same is left out, with a note; one
  that says something else is an error.
- Measured values in a list that should be unique (``_refln_``, merged MTZ) are kept as measurements, with a note.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

import numpy as np

from basis_compiler.reflections.formats.cif_reflections import parse_cif_reflections
from basis_compiler.reflections.formats.mtz_reflections import read_mtz
from basis_compiler.reflections.formats.raw_reflections import RawReflections
from basis_compiler.reflections.formats.shelx_files import parse_instructions, parse_shelx
from basis_compiler.reflections.formats.table_reflections import parse_table
from basis_store import ReflectionData, ReflectionError
from basis_store.array_types import FloatArray, IntArray
from basis_store.counted import counted
from basis_store.files.regular_file import check_regular, read_regular
from basis_store.reflections.reflection_data import checked_cell, inverse_squares

MAX_FILE_SIZE = 200_000_000
"""Bytes."""

ReflectionFormat = Literal["shelx", "cif", "table", "mtz"]
_ENDINGS: dict[str, ReflectionFormat] = {
    ".hkl": "shelx", ".hkl4": "shelx", ".hkl3": "shelx", ".hklf4": "shelx",
    ".cif": "cif", ".fcf": "cif", ".mmcif": "cif", ".ent": "cif",
    ".csv": "table", ".tsv": "table", ".txt": "table", ".dat": "table",
    ".mtz": "mtz",
}  # fmt: skip
_SAME_CELL = 0.01
_SAME_SPACING = 0.02


def read_reflections(
    path: str | os.PathLike[str],
    *,
    cell: object = None,
    values: Literal["intensity", "amplitude"] | None = None,
    calculated: bool = False,
) -> ReflectionData:
    """The reflections of a file; its name says its format.

    Args:
        path: ``.hkl`` of SHELX, with its ``.ins`` or ``.res`` beside it if there is one; ``.cif``, ``.fcf`` or
            ``.mmcif``; ``.csv``, ``.tsv``, ``.txt`` or ``.dat``; ``.mtz``.
        cell: six numbers, a, b, c in Angstrom, alpha, beta, gamma in degrees, where the file has none.
        values: what a ``.hkl`` file holds: F^2 (HKLF 4) or F (HKLF 3); by default what its ``.ins`` says, or else
            F^2.
        calculated: take calculated amplitudes even where there are measured ones.

    Returns:
        Intensities, also where the file has amplitudes (F^2, with 2 F sigma); amplitudes, also where it has
        intensities (0 for negative ones); phases where there are some.

    Raises:
        ReflectionError: what the file says is no list of reflections, contradicts itself or the cell that is
            given; names the line.
        MissingDependencyError: gemmi is needed for it and not installed.
        OSError: there is no such file, it may not be read, or is larger than 200 MB.
    """
    path, name = Path(path), str(path)
    check_regular(path)
    given = None if cell is None else checked_cell(cell)
    # 1. The rows.
    raw = _read(path, name, values)
    if not raw.places:
        raise ReflectionError(f"{name}: the file has no reflections")
    # 2. The cell: it must be that of the file, and give the spacings that the file lists.
    if given is not None and raw.cell is not None and not np.allclose(given, raw.cell, rtol=_SAME_CELL, atol=0):
        own = " ".join(f"{value:g}" for value in raw.cell)
        raise ReflectionError(f"{name}: these are reflections of another cell: the file has {own}")
    raw.cell = raw.cell if given is None else given
    _check_spacings(raw)
    # 3. The values.
    hkl, intensity, sigma, amplitude, phase = _values(raw, calculated)
    notes = [*raw.notes]
    keep, repeated = _first_of_each(raw, hkl, amplitude, phase)
    if repeated:
        notes.append(repeated)
    return ReflectionData(
        hkl[keep],
        intensities=None if intensity is None else intensity[keep],
        sigmas=None if sigma is None else sigma[keep],
        amplitudes=None if amplitude is None else amplitude[keep],
        phases=None if phase is None else phase[keep],
        cell=raw.cell,
        setting=raw.setting,
        wavelength=raw.wavelength,
        radiation=raw.radiation,
        f000=raw.f000,
        notes=tuple(notes),
    )


def _read(path: Path, name: str, values: str | None) -> RawReflections:
    known = _ENDINGS.get(path.suffix.lower())
    if known == "mtz":
        if path.stat().st_size > MAX_FILE_SIZE:
            raise ReflectionError(f"{name}: the file is larger than {MAX_FILE_SIZE / 1e6:.0f} MB")
        return read_mtz(path, name=name)
    content = read_regular(path, limit=MAX_FILE_SIZE)
    text = content.decode("utf-8-sig", errors="replace")
    if b"\0" in content[:1000]:
        raise ReflectionError(f"{name}: not a text file; MTZ files are named *.mtz")
    if known is None:
        known = "cif" if text.lstrip()[:5].lower() == "data_" else None
    if known is None:
        raise ReflectionError(f"{name}: not a known name of a file of reflections: {' '.join(_ENDINGS)}")
    if known == "cif":
        return parse_cif_reflections(text, name=name)
    if known == "table":
        return parse_table(text, name=name)
    return _shelx(path, text, name, values)


def _shelx(path: Path, text: str, name: str, values: str | None) -> RawReflections:
    """With what the ``.ins`` or ``.res`` file beside it says."""
    beside = (path.with_suffix(ending) for ending in (".ins", ".INS", ".res", ".RES"))
    for other in beside:
        if not other.is_file():
            continue
        found = parse_instructions(read_regular(other).decode("utf-8", errors="replace"), name=str(other))
        if found is None:
            continue
        raw = parse_shelx(text, name=name, kind=values or found.kind)
        try:
            raw.cell = checked_cell(found.cell)
        except ReflectionError as error:
            raise ReflectionError(f"{other}: {error}") from error
        raw.wavelength = found.wavelength if found.wavelength > 0 else None
        what = "F^2 (HKLF 4)" if raw.columns[0] == "intensity" else "F (HKLF 3)"
        raw.notes.append(f"the cell comes from {other.name}; {path.name} holds {what}")
        return raw
    return parse_shelx(text, name=name, kind=values or "intensity")


def _check_spacings(raw: RawReflections) -> None:
    listed = raw.values("d")
    if listed is None or raw.cell is None:
        return
    squares = inverse_squares(raw.hkl(), raw.cell)
    with np.errstate(divide="ignore", invalid="ignore"):
        wrong = np.abs(listed * np.sqrt(squares) - 1) > _SAME_SPACING
    wrong &= ~np.isnan(listed) & (squares > 0)
    if wrong.any():
        row = int(wrong.argmax())
        expected = squares[row] ** -0.5
        raise raw.error(
            raw.places[row],
            f"d = {listed[row]:g} is listed, and the cell gives {expected:.4g}: reflections of another cell",
        )


_Values = tuple[IntArray, FloatArray | None, FloatArray | None, FloatArray | None, FloatArray | None]


def _values(raw: RawReflections, calculated: bool) -> _Values:
    """Indices, intensities, sigmas, amplitudes and phases, without rows that lack what the others have."""
    intensity, sigma = raw.values("intensity"), raw.values("intensity sigma")
    measured, measured_sigma = raw.values("amplitude"), raw.values("amplitude sigma")
    squared, model, phase = raw.values("calculated squared"), raw.values("calculated"), raw.values("phase")
    if model is None and squared is not None:
        model = np.sqrt(np.maximum(squared, 0))
    if intensity is None and measured is not None:
        # Of a signed F (the square root of a negative intensity) the sign is kept; uncertainties of F^2 for F ~ 0.
        intensity = measured * np.abs(measured)
        if measured_sigma is not None:
            sigma = np.sqrt(
                4 * intensity**2 / np.maximum(np.abs(intensity), 1e-300) * measured_sigma**2
                + 2 * measured_sigma**4
            )
    amplitude = measured
    if amplitude is None and intensity is not None:
        amplitude = np.sqrt(np.maximum(intensity, 0))
    if model is not None and (calculated or amplitude is None):
        amplitude = model
    if calculated and model is None:
        raise ReflectionError(f"{raw.name}: it lists no calculated amplitudes")
    present = [column for column in (intensity, sigma, amplitude, phase) if column is not None]
    whole = ~np.any([np.isnan(column) for column in present], axis=0)
    if not whole.any():
        raise ReflectionError(f"{raw.name}: no reflection has all of its values")
    if not whole.all():
        raw.notes.append(f"{counted(int((~whole).sum()), 'reflection')} of {raw.name} lacking a value left out")
    raw.places = [place for place, one in zip(raw.places, whole, strict=True) if one]
    if amplitude is not None:
        # A real F of a centrosymmetric crystal may have a sign: that is its phase.
        if phase is None and amplitude is model and (amplitude[whole] < 0).any():
            phase = np.where(amplitude < 0, 180.0, 0.0)
        amplitude = np.abs(amplitude) if amplitude is model else np.maximum(amplitude, 0)
    kept = [None if column is None else column[whole] for column in (intensity, sigma, amplitude, phase)]
    return raw.hkl()[whole], kept[0], kept[1], kept[2], kept[3]


def _first_of_each(
    raw: RawReflections, hkl: IntArray, amplitude: FloatArray | None, phase: FloatArray | None
) -> tuple[IntArray, str]:
    """The rows to keep, and a note; see the head of this file."""
    everything = np.arange(len(hkl))
    _, first, inverse, counts = np.unique(hkl, axis=0, return_index=True, return_inverse=True, return_counts=True)
    if (counts == 1).all():
        return everything, ""
    repeated = int((counts > 1).sum())
    if phase is None or amplitude is None:
        if raw.unmerged:
            return everything, ""
        return (
            everything,
            f"{counted(repeated, 'index', 'indices')} of {raw.name} occur several times: separate measurements",
        )
    own = first[inverse.reshape(-1)]
    scale = np.maximum(amplitude, amplitude[own]) + 1e-12
    turned = np.abs((phase - phase[own] + 180) % 360 - 180)
    wrong = (np.abs(amplitude - amplitude[own]) > 2e-3 * scale) | ((turned > 0.2) & (scale > 1e-6))
    if wrong.any():
        row = int(wrong.argmax())
        index = " ".join(map(str, hkl[row].tolist()))
        raise raw.error(
            raw.places[row],
            f"{index} is there twice with different values (first in {raw.unit} {raw.places[int(own[row])]})",
        )
    return np.sort(
        first
    ), f"{counted(len(hkl) - len(first), 'line')} of {raw.name} that repeat another are left out"
