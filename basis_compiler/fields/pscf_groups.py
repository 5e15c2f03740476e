"""PSCF's names of space groups and cells.

Names are Hermann-Mauguin symbols with ``_`` between their elements and ``%`` for ``/``: ``I_a_-3_d``,
``P_1_21%c_1``, ``F_d_-3_m:2``. Plane groups are read as the space groups that they are sections of, along an axis
on which nothing depends.

Source: the manual of PSCF, pages "Space Groups" and "Crystal Unit Cells".
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Sequence

import numpy as np

from basis_compiler.fields.cell_lattice import check_right_handed, lattice_of
from basis_store import Setting, all_settings
from basis_store.array_types import FloatArray
from basis_store.errors import FieldError
from basis_store.groups.cell_parameters import cell_parameters

_PLANE_GROUPS = {
    "p_1": "P1", "p_2": "P 1 1 2", "p_m": "P m 1 1", "p_g": "P b 1 1", "c_m": "C m 1 1", "p_2_m_m": "Pmm2",
    "p_2_m_g": "Pma2", "p_2_g_g": "Pba2", "c_2_m_m": "Cmm2", "p_4": "P4", "p_4_m_m": "P4mm", "p_4_g_m": "P4bm",
    "p_3": "P3", "p_3_m_1": "P3m1", "p_3_1_m": "P31m", "p_6": "P6", "p_6_m_m": "P6mm",
}  # fmt: skip
"""The space group with the same action on the first two axes that leaves the third alone."""

_LINE_GROUPS = {"P_1": "P1", "P_-1": "P-1", "-1": "P-1", "1": "P1"}

_OLD_GLIDES = {39: "A b m 2", 41: "A b a 2", 64: "C m c a", 67: "C m m a", 68: "C c c a"}
"""Symbols before the glide plane e was introduced."""

_ELEMENT = re.compile(r"-?\d(?:_\d)?(?:/[a-z])?|[a-zA-Z]")

SYSTEMS = {
    1: {"lamellar": 1},
    2: {"square": 1, "hexagonal": 1, "rectangular": 2, "rhombic": 2, "oblique": 3},
    3: {
        "cubic": 1, "tetragonal": 2, "orthorhombic": 3, "hexagonal": 2, "rhombohedral": 2, "monoclinic": 4,
        "triclinic": 6,
    },
}  # fmt: skip
"""Parameters of each crystal system, by the number of dimensions."""


@functools.cache
def _names() -> dict[str, Setting]:
    """Three-dimensional groups by PSCF's names."""
    found = {}
    for setting in all_settings():
        if setting.is_standard or setting.choice in ("1", "2", "H", "R"):
            found[_name_of(setting)] = setting
    return found


def _name_of(setting: Setting) -> str:
    symbol = setting.full_symbol if setting.choice.startswith("b") else setting.symbol
    elements = _ELEMENT.findall(_OLD_GLIDES.get(setting.number, symbol))
    suffix = f":{setting.choice}" if setting.choice in ("1", "2", "H", "R") else ""
    return "_".join(one.replace("_", "") for one in elements).replace("/", "%") + suffix


def setting_of_group(name: str, dimension: int, file: str) -> Setting:
    """The setting that PSCF calls ``name`` in space, in a plane or on a line.

    Raises:
        FieldError: PSCF has no such group; ``file`` is named.
    """
    key = re.sub(r"\s+", "_", name.strip().strip("'\"").strip())
    if dimension == 3 and key in _names():
        return _names()[key]
    table = {1: _LINE_GROUPS, 2: _PLANE_GROUPS}.get(dimension, {})
    found = next((symbol for one, symbol in table.items() if one.lower() == key.lower()), None)
    if found is None:
        raise FieldError(f"{file}: {key[:40]!r} is no name of a group of PSCF in {dimension} dimensions")
    return Setting.parse(found)


def group_name(setting: Setting, dimension: int, file: str) -> str:
    """PSCF's name of a setting, for a field that depends on the first ``dimension`` coordinates.

    Raises:
        FieldError: PSCF has no name for it.
    """
    if dimension == 3:
        if _names().get(_name_of(setting)) == setting:
            return _name_of(setting)
    else:
        table = {1: _LINE_GROUPS, 2: _PLANE_GROUPS}[dimension]
        for name, symbol in table.items():
            if Setting.parse(symbol) == setting:
                return name
    where = "" if dimension == 3 else f" in {dimension} dimensions"
    raise FieldError(f"{file}: PSCF has no name for {setting.label}{where}")


