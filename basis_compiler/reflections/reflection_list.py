"""The reflections of a crystal with their structure factors, and its absences with the reason for each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from basis_compiler.crystals.crystal import Crystal
from basis_compiler.crystals.file_setting import file_setting
from basis_compiler.crystals.standardization import StandardCrystal, standardize
from basis_compiler.groups.spglib_database import operations
from basis_compiler.reflections.absence_reasons import REASONS, Absences, by_reason, reason_of_operations
from basis_compiler.reflections.atom_sums import Complexes, structure_factors
from basis_compiler.reflections.own_cell import in_own_cell, own_lattice, plain_phases, volume_ratio
from basis_compiler.reflections.powder_pattern import lorentz_polarisation, powder_profile, two_theta_of
from basis_compiler.reflections.scattering_factors import (
    MAX_S,
    UNITS,
    anomalous_factor,
    scattering_factors,
)
from basis_compiler.reflections.unique_reflections import UniqueReflections, unique_reflections
from basis_compiler.reflections.wavelengths import wavelength_of
from basis_store import Operations, ReflectionError, Setting
from basis_store.array_types import FloatArray, IntArray
from basis_store.counted import counted
from basis_store.groups.cell_parameters import cell_parameters
from basis_store.reflections.radiation import RADIATIONS, Radiation
from basis_store.reflections.reflection_data import ReflectionData
from basis_store.tables.data_frame import data_frame
from basis_store.tables.short_repr import ShortRepr

if TYPE_CHECKING:
    from pandas import DataFrame

Cell = Literal["file", "standard"]
"""Whose axes and origin indices and phases refer to."""

DEFAULT_WAVELENGTHS = {"xray": "CuKa1", "neutron": "CuKa1", "electron": "200kV"}
DEFAULT_TWO_THETA = 90.0
DEFAULT_ELECTRON_D = 1.0
"""Angstrom: electrons have no useful limit of angle."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ReflectionList(ShortRepr):
    """The unique reflections of a crystal, in order of falling d.

    Attributes:
        standard: the crystal.
        cell: whose axes and origin indices and phases refer to.
        radiation: what is scattered.
        wavelength: in Angstrom.
        d_min: the limit, in Angstrom.
        displacements: in words, which displacement parameters the atoms have.
        friedel: whether hkl and -h-k-l are one reflection: not with anomalous terms.
        hkl: (n, 3) indices in ``cell``.
        multiplicities: (n,) how many waves are equivalent; with ``friedel``, the multiplicity in a powder.
        d: (n,) spacing in Angstrom.
        two_theta: (n,) in degrees; NaN where the wavelength is longer than 2 d.
        factors: (n,) complex structure factors of ``cell``; electrons, fm (neutrons) or Angstrom (electrons).
        absences: reflections that are 0, within the same limit.
        notes: on what was assumed, sentences for users.
    """

    standard: StandardCrystal
    cell: Cell
    radiation: Radiation
    wavelength: float
    d_min: float
    displacements: str
    friedel: bool
    hkl: IntArray
    multiplicities: IntArray
    d: FloatArray
    two_theta: FloatArray
    factors: Complexes
    absences: Absences
    notes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.hkl)

    @property
    def amplitudes(self) -> FloatArray:
        """(n,) |F|."""
        return np.asarray(np.abs(self.factors))

    @property
    def phases(self) -> FloatArray:
        """(n,) of F, in degrees, above -180 to 180."""
        return plain_phases(np.rad2deg(np.angle(self.factors)))

    @cached_property
    def powder_intensities(self) -> FloatArray:
        """(n,) m |F|^2 LP; NaN where there is no angle."""
        lorentz = lorentz_polarisation(self.two_theta, self.radiation)
        return np.asarray(self.multiplicities * self.amplitudes**2 * lorentz)

    @property
    def relative_intensities(self) -> FloatArray:
        """(n,) powder intensities in per cent of the strongest peak; peaks at one angle are one."""
        return np.asarray(100 * self.powder_intensities / max(self.peaks[1].max(initial=0.0), 1e-300))

    @cached_property
    def peaks(self) -> tuple[FloatArray, FloatArray, IntArray]:
        """Lines of the powder pattern: (p,) 2 theta, (p,) intensities, (n,) the line of each reflection or -1."""
        lines = np.full(len(self), -1, dtype=np.int64)
        shown = np.flatnonzero(np.isfinite(self.powder_intensities))
        if not len(shown):
            return np.empty(0), np.empty(0), lines
        d = self.d[shown]
        new = np.concatenate([[True], np.diff(d) < -1e-7 * d[1:]])
        lines[shown] = np.cumsum(new) - 1
        sums = np.bincount(lines[shown], self.powder_intensities[shown]).astype(np.float64)
        return self.two_theta[shown][new], sums, lines

    @cached_property
    def setting(self) -> Setting | None:
        """The setting that indices and phases refer to; None if the file's cell is in none of the 530."""
        return self.standard.setting if self.cell == "standard" else file_setting(self.standard)

    @property
    def lattice(self) -> FloatArray:
        """(3, 3) rows of the cell that indices refer to, in Angstrom."""
        return self.standard.lattice if self.cell == "standard" else own_lattice(self.standard)

    @property
    def zero_factor(self) -> float:
        """F(000) of the cell: its electrons for X-rays, the sum of b for neutrons, of f(0) for electrons."""
        sums = [
            site.multiplicity * float(scattering_factors(site.number, np.zeros(1), radiation=self.radiation)[0])
            for site in self.standard.sites
        ]
        if self.radiation == "xray":
            sums = [site.multiplicity * float(site.number) for site in self.standard.sites]
        return sum(sums) * (1.0 if self.cell == "standard" else volume_ratio(self.standard))

    def profile(
        self,
        *,
        fwhm: float = 0.1,
        eta: float = 0.5,
        limits: tuple[float, float] | None = None,
        step: float | None = None,
    ) -> tuple[FloatArray, FloatArray]:
        """The powder pattern on a regular grid of angles, every peak with the same pseudo-Voigt profile.

        Args:
            fwhm: full width at half maximum, in degrees.
            eta: share of the Lorentzian, 0 (Gaussian) to 1.
            limits: first and last angle, in degrees; default, all peaks with some room.
            step: of the grid, in degrees; default, a tenth of the width.

        Returns:
            (p,) 2 theta in degrees and (p,) intensities per degree.

        Raises:
            ReflectionError: no such width or share, or too many points.
        """
        angles, intensities, _ = self.peaks
        return powder_profile(angles, intensities, fwhm=fwhm, eta=eta, limits=limits, step=step)

    def to_dataframe(self) -> DataFrame:
        """A table of pandas: h, k, l, multiplicity, d, two_theta, amplitude, phase and relative_intensity.

        Units are in ``attrs["units"]``; the intensity is one of a powder, in per cent of the strongest peak.

        Raises:
            MissingDependencyError: pandas is not installed.
        """
        columns: dict[str, np.ndarray] = {name: self.hkl[:, axis] for axis, name in enumerate("hkl")}
        columns |= {
            "multiplicity": self.multiplicities, "d": self.d, "two_theta": self.two_theta,
            "amplitude": self.amplitudes, "phase": self.phases, "relative_intensity": self.relative_intensities,
        }  # fmt: skip
        units = {"d": "Angstrom", "two_theta": "degrees", "phase": "degrees", "relative_intensity": "%"}
        return data_frame(columns, units | {"amplitude": UNITS[self.radiation]})

    def data(self) -> ReflectionData:
        """The same as plain reflections: |F|, phases, |F|^2, F(000), cell, and the setting of the indices."""
        amplitudes = self.amplitudes
        return ReflectionData(
            hkl=self.hkl,
            intensities=amplitudes**2,
            amplitudes=amplitudes,
            phases=self.phases,
            cell=cell_parameters(self.lattice),
            setting=None if self.setting is None else self.setting.hall_number,
            wavelength=self.wavelength,
            radiation=self.radiation,
            f000=self.zero_factor,
        )


