"""Wavelengths by name: characteristic X-ray lines, neutrons and electrons by their energy.

Sources: X-ray lines, International Tables for Crystallography C (2004), table 4.2.2.4: measured values as in R. D.
Deslattes et al., Rev. Mod. Phys. 75, 35 (2003) and in NIST's X-ray Transition Energies Database (lines KL3, KL2,
KM3), from Cr to Cu those of G. Hoelzer et al., Phys. Rev. A 56, 4554 (1997), where K beta 1 and 3 are one line.
Older tables (J. A. Bearden, Rev. Mod. Phys. 39, 78 (1967)) differ by up to 3 parts in 100,000. K alpha is the mean
of K alpha 1 and K alpha 2 with the weights 2 and 1. Constants of nature: CODATA 2018.
"""

from __future__ import annotations

import math
import re

from basis_store import ReflectionError

_LINES = {
    "Cr": (2.2897260, 2.2936510, 2.0848810),
    "Fe": (1.9360410, 1.9399730, 1.7566040),
    "Co": (1.7889960, 1.7928350, 1.6208260),
    "Ni": (1.6579300, 1.6617560, 1.5001520),
    "Cu": (1.54059290, 1.54442740, 1.3922340),
    "Mo": (0.70931715, 0.713607, 0.632303),
    "Ag": (0.55942178, 0.5638131, 0.4970817),
}
"""K alpha 1, K alpha 2, K beta in Angstrom."""

_NAME = re.compile(r"(cr|fe|co|ni|cu|mo|ag)[ -]?k[ -]?(?:(a|alpha) ?([12]?)|b(?:eta)?1?)", re.IGNORECASE)
_ENERGY = re.compile(r"(\d+(?:\.\d*)?)\s*(kv|kev|mev)", re.IGNORECASE)

_HC = 12.398419843320026
"""keV Angstrom."""
_REST_ENERGY = 510.99895
"""keV, of the electron."""
_NEUTRON = 81.8042
"""meV Angstrom^2: h^2 / 2m."""

KNOWN = (
    "CuKa1, CuKa2, CuKa, CuKb and so on for Cr, Fe, Co, Ni, Mo and Ag; 17.5keV (X-rays), 200kV (electrons), 25meV"
)


def wavelength_of(text: str) -> float:
    """A wavelength in Angstrom from a number or a name: ``1.54``, ``CuKa1``, ``MoKa``, ``17.5keV``, ``200kV``.

    Args:
        text: a number of Angstrom; a line, of which ``CuKa`` is the mean of K alpha 1 and 2, weighted 2 to 1; the
            energy of photons in keV or of neutrons in meV; the voltage that accelerates electrons in kV.

    Raises:
        ReflectionError: it is neither.
    """
    text = text.strip()
    if match := _NAME.fullmatch(text):
        one, two, beta = _LINES[match[1].capitalize()]
        if not match[2]:
            return beta
        return {"1": one, "2": two, "": (2 * one + two) / 3}[match[3]]
    if match := _ENERGY.fullmatch(text):
        energy, unit = float(match[1]), match[2].lower()
        if energy > 0:
            return _of_energy(energy, unit)
    try:
        wavelength = float(text)
    except ValueError:
        wavelength = math.nan
    if not 0 < wavelength < 1000:
        raise ReflectionError(f"{text!r} is no wavelength: give Angstrom, or a name: {KNOWN}")
    return wavelength


def _of_energy(energy: float, unit: str) -> float:
    if unit == "kev":
        return _HC / energy
    if unit == "mev":
        return math.sqrt(_NEUTRON / energy)
    return _HC / math.sqrt(energy * (energy + 2 * _REST_ENERGY))


def photon_energy(wavelength: float) -> float:
    """The energy in eV of X-rays of a ``wavelength`` in Angstrom."""
    return 1000 * _HC / wavelength
