"""Polynomials in kx, ky, kz as text: in factors, such as ``ky kz (3 kx^2 - ky^2)``."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from basis_compiler.magnetism.splitting_form import Monomial, SplittingForm

_NAMES = ("kx", "ky", "kz")
_LATEX = ("k_x", "k_y", "k_z")


def form_text(form: SplittingForm, *, latex: bool = False) -> str:
    """All polynomials of a form; with coefficients c1, c2 ... if there are several.

    Args:
        form: of the spin splitting.
        latex: whether to write LaTeX instead of plain text.
    """
    texts = [polynomial_text(terms, latex=latex) for terms in form.polynomials]
    if len(texts) == 1:
        return texts[0]
    letter = "c_{}" if latex else "c{}"
    return " + ".join(
        f"{letter.format(number)} {f'({text})' if _is_sum(text) else text}" for number, text in enumerate(texts, 1)
    )


def polynomial_text(terms: Sequence[Monomial], *, latex: bool = False) -> str:
    """A polynomial as its factors over the rational numbers; factors a - b and a + b are written together.

    Args:
        terms: of the polynomial; the first has a positive coefficient.
        latex: whether to write LaTeX instead of plain text.
    """
    import sympy  # noqa: PLC0415 - slow

    symbols = sympy.symbols(_NAMES)
    if any(term.root for term in terms):
        return _sum_text(terms, latex)
    total = sympy.Poly.from_dict({term.powers: term.coefficient for term in terms}, *symbols)
    constant, found = sympy.factor_list(total)
    factors = [factor for factor, power in found for _ in range(power)]
    merged = sorted(_merged(factors), key=lambda factor: (len(factor.terms()), [-n for n in factor.monoms()[0]]))
    parts = [str(constant)] * (constant != 1)
    single = len(merged) == 1 and constant == 1
    for factor in merged:
        text = _sum_text([Monomial(int(c), False, powers) for powers, c in factor.terms()], latex)
        parts.append(f"({text})" if _is_sum(text) and not single else text)
    return " ".join(parts)


def _merged(factors: list[Any]) -> list[Any]:
    """With the product of two in their place where it has two terms."""
    for i, one in enumerate(factors):
        for j in range(i + 1, len(factors)):
            product = one * factors[j]
            if len(one.terms()) > 1 and len(product.terms()) == 2:
                return _merged([*factors[:i], product, *factors[i + 1 : j], *factors[j + 1 :]])
    return factors


def _sum_text(terms: Sequence[Monomial], latex: bool) -> str:
    text = ""
    for term in terms:
        size = abs(term.coefficient)
        numbers = [str(size)] * (size != 1 or not any(term.powers))
        numbers += [r"\sqrt{3}" if latex else "sqrt(3)"] * term.root
        letters = [
            name if power == 1 else f"{name}^{power}"
            for name, power in zip(_LATEX if latex else _NAMES, term.powers, strict=True)
            if power
        ]
        sign = ("-" if term.coefficient < 0 else "") if not text else (" - " if term.coefficient < 0 else " + ")
        text += sign + " ".join(numbers + letters)
    return text


def _is_sum(text: str) -> bool:
    """Whether a text is a sum that needs brackets as a factor."""
    depth = 0
    for before, letter in itertools.pairwise(text):
        depth += (before == "(") - (before == ")")
        if depth == 0 and before == " " and letter in "+-":
            return True
    return False