def reflection_list(
    crystal: Crystal | StandardCrystal,
    *,
    d_min: float | None = None,
    two_theta_max: float | None = None,
    radiation: Radiation = "xray",
    wavelength: float | str | None = None,
    cell: Cell = "file",
    b_iso: float | None = None,
    anomalous: bool = False,
    deuterium: bool = False,
    tolerance: float = 0.01,
) -> ReflectionList:
    """The unique reflections of a crystal: indices, multiplicities, angles and structure factors.

    Args:
        crystal: as it was read, or in its standard setting.
        d_min: smallest spacing in Angstrom.
        two_theta_max: largest angle in degrees. Without either limit it is 90 degrees, or d is at least 1 Angstrom
            for electrons.
        radiation: ``"xray"``, ``"neutron"`` or ``"electron"``.
        wavelength: in Angstrom, or a name as for :func:`wavelength_of`; default, Cu K alpha 1, or electrons of
            200 kV.
        cell: whose axes and origin indices and phases refer to.
        b_iso: displacement parameter B = 8 pi^2 U of every atom, in Angstrom^2. Default: what the file gives for
            each atom, isotropic or anisotropic; 0 for an atom without.
        anomalous: for X-rays, whether to add f' + i f'' at the wavelength. Friedel pairs are then two reflections.
        deuterium: whether hydrogen is deuterium.
        tolerance: in Angstrom, as for :func:`standardize`.

    Raises:
        ReflectionError: a limit, wavelength or B that cannot be; too many reflections; an element without
            scattering factors.
        CrystalError: as :func:`standardize` does.
        MissingDependencyError: gemmi is not installed.
    """
    # 1. The crystal, and what is asked for.
    if radiation not in RADIATIONS or cell not in get_args(Cell):
        raise ReflectionError(
            f"no radiation {radiation!r} or cell {cell!r}: give xray, neutron or electron; file or standard"
        )
    standard = crystal if isinstance(crystal, StandardCrystal) else standardize(crystal, tolerance=tolerance)
    length = _wavelength(DEFAULT_WAVELENGTHS[radiation] if wavelength is None else wavelength)
    if anomalous and radiation != "xray":
        raise ReflectionError(f"only X-rays have anomalous terms, not {radiation}s")
    if b_iso is not None and not 0 <= b_iso < 1000:
        raise ReflectionError(f"a displacement parameter B is 0 Angstrom^2 or more, not {b_iso:g}")
    limit = _smallest_spacing(d_min, two_theta_max, length, radiation)

    # 2. One reflection of each orbit; those that the group forbids apart.
    group, order = by_reason(operations(standard.setting))
    change, denominator = (
        (np.eye(3, dtype=np.int64), 1) if cell == "standard" else (standard.change_of_basis, standard.denominator)
    )
    found = unique_reflections(
        group, standard.lattice, d_min=limit, change=change, denominator=denominator, friedel=not anomalous
    )
    allowed = found.taken(found.forbidding < 0)

    # 3. Structure factors, and those that vanish although the group allows them.
    s = 0.5 / allowed.d
    factors: dict[int, Complexes] = {}
    for number in sorted({site.number for site in standard.sites}):
        factor = scattering_factors(number, s, radiation=radiation, deuterium=deuterium).astype(np.complex128)
        factors[number] = factor + anomalous_factor(number, length) if anomalous else factor
    sums = structure_factors(standard, allowed.waves, factors, b_iso=b_iso)
    present = ~sums.vanish
    values = sums.factors if cell == "standard" else in_own_cell(standard, allowed.waves, sums.factors)
    shown = allowed.taken(present)
    return ReflectionList(
        standard=standard,
        cell=cell,
        radiation=radiation,
        wavelength=length,
        d_min=limit,
        displacements=_displacements(standard, b_iso),
        friedel=not anomalous,
        hkl=shown.hkl,
        multiplicities=shown.multiplicities,
        d=shown.d,
        two_theta=two_theta_of(shown.d, length),
        factors=values[present],
        absences=_absences(found, allowed.taken(sums.vanish), sums.sites_vanish[sums.vanish], group, order),
        notes=tuple(_notes(standard, limit, radiation, cell, deuterium)),
    )


