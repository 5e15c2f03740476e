"""A :class:`TrigonometricForm` as plain text and as LaTeX; X, Y, Z stand for 2 pi x, y, z.

>>> from basis_store import Setting, open_store
>>> from basis_compiler import trigonometric_form
>>> formula_text(trigonometric_form(open_store().read(Setting.standard(221)), 1))
'sqrt(2/3) [cos X + cos Y + cos Z]'
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction

from basis_compiler.bases.trigonometric_form import Factor, TrigonometricForm, Wave
from basis_store import TURN, CompiledSetting


def legend(dimension: int, *, latex: bool) -> str:
    """What the capital letters of formulas stand for: ``X = 2 pi x, Y = 2 pi y``, and Z in space."""
    pairs = [(letter.upper(), letter) for letter in "xyz"[:dimension]]
    if latex:
        return r",\; ".join(rf"{angle} = 2\pi {letter}" for angle, letter in pairs)
    return ", ".join(f"{angle} = 2 pi {letter}" for angle, letter in pairs)


def formula_text(form: TrigonometricForm) -> str:
    """The form as one line of plain ASCII, such as ``2/sqrt(3) [sin X cos Y + cos X sin Z + sin Y cos Z]``."""
    terms = [(term.coefficient, " ".join(map(_factor_text, term.factors))) for term in form.terms]
    return _joined(form, terms, _amplitude_text(form.amplitude_squared), " ", ("[", "]"))


def formula_latex(form: TrigonometricForm) -> str:
    r"""The form in LaTeX's mathematics mode, without dollar signs; plain enough for matplotlib's mathtext."""
    terms = [(term.coefficient, r"\,".join(map(_factor_latex, term.factors))) for term in form.terms]
    return _joined(form, terms, _amplitude_latex(form.amplitude_squared), r"\,", (r"\left[", r"\right]"))


def complex_formula(compiled: CompiledSetting, function: int, *, latex: bool = False) -> str:
    """A function of a complex character (T9) as a sum of plane waves, ``1/2 [exp i(X + Z) + exp i(Y - pi/2)]``.

    Args:
        compiled: the setting.
        function: its number.
        latex: whether to write LaTeX instead of text.

    Raises:
        IndexError: the setting has no function of this number.
    """
    compiled.check_function(function)
    rows = slice(*compiled.orbit_starts[[function, function + 1]])
    angles = []
    for wave, phase24 in zip(compiled.waves[rows].tolist(), compiled.phases24[rows].tolist(), strict=True):
        signed = phase24 if phase24 <= TURN // 2 else phase24 - TURN
        phase = _phase(signed, r"\pi", r"\frac{{{}}}{{{}}}") if latex else _phase(signed, "pi", "{}/{}")
        angles.append(_angle((wave[0], wave[1], wave[2] if len(wave) > 2 else 0), phase)[0])
    squared = Fraction(1, int(compiled.orbit_sizes[function]))
    if latex:
        terms = " + ".join(f"e^{{i({angle})}}" for angle in angles)
        amplitude, brackets = _amplitude_latex(squared), (r"\,\left[", r"\right]")
    else:
        terms = " + ".join(f"exp i({angle})" for angle in angles)
        amplitude, brackets = _amplitude_text(squared), (" [", "]")
    return f"{amplitude}{brackets[0]}{terms}{brackets[1]}" if amplitude else terms


def _joined(
    form: TrigonometricForm, terms: list[tuple[int, str]], amplitude: str, times: str, brackets: tuple[str, str]
) -> str:
    if terms == [(1, "")]:
        return amplitude or "1"
    body = _signed_sum((coefficient, text, times) for coefficient, text in terms)
    if amplitude or form.sign < 0:
        body = body if len(terms) == 1 else f"{brackets[0]}{body}{brackets[1]}"
        body = f"{amplitude}{times}{body}" if amplitude else body
    return f"-{body}" if form.sign < 0 else body


def _signed_sum(terms: Iterable[tuple[int, str, str]]) -> str:
    pieces: list[str] = []
    for coefficient, text, times in terms:
        size = "" if abs(coefficient) == 1 else f"{abs(coefficient)}{times}"
        sign = ("-" if coefficient < 0 else "") if not pieces else (" - " if coefficient < 0 else " + ")
        pieces.append(f"{sign}{size}{text}")
    return "".join(pieces)


def _square_parts(squared: Fraction) -> tuple[int, int, int, int]:
    """(a, b, c, d) with squared = (a/c)^2 b/d, b and d without square factors."""
    a, b = _square_factor(squared.numerator)
    c, d = _square_factor(squared.denominator)
    return a, b, c, d


def _square_factor(number: int) -> tuple[int, int]:
    root = next(i for i in range(math.isqrt(number), 0, -1) if number % (i * i) == 0)
    return root, number // root**2


def _amplitude_text(squared: Fraction) -> str:
    """sqrt(squared) in lowest terms; nothing for 1."""
    a, b, c, d = _square_parts(squared)
    if b == 1:
        below = [str(c)] * (c > 1) + [f"sqrt({d})"] * (d > 1)
        if not below:
            return "" if a == 1 else str(a)
        return f"{a}/{below[0]}" if len(below) == 1 else f"{a}/({' '.join(below)})"
    root = f"sqrt({b}/{d})" if d > 1 else f"sqrt({b})"
    above = root if a == 1 else f"{a} {root}"
    return above if c == 1 else f"{above}/{c}"


def _amplitude_latex(squared: Fraction) -> str:
    a, b, c, d = _square_parts(squared)
    if b == 1:
        below = (str(c) if c > 1 else "") + (rf"\sqrt{{{d}}}" if d > 1 else "")
        return rf"\frac{{{a}}}{{{below}}}" if below else str(a) * (a > 1)
    root = rf"\sqrt{{\frac{{{b}}}{{{d}}}}}" if d > 1 else rf"\sqrt{{{b}}}"
    above = root if a == 1 else f"{a}{root}"
    return above if c == 1 else rf"\frac{{{above}}}{{{c}}}"


def _factor_text(factor: Factor) -> str:
    angle, single = _angle(factor.wave, _phase(factor.phase24, "pi", "{}/{}"))
    return f"{factor.kind} {angle}" if single else f"{factor.kind}({angle})"


def _factor_latex(factor: Factor) -> str:
    angle, single = _angle(factor.wave, _phase(factor.phase24, r"\pi", r"\frac{{{}}}{{{}}}"))
    return rf"\{factor.kind} {angle}" if single else rf"\{factor.kind}({angle})"


def _angle(wave: Wave, phase: str) -> tuple[str, bool]:
    """``2X + Y - Z + pi/3`` and whether it needs no parentheses."""
    listed = [(index, letter, "") for index, letter in zip(wave, "XYZ", strict=True) if index]
    return _signed_sum(listed) + phase, len(listed) == 1 and listed[0][0] > 0 and not phase


def _phase(phase24: int, pi: str, fraction: str) -> str:
    if phase24 == 0:
        return ""
    part = Fraction(abs(phase24), 12)
    above = pi if part.numerator == 1 else f"{part.numerator}{pi if pi[0] == chr(92) else ' ' + pi}"
    text = above if part.denominator == 1 else fraction.format(above, part.denominator)
    return f" {'-' if phase24 < 0 else '+'} {text}"
