"""Exact formulas: equal to the runtime's numbers in every setting, and short."""

from __future__ import annotations

import re
from fractions import Fraction

import numpy as np
import pytest
import sympy
import torch

import runtime
from basis_compiler import (
    TrigonometricForm,
    coordinate_symbols,
    formula_latex,
    formula_text,
    symbolic_function,
    trigonometric_form,
)
from basis_store import CompiledSetting, Setting, StoreReader

POINTS = np.random.default_rng(230).random((7, 3))


def numbers_of(n_orbits: int) -> list[int]:
    """Both ends, a few between, and the partner of each: real and imaginary parts are neighbours."""
    chosen = {0, 1, 2, 3, n_orbits // 2, n_orbits // 2 + 1, n_orbits - 1, n_orbits}
    return sorted(chosen)


def form_values(form: TrigonometricForm, points: np.ndarray) -> np.ndarray:
    """The form evaluated term by term, as its docstring says."""
    total = np.zeros(len(points))
    for term in form.terms:
        product = np.full(len(points), float(term.coefficient))
        for factor in term.factors:
            angle = 2 * np.pi * (points @ np.array(factor.wave) + factor.phase24 / 24)
            product *= np.cos(angle) if factor.kind == "cos" else np.sin(angle)
        total += product
    return form.sign * float(form.amplitude_squared) ** 0.5 * total


def test_symbolic_functions_equal_the_runtime(store: runtime.Store, reader: StoreReader, setting: Setting) -> None:
    compiled = reader.read(setting)
    expected = store.basis(setting)(torch.from_numpy(POINTS)).numpy()
    for number in numbers_of(compiled.n_orbits):
        evaluate = sympy.lambdify(coordinate_symbols(), symbolic_function(compiled, number), "numpy")
        np.testing.assert_allclose(
            evaluate(*POINTS.T) * np.ones(len(POINTS)),
            expected[:, number],
            rtol=0,
            atol=1e-12,
            err_msg=str(number),
        )


def test_all_forms_equal_the_runtime(store: runtime.Store, reader: StoreReader, setting: Setting) -> None:
    compiled = reader.read(setting)
    expected = store.basis(setting)(torch.from_numpy(POINTS)).numpy()
    for number in range(0, compiled.n_orbits + 1, 1 + compiled.n_orbits // 64):
        form = trigonometric_form(compiled, number)
        np.testing.assert_allclose(form_values(form, POINTS), expected[:, number], rtol=0, atol=1e-12)
        assert form.terms[0].coefficient > 0


def test_forms_are_never_longer_than_the_sum_over_waves(every_compiled: list[CompiledSetting]) -> None:
    for compiled in every_compiled:
        for number in (1, compiled.n_orbits):
            size = int(compiled.orbit_sizes[number - 1]) // (2 if compiled.parts[number - 1] == 0 else 1)
            assert len(trigonometric_form(compiled, number).terms) <= size


@pytest.mark.parametrize(
    ("name", "number", "text"),
    [
        ("221", 0, "1"),
        ("221", 1, "sqrt(2/3) [cos X + cos Y + cos Z]"),
        ("225", 1, "2 sqrt(2) cos X cos Y cos Z"),
        ("214", 1, "2/sqrt(3) [sin X cos Y + cos X sin Z + sin Y cos Z]"),
        ("14", 2, "-2 sin X sin Y"),
        ("99", 1, "cos X + cos Y"),
        # A third of a turn stays a phase.
        ("144", 3, "sqrt(2/3) [cos(X + Z) + cos(X - Y - Z + 2 pi/3) + cos(Y - Z - 2 pi/3)]"),
        # Monoclinic groups split x z | y, as International Tables B do.
        ("14", 4, "2 cos(X + Z) cos Y"),
    ],
)
def test_text(reader: StoreReader, name: str, number: int, text: str) -> None:
    assert formula_text(trigonometric_form(reader.read(Setting.parse(name)), number)) == text


def test_latex(reader: StoreReader) -> None:
    form = trigonometric_form(reader.read(Setting.standard(230)), 1)
    assert formula_latex(form) == (
        r"-2\sqrt{\frac{2}{3}}\,\left[\sin 2X\,\cos Y\,\sin Z"
        r" + \sin X\,\sin 2Y\,\cos Z + \cos X\,\sin Y\,\sin 2Z\right]"
    )


@pytest.mark.parametrize(
    ("squared", "text", "latex"),
    [
        (Fraction(4), "2 cos X", r"2\,\cos X"),
        (Fraction(1), "cos X", r"\cos X"),
        (Fraction(1, 4), "1/2 cos X", r"\frac{1}{2}\,\cos X"),
        (Fraction(4, 3), "2/sqrt(3) cos X", r"\frac{2}{\sqrt{3}}\,\cos X"),
        (Fraction(1, 12), "1/(2 sqrt(3)) cos X", r"\frac{1}{2\sqrt{3}}\,\cos X"),
        (Fraction(8, 3), "2 sqrt(2/3) cos X", r"2\sqrt{\frac{2}{3}}\,\cos X"),
        (Fraction(8, 9), "2 sqrt(2)/3 cos X", r"\frac{2\sqrt{2}}{3}\,\cos X"),
    ],
)
def test_amplitudes(reader: StoreReader, squared: Fraction, text: str, latex: str) -> None:
    form = TrigonometricForm(1, squared, trigonometric_form(reader.read(Setting.standard(1)), 1).terms)
    assert (formula_text(form), formula_latex(form)) == (text, latex)


def test_text_parses_back_to_the_function(every_compiled: list[CompiledSetting]) -> None:
    """Plain text read back by sympy is the function: signs, coefficients and amplitudes survive the printing."""
    x, y, z = coordinate_symbols()
    for compiled in every_compiled[::23]:
        for number in (1, 2, 7):
            text = formula_text(trigonometric_form(compiled, number))
            source = re.sub(r"(sin|cos) (\d*[XYZ])", r"\1(\2)", text.replace("[", "(").replace("]", ")"))
            source = re.sub(r"(\d)([XYZ])", r"\1*\2", source).replace("2 pi", "2*pi").replace("5 pi", "5*pi")
            source = re.sub(r"(?<=[\d)]) (?=[a-z(\d])", "*", source)
            names = dict(zip("XYZ", (2 * sympy.pi * s for s in (x, y, z)), strict=True))
            read = sympy.lambdify((x, y, z), sympy.sympify(source, locals=names), "numpy")
            meant = form_values(trigonometric_form(compiled, number), POINTS)
            np.testing.assert_allclose(read(*POINTS.T), meant, atol=1e-12, err_msg=text)


@pytest.mark.parametrize("number", [-1, 10_000])
def test_no_such_function(reader: StoreReader, number: int) -> None:
    compiled = reader.read(Setting.standard(225))
    for build in (trigonometric_form, symbolic_function):
        with pytest.raises(IndexError, match=r"225 Fm-3m has functions 0 to \d+ in this store"):
            build(compiled, number)