def _wavelength(wavelength: float | str) -> float:
    return wavelength_of(wavelength if isinstance(wavelength, str) else repr(float(wavelength)))


def _smallest_spacing(
    d_min: float | None, two_theta_max: float | None, wavelength: float, radiation: Radiation
) -> float:
    if d_min is None and two_theta_max is None:
        if radiation == "electron":
            return DEFAULT_ELECTRON_D
        two_theta_max = DEFAULT_TWO_THETA
    if two_theta_max is not None and not 0 < two_theta_max <= 180:
        raise ReflectionError(f"2 theta lies between 0 and 180 degrees, not at {two_theta_max:g}")
    limits = [] if d_min is None else [d_min]
    if two_theta_max is not None:
        limits.append(wavelength / (2 * float(np.sin(np.deg2rad(two_theta_max) / 2))))
    return max(limits)


def _absences(
    found: UniqueReflections,
    vanishing: UniqueReflections,
    sites_vanish: np.ndarray,
    group: Operations,
    order: IntArray,
) -> Absences:
    forbidden = found.taken(found.forbidding >= 0)
    own = np.where(sites_vanish, REASONS.index("special position"), REASONS.index("cancellation"))
    columns = {
        "hkl": np.concatenate([forbidden.hkl, vanishing.hkl]),
        "multiplicities": np.concatenate([forbidden.multiplicities, vanishing.multiplicities]),
        "d": np.concatenate([forbidden.d, vanishing.d]),
        "reasons": np.concatenate([reason_of_operations(group)[forbidden.forbidding], own]),
        "witnesses": np.concatenate([order[forbidden.forbidding], np.full(len(vanishing), -1)]),
    }
    by_spacing = np.argsort(-columns["d"], kind="stable")
    return Absences(**{name: column[by_spacing] for name, column in columns.items()})


