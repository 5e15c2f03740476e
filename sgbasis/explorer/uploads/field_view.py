"""A field of a file as a value for JSON: what it is, its expansion in its group, and a grid to draw."""

from __future__ import annotations

import base64
import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from basis_store.array_types import FloatArray
from basis_store.errors import CharacterError, CrystalError, FieldError, SettingError
from sgbasis.explorer.uploads.drawn_atoms import drawing_lattice

if TYPE_CHECKING:
    from basis_compiler import Crystal, FieldFile
    from basis_store import GridField
    from runtime import Expansion

_STEP = 0.12
"""Angstrom between the points that are drawn, along the longest axis."""

_FEWEST, _MOST = 32, 80
"""Points along each axis."""

_MAX_PROVED = 20_000
"""Functions that are proved; more take longer than a reader waits."""

_INSIDE = 0.1
"""Share of the cell in which the field is above the level that is drawn at first."""

_BRIGHT = 0.97
"""Share of the cell in which the field is below the value of the brightest colour: cores would hide the rest."""


def crystal_of_field(field: GridField, name: str) -> Crystal | None:
    """The crystal that a file of a field lists; None if it lists no atoms.

    Raises:
        CrystalError: the atoms are no crystal.
    """
    from basis_compiler import Crystal

    if not len(field.elements):
        return None
    return Crystal(lattice=field.lattice, numbers=field.elements, coordinates=field.coordinates, name=name)


def field_view(file: FieldFile, name: str, path: Path, *, tolerance: float) -> dict[str, Any]:
    """A field of a file.

    Its values are on a grid of the conventional cell of its setting, with the part of the field that is invariant;
    where no setting is known, on one of the cell of the file.

    Args:
        file: all of the file.
        name: of one of its fields; ``""``: the first.
        path: of the file, for messages.
        tolerance: in Angstrom, at which the group of the atoms is found.
    """
    from basis_compiler.fields.field_file import chosen
    from sgbasis.fields.fourier_series import FourierSeries
    from sgbasis.fields.orbit_proof import prove_orbits
    from sgbasis.reports.field_expansion import (
        coefficient_facts,
        coefficient_text,
        expansion_facts,
        expansion_lines,
    )
    from sgbasis.reports.field_summary import field_facts, field_text

    field = chosen(file, name or None, str(path))
    facts = field_facts(file)
    view: dict[str, Any] = {
        "names": list(file.fields),
        "name": name or next(iter(file.fields)),
        "quantity": field.quantity,
        "unit": field.unit,
        "text": field_text(facts).splitlines(),
        "notes": list(file.notes),
        "expansion": [],
        "setting": None,
    }
    expansion = _expanded(view, file, field, path, tolerance)
    if expansion is None:
        lattice = field.lattice
        values = FourierSeries.of(field).on_grid(_shape(lattice))
    else:
        coefficients = expansion.coefficients
        if len(coefficients) <= _MAX_PROVED:
            coefficients = replace(coefficients, proved_norm=prove_orbits(coefficients))
        text = coefficient_text(coefficient_facts(coefficients)).splitlines()
        view["expansion"] = [*text, *expansion_lines(expansion, expansion_facts(expansion))]
        view["setting"] = coefficients.setting.label
        lattice = coefficients.lattice
        values = _invariant_values(expansion, _shape(lattice))
    view["lattice"] = drawing_lattice(lattice).tolist()
    view["grid"] = _grid(values)
    return view


def _expanded(
    view: dict[str, Any], file: FieldFile, field: GridField, path: Path, tolerance: float
) -> Expansion | None:
    """The expansion of a field in its group, or None; a note says which group it is, or why there is none."""
    from runtime import expand
    from sgbasis.fields.field_symmetry import find_symmetry

    try:
        found = find_symmetry(field, None, stated=file.setting, name=str(path), tolerance=tolerance)
        view["notes"] += [*found.notes, f"{found.representation.label}, {found.origin}"]
        return expand(field, found.representation, found.cell)
    except (FieldError, CrystalError, SettingError, CharacterError) as error:
        view["notes"].append(f"shown as it is, not expanded in a group: {error}")
        return None


def _invariant_values(expansion: Expansion, shape: tuple[int, int, int]) -> FloatArray:
    import torch

    from runtime import InvariantField

    with torch.no_grad():
        module = InvariantField(expansion.coefficients, dtype=torch.float64)
        return np.asarray(module.on_grid(shape).numpy())


def _shape(lattice: FloatArray) -> tuple[int, int, int]:
    """As many points along all axes, enough to be drawn."""
    longest = float(np.linalg.norm(lattice, axis=1).max())
    points = min(max(math.ceil(longest / _STEP), _FEWEST), _MOST)
    return points, points, points


def _grid(values: FloatArray) -> dict[str, Any]:
    """Range, first level and values of a grid (n, n, n): little-endian 32-bit floats in base 64, in C order."""
    return {
        "points": len(values),
        "minimum": float(values.min()),
        "maximum": float(values.max()),
        "mean": float(values.mean()),
        "level": float(np.quantile(values, 1 - _INSIDE)),
        "bright": float(np.quantile(values, _BRIGHT)),
        "values": base64.b64encode(np.ascontiguousarray(values, dtype="<f4").tobytes()).decode(),
    }
