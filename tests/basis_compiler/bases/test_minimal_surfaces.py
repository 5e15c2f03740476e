"""The first functions of cubic groups are the nodal approximations of the classical minimal surfaces, exactly.

Source: H. G. von Schnering and R. Nesper, Z. Phys. B 83 (1991) 407. X = 2 pi x and so on; equality is of symbolic
expressions, up to a positive scale and a sign, with the origin shift that is stated.
"""

from __future__ import annotations

import pytest
import sympy
from sympy import Rational, cos, sin, sqrt

from basis_compiler import coordinate_symbols, symbolic_function
from basis_store import Setting, StoreReader

x, y, z = coordinate_symbols()
X, Y, Z = (2 * sympy.pi * symbol for symbol in (x, y, z))

P = cos(X) + cos(Y) + cos(Z)
GYROID = sin(X) * cos(Y) + sin(Y) * cos(Z) + sin(Z) * cos(X)
D = cos(X) * cos(Y) * cos(Z) - sin(X) * sin(Y) * sin(Z)
D_AT_CENTRE = cos(X - Y) * cos(Z) + sin(X + Y) * sin(Z)
NEOVIUS_PART = cos(X) * cos(Y) + cos(Y) * cos(Z) + cos(Z) * cos(X)
I_WP = 2 * NEOVIUS_PART - (cos(2 * X) + cos(2 * Y) + cos(2 * Z))
DOUBLE_GYROID = sin(2 * X) * cos(Y) * sin(Z) + sin(2 * Y) * cos(Z) * sin(X) + sin(2 * Z) * cos(X) * sin(Y)


def assert_equal(one: sympy.Expr, other: sympy.Expr) -> None:
    """Exactly: both are polynomials in cosines and sines of X/2, Y/2, Z/2, reduced by cos^2 + sin^2 = 1."""
    difference = sympy.expand_trig(sympy.expand(one - other))
    for angle in (X / 2, Y / 2, Z / 2):
        c, s = sympy.symbols("c s")
        polynomial = sympy.expand(difference.subs({cos(angle): c, sin(angle): s}))
        difference = sympy.rem(polynomial, s**2 + c**2 - 1, s).subs({c: cos(angle), s: sin(angle)})
    assert sympy.expand(difference) == 0, difference


def moved(expression: sympy.Expr, shift: str) -> sympy.Expr:
    """The expression at x + shift: the function as seen from an origin at ``shift``."""
    shifts = map(Rational, shift.split())
    return expression.subs(
        {symbol: symbol + step for symbol, step in zip((x, y, z), shifts, strict=True)}, simultaneous=True
    )


@pytest.mark.parametrize(
    ("setting", "wave", "surface", "scale", "shift"),
    [
        ("221", (1, 0, 0), P, sqrt(Rational(2, 3)), "0 0 0"),
        ("214", (1, 1, 0), GYROID, 2 / sqrt(3), "0 0 0"),
        ("199", (1, 1, 0), GYROID, 2 / sqrt(3), "0 0 0"),
        # Origin choice 1 puts the origin on one -43m site of diamond, the printed formula on the other.
        ("227:1", (1, 1, 1), D, sympy.Integer(2), "1/4 1/4 1/4"),
        # Origin choice 2, at -3m: the printed formula for that origin; and the one above, from a -43m site.
        ("227:2", (1, 1, 1), D_AT_CENTRE, -sqrt(2), "0 0 0"),
        ("227:2", (1, 1, 1), D, sympy.Integer(2), "5/8 5/8 5/8"),
        ("229", (1, 1, 0), NEOVIUS_PART, 2 / sqrt(3), "0 0 0"),
        ("230", (2, 1, 1), DOUBLE_GYROID, -2 * sqrt(Rational(2, 3)), "0 0 0"),
    ],
)
def test_first_function(
    reader: StoreReader,
    setting: str,
    wave: tuple[int, int, int],
    surface: sympy.Expr,
    scale: sympy.Expr,
    shift: str,
) -> None:
    compiled = reader.read(Setting.parse(setting))
    assert compiled.roots[0].tolist() == list(wave)
    assert_equal(moved(symbolic_function(compiled, 1), shift), scale * surface)


def test_i_wp_is_spanned_by_the_first_two_functions_of_229(reader: StoreReader) -> None:
    compiled = reader.read(Setting.standard(229))
    first, second = (symbolic_function(compiled, number) for number in (1, 2))
    assert_equal(I_WP, sqrt(3) * first - sqrt(Rational(3, 2)) * second)


def test_the_square_of_the_gyroid_has_the_symmetry_230(reader: StoreReader) -> None:
    """214 keeps the two labyrinths of the gyroid apart; 230 exchanges them, which turns its sign."""
    compiled = reader.read(Setting.standard(230))
    first, second = (symbolic_function(compiled, number) for number in (1, 2))
    assert_equal(GYROID**2, Rational(3, 4) - sqrt(Rational(3, 8)) * first - sqrt(3) / 8 * second)


def test_the_square_of_the_d_surface_has_the_symmetry_224_in_half_its_cell(reader: StoreReader) -> None:
    """227 keeps the two labyrinths of D apart; 224, with half the cell edge, exchanges them (origin choice 1)."""
    compiled = reader.read(Setting.parse("224:1"))
    first, second = (symbolic_function(compiled, number) for number in (1, 2))
    half = D.subs({x: x / 2, y: y / 2, z: z / 2}, simultaneous=True)
    assert_equal(half**2, Rational(1, 4) + sqrt(3) / 8 * first + sqrt(2) / 16 * second)
