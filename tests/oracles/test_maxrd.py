"""Reflection conditions against the table of MaXrd, a crystallography package for Mathematica.

The table repeats International Tables A: general conditions of every group, and the special conditions of its
1,730 Wyckoff positions. It states conditions for one representative of permutable indices, so a wave is allowed
<=> all waves of its point-group orbit fulfil every condition. Where the table is flagged as wrong (general
conditions of 13 groups; positions whose recorded mismatch with spglib is not 0) it is not used.
"""

from __future__ import annotations

import ast
import functools
import itertools
import json
import operator
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from basis_compiler import operations, reflection_conditions
from basis_compiler.reflections.extinctions.extinction_classes import extinction_classes
from basis_compiler.reflections.extinctions.laue_classes import laue_classes
from basis_store import Operations, Setting

pytestmark = pytest.mark.oracle

TABLE = Path(__file__).resolve().parents[3] / "shared" / "oracles" / "maxrd_reflection_conditions.json"
WAVES = np.array(list(itertools.product(range(-6, 7), repeat=3)))
# Sums over generic positions vanish exactly or not at all: of the order of 1, or of rounding.
ZERO = 1e-9
ARITHMETIC = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Mod: operator.mod}


@functools.cache
def table() -> dict[str, Any]:
    if not TABLE.is_file():
        pytest.skip("no oracle table ../shared/oracles/maxrd_reflection_conditions.json next to the checkout")
    return json.loads(TABLE.read_text())


def allowed_by(conditions: list[dict[str, str]], group: Operations) -> np.ndarray:
    """Which of WAVES fulfil the table's conditions together with all waves of their point-group orbit."""
    allowed = np.ones(len(WAVES), dtype=bool)
    for rotation in np.unique(group.rotations, axis=0):
        h, k, l = (WAVES @ rotation).T  # noqa: E741 - Miller indices
        for condition in conditions:
            allowed &= ~evaluate(condition["when"], h, k, l) | evaluate(condition["require"], h, k, l)
    return allowed


def evaluate(expression: str, h: np.ndarray, k: np.ndarray, l: np.ndarray) -> np.ndarray:  # noqa: E741
    """A condition such as ``h == k == 0`` or ``((k + l)%4==0) and (k%2==0)`` over arrays of indices."""
    indices = {"h": h, "k": k, "l": l}

    def value(node: ast.expr) -> Any:
        match node:
            case ast.Constant(int() as number):
                return number
            case ast.Name(name):
                return indices[name]
            case ast.UnaryOp(ast.USub(), operand):
                return -value(operand)
            case ast.BinOp(left, operation, right):
                return ARITHMETIC[type(operation)](value(left), value(right))
            case ast.BoolOp(operation, parts):
                join = np.logical_and if isinstance(operation, ast.And) else np.logical_or
                return join.reduce(np.broadcast_arrays(*map(value, parts)))
            case ast.Compare(left, operations_, rights):
                assert all(isinstance(operation, ast.Eq) for operation in operations_)
                sides = [value(side) for side in (left, *rights)]
                return np.logical_and.reduce([one == other for one, other in itertools.pairwise(sides)])
        raise AssertionError(ast.dump(node))

    return np.broadcast_to(value(ast.parse(expression, mode="eval").body), h.shape)


def coordinates(wolfram: str, parameters: dict[str, float]) -> np.ndarray:
    """``{1/8, "y", Subtract[1/4, "y"]}`` with numbers for the free parameters."""

    def value(text: str) -> float:
        text = text.strip()
        if match := re.fullmatch(r"(Subtract|Plus|Times)\[(.+), (.+)\]", text):
            one, other = value(match[2]), value(match[3])
            return {"Subtract": one - other, "Plus": one + other, "Times": one * other}[match[1]]
        if match := re.fullmatch(r'(-|-?\d+\*|-?\d+/\d+ [+-] )?"([xyz])"', text):
            factor = match[1] or ""
            if factor.endswith("*"):
                return int(factor[:-1]) * parameters[match[2]]
            if factor.endswith(("+ ", "- ")):
                return float(Fraction(factor[:-3])) + (1 if factor[-2] == "+" else -1) * parameters[match[2]]
            return (-1 if factor else 1) * parameters[match[2]]
        if match := re.fullmatch(r'"([xyz])" ([+-]) (\d+/\d+)', text):
            return parameters[match[1]] + (1 if match[2] == "+" else -1) * float(Fraction(match[3]))
        return float(Fraction(text))

    parts = re.split(r", (?![^\[]*\])", wolfram.strip("{}"))
    assert len(parts) == 3, wolfram
    return np.array([value(part) for part in parts])


def present_on(position: dict[str, Any], group: Operations) -> np.ndarray:
    """Which of WAVES have P_k != 0 (T4) on a Wyckoff position, for free parameters in general."""
    random = np.random.default_rng(1)
    present = np.zeros(len(WAVES), dtype=bool)
    for _ in range(3):
        site = coordinates(position["first_coord_wl"], dict(zip("xyz", random.random(3), strict=True)))
        images = group.rotations @ site + group.translations24 / 24
        present |= np.abs(np.exp(2j * np.pi * (WAVES @ images.T)).mean(axis=1)) > ZERO
    return present


@pytest.mark.parametrize("number", range(1, 231))
def test_general_conditions(number: int) -> None:
    entry = table()[str(number)]
    group = operations(Setting.from_hall(entry["spglib_hall_best"]))
    assert group.setting.number == number
    if not entry["general_agrees_with_spglib"]:
        pytest.skip("flagged as wrong in the source")
    ours = reflection_conditions(group).allows(WAVES)
    assert np.array_equal(ours, allowed_by(entry["general"], group))


@pytest.mark.parametrize("number", range(1, 231))
def test_the_table_leads_to_one_extinction_class(number: int) -> None:
    """Of the classes of the Laue class, in the axes of the table: that of the group, and no other."""
    entry = table()[str(number)]
    setting = Setting.from_hall(entry["spglib_hall_best"])
    if not entry["general_agrees_with_spglib"]:
        pytest.skip("flagged as wrong in the source")
    theirs = allowed_by(entry["general"], operations(setting))
    laue = next(one for one in laue_classes() if setting in one.settings)
    equal = [one for one in extinction_classes(laue) if np.array_equal(one.allows(WAVES), theirs)]
    assert len(equal) == 1 and setting in equal[0].settings and not equal[0].is_reverse


@pytest.mark.parametrize("number", range(1, 231))
def test_special_positions(number: int) -> None:
    entry = table()[str(number)]
    group = operations(Setting.from_hall(entry["spglib_hall_best"]))
    right = [position for position in entry["positions"] if position["special_mismatch"] == 0]
    if not right:
        pytest.skip("every position is flagged as wrong in the source")
    ours = reflection_conditions(group).allows(WAVES)
    for position in right:
        conditions = [*entry["general"], *position["conditions"]]
        present = present_on(position, group)
        assert np.array_equal(present, allowed_by(conditions, group)), position["letter"]
        assert not (present & ~ours).any(), position["letter"]


def test_nearly_all_of_the_table_is_used() -> None:
    entries = table().values()
    assert sum(entry["general_agrees_with_spglib"] for entry in entries) == 217
    positions = [position for entry in entries for position in entry["positions"]]
    assert len(positions) == 1730
    assert sum(position["special_mismatch"] == 0 for position in positions) > 1600
