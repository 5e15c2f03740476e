"""What an expansion of a field says, as facts and as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from basis_store import FieldCoefficients, wave_norm
from basis_store.printable import printable

if TYPE_CHECKING:
    from runtime import Expansion

_ROUNDING = 1e-12
"""Relative: smaller residuals are rounding errors, and where they are largest means nothing."""
_MAX_SPREAD_POINTS = 1 << 21
"""Of grids of which the difference between points that operations map to each other is looked for."""


def expansion_facts(expansion: Expansion) -> dict[str, Any]:
    """Facts about the part of a field that is not invariant, or has not the character, for JSON."""
    residual, field = expansion.residual, expansion.field
    spread = expansion.spread if field.values.size <= _MAX_SPREAD_POINTS else None
    fluctuation = float(field.values.std())
    return {
        "not_invariant_of_fluctuation": residual.of_fluctuation,
        "not_invariant_of_norm": residual.of_norm,
        "largest": residual.largest,
        "position": list(residual.position),
        "largest_difference": spread,
        "largest_difference_of_fluctuation": spread / fluctuation if spread is not None and fluctuation else None,
        "grid_mapped_to_itself": expansion.closed,
        "edge_of_fluctuation": residual.edge,
    }


def expansion_lines(expansion: Expansion, facts: dict[str, Any]) -> list[str]:
    """The facts of :func:`expansion_facts`, as sentences."""
    unit = "" if expansion.field.unit == "1" else f" {expansion.field.unit}"
    named = expansion.representation
    what, points = ("not invariant", "equivalent points") if named.is_trivial else (
        f"not {named.character}", "equivalent points, with the signs of the character,"
    )  # fmt: skip
    lines = [
        f"{what:<15} {percent(facts['not_invariant_of_fluctuation'])} of the fluctuation, "
        f"{percent(facts['not_invariant_of_norm'])} of the field (root mean squares)"
    ]
    if facts["not_invariant_of_norm"] > _ROUNDING:
        x, y, z = facts["position"]
        lines.append(
            f"                largest at {x:.4g} {y:.4g} {z:.4g} of its cell: {facts['largest']:.3g}{unit}"
        )
        if facts["largest_difference"] is not None:
            share = facts["largest_difference_of_fluctuation"] or 0.0
            lines.append(
                f"                {points} differ by up to {facts['largest_difference']:.3g}{unit}, "
                f"{percent(share)} of the fluctuation"
            )
    edge = facts["edge_of_fluctuation"]
    if not facts["grid_mapped_to_itself"]:
        lines.append(
            "grid            operations map its points between others: they act on the Fourier interpolation; and "
            f"waves at the edge of the FFT box, {percent(edge)} of the fluctuation, are left out"
        )
        if shape := expansion.nearest_closed_shape:
            lines.append(f"                {' x '.join(map(str, shape))} points would be mapped to themselves")
    elif edge > _ROUNDING:
        lines.append(
            f"grid            waves at the edge of the FFT box have {percent(edge)} of the fluctuation: what lies "
            "beyond is folded back (aliasing); a finer grid would show it"
        )
    return lines


def coefficient_facts(field: FieldCoefficients) -> dict[str, Any]:
    """Facts about coefficients, for JSON."""
    from runtime.fields.grid_lattice import operations_of

    volume_ratio = float(np.linalg.det(field.source.cell.matrix))
    points = int(np.prod(field.source.shape))
    norms = wave_norm(field.roots, field.setting.lattice_family)
    return {
        "setting": field.setting.label,
        "name": field.setting.name,
        "character": None if field.representation.is_trivial else field.representation.character,
        "quantity": field.quantity,
        "unit": field.unit,
        "lattice": field.lattice.tolist(),
        "functions": len(field),
        "orbits": len(field.orbits),
        "radius": float(np.sqrt(norms.max() / 3)),
        "proved_radius": float(np.sqrt(field.proved_norm / 3)),
        "mean": field.mean,
        "root_mean_square": field.norm,
        "integral": field.integral,
        "integral_over_source_cell": field.integral * volume_ratio,
        "not_invariant_of_fluctuation": field.residual,
        "source": field.source.name,
        "source_sha256": field.source.sha256,
        "grid": list(field.source.shape),
        "values_per_number": points / len(field),
        "largest_saving": volume_ratio * len(operations_of(field.representation)),
    }


def coefficient_text(facts: dict[str, Any]) -> str:
    """The facts of :func:`coefficient_facts` as lines of text."""
    points = int(np.prod(facts["grid"]))
    unit = "" if facts["unit"] == "1" else f" {facts['unit']}"
    electrons = facts["unit"] == "e/Angstrom^3"
    amount = " e" if electrons else " Angstrom^3" if not unit else f"{unit} Angstrom^3"
    proved = "all of them proved" if facts["proved_radius"] >= facts["radius"] - 1e-9 else (
        f"proved up to radius {facts['proved_radius']:.4g}" if facts["proved_radius"] else "not proved"
    )  # fmt: skip
    lines = [
        ("setting", f"{facts['setting']} ({facts['name']})"),
        *([("character", f"{facts['character']}: f(g x) = chi(g) f(x)")] if facts["character"] else []),
        ("field", f"{facts['quantity']}{' in' * bool(unit)}{unit}"),
        (
            "functions",
            f"{facts['functions']:,} up to radius {facts['radius']:.4g}, {proved}",
        ),
        (
            "saving",
            f"{facts['functions']:,} numbers for {points:,} grid points: 1/{facts['values_per_number']:.4g} "
            f"(1/{facts['largest_saving']:.4g} on fine grids)",
        ),
        ("mean", f"{facts['mean']:.9g}{unit}"),
        ("norm", f"{facts['root_mean_square']:.9g}{unit} (root mean square)"),
        ("integral", f"{facts['integral_over_source_cell']:.9g}{amount} in the cell of the grid"),
    ]
    return "\n".join(printable(f"{name:<15} {value}") for name, value in lines)


def percent(share: float) -> str:
    """``"0.08 %"``, ``"1.2e-05 %"``, and 0 for rounding errors."""
    if share < _ROUNDING:
        return "0 %"
    return f"{100 * share:.2g} %" if share < 0.995 else f"{100 * share:,.0f} %"
