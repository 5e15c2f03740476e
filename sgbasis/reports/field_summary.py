"""What a file of fields holds, as facts and as text."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from basis_compiler.crystals.crystal import ELEMENTS
from basis_compiler.fields.field_file import FieldFile
from basis_store.groups.cell_parameters import cell_parameters
from basis_store.printable import printable
from basis_store.tables.text_table import table_lines


def field_facts(file: FieldFile) -> dict[str, Any]:
    """Facts about a file and its fields, for JSON; lengths in Angstrom, angles in degrees."""
    first = file.first
    return {
        "format": file.format,
        "grid": list(first.shape),
        "cell": [round(one, 9) for one in cell_parameters(first.lattice).tolist()],
        "lattice": first.lattice.tolist(),
        "volume": first.volume,
        "atoms": {ELEMENTS[z]: n for z, n in sorted(Counter(first.elements.tolist()).items())},
        "setting": file.setting.label if file.setting else None,
        "fields": {
            name: {
                "quantity": one.quantity,
                "unit": one.unit,
                "minimum": float(one.values.min()),
                "maximum": float(one.values.max()),
                "mean": float(one.values.mean()),
                "root_mean_square": float(np.sqrt((one.values**2).mean())),
                "integral": one.integral,
            }
            for name, one in file.fields.items()
        },
        "notes": list(file.notes),
    }


def field_text(facts: dict[str, Any]) -> str:
    """The facts of :func:`field_facts` as lines of text."""
    lengths, angles = facts["cell"][:3], facts["cell"][3:]
    steps = [length / n for length, n in zip(lengths, facts["grid"], strict=True)]
    lines = [
        ("format", facts["format"]),
        ("grid", f"{_times(facts['grid'])} points, steps {_times(f'{one:.4g}' for one in steps)} Angstrom"),
        ("cell", f"{_times(f'{one:.6g}' for one in lengths)} Angstrom"),
        ("angles", f"{', '.join(f'{one:.6g}' for one in angles)} degrees"),
        ("volume", f"{facts['volume']:.8g} Angstrom^3"),
        ("atoms", " ".join(f"{symbol}{n if n > 1 else ''}" for symbol, n in facts["atoms"].items()) or "none"),
        ("setting", facts["setting"] or "not stated"),
    ]
    rows = [["field", "quantity", "unit", "minimum", "maximum", "mean", "integral"]]
    for name, one in facts["fields"].items():
        numbers = [f"{one[key]:.6g}" for key in ("minimum", "maximum", "mean")]
        rows.append([name, one["quantity"], one["unit"], *numbers, _integral(one)])
    text = [printable(f"{name:<8} {value}") for name, value in lines]
    return "\n".join([*text, "", *table_lines(rows, left=(0, 1, 2))])


def _integral(one: dict[str, Any]) -> str:
    integral = f"{one['integral']:.8g}"
    if one["unit"] == "e/Angstrom^3":
        return f"{integral} electrons" if one["quantity"] == "electron density" else f"{integral} e"
    if one["unit"].endswith("/Angstrom^3"):
        return f"{integral} {one['unit'].removesuffix('/Angstrom^3')}"
    unit = {"1": "", "1/Angstrom^2": "Angstrom"}.get(one["unit"], f"{one['unit']} Angstrom^3")
    return f"{integral} {unit or 'Angstrom^3'}"


def _times(parts: Any) -> str:
    return " x ".join(str(one) for one in parts)