def cell_of(system: str, parameters: Sequence[float], dimension: int, file: str) -> FloatArray:
    """(3, 3) rows of a cell of PSCF; axes beyond the dimensions have the length 1.

    Raises:
        FieldError: there is no such system or cell.
    """
    count = SYSTEMS[dimension].get(system)
    if count is None:
        known = ", ".join(SYSTEMS[dimension])
        raise FieldError(f"{file}: {system[:40]!r} is no crystal system in {dimension} dimensions: {known}")
    if len(parameters) != count:
        raise FieldError(f"{file}: a {system} cell has {count} parameters, not {len(parameters)}")
    p = list(parameters)
    if dimension == 3 and system == "triclinic":
        return _triclinic(p, file)
    lengths, angles = [1.0, 1.0, 1.0], [90.0, 90.0, 90.0]
    if dimension < 3:
        lengths[:dimension] = [p[0]] * dimension if system in ("square", "hexagonal", "rhombic") else p[:dimension]
        if system == "hexagonal":
            angles[2] = 120.0
        elif system in ("rhombic", "oblique"):
            angles[2] = math.degrees(p[-1])
    else:
        lengths = {
            "cubic": [p[0]] * 3, "rhombohedral": [p[0]] * 3, "tetragonal": [p[0], p[0], p[-1]],
            "hexagonal": [p[0], p[0], p[-1]],
        }.get(system, p[:3])  # fmt: skip
        if system == "hexagonal":
            angles[2] = 120.0
        elif system == "rhombohedral":
            angles = [math.degrees(p[1])] * 3
        elif system == "monoclinic":
            angles[1] = math.degrees(p[3])
    return lattice_of(lengths, angles, file)


def _triclinic(p: list[float], file: str) -> FloatArray:
    """PSCF has phi from the a-z plane to the c-z plane, theta from z to c, gamma from a to b; in radians."""
    a, b, c, phi, theta, gamma = p
    rows = [
        [a, 0.0, 0.0],
        [b * math.cos(gamma), b * math.sin(gamma), 0.0],
        [c * math.sin(theta) * math.cos(phi), c * math.sin(theta) * math.sin(phi), c * math.cos(theta)],
    ]
    lattice = np.array(rows)
    if not (min(a, b, c) > 0 and np.linalg.det(lattice) > 1e-9 * a * b * c):
        raise FieldError(f"{file}: no triclinic cell has the parameters {', '.join(f'{one:g}' for one in p)}")
    return lattice


def system_of(lattice: FloatArray, setting: Setting | None, dimension: int, file: str) -> tuple[str, list[float]]:
    """Crystal system and parameters of a cell: the system of its setting, or the first that its metric fits.

    Raises:
        FieldError: it does not have the metric of the setting, or is left-handed.
    """
    check_right_handed(lattice, file)
    systems = _candidates(setting, dimension)
    for system in systems:
        parameters = _parameters(system, lattice, dimension)
        made = cell_of(system, parameters, dimension, file)[:dimension]
        given = lattice[:dimension]
        if np.allclose(made @ made.T, given @ given.T, rtol=0, atol=1e-6 * float((given @ given.T).max())):
            return system, parameters
    label = setting.label if setting else "any group"
    raise FieldError(f"{file}: the cell has not the shape that {label} needs ({' or '.join(systems)})")


def _candidates(setting: Setting | None, dimension: int) -> list[str]:
    if setting is None or dimension < 3:
        return (
            list(SYSTEMS[dimension])
            if dimension < 3
            else [*list(SYSTEMS[3])[:4], "rhombohedral", "monoclinic", "triclinic"]
        )
    number = setting.number
    if 143 <= number <= 194:
        return ["rhombohedral" if setting.choice == "R" else "hexagonal"]
    limits = ((2, "triclinic"), (15, "monoclinic"), (74, "orthorhombic"), (142, "tetragonal"), (230, "cubic"))
    return [next(system for limit, system in limits if number <= limit)]


def _parameters(system: str, lattice: FloatArray, dimension: int) -> list[float]:
    lengths = [float(one) for one in np.linalg.norm(lattice, axis=1)]
    angles = [math.radians(one) for one in cell_parameters(lattice)[3:]]
    if system == "triclinic":
        standard = lattice_of(lengths, [math.degrees(one) for one in angles], "")
        x, y, z = standard[2]
        return [*lengths, math.atan2(y, x), math.acos(z / lengths[2]), angles[2]]
    return {
        "lamellar": lengths[:1], "square": lengths[:1], "rectangular": lengths[:2],
        "rhombic": [lengths[0], angles[2]], "oblique": [*lengths[:2], angles[2]],
        "cubic": lengths[:1], "tetragonal": [lengths[0], lengths[2]], "orthorhombic": lengths,
        "hexagonal": lengths[:1] if dimension == 2 else [lengths[0], lengths[2]],
        "rhombohedral": [lengths[0], angles[0]], "monoclinic": [*lengths, angles[1]],
    }[system]  # fmt: skip
