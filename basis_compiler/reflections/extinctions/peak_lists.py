"""Peaks of a powder pattern, and which space groups fit them in a known cell.

A peak is where it is, within a tolerance. Lines of the cell closer to each other than two tolerances are one
observation: it is forbidden by a class only if the class forbids every line of it, so that an allowed line that
overlaps with a forbidden one says nothing against it. What is not observed is not there or weak; which of the two
is left open, as for single crystals.
"""

from __future__ import annotations

import math
import os
from pathlib import Path

import numpy as np

from basis_compiler.reflections.extinctions.class_ranking import (
    GroupsFor,
    LaueRow,
    PeakLine,
    evidence_of_absences,
    ranked_classes,
)
from basis_compiler.reflections.extinctions.condition_table import condition_table
from basis_compiler.reflections.extinctions.extinction_classes import extinction_classes
from basis_compiler.reflections.extinctions.groups_for import METRIC_TOLERANCE, fitting_laue_classes
from basis_compiler.reflections.extinctions.laue_classes import LaueClass
from basis_compiler.reflections.extinctions.orbit_likelihoods import PEAK_PRIOR, certain
from basis_compiler.reflections.formats.raw_reflections import line_error, number
from basis_store import ReflectionData, ReflectionError
from basis_store.array_types import BoolArray, FloatArray, IntArray
from basis_store.counted import counted
from basis_store.files.regular_file import read_regular
from basis_store.reflections.reflection_data import checked_cell, inverse_squares

MAX_PEAKS = 10_000
MAX_LINES = 200_000
"""Indices in the sphere of the smallest spacing."""
_MAX_UNKNOWN = 0.5
"""Share of peaks that fit no line of the cell."""
_D_HEADINGS = ("d", "d_spacing", "d(a)", "d_angstrom")
_ANGLE_HEADINGS = ("2theta", "two_theta", "2-theta", "2th", "tth", "2theta(deg)", "angle")


def read_peaks(path: str | os.PathLike[str], *, wavelength: float | None = None) -> FloatArray:
    """(n,) spacings d in Angstrom of the peaks of a file, the largest first.

    The first column counts: 2theta in degrees if a wavelength is given, else d. A line of headings before the
    numbers (``d``, ``2theta``) may say which, and must not contradict. Lines that begin with # are comments.

    Args:
        path: a text file.
        wavelength: in Angstrom, for 2theta.

    Raises:
        ReflectionError: a line without a positive number, angles without a wavelength, no peaks; names the line.
        OSError: there is no such file, it may not be read, or is too large.
    """
    name = str(path)
    lines = read_regular(Path(path)).decode("utf-8-sig", errors="replace").splitlines()
    values: list[float] = []
    for count, line in enumerate(lines, start=1):
        cells = line.replace(",", " ").replace(";", " ").split()
        if not cells or cells[0].startswith("#"):
            continue
        value = number(cells[0])
        if value is None and not values:
            _check_heading(cells[0].lower(), wavelength, f"{name}, line {count}")
            continue
        if value is None or value <= 0:
            raise line_error(name, count, line, "the first column is not the position of a peak")
        if wavelength is not None and value >= 180:
            raise line_error(name, count, line, "no 2theta is 180 degrees or more")
        values.append(value)
        if len(values) > MAX_PEAKS:
            raise ReflectionError(f"{name}: it has more than {MAX_PEAKS:,} peaks")
    if not values:
        raise ReflectionError(f"{name}: the file has no peaks")
    found = np.array(values)
    if wavelength is not None:
        found = wavelength / (2 * np.sin(np.deg2rad(found / 2)))
    return np.sort(found)[::-1]


def _check_heading(heading: str, wavelength: float | None, where: str) -> None:
    if heading in _ANGLE_HEADINGS and wavelength is None:
        raise ReflectionError(f"{where}: the peaks are given as 2theta: --wavelength is needed, in Angstrom")
    if heading in _D_HEADINGS and wavelength is not None:
        raise ReflectionError(f"{where}: the peaks are given as d: they need no wavelength")
    if heading not in (*_D_HEADINGS, *_ANGLE_HEADINGS):
        raise ReflectionError(f"{where}: the first column is neither d nor 2theta: {heading[:40]!r}")