def _notes(
    standard: StandardCrystal, limit: float, radiation: Radiation, cell: Cell, deuterium: bool
) -> Iterator[str]:
    if (ratio := volume_ratio(standard)) > 1 + 1e-6 and cell == "file":
        yield (
            f"the cell of the file is {ratio:.3g} times that of {standard.setting.label}: reflections of it that "
            "are not listed are 0 by the lattice of the crystal"
        )
    if 0.5 / limit > MAX_S[radiation]:
        yield (
            f"the tables of scattering factors end at sin(theta)/lambda = {MAX_S[radiation]:g} 1/Angstrom (d = "
            f"{0.5 / MAX_S[radiation]:.3f} Angstrom); beyond they are extrapolated"
        )
    labels = [site.label for site in standard.sites if site.number == 1 and site.label.upper().startswith("D")]
    if labels and radiation == "neutron" and not deuterium:
        yield f"{labels[0]} is taken as hydrogen, whose scattering length is -3.74 fm; ask for deuterium (6.67 fm)"


def _displacements(standard: StandardCrystal, b_iso: float | None) -> str:
    given = standard.crystal.displacements
    if b_iso is not None or given is None:
        return f"B = {b_iso or 0.0:g} Angstrom^2 for all atoms"
    without = int(np.isnan(given[:, 0, 0]).sum())
    return "as in the file" + f", B = 0 for {counted(without, 'atom')} without" * bool(without)
