"""The basis functions as exact formulas.

Every function of a setting is a sum of cosines with one amplitude (T2; see :class:`basis_store.RealFunction`):

    f(x) = sqrt(q) sum_k cos(2 pi k.x + 2 pi p_k / 24),     p_k an integer

Often products are shorter: with the axes split into blocks, such as x | y | z or x z | y, k.x is a sum over
blocks and cos(A + B + p) expands into cos A cos B, sin A sin B ... Waves that differ in the signs of blocks then
share terms. The coefficients are sums of cosines of multiples of 15 degrees, exact integers in units of
(1, sqrt2, sqrt3, sqrt6)/4. The form with the fewest terms is chosen; of equals the one with fewer blocks, the
plain sum first. Products are taken only if their coefficients are integers but for one common factor.

All of this is integer arithmetic; sympy is used for the final expression only.
"""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from basis_store import TURN, RealFunction
from basis_store.bases.compiled_setting import CompiledSetting, check_compiled

if TYPE_CHECKING:
    import sympy

Wave = tuple[int, int, int]

_ZERO: Wave = (0, 0, 0)
_SPLITS = (((0, 1), (2,)), ((0, 2), (1,)), ((1, 2), (0,)), ((0,), (1,), (2,)))
# cos(15 degrees p) = (a + b sqrt2 + c sqrt3 + d sqrt6)/4 for p = 0..6; the other quadrants by symmetry.
_RADICALS = (1, 2, 3, 6)
_FIRST_QUADRANT = ((4, 0, 0, 0), (0, 1, 0, 1), (0, 0, 2, 0), (0, 2, 0, 0), (2, 0, 0, 0), (0, -1, 0, 1), (0,) * 4)


@dataclass(frozen=True)
class Factor:
    """``cos`` or ``sin`` of ``2 pi wave.x + 2 pi phase24/24``.

    Attributes:
        kind: which function.
        wave: integer (h, k, l); l = 0 for plane groups.
        phase24: -11 to 12; 0 if the phase is a multiple of a quarter turn.
    """

    kind: Literal["cos", "sin"]
    wave: Wave
    phase24: int = 0


@dataclass(frozen=True)
class Term:
    """An integer times a product of factors; no factors: the integer itself."""

    coefficient: int
    factors: tuple[Factor, ...]


@dataclass(frozen=True)
class TrigonometricForm:
    """``sign sqrt(amplitude_squared) * (sum of terms)``. The first coefficient is positive, their gcd is 1."""

    sign: int
    amplitude_squared: Fraction
    terms: tuple[Term, ...]


def trigonometric_form(compiled: CompiledSetting, function: int) -> TrigonometricForm:
    """Function ``function`` of a setting as a short exact formula; see the head of this module.

    Args:
        compiled: the setting.
        function: one per orbit, numbered as in :meth:`runtime.Basis.evaluate`; 0 is the constant 1 where the
            functions are invariant.

    Raises:
        IndexError: the setting has no function of this number.
        CharacterError: the character is complex, and so are its functions.
        TypeError: ``compiled`` is something else.
    """
    check_compiled(compiled)
    real_function = compiled.real_function(function)
    if function < compiled.n_constants:
        return TrigonometricForm(1, Fraction(1), (Term(1, ()),))
    squared, cosines = real_function.amplitude_squared, _positive_cosines(real_function)
    forms = [_sum_form(squared, cosines)]
    forms += [form for split in _SPLITS if (form := _product_form(squared, cosines, split))]
    return min(forms, key=lambda form: len(form.terms))


def symbolic_function(compiled: CompiledSetting, function: int) -> sympy.Expr:
    """The same as an exact sympy expression in the real symbols :func:`coordinate_symbols`, amplitude in front.

    Phases that are not multiples of a quarter turn stay in the argument, as exact multiples of pi/12;
    ``sympy.expand_trig`` turns them into radicals.

    Args:
        compiled: the setting.
        function: as for :func:`trigonometric_form`.

    Raises:
        IndexError: the setting has no function of this number.
        CharacterError: the character is complex, and so are its functions.
    """
    import sympy  # noqa: PLC0415 - takes a third of a second, and text formulas do not need it

    form = trigonometric_form(compiled, function)
    symbols = coordinate_symbols()

    def factor(one: Factor) -> sympy.Expr:
        angle = sympy.Add(
            *(2 * sympy.pi * index * symbol for index, symbol in zip(one.wave, symbols, strict=True))
        )
        return getattr(sympy, one.kind)(angle + sympy.pi * sympy.Rational(2 * one.phase24, TURN))

    terms = [sympy.Mul(term.coefficient, *map(factor, term.factors)) for term in form.terms]
    squared = sympy.Rational(form.amplitude_squared.numerator, form.amplitude_squared.denominator)
    # Unevaluated: sympy would multiply a rational amplitude into the sum.
    return sympy.Mul(form.sign * sympy.sqrt(squared), sympy.Add(*terms), evaluate=len(terms) == 1)


