"""One-dimensional characters of the 32 classes on generators, typed from published tables.

Real ones as in any textbook (F. A. Cotton, *Chemical Applications of Group Theory*), directions and complex ones
(1E, 2E) as in S. L. Altmann and P. Herzig, *Point-Group Theory Tables* (1994), and on the Bilbao Crystallographic
Server. Matrices act on columns of coordinates in the axes of the first setting of the class.
"""

from __future__ import annotations

import numpy as np

Matrix = list[list[int]]

_I = [[-1, 0, 0], [0, -1, 0], [0, 0, -1]]
_2X, _2Y, _2Z = (
    [[1, 0, 0], [0, -1, 0], [0, 0, -1]],
    [[-1, 0, 0], [0, 1, 0], [0, 0, -1]],
    [[-1, 0, 0], [0, -1, 0], [0, 0, 1]],
)
_MX, _MY, _MZ = (
    [[-1, 0, 0], [0, 1, 0], [0, 0, 1]],
    [[1, 0, 0], [0, -1, 0], [0, 0, 1]],
    [[1, 0, 0], [0, 1, 0], [0, 0, -1]],
)
_4 = [[0, -1, 0], [1, 0, 0], [0, 0, 1]]  # x -> y -> -x
_S4 = [[0, -1, 0], [1, 0, 0], [0, 0, -1]]  # the same with z -> -z
_3 = [[0, -1, 0], [1, -1, 0], [0, 0, 1]]  # a -> b -> -a-b
_6 = [[1, -1, 0], [1, 0, 0], [0, 0, 1]]  # a -> a+b -> b
_2A = [[1, -1, 0], [0, -1, 0], [0, 0, -1]]  # about a, hexagonal axes
_2AB = [[0, -1, 0], [-1, 0, 0], [0, 0, -1]]  # about a-b
_MA = [[-1, 1, 0], [0, 1, 0], [0, 0, 1]]  # across a
_111 = [[0, 0, 1], [1, 0, 0], [0, 1, 0]]  # x -> y -> z
_2XY = [[0, 1, 0], [1, 0, 0], [0, 0, -1]]
_MXY = [[0, 1, 0], [1, 0, 0], [0, 0, 1]]  # x <-> y

_W, _V = np.exp(2j * np.pi / 3), np.exp(1j * np.pi / 3)

GENERATORS: dict[str, list[Matrix]] = {
    "1": [], "-1": [_I], "2": [_2Y], "m": [_MY], "2/m": [_2Y, _I],
    "222": [_2Z, _2Y, _2X], "mm2": [_2Z, _MY], "mmm": [_2Z, _2Y, _2X, _I],
    "4": [_4], "-4": [_S4], "4/m": [_4, _I], "422": [_4, _2X], "4mm": [_4, _MX], "-42m": [_S4, _2X],
    "4/mmm": [_4, _2X, _I],
    "3": [_3], "-3": [_3, _I], "32": [_3, _2AB], "3m": [_3, _MA], "-3m": [_3, _2AB, _I],
    "6": [_6], "-6": [_3, _MZ], "6/m": [_6, _I], "622": [_6, _2A], "6mm": [_6, _MA], "-6m2": [_3, _2AB, _MZ],
    "6/mmm": [_6, _2A, _I],
    "23": [_111], "m-3": [_111, _I], "432": [_4, _2XY], "-43m": [_S4, _MXY], "m-3m": [_4, _2XY, _I],
}  # fmt: skip

_BASE: dict[str, dict[str, list[complex]]] = {
    "1": {"A": []},
    "2": {"A": [1], "B": [-1]},
    "222": {"A": [1, 1, 1], "B1": [1, -1, -1], "B2": [-1, 1, -1], "B3": [-1, -1, 1]},
    "4": {"A": [1], "B": [-1], "1E": [-1j], "2E": [1j]},
    "422": {"A1": [1, 1], "A2": [1, -1], "B1": [-1, 1], "B2": [-1, -1]},
    "3": {"A": [1], "1E": [_W.conjugate()], "2E": [_W]},
    "32": {"A1": [1, 1], "A2": [1, -1]},
    "6": {"A": [1], "B": [-1], "1E1": [_V.conjugate()], "2E1": [_V], "1E2": [_W], "2E2": [_W.conjugate()]},
    "23": {"A": [1], "1E": [_W.conjugate()], "2E": [_W]},
    "432": {"A1": [1, 1], "A2": [-1, -1]},
}


def _times(base: str, endings: tuple[str, str]) -> dict[str, list[complex]]:
    """With one more generator, on which the characters with the second ending are -1."""
    return {
        name + ending: [*values, sign]
        for ending, sign in zip(endings, (1, -1), strict=True)
        for name, values in _BASE[base].items()
    }


_GU, _PRIMES = ("g", "u"), ("'", "''")
TABLES: dict[str, dict[str, list[complex]]] = {
    **_BASE,
    "-1": _times("1", _GU), "2/m": _times("2", _GU), "mmm": _times("222", _GU), "4/m": _times("4", _GU),
    "4/mmm": _times("422", _GU), "-3": _times("3", _GU), "-3m": _times("32", _GU), "6/m": _times("6", _GU),
    "6/mmm": _times("422", _GU), "m-3": _times("23", _GU), "m-3m": _times("432", _GU),
    "m": _times("1", _PRIMES), "-6": _times("3", _PRIMES), "-6m2": _times("32", _PRIMES),
    "mm2": {"A1": [1, 1], "A2": [1, -1], "B1": [-1, 1], "B2": [-1, -1]},
    "-4": _BASE["4"], "4mm": _BASE["422"], "-42m": _BASE["422"], "3m": _BASE["32"],
    "622": _BASE["422"], "6mm": _BASE["422"], "-43m": _BASE["432"],
}  # fmt: skip
"""By class, the symbols in order with their values on the generators."""
