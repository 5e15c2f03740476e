"""Wavelengths by name: characteristic X-ray lines, neutrons and electrons by their energy.

Sources: X-ray lines, International Tables for Crystallography C (2004), table 4.2.2.4, in Angstrom; K alpha is the
mean of K alpha 1 and K alpha 2 with the weights 2 and 1. Constants of nature: CODATA 2018.
"""

from __future__ import annotations

import math
import re

from basis_store import ReflectionError

_LINES = {
    "Cr": (2.28972600, 2.29365100, 2.08491),
    "Fe": (1.93604130, 1.93997300, 1.75664),
    "Co": (1.78899600, 1.79283500, 1.62082),
    "Ni": (1.65793010, 1.66175610, 1.50015),
    "Cu": (1.54059290, 1.54442740, 1.39223),
    "Mo": (0.70931715, 0.71360700, 0.63230),
    "Ag": (0.55942178, 0.56381310, 0.49708),
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
        text: a number of Angstrom; a line; the energy of photons in keV or of neutrons in meV; the voltage that
            accelerates electrons in kV.

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
