"""One group in a setting, as a crystallographer reads it: a page of text, and plain values for JSON."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import asdict
from fractions import Fraction
from typing import Any

import numpy as np

from basis_compiler import (
    ReflectionConditions,
    formula_latex,
    formula_text,
    reflection_conditions,
    trigonometric_form,
)
from basis_compiler.bases.formula_text import complex_formula, legend
from basis_compiler.reflections.conditions.reflection_conditions import ReflectionCondition
from basis_store import TURN, CompiledSetting, MagneticGroup, wave_norm
from basis_store.counted import counted
from basis_store.tables.text_table import table_lines
from sgbasis.reports.groups.character_text import character_facts, character_lines
from sgbasis.reports.groups.group_head import group_facts, group_rows
from sgbasis.reports.groups.moment_tables import moment_facts, moments_page

_WIDTH = 100
_SHELLS = 10


def setting_page(compiled: CompiledSetting, *, count: int, latex: bool = False) -> Iterator[str]:
    """Lines: symbols, reflection conditions, shells of waves, and the first functions as formulas.

    Args:
        compiled: the setting.
        count: how many functions to write out, without the constant, if there is one.
        latex: whether formulas are written in LaTeX.
    """
    rows = {
        **group_rows(compiled.setting),
        "operations": f"{len(compiled.rotations)} modulo cell translations, centrings included",
        "origin shifts": _origin_shifts(compiled),
    }
    for name, value in rows.items():
        yield f"{name:<14} {value}"
    yield from character_lines(compiled)
    yield ""
    yield from _conditions(compiled)
    yield ""
    if isinstance(compiled.setting, MagneticGroup):
        yield from moments_page(compiled.setting)
        yield ""
    yield from _shell_table(compiled)
    yield ""
    yield from _formulas(compiled, count, latex)


def _conditions(compiled: CompiledSetting) -> Iterator[str]:
    conditions = reflection_conditions(compiled)
    named = "Reflection conditions" if compiled.representation.is_trivial else "Waves of these functions"
    yield named + (f" ({conditions.permutable})" if conditions.permutable else "")
    for condition in conditions.listed:
        yield f"  {condition}" + "  (follows)" * condition.follows
    if not conditions.listed:
        yield "  none"


def setting_facts(compiled: CompiledSetting, *, count: int) -> dict[str, Any]:
    """What :func:`setting_page` prints, and the terms of every formula, as plain values for JSON.

    Args:
        compiled: the setting.
        count: how many functions to write out, without the constant.
    """
    return {
        **group_facts(compiled.setting),
        "operations": len(compiled.rotations),
        "origin_shifts": {
            "generators": [
                {"shift": [str(Fraction(entry, TURN)) for entry in shift], "order": order}
                for shift, order in zip(compiled.shifts24.tolist(), compiled.shift_orders.tolist(), strict=True)
            ],
            "directions": compiled.shift_directions.tolist(),
        },
        "character": character_facts(compiled),
        "reflection_conditions": _condition_facts(reflection_conditions(compiled)),
        "moments": moment_facts(compiled.setting) if isinstance(compiled.setting, MagneticGroup) else None,
        "norm_limit": compiled.norm_limit,
        "shells": _shells(compiled),
        "functions": [_function_facts(compiled, function) for function in _written_out(compiled, count)],
    }


def _origin_shifts(compiled: CompiledSetting) -> str:
    """Generators of the allowed shifts that leave every operation as it is (T5)."""
    finite = [
        f"{_translation(shift)} (order {order})"
        for shift, order in zip(compiled.shifts24.tolist(), compiled.shift_orders.tolist(), strict=True)
    ]
    free = [f"any along [{' '.join(map(str, direction))}]" for direction in compiled.shift_directions.tolist()]
    return "; ".join(finite + free) or "none but lattice translations"


def _translation(shift24: list[int]) -> str:
    return " ".join(str(Fraction(entry, TURN)) for entry in shift24)


def _shells(compiled: CompiledSetting) -> list[dict[str, int]]:
    first = compiled.absent_waves[compiled.absence_starts[:-1]]
    absent = wave_norm(first, compiled.setting.lattice_family)
    return [
        {
            "norm": value,
            "functions": int((compiled.norms == value).sum()),
            "waves": int(compiled.orbit_sizes[compiled.norms == value].sum()),
            "absent_orbits": int((absent == value).sum()),
        }
        for value in np.union1d(compiled.norms, absent).tolist()
    ]


def _shell_table(compiled: CompiledSetting) -> Iterator[str]:
    shells = _shells(compiled)
    radius = math.sqrt(compiled.norm_limit / 3)
    total = {key: sum(shell[key] for shell in shells) for key in shells[0]}
    rows = [
        ("norm", "radius", "functions", "waves", "absent orbits"),
        *(_shell_row(str(one["norm"]), math.sqrt(one["norm"] / 3), one) for one in shells[:_SHELLS]),
        _shell_row("all", radius, total),
    ]
    lines = [f"   {line}" for line in table_lines(rows, left=())]
    if (rest := len(shells) - _SHELLS) > 0:
        lines.insert(-1, f"    ... {rest} more")
    functions = "functions without the constant" if compiled.n_constants else "functions"
    yield f"Shells of waves, {functions} (radius = sqrt(norm/3), compiled to {radius:.2f})"
    yield from lines


def _shell_row(name: str, radius: float, counts: dict[str, int]) -> tuple[str, ...]:
    return name, f"{radius:.2f}", str(counts["functions"]), str(counts["waves"]), str(counts["absent_orbits"])


def _formulas(compiled: CompiledSetting, count: int, latex: bool) -> Iterator[str]:
    constant = ": f0 = 1" if compiled.n_constants else ""
    letters = legend(compiled.setting.dimension, latex=latex)
    yield f"Functions, orthonormal over the cell{constant}; " + (f"${letters}$" if latex else letters)
    for function in _written_out(compiled, count):
        formula, heading = _formula(compiled, function, latex=latex), _orbit_name(compiled, function)
        if latex:
            yield f"  % f{function}: {heading}"
            yield f"  f_{{{function}}} = {formula}"
        else:
            yield f"  f{function}  {heading}"
            yield from _wrapped(formula, "      ")


def _written_out(compiled: CompiledSetting, count: int) -> range:
    """The numbers of the first functions after the constant."""
    return range(compiled.n_constants, compiled.n_constants + count)


def _formula(compiled: CompiledSetting, function: int, *, latex: bool) -> str:
    if not compiled.representation.is_real:
        return complex_formula(compiled, function, latex=latex)
    form = trigonometric_form(compiled, function)
    return formula_latex(form) if latex else formula_text(form)


def _orbit_name(compiled: CompiledSetting, function: int) -> str:
    """``{2 1 1}, 24 waves``: the root of the orbit and how many waves the function has."""
    if not compiled.representation.is_real:
        root, size = compiled.roots[function], int(compiled.orbit_sizes[function])
        return f"{{{' '.join(map(str, root.tolist()))}}}, {counted(size, 'wave')}, complex"
    real = compiled.real_function(function)
    which = {0: "", 1: ", real part", -1: ", imaginary part"}[real.part]
    return f"{{{' '.join(map(str, real.waves[0].tolist()))}}}, {counted(real.n_plane_waves, 'wave')}{which}"


def _wrapped(formula: str, indent: str) -> Iterator[str]:
    """Lines of a formula, broken before signs that stand outside parentheses."""
    line = indent
    for piece in re.split(r" (?=[+-] )(?![^()]*\))", formula):
        if line.strip() and len(line) + 1 + len(piece) > _WIDTH:
            yield line
            line = indent + "  "
        line += piece if not line.strip() else f" {piece}"
    yield line


def _condition_facts(conditions: ReflectionConditions) -> dict[str, Any]:
    return {
        "permutable": conditions.permutable,
        "conditions": [_one_condition(condition) for condition in conditions.conditions],
        "listed": [{**_one_condition(condition), "follows": condition.follows} for condition in conditions.listed],
    }


def _one_condition(condition: ReflectionCondition) -> dict[str, Any]:
    return {
        "text": str(condition),
        "kind": condition.kind,
        "zones": [
            {
                "label": zone.label,
                "basis": zone.basis,
                "absent": zone.absent,
                "congruences": [asdict(one) for one in zone.congruences],
            }
            for zone in condition.zones
        ],
    }


def _function_facts(compiled: CompiledSetting, function: int) -> dict[str, Any]:
    orbit = function - compiled.n_constants
    facts = {
        "number": function,
        "root": compiled.roots[orbit].tolist(),
        "norm": int(compiled.norms[orbit]),
        "part": int(compiled.parts[orbit]),
        "text": _formula(compiled, function, latex=False),
        "latex": _formula(compiled, function, latex=True),
    }
    if not compiled.representation.is_real:
        rows = slice(*compiled.orbit_starts[[orbit, orbit + 1]])
        waves, phases = compiled.waves[rows].tolist(), compiled.phases24[rows].tolist()
        return facts | {
            "amplitude_squared": str(Fraction(1, len(waves))),
            "exponentials": [{"wave": wave, "phase24": phase} for wave, phase in zip(waves, phases, strict=True)],
        }
    form = trigonometric_form(compiled, function)
    return facts | {
        "sign": form.sign,
        "amplitude_squared": str(form.amplitude_squared),
        "terms": [
            {
                "coefficient": term.coefficient,
                "factors": [
                    {"function": factor.kind, "wave": factor.wave, "phase24": factor.phase24}
                    for factor in term.factors
                ],
            }
            for term in form.terms
        ],
    }
