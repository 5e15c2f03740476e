"""Which space groups fit measured reflections: Laue class, extinction class, and what speaks for and against it.

1. Laue classes whose rotations keep the metric of the cell; for each, the evidence that equivalents agree
   (:mod:`orbit_likelihoods`), or would but for a slight distortion (:mod:`pseudo_symmetry`), and how common the
   class is among crystals with such a metric (:mod:`laue_frequencies`).
2. The extinction classes of the settings in these axes (:mod:`extinction_classes`): an exact list of what each
   forbids.
3. Reflections that the same classes forbid form a group. Its evidence if forbidden, and if not, comes from
   :mod:`group_evidence`; that of a class is the sum over groups. Of nested classes the more restrictive one wins
   where its absences are 0 within noise, apart from a few, unless pseudo-translations (:mod:`pseudo_translations`)
   explain them or it is much rarer (:mod:`group_frequencies`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from basis_compiler.reflections.extinctions.class_ranking import (
    GroupsFor,
    LaueRow,
    agreement,
    class_notes,
    evidence_of_absences,
    ranked_classes,
)
from basis_compiler.reflections.extinctions.condition_table import condition_table, untested_note
from basis_compiler.reflections.extinctions.extinction_classes import ExtinctionClass, extinction_classes
from basis_compiler.reflections.extinctions.group_frequencies import log_frequencies
from basis_compiler.reflections.extinctions.intensity_statistics import mean_e2, shell_means
from basis_compiler.reflections.extinctions.lattice_symmetry import conventional_cell_note
from basis_compiler.reflections.extinctions.laue_classes import LaueClass, laue_classes
from basis_compiler.reflections.extinctions.laue_frequencies import log_laue_frequencies
from basis_compiler.reflections.extinctions.orbit_likelihoods import (
    PROPORTIONAL_ERROR,
    log_outlier,
    orbit_likelihoods,
)
from basis_compiler.reflections.extinctions.pseudo_symmetry import (
    FittedLaueClass,
    with_accidents,
    with_distortions,
)
from basis_compiler.reflections.extinctions.pseudo_translations import index_classes
from basis_store import ReflectionData, ReflectionError
from basis_store.array_types import FloatArray, IntArray
from basis_store.reflections.reflection_data import inverse_squares, metric_tensor

METRIC_TOLERANCE = 0.01
"""Of products of cell vectors: 0.5 % of a length, 0.6 degrees of an angle."""
_SHELL = 60
"""Measurements of a resolution shell, at least."""
_ASSUMED_ERROR = 0.01
_ENOUGH = 20
"""Strong measurements from which the proportional error is estimated."""
_MEDIAN = 0.6745
"""Of the size of a normal variable with standard deviation 1."""
_PROPORTIONAL_RANGE = (0.01, 0.2)


def groups_for(
    reflections: ReflectionData,
    *,
    laue: str | None = None,
    system: str | None = None,
    tolerance: float = METRIC_TOLERANCE,
) -> GroupsFor:
    """The extinction classes and space groups that fit measured reflections, ranked.

    All 530 settings in the axes of the indices are compared. The ranking is robust against a few per cent of
    reflections that are observed although they are forbidden, such as by multiple scattering. Every measurement
    counts: do not merge equivalents.

    Args:
        reflections: with intensities (or amplitudes) and a cell; without sigmas, errors of 1 % of the mean
            intensity are assumed.
        laue: only Laue classes of this symbol, such as ``"mmm"`` or ``"2/m"``; by default those that the cell
            allows.
        system: only those of this crystal system, such as ``"monoclinic"``.
        tolerance: by how much products of cell vectors, over their lengths, may differ from the symmetry.

    Raises:
        ReflectionError: no intensities, no cell, all intensities are 0, or no Laue class fits what is given.
    """
    # 1. Numbers that can be compared: intensities over the mean of their shell.
    data, notes = _usable(reflections)
    intensities, sigmas, cell = data.intensities, data.sigmas, data.cell
    assert intensities is not None and sigmas is not None and cell is not None
    means = shell_means(intensities, inverse_squares(data.hkl, cell), _SHELL)
    y, s = intensities / means, np.maximum(sigmas / means, 1e-7)
    outlier = log_outlier(y, s)
    proportional = _proportional_error(y, s, data.hkl)
    # 2. Laue classes: how well equivalents agree, in those that differ from the best by a distortion as well.
    candidates = fitting_laue_classes(cell, laue, system, tolerance)
    fitted: list[FittedLaueClass] = []
    for one in candidates:
        waves, orbits = one.representatives(data.hkl)
        likelihoods = orbit_likelihoods(y, s, outlier, orbits, proportional)
        absent = np.array([~each.allows(waves) for each in extinction_classes(one)])
        fitted.append(FittedLaueClass(one, waves, orbits, likelihoods, absent, agreement(absent, likelihoods)))
    common = _how_common(cell, tolerance)
    volume = float(np.linalg.det(metric_tensor(cell))) ** 0.5
    rows: list[LaueRow] = []
    found: list[tuple[ExtinctionClass, float, float]] = []
    for fit in fitted:
        one = fit.laue
        classes = extinction_classes(one)
        evidence = with_distortions(fit, fitted) + common[one]
        rows.append(LaueRow(one, evidence, *_r_merge(intensities, fit.orbits)))
        # 3. Extinction classes.
        sizes = np.bincount(fit.orbits, y) / np.bincount(fit.orbits)
        pseudo = index_classes(fit.waves, sizes, one.rotations)
        relative = evidence_of_absences(fit.absent, fit.likelihoods, index_classes=pseudo)
        frequencies = log_frequencies(classes, volume)
        relative = with_accidents(fit.absent, relative, frequencies)
        relative += evidence - np.logaddexp.reduce(relative + frequencies)
        found += zip(classes, relative.tolist(), frequencies.tolist(), strict=True)
    rows.sort(key=lambda row: (-row.log_evidence, -row.laue.order))
    top = rows[0].log_evidence
    laue_rows = tuple(LaueRow(row.laue, row.log_evidence - top, row.r_merge, row.repeated) for row in rows)
    ranked = ranked_classes(found)
    # 4. What speaks for and against the first.
    best = ranked[0].extinction
    waves, orbits = best.laue.representatives(data.hkl)
    allowed = best.allows(waves)[orbits]
    ratio = intensities / np.maximum(sigmas, 1e-300)
    against = np.flatnonzero(~allowed & (ratio > 3))
    conditions = condition_table(best, data.hkl, orbits, y, ratio, allowed)
    untested = untested_note(conditions, ratio)
    return GroupsFor(
        classes=ranked,
        laue=laue_rows,
        conditions=conditions,
        against=against[np.argsort(-y[against])],
        reflections=data,
        unique=len(waves),
        mean_e2=mean_e2(intensities, data.hkl, cell, best.laue, ~allowed),
        notes=(
            *notes,
            *([untested] if untested else []),
            *_laue_notes(laue_rows),
            *class_notes(ranked),
            *([] if laue or system else _cell_notes(cell, laue_rows)),
        ),
    )


def fitting_laue_classes(
    cell: FloatArray, laue: str | None, system: str | None, tolerance: float
) -> list[LaueClass]:
    """The Laue classes of this symbol and system whose rotations keep the metric of a (6,) cell.

    Raises:
        ReflectionError: there are none, or no such symbol or system.
    """
    symbols = {one.symbol for one in laue_classes()}
    systems = {setting.crystal_system for one in laue_classes() for setting in one.settings}
    wanted = {"-3m": {"-3m", "-3m1", "-31m"}}.get(laue or "", {laue})
    if laue is not None and not wanted & symbols:
        raise ReflectionError(f"there is no Laue class {laue!r}: they are {', '.join(sorted(symbols))}")
    if system is not None and system not in systems:
        raise ReflectionError(f"there is no crystal system {system!r}: they are {', '.join(sorted(systems))}")
    named = [
        one
        for one in laue_classes()
        if (laue is None or one.symbol in wanted)
        and (system is None or any(setting.crystal_system == system for setting in one.settings))
    ]
    fitting = [one for one in named if one.misfit(cell) <= tolerance]
    if not fitting:
        text = " ".join(f"{value:g}" for value in cell)
        raise ReflectionError(
            f"the cell {text} has not the symmetry of {laue or system}: give another cell or class"
        )
    return fitting


def _how_common(cell: FloatArray, tolerance: float) -> dict[LaueClass, float]:
    """Logarithms of how common the Laue classes that fit a cell are among crystals with such a metric."""
    fitting = fitting_laue_classes(cell, None, None, tolerance)
    return dict(zip(fitting, log_laue_frequencies(fitting).tolist(), strict=True))


def _usable(data: ReflectionData) -> tuple[ReflectionData, list[str]]:
    notes = list(data.notes)
    intensities = data.intensities
    if intensities is None and data.amplitudes is not None:
        intensities = data.amplitudes**2
    if intensities is None:
        raise ReflectionError("the reflections have no intensities: groups cannot be told apart")
    if data.cell is None:
        raise ReflectionError("the reflections have no cell: give it with --cell a b c alpha beta gamma")
    kept = data.hkl.any(axis=1)
    if not (intensities[kept] > 0).any():
        raise ReflectionError("no reflection has a positive intensity")
    sigmas = data.sigmas
    positive = intensities[intensities > 0]
    if sigmas is None:
        sigmas = np.full(len(data), _ASSUMED_ERROR * float(positive.mean()))
        notes.append("the reflections have no uncertainties: 1 % of the mean intensity is assumed")
    elif (sigmas <= 0).any():
        least = float(sigmas[sigmas > 0].min()) if (sigmas > 0).any() else 1e-6 * float(positive.mean())
        sigmas = np.maximum(sigmas, least)
        notes.append(f"uncertainties of 0 are taken as {least:g}")
    used = ReflectionData(
        data.hkl[kept],
        intensities=intensities[kept],
        sigmas=sigmas[kept],
        cell=data.cell,
        wavelength=data.wavelength,
        radiation=data.radiation,
    )
    return used, notes


def _proportional_error(y: FloatArray, s: FloatArray, hkl: IntArray) -> float:
    """By what share of the intensity Friedel mates and repeated measurements differ beyond their uncertainties."""
    signs = np.where((hkl * np.array([1 << 40, 1 << 20, 1])).sum(axis=1) < 0, -1, 1)
    _, pairs = np.unique(hkl * signs[:, None], axis=0, return_inverse=True)
    pairs = pairs.reshape(-1)
    count = np.bincount(pairs)
    mean = np.bincount(pairs, y) / count
    strong = (count[pairs] > 1) & (mean[pairs] > 10 * s)
    if strong.sum() < _ENOUGH:
        return PROPORTIONAL_ERROR
    size, number = mean[pairs][strong], count[pairs][strong]
    spread = np.abs(y[strong] - size) * np.sqrt(number / (number - 1)) / size
    excess = (float(np.median(spread)) / _MEDIAN) ** 2 - float(np.median(s[strong] / size)) ** 2
    return float(np.clip(math.sqrt(max(excess, 0.0)), *_PROPORTIONAL_RANGE))


def _r_merge(intensities: FloatArray, orbits: IntArray) -> tuple[float, int]:
    count = np.bincount(orbits)
    mean = np.bincount(orbits, intensities) / count
    several = count[orbits] > 1
    total = float(intensities[several].sum())
    if not several.any() or total <= 0:
        return math.nan, 0
    return float(np.abs(intensities - mean[orbits])[several].sum()) / total, int(several.sum())


def _cell_notes(cell: FloatArray, rows: Sequence[LaueRow]) -> list[str]:
    note = conventional_cell_note(cell, max(row.laue.order for row in rows))
    return [note] if note else []


def _laue_notes(rows: Sequence[LaueRow]) -> list[str]:
    best = rows[0]
    largest = max(row.laue.order for row in rows)
    if best.repeated == 0 and len(rows) > 1:
        name = best.laue.name
        return [f"equivalent reflections of {name} were not measured, or are merged: they say nothing for it"]
    if best.laue.order < largest:
        higher = ", ".join(row.laue.name for row in rows if row.laue.order > best.laue.order)
        return [f"the cell would allow {higher}, but equivalents disagree there"]
    return []
