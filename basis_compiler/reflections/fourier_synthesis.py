"""Densities from reflections: Fourier, Patterson and difference syntheses.

    rho(x) = (1/V) sum_k F(k) exp(-2 pi i k.x)          density, from amplitudes and phases
    P(u)   = (1/V) sum_k |F(k)|^2 cos(2 pi k.u)         Patterson function, from amplitudes alone
    delta  = (1/V) sum_k D(k) exp(-2 pi i k.x)          difference: D = F - F_c, or (q |F| - |F_c|) exp(i phi_c)

Sums run over all waves; those that are not given count as 0. In the second form of D the amplitudes |F| have no
phases; q puts them on the scale of F_c, sum q |F| |F_c| = sum |F_c|^2 over the common reflections.

Source: International Tables for Crystallography B (2008), chapters 1.3 and 2.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from basis_compiler.crystals.formats.cif_operations import OperationList, metric_misfit
from basis_compiler.fields.cell_lattice import lattice_of
from basis_compiler.groups.spglib_database import operations
from basis_compiler.reflections.reflection_expansion import (
    Complexes,
    ExpandedReflections,
    allowed_rows,
    expanded,
    values_at,
)
from basis_compiler.reflections.scattering_factors import DENSITIES, NAMES, PATTERSON_UNITS, POTENTIAL
from basis_compiler.reflections.synthesis_grid import Shape, check_shape, synthesis_shape
from basis_compiler.reflections.unique_reflections import MAX_WAVES, expected_waves, unique_reflections
from basis_store import GridField, Operations, ReflectionData, ReflectionError, Setting
from basis_store.array_types import FloatArray, IntArray
from basis_store.counted import counted
from basis_store.groups.setting import SettingName, as_setting
from basis_store.reflections.reflection_data import inverse_squares
from basis_store.tables.short_repr import ShortRepr

Synthesis = Literal["density", "patterson", "difference"]

_SAMPLING = 3.0
"""Points per smallest spacing d; 2 are enough for the sums, more for pictures."""
_MISFIT = 0.1
"""Angstrom."""
_DISAGREE = 0.02
"""Of the sum of all: equivalents that differ by less are not worth a note."""
_NOISE = 2.0
"""Standard uncertainties by which equivalents may differ on average: 0.8 by chance, more if these are small."""
_SMALL = 1e-3
_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False, repr=False)
class SynthesizedField(ShortRepr):
    """A field that was summed from reflections.

    Attributes:
        field: values in the unit of F per cubic Angstrom, by the radiation of the reflections: electron density in
            e/Angstrom^3, scattering-length density in fm/Angstrom^3, or electrostatic potential in 1/Angstrom^2,
            which :data:`POTENTIAL` volts are one of.
        setting: the setting whose symmetry it has; a Patterson function has that of its Laue class as well.
        notes: what was assumed and what is missing, sentences for users.
    """

    field: GridField
    setting: Setting
    notes: tuple[str, ...]


def fourier_synthesis(
    reflections: ReflectionData,
    *,
    setting: SettingName | None = None,
    kind: Synthesis = "density",
    minus: ReflectionData | None = None,
    shape: Sequence[int] | None = None,
    f000: float | None = None,
) -> SynthesizedField:
    """Sum reflections to a density, a Patterson function or a difference density; see the head of this module.

    Args:
        reflections: with amplitudes and phases for a density, amplitudes for the others; any selection of
            equivalent ones. Indices refer to its cell; where it has none, or no setting, those of ``minus`` count.
        setting: of the indices; default, that of the reflections.
        kind: what to compute.
        minus: for a difference, the reflections of the model, with amplitudes and phases.
        shape: (N1, N2, N3) of the grid; default, three points for each smallest spacing, and every operation maps
            the grid to itself.
        f000: F(000); default, that of the reflections, or 0: values are then differences from the mean. In a
            difference it counts as 0 unless it is given here.

    Raises:
        ReflectionError: no cell, no setting, no phases where they are needed, a cell that does not fit the
            setting, reflections that say another setting, a model of another radiation, or a grid that is too
            coarse or too large.
        SettingError: there is no such setting.
    """
    # 1. The cell and its symmetry.
    notes: list[str] = []
    if minus is not None:
        reflections = _with_crystal_of(minus, reflections, setting, notes)
    found = _setting(reflections, setting)
    group = operations(found)
    if reflections.cell is None:
        raise ReflectionError("the reflections have no cell: give its six parameters")
    lattice = lattice_of(reflections.cell[:3].tolist(), reflections.cell[3:].tolist(), "the reflections")
    if (misfit := metric_misfit(group.rotations, lattice)) > _MISFIT:
        raise ReflectionError(
            f"the cell does not fit {found.label}: its operations change vectors by {misfit:.2g} Angstrom"
        )
    if (kind == "difference") != (minus is not None):
        raise ReflectionError("a difference needs the reflections of a model, and nothing else does")
    if minus is not None and minus.cell is not None and not np.allclose(minus.cell, reflections.cell, rtol=0.01):
        raise ReflectionError("the two sets of reflections have different cells")

    # 2. The coefficients of all waves.
    _check_setting(reflections, group, "reflections", notes)
    if minus is not None:
        _check_setting(minus, group, "reflections of the model", notes)
    one = _Rows.of(reflections, group, kind, notes, "reflections")
    other = None if minus is None else _Rows.of(minus, group, "density", notes, "reflections of the model")
    indices = one.hkl if other is None else np.concatenate([one.hkl, other.hkl])
    box = _shape(shape, group, indices, reflections.cell)
    first = one.expanded(group, box, notes)
    known = first.known
    if other is None:
        coefficients = first.values
    else:
        second = other.expanded(group, box, notes)
        known = first.known & second.known
        coefficients = _difference(first.values, second.values, known, one.phased, notes)

    # 3. F(000), and what is missing.
    own = None if kind == "difference" else reflections.f000
    zero = f000
    if zero is None and kind != "difference" and not known[0, 0, 0]:
        zero = own
        notes.append(
            "F(000) is not given and counts as 0: values are differences from the mean"
            if own is None
            else f"F(000) = {own:g} is that of the reflections"
        )
    elif zero is not None and own is not None and abs(zero - own) > _SMALL * max(abs(zero), abs(own)):
        notes.append(f"F(000) = {zero:g} is given, and the reflections say {own:g}")
    if zero is not None:
        coefficients[0, 0, 0] = zero * zero if kind == "patterson" else zero
    notes += _missing(group, lattice, one.hkl, reflections.cell, first.known, box, "")
    if other is not None:  # what is not measured need not be in the model
        in_both = second.known | ~first.known
        notes += _missing(group, lattice, one.hkl, reflections.cell, in_both, box, " from the model")

    # 4. The sum: the transform of conj F has the sign of exp(-2 pi i k.x).
    values = np.fft.irfftn(coefficients.conj(), s=box, axes=(0, 1, 2), norm="forward")
    values /= abs(np.linalg.det(lattice))
    quantity, unit = _quantity(reflections, minus, kind, notes)
    return SynthesizedField(GridField(values, lattice, quantity, unit), found, tuple(notes))


def _with_crystal_of(
    model: ReflectionData, reflections: ReflectionData, setting: SettingName | None, notes: list[str]
) -> ReflectionData:
    """The reflections with cell and setting of the model where they do not say them."""
    taken = []
    if reflections.cell is None and model.cell is not None:
        reflections = replace(reflections, cell=model.cell)
        taken.append("the cell")
    if reflections.setting is None and setting is None and model.setting is not None:
        reflections = replace(reflections, setting=model.setting)
        taken.append(f"the setting, {Setting.from_hall(model.setting).label},")
    if taken:
        verb, what = ("is that", "it") if len(taken) == 1 else ("are those", "them")
        notes.append(f"{' and '.join(taken)} {verb} of the model: the reflections do not say {what}")
    return reflections


def _setting(reflections: ReflectionData, name: SettingName | None) -> Setting:
    if name is not None:
        return as_setting(name)
    if reflections.setting is None:
        raise ReflectionError("the reflections do not say their setting: give it, such as P2_1/n or 227:1")
    return Setting.from_hall(reflections.setting)


def _quantity(
    reflections: ReflectionData, minus: ReflectionData | None, kind: Synthesis, notes: list[str]
) -> tuple[str, str]:
    """What the sum is, and its unit."""
    radiation = reflections.radiation or (None if minus is None else minus.radiation)
    if minus is not None and minus.radiation is not None and minus.radiation != radiation:
        assert radiation is not None
        raise ReflectionError(
            f"the reflections are of {NAMES[radiation]}, those of the model of {NAMES[minus.radiation]}"
        )
    if radiation is None:
        notes.append("the radiation is not given: structure factors are taken as those of X-rays, in electrons")
        radiation = "xray"
    if kind == "patterson":
        return "Patterson function", PATTERSON_UNITS[radiation]
    if radiation == "electron":
        notes.append(f"values in 1/Angstrom^2 times {POTENTIAL:.2f} are the potential in V")
    quantity, unit = DENSITIES[radiation]
    if kind == "difference":
        quantity = "difference density" if radiation == "xray" else f"difference {quantity}"
    return quantity, unit


def _check_setting(data: ReflectionData, group: Operations, what: str, notes: list[str]) -> None:
    """An error where the reflections are of other axes or another origin; a note where one group has the other."""
    if data.setting is None:
        return
    setting = Setting.from_hall(data.setting)
    own, asked = (
        OperationList(one.rotations, one.translations24).as_set() for one in (operations(setting), group)
    )
    if own == asked:
        return
    if not (own < asked or asked < own):
        raise ReflectionError(
            f"the {what} are of {setting.label} by their own symmetry, and {group.setting.label} has other "
            "operations (neither group contains the other): give no other setting, or remove the symmetry from "
            "the file"
        )
    notes.append(
        f"the {what} are of {setting.label} by their own symmetry; taken for {group.setting.label}, with "
        f"{counted(len(asked), 'operation')} in place of {len(own)}"
    )


@dataclass(frozen=True)
class _Rows:
    """Rows that the group allows."""

    hkl: IntArray
    values: Complexes
    sigmas: FloatArray | None
    phased: bool

    @classmethod
    def of(cls, data: ReflectionData, group: Operations, kind: Synthesis, notes: list[str], what: str) -> _Rows:
        amplitudes = data.amplitudes
        if amplitudes is None and data.intensities is not None:
            amplitudes = np.sqrt(np.maximum(data.intensities, 0))
        if amplitudes is None:
            raise ReflectionError(f"the {what} have no amplitudes")
        if kind == "density" and data.phases is None:
            raise ReflectionError(
                f"the {what} have no phases: a Patterson function needs amplitudes alone, a density needs both"
            )
        phased = data.phases is not None and kind != "patterson"
        values = amplitudes.astype(np.complex128)
        if phased and data.phases is not None:
            values *= np.exp(1j * np.deg2rad(data.phases))
        if kind == "patterson":
            squares = amplitudes**2 if data.intensities is None else data.intensities
            values = squares.astype(np.complex128)
        sigmas = data.sigmas
        if sigmas is not None and kind != "patterson":  # of |F|: sigma / 2 |F| where that is large
            sigmas = sigmas / (amplitudes + np.sqrt(amplitudes**2 + sigmas) + 1e-300)
        allowed = allowed_rows(group, data.hkl)
        if not allowed.any():
            raise ReflectionError(f"{group.setting.label} forbids all of the {what}: they are of another setting")
        total = float(np.abs(values).sum())
        if not allowed.all() and float(np.abs(values[~allowed]).sum()) > _SMALL * total:
            notes.append(
                f"{counted(int((~allowed).sum()), 'reflection')} that {group.setting.label} forbids, left out: "
                f"{100 * float(np.abs(values[~allowed]).sum()) / total:.2g} % of the sum of all"
            )
        return cls(data.hkl[allowed], values[allowed], None if sigmas is None else sigmas[allowed], phased)

    def expanded(self, group: Operations, box: Shape, notes: list[str]) -> ExpandedReflections:
        found = expanded(group, self.hkl, self.values, box, phases=self.phased)
        share = float(found.differences.sum()) / max(float(np.abs(self.values).sum()), 1e-300)
        if share <= _DISAGREE:
            return found
        size = f"{100 * share:.2g} %"
        if self.sigmas is not None:
            compared = (found.differences > _ROUNDING * np.abs(self.values)) & (self.sigmas > 0)
            ratio = (
                float(np.mean(found.differences[compared] / self.sigmas[compared])) if compared.any() else np.inf
            )
            if ratio <= _NOISE:
                return found
            if np.isfinite(ratio):
                size = f"{size}, on average {ratio:.2g} sigma"
        notes.append(
            f"equivalent reflections differ from their mean by {size}: is it the right setting, "
            f"{group.setting.label}?"
        )
        return found


def _shape(shape: Sequence[int] | None, group: Operations, hkl: IntArray, cell: FloatArray) -> Shape:
    """The grid for the waves ``hkl`` and their equivalents."""
    images = np.concatenate([hkl @ rotation for rotation in group.point_group]) if len(hkl) else hkl
    if shape is not None:
        return check_shape([int(n) for n in shape], images)
    squares = inverse_squares(hkl, cell)
    largest = float(np.sqrt(squares.max(initial=0.0)))
    least = np.maximum(_SAMPLING * cell[:3] * largest, 2 * np.abs(images).max(axis=0, initial=0) + 1)
    return synthesis_shape(group, least.tolist())


def _difference(one: Complexes, other: Complexes, known: np.ndarray, phased: bool, notes: list[str]) -> Complexes:
    if not known.any():
        raise ReflectionError("the two sets have no reflection in common")
    if phased:
        return np.where(known, one - other, 0)
    measured, calculated = np.abs(one[known]), np.abs(other[known])
    product = float(measured @ calculated)
    if product <= 0:
        raise ReflectionError("the amplitudes of the common reflections are 0: there is no scale between them")
    scale = float(calculated @ calculated) / product
    residual = float(np.abs(scale * measured - calculated).sum() / calculated.sum())
    notes.append(f"amplitudes are multiplied by {scale:.4g} to the scale of the model; R = {100 * residual:.2f} %")
    phases = np.exp(1j * np.angle(other))
    return np.where(known, (scale * np.abs(one) - np.abs(other)) * phases, 0)


def _missing(
    group: Operations,
    lattice: FloatArray,
    hkl: IntArray,
    cell: FloatArray,
    known: np.ndarray,
    box: Shape,
    where: str,
) -> list[str]:
    """A note on how many reflections within the sphere of the data are not there."""
    squares = inverse_squares(hkl, cell)
    if not (squares > 0).any():
        raise ReflectionError("there is no reflection but 000")
    d_min = float(squares.max() ** -0.5)
    if expected_waves(lattice, d_min) > MAX_WAVES / 5:
        return []
    unit = np.eye(3, dtype=np.int64)
    every = unique_reflections(group, lattice, d_min=d_min, change=unit, denominator=1, friedel=True)
    every = every.taken(every.forbidding < 0)
    inside = (np.abs(every.hkl) * 2 < box).all(axis=1)
    there = values_at(known.astype(np.complex128), every.hkl[inside], box).real > 0
    absent = len(every) - int(there.sum())
    if not absent:
        return []
    of_all = counted(len(every), "unique reflection")
    return [f"{absent:,} of {of_all} down to d = {d_min:.3f} Angstrom are missing{where}: they count as 0"]