def groups_for_peaks(
    d: FloatArray,
    *,
    cell: object,
    wavelength: float | None = None,
    width: float | None = None,
    largest_d: float | None = None,
    laue: str | None = None,
    system: str | None = None,
) -> GroupsFor:
    """The extinction classes and space groups that fit the peaks of a powder pattern, ranked.

    Peaks do not tell Laue classes of one metric apart (4/m and 4/mmm): all are compared.

    Args:
        d: (n,) spacings of the observed peaks in Angstrom.
        cell: six numbers: a, b, c in Angstrom, alpha, beta, gamma in degrees.
        wavelength: in Angstrom; then ``width`` is in degrees of 2theta.
        width: how far a peak may be from its line: by default 0.05 degrees, or without a wavelength 0.1 % of d.
        largest_d: where the pattern begins, in Angstrom; lines of larger spacing are not expected. By default
            there are
            none: every line up to the smallest spacing of a peak could have been seen.
        laue: only Laue classes of this symbol.
        system: only those of this crystal system.

    Raises:
        ReflectionError: no cell, more than half of the peaks fit no line of it, too many lines, or no such Laue
            class.
    """
    d = np.asarray(d, dtype=np.float64)
    if d.ndim != 1 or len(d) == 0 or not (np.isfinite(d) & (d > 0)).all():
        raise ReflectionError("peaks are positive spacings in Angstrom, one for each")
    checked = checked_cell(cell)
    classes_of = _metric_classes(checked, laue, system)
    # 1. The lines of the cell, and which of them are one observation.
    hkl = _lines(checked, float(d.min()), largest_d)
    spacings = inverse_squares(hkl, checked) ** -0.5
    order = np.argsort(-spacings, kind="stable")
    hkl, spacings = hkl[order], spacings[order]
    tolerances = _tolerances(spacings, wavelength, width)
    gaps = spacings[:-1] - spacings[1:] > tolerances[:-1] + tolerances[1:]
    clusters = np.concatenate([[0], np.cumsum(gaps)])
    # 2. Which of them were observed; peaks that belong to none.
    near = np.abs(spacings[None] - d[:, None]) <= tolerances[None]
    unknown = ~near.any(axis=1)
    if unknown.mean() > _MAX_UNKNOWN:
        raise ReflectionError(
            f"{int(unknown.sum())} of {len(d)} peaks fit no line of the cell: these are peaks of another cell, or "
            "wider than the tolerance"
        )
    observed = np.bincount(clusters, near.any(axis=0)) > 0
    zero, present = certain(observed)
    # 3. Extinction classes.
    starts = np.flatnonzero(np.concatenate([[True], gaps]))
    found = []
    for one in classes_of:
        classes = extinction_classes(one)
        absent = np.array([~np.logical_or.reduceat(each.allows(hkl), starts) for each in classes])
        found += list(zip(classes, evidence_of_absences(absent, zero, present, PEAK_PRIOR).tolist(), strict=True))
    ranked = ranked_classes(found)
    best = ranked[0].extinction
    allowed = np.logical_or.reduceat(best.allows(hkl), starts)
    # 4. The table of conditions: of lines that overlap with no other orbit.
    orbits = best.laue.representatives(hkl)[1]
    single = np.array([len(set(orbits[clusters == place])) == 1 for place in range(len(starts))])
    rows = starts[single]
    seen = observed[single].astype(np.float64)
    notes = ["a powder pattern does not tell Laue classes of one metric apart"] if len(classes_of) > 1 else []
    if unknown.any():
        shown = ", ".join(f"{value:.4f}" for value in d[unknown][:5])
        notes.append(
            f"{counted(int(unknown.sum()), 'peak')} fit no line of the cell and do not count: d = {shown}"
        )
    lines = tuple(
        PeakLine(float(spacings[start]), tuple(hkl[start].tolist()), bool(observed[place]), bool(allowed[place]))
        for place, start in enumerate(starts)
    )
    return GroupsFor(
        classes=ranked,
        laue=tuple(LaueRow(one, 0.0, math.nan, 0) for one in classes_of),
        conditions=condition_table(best, hkl[rows], seen, 10 * seen, allowed[single]),
        against=np.flatnonzero(~allowed[single] & observed[single]),
        reflections=ReflectionData(hkl[rows], intensities=seen, cell=checked, wavelength=wavelength),
        unique=len(starts),
        mean_e2=math.nan,
        notes=tuple(notes),
        lines=lines,
    )


def _metric_classes(cell: FloatArray, laue: str | None, system: str | None) -> list[LaueClass]:
    """The Laue classes that leave the cell no more freedom than its metric has."""
    fitting = fitting_laue_classes(cell, laue, system, METRIC_TOLERANCE)
    if laue or system:
        return fitting
    freedom = [_free_parameters(one.rotations) for one in fitting]
    return [one for one, free in zip(fitting, freedom, strict=True) if free == min(freedom)]


def _free_parameters(rotations: IntArray) -> int:
    """How many parameters of a cell a group leaves free: the mean trace on symmetric matrices."""
    traces = np.trace(rotations, axis1=1, axis2=2)
    squares = np.trace(rotations @ rotations, axis1=1, axis2=2)
    return round(float(((traces**2 + squares) / 2).mean()))


def _lines(cell: FloatArray, smallest: float, largest: float | None) -> IntArray:
    """(n, 3) one of each Friedel pair with d from 0.999 times ``smallest`` on."""
    # |h| <= a / d, and so on, in any cell.
    bounds = (cell[:3] / smallest * 1.001).astype(np.int64)
    if np.prod(2 * bounds + 1) > MAX_LINES:
        raise ReflectionError(
            f"the cell has more than {MAX_LINES:,} reflections up to d = {smallest:g}: too many to tell"
        )
    hkl = np.stack(np.meshgrid(*[np.arange(-bound, bound + 1) for bound in bounds], indexing="ij"), axis=-1)
    hkl = hkl.reshape(-1, 3)[: math.prod((2 * bounds + 1).tolist()) // 2]
    spacings = inverse_squares(hkl, cell) ** -0.5
    kept: BoolArray = (spacings >= 0.999 * smallest) & (spacings <= (largest or math.inf))
    return -hkl[kept][::-1]


def _tolerances(d: FloatArray, wavelength: float | None, width: float | None) -> FloatArray:
    """(n,) how far a peak may be from a line, in Angstrom."""
    if wavelength is None:
        return d * (1e-3 if width is None else width / 100)
    # d = wavelength / 2 sin(theta): dd = d cot(theta) dtheta
    sine = np.clip(wavelength / (2 * d), 0, 1)
    half = np.deg2rad(0.05 if width is None else width) / 2
    return np.asarray(d * np.sqrt(1 - sine**2) / sine * half + 1e-9)
