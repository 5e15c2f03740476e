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
    class_notes,
    evidence_of_absences,
    ranked_classes,
)
from basis_compiler.reflections.extinctions.condition_table import condition_table
from basis_compiler.reflections.extinctions.extinction_classes import extinction_classes
from basis_compiler.reflections.extinctions.group_evidence import PEAK_PRIOR
from basis_compiler.reflections.extinctions.groups_for import METRIC_TOLERANCE, fitting_laue_classes
from basis_compiler.reflections.extinctions.laue_classes import LaueClass
from basis_compiler.reflections.extinctions.orbit_likelihoods import certain
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
    smallest = d.min() - _tolerances(d.min(keepdims=True), wavelength, width)[0]
    hkl = _lines(checked, float(smallest), largest_d)
    if len(hkl) == 0:
        raise ReflectionError("the cell has no lines where the peaks are: is it another cell?")
    spacings = inverse_squares(hkl, checked) ** -0.5
    order = np.argsort(-spacings, kind="stable")
    hkl, spacings = hkl[order], spacings[order]
    tolerances = _tolerances(spacings, wavelength, width)
    gaps = spacings[:-1] - spacings[1:] > tolerances[:-1] + tolerances[1:]
    clusters = np.concatenate([[0], np.cumsum(gaps)])
    # 2. Which of them were observed; peaks that belong to none.
    seen = np.abs(spacings - d[_nearest(d, spacings)]) <= tolerances
    line = _nearest(spacings, d)
    unknown = np.abs(spacings[line] - d) > tolerances[line]
    if unknown.mean() > _MAX_UNKNOWN:
        raise ReflectionError(
            f"{int(unknown.sum())} of {len(d)} peaks fit no line of the cell: these are peaks of another cell, or "
            "wider than the tolerance"
        )
    observed = np.bincount(clusters, seen) > 0
    likelihoods = certain(observed)
    # 3. Extinction classes.
    starts = np.flatnonzero(np.concatenate([[True], gaps]))
    classes = [each for one in classes_of for each in extinction_classes(one)]
    absent = np.array([~np.logical_or.reduceat(each.allows(hkl), starts) for each in classes])
    evidence = evidence_of_absences(absent, likelihoods, PEAK_PRIOR)
    ranked = ranked_classes([(one, value, 0.0) for one, value in zip(classes, evidence.tolist(), strict=True)])
    best = ranked[0].extinction
    allowed = np.logical_or.reduceat(best.allows(hkl), starts)
    # 4. The table of conditions: of lines that overlap with no other orbit.
    waves, orbits = best.laue.representatives(hkl)
    single = np.minimum.reduceat(orbits, starts) == np.maximum.reduceat(orbits, starts)
    rows = starts[single]
    shown = waves[orbits]
    height = observed[single].astype(np.float64)
    notes = ["a powder pattern does not tell Laue classes of one metric apart"] if len(classes_of) > 1 else []
    notes += class_notes(ranked)
    if unknown.any():
        some = ", ".join(f"{value:.4f}" for value in d[unknown][:5])
        notes.append(f"{counted(int(unknown.sum()), 'peak')} fit no line of the cell and do not count: d = {some}")
    # Of lines that overlap, the first that may be there gives its indices.
    shown_first = np.lexsort((np.arange(len(hkl)), ~best.allows(hkl), clusters))[starts]
    lines = tuple(
        PeakLine(float(spacings[row]), tuple(shown[row].tolist()), bool(observed[place]), bool(allowed[place]))
        for place, row in enumerate(shown_first)
    )
    return GroupsFor(
        classes=ranked,
        laue=tuple(LaueRow(one, 0.0, math.nan, 0) for one in classes_of),
        conditions=condition_table(best, shown[rows], orbits[rows], height, 10 * height, allowed[single]),
        against=np.flatnonzero(~allowed[single] & observed[single]),
        reflections=ReflectionData(shown[rows], intensities=height, cell=checked, wavelength=wavelength),
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
    fewest = min(one.free_parameters for one in fitting)
    return [one for one in fitting if one.free_parameters == fewest]


def _lines(cell: FloatArray, smallest: float, largest: float | None) -> IntArray:
    """(n, 3) one of each Friedel pair, with d of at least ``smallest``."""
    # |h| <= a / d, and so on, in any cell.
    bounds = (cell[:3] / smallest * 1.001).astype(np.int64)
    if np.prod(2 * bounds + 1) > MAX_LINES:
        raise ReflectionError(
            f"the cell has more than {MAX_LINES:,} reflections up to d = {smallest:g}: too many to tell"
        )
    hkl = np.stack(np.meshgrid(*[np.arange(-bound, bound + 1) for bound in bounds], indexing="ij"), axis=-1)
    hkl = hkl.reshape(-1, 3)[: math.prod((2 * bounds + 1).tolist()) // 2]
    spacings = inverse_squares(hkl, cell) ** -0.5
    kept: BoolArray = (spacings >= smallest) & (spacings <= (largest or math.inf))
    return -hkl[kept][::-1]


def _nearest(values: FloatArray, points: FloatArray) -> IntArray:
    """(n,) indices of the nearest of ``values`` to each of n ``points``."""
    order = np.argsort(values)
    right = np.searchsorted(values[order], points).clip(1, max(len(values) - 1, 1))
    left, right = order[right - 1], order[np.minimum(right, len(values) - 1)]
    return np.asarray(np.where(np.abs(values[left] - points) <= np.abs(values[right] - points), left, right))


def _tolerances(d: FloatArray, wavelength: float | None, width: float | None) -> FloatArray:
    """(n,) how far a peak may be from a line, in Angstrom."""
    if wavelength is None:
        return d * (1e-3 if width is None else width / 100)
    # d = wavelength / 2 sin(theta): dd = d cot(theta) dtheta
    sine = np.clip(wavelength / (2 * d), 0, 1)
    half = np.deg2rad(0.05 if width is None else width) / 2
    return np.asarray(d * np.sqrt(1 - sine**2) / sine * half + 1e-9)
