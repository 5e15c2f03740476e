"""A character as text: its symbol, its values on generators, and the operations as coordinate triplets (T9)."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from basis_compiler.bases.dual_graph import lifted_generators
from basis_store import TURN, CompiledSetting, representations
from sgbasis.reports.change_of_basis import triplet_text

_LEFT_COLUMN = 15


def character_lines(compiled: CompiledSetting) -> Iterator[str]:
    """Lines for the head of a page: the character and its values on generators; which there are, if trivial."""
    representation = compiled.representation
    if representation.is_trivial:
        symbols = [one.character for one in representations(compiled.setting)]
        yield f"{'characters':<{_LEFT_COLUMN - 1}} {' '.join(symbols)}"
        return
    kind = "real" if representation.is_real else "complex"
    yield f"{'character':<{_LEFT_COLUMN - 1}} {representation.character}, {kind}: f(g x) = chi(g) f(x), with chi"
    generators = character_facts(compiled)["generators"]
    width = max(len(one["value"]) for one in generators)
    for one in generators:
        yield f"{'':<{_LEFT_COLUMN}}{one['value']:>{width}}  for  {one['operation']}"


def character_facts(compiled: CompiledSetting) -> dict[str, Any]:
    """Symbol and values on generators of the group, as plain values for JSON."""
    generators = lifted_generators(compiled.operations)
    rows = zip(generators.rotations, generators.translations24, generators.characters24.tolist(), strict=True)
    return {
        "symbol": compiled.representation.character,
        "real": compiled.representation.is_real,
        "generators": [
            {
                "operation": triplet_text(rotation, shift / TURN),
                "value": value_text(c),
                "turns": str(Fraction(c, TURN)),
            }
            for rotation, shift, c in rows
        ],
    }


def value_text(c: int) -> str:
    """A value exp(2 pi i c/24): ``-1``, ``i`` or ``exp(-2 pi i/3)``."""
    known = {0: "1", TURN // 2: "-1", TURN // 4: "i", 3 * TURN // 4: "-i"}
    if c in known:
        return known[c]
    part = Fraction(c if c < TURN // 2 else c - TURN, TURN // 2)
    above = "" if abs(part.numerator) == 1 else f"{abs(part.numerator)} "
    return f"exp({'-' if part < 0 else ''}{above}pi i/{part.denominator})"
