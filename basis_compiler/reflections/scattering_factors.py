"""How strongly the atoms of an element scatter: tables of gemmi for X-rays, electrons and neutrons.

    xray       f0(s) of neutral atoms, in electrons (International Tables C, table 6.1.1.4); with anomalous terms
               f0(s) + f' + i f'' (Cromer and Liberman's method, of gemmi)
    electron   of neutral atoms, in Angstrom (International Tables C, table 4.3.2.2)
    neutron    coherent scattering length b in fm (Neutron News 3, No. 3, 1992); does not depend on s

s = sin(theta) / lambda = 1 / 2d in 1/Angstrom.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from basis_compiler.crystals.crystal import ELEMENTS
from basis_compiler.reflections.wavelengths import photon_energy
from basis_store import ReflectionError
from basis_store.array_types import FloatArray
from basis_store.extras import needed_for
from basis_store.reflections.radiation import Radiation

NAMES: dict[Radiation, str] = {"xray": "X-rays", "neutron": "neutrons", "electron": "electrons"}
"""In texts."""

UNITS: dict[Radiation, str] = {"xray": "electrons", "neutron": "fm", "electron": "Angstrom"}
"""Of scattering factors, and so of structure factors."""

DENSITIES: dict[Radiation, tuple[str, str]] = {
    "xray": ("electron density", "e/Angstrom^3"),
    "neutron": ("scattering-length density", "fm/Angstrom^3"),
    "electron": ("electrostatic potential", "1/Angstrom^2"),
}
"""What structure factors are the transform of, and its unit: that of F per cubic Angstrom."""

PATTERSON_UNITS: dict[Radiation, str] = {
    "xray": "e^2/Angstrom^3", "neutron": "fm^2/Angstrom^3", "electron": "1/Angstrom",
}  # fmt: skip
"""Of Patterson functions: the square of that of F per cubic Angstrom."""

POTENTIAL = 47.8776
"""V Angstrom^2, h^2 / 2 pi m e: what a sum of factors of electrons is multiplied by to be a potential in volts."""

MAX_S = {"xray": 2.0, "neutron": np.inf, "electron": 6.0}
"""1/Angstrom: up to which s the tables were fitted."""

_TABLES = {"xray": "it92", "neutron": "neutron92", "electron": "c4322"}


def scattering_factors(number: int, s: FloatArray, *, radiation: Radiation, deuterium: bool = False) -> FloatArray:
    """(n,) the factors of an element at ``s`` (n,) in 1/Angstrom; see the head of this module.

    Args:
        number: atomic number.
        s: sin(theta) / lambda.
        radiation: what is scattered.
        deuterium: whether hydrogen is deuterium, which neutrons tell apart.

    Raises:
        ReflectionError: the table has no values for the element.
        MissingDependencyError: gemmi is not installed.
    """
    with needed_for("scattering factors", "structures"):
        import gemmi  # noqa: PLC0415 - optional
    element = gemmi.Element("D" if deuterium and number == 1 else ELEMENTS[number])
    table = getattr(element, _TABLES[radiation])
    # gemmi gives 0 fm for elements of which nobody has measured the length.
    if table is None or (radiation == "neutron" and table.calculate_sf(0.0) == 0):
        raise ReflectionError(
            f"the tables have no scattering factors of {ELEMENTS[number]} for {NAMES[radiation]}: leave "
            "these atoms out"
        )
    if radiation == "neutron":
        return np.full(len(s), table.calculate_sf(0.0))
    calculate: Callable[[float], float] = table.calculate_sf
    return np.array([calculate(value) for value in (s * s).tolist()], dtype=np.float64)


def anomalous_factor(number: int, wavelength: float) -> complex:
    """The anomalous terms f' + i f'' of an element for X-rays, in electrons.

    Args:
        number: atomic number.
        wavelength: in Angstrom.

    Raises:
        ReflectionError: there is none for this element: they run from lithium to uranium.
        MissingDependencyError: gemmi is not installed.
    """
    with needed_for("anomalous scattering factors", "structures"):
        import gemmi  # noqa: PLC0415 - optional
    if number <= 2:
        return 0j  # no absorption edge in the range of X-rays
    if number > 92:
        raise ReflectionError(f"there are no anomalous scattering factors of {ELEMENTS[number]}")
    real, imaginary = gemmi.cromer_liberman(number, photon_energy(wavelength))
    return complex(real, imaginary)