def coordinate_symbols() -> tuple[sympy.Symbol, sympy.Symbol, sympy.Symbol]:
    """The real sympy symbols x, y, z: fractional coordinates in the conventional cell of the setting."""
    import sympy  # noqa: PLC0415 - takes a third of a second, and text formulas do not need it

    x, y, z = sympy.symbols("x y z", real=True)
    return x, y, z


def _positive_cosines(function: RealFunction) -> list[tuple[Wave, int]]:
    """The (k, p_k) of a function, with the first non-zero index of each k positive; largest k first."""
    listed: dict[Wave, int] = {}
    waves = function.waves.tolist()
    for (h, k, *rest), phase in zip(waves, function.phases24.tolist(), strict=True):
        l = rest[0] if rest else 0  # noqa: E741 - in the plane, waves are those of space with l = 0
        leading = (h, k, l) > _ZERO
        listed[(h, k, l) if leading else (-h, -k, -l)] = (phase if leading else -phase) % TURN
    return sorted(listed.items(), reverse=True)


def _sum_form(squared: Fraction, cosines: list[tuple[Wave, int]]) -> TrigonometricForm:
    terms = []
    for wave, phase in cosines:
        if phase % 6:
            factor, sign = Factor("cos", wave, phase if phase <= TURN // 2 else phase - TURN), 1
        else:
            factor = Factor("sin" if phase % 12 else "cos", wave)
            sign = 1 if phase in (0, 18) else -1
        terms.append(Term(sign, (factor,)))
    return _normalised(squared, terms)


def _product_form(
    squared: Fraction, cosines: list[tuple[Wave, int]], split: tuple[tuple[int, ...], ...]
) -> TrigonometricForm | None:
    """The sum expanded over blocks of axes, or None if its coefficients have no common radical."""
    sums: dict[tuple[tuple[Wave, ...], tuple[bool, ...]], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for wave, phase in cosines:
        blocks, signs = zip(*(_block(wave, axes) for axes in split), strict=True)
        # cos(sum_B s_B A_B + p) = Re exp(i p) prod_B (cos A_B + i s_B sin A_B)
        for sines in itertools.product((False, True), repeat=len(split)):
            if any(sine and sign == 0 for sine, sign in zip(sines, signs, strict=True)):
                continue
            turn = phase + sum(6 * sign for sine, sign in zip(sines, signs, strict=True) if sine)
            entry = sums[blocks, sines]
            for i, value in enumerate(_COSINES[turn % TURN]):
                entry[i] += value
    found = {key: entry for key, entry in sums.items() if any(entry)}
    used = {i for entry in found.values() for i in range(4) if entry[i]}
    if len(used) != 1:
        return None
    (radical,) = used
    common = math.gcd(*(entry[radical] for entry in found.values()))
    squared = squared * _RADICALS[radical] * Fraction(common, 4) ** 2
    ordered = sorted(found.items(), key=lambda item: ([-abs(i) for i in _added(item[0][0])], item[0]))
    return _normalised(squared, [_term(entry[radical] // common, *key) for key, entry in ordered])


def _block(wave: Wave, axes: tuple[int, ...]) -> tuple[Wave, int]:
    """The part of a wave on some axes, made positive, and its sign (0 where it vanishes)."""
    part = tuple(index if axis in axes else 0 for axis, index in enumerate(wave))
    sign = (part > _ZERO) - (part < _ZERO)
    return (part[0] * (sign or 1), part[1] * (sign or 1), part[2] * (sign or 1)), sign


def _term(coefficient: int, blocks: tuple[Wave, ...], sines: tuple[bool, ...]) -> Term:
    factors = [
        Factor("sin" if sine else "cos", wave) for wave, sine in zip(blocks, sines, strict=True) if wave != _ZERO
    ]
    # x y z order, whatever the split.
    factors.sort(key=lambda factor: [index == 0 for index in factor.wave])
    return Term(coefficient, tuple(factors))


def _added(waves: tuple[Wave, ...]) -> list[int]:
    return [sum(indices) for indices in zip(*waves, strict=True)]


def _normalised(squared: Fraction, terms: list[Term]) -> TrigonometricForm:
    sign = 1 if terms[0].coefficient > 0 else -1
    return TrigonometricForm(sign, squared, tuple(Term(sign * term.coefficient, term.factors) for term in terms))


def _cosine_table() -> tuple[tuple[int, ...], ...]:
    """cos(2 pi p/24) for p = 0..23 in units of (1, sqrt2, sqrt3, sqrt6)/4."""
    table = []
    for p in range(TURN):
        folded = min(p, TURN - p)
        sign = 1 if folded <= 6 else -1
        table.append(tuple(sign * value for value in _FIRST_QUADRANT[min(folded, 12 - folded)]))
    return tuple(table)


_COSINES = _cosine_table()
