"""Mulliken symbols of the one-dimensional characters of the 32 point groups; characters.py says what they mean."""

from __future__ import annotations

_D2, _C4, _D4, _D3 = "A B1 B2 B3", "A B 1E 2E", "A1 A2 B1 B2", "A1 A2"
_C3, _C6 = "A 1E 2E", "A B 1E1 2E1 1E2 2E2"


def _with_inversion(symbols: str) -> str:
    return " ".join(symbol + parity for parity in "gu" for symbol in symbols.split())


CHARACTER_SYMBOLS: dict[str, tuple[str, ...]] = {
    point_group: tuple(symbols.split())
    for point_group, symbols in {
        "1": "A", "-1": "Ag Au", "2": "A B", "m": "A' A''", "2/m": _with_inversion("A B"),
        "222": _D2, "mm2": _D4, "mmm": _with_inversion(_D2),
        "4": _C4, "-4": _C4, "4/m": _with_inversion(_C4),
        "422": _D4, "4mm": _D4, "-42m": _D4, "4/mmm": _with_inversion(_D4),
        "3": _C3, "-3": _with_inversion(_C3), "32": _D3, "3m": _D3, "-3m": _with_inversion(_D3),
        "6": _C6, "-6": "A' 1E' 2E' A'' 1E'' 2E''", "6/m": _with_inversion(_C6),
        "622": _D4, "6mm": _D4, "-6m2": "A1' A2' A1'' A2''", "6/mmm": _with_inversion(_D4),
        "23": _C3, "m-3": _with_inversion(_C3), "432": _D3, "-43m": _D3, "m-3m": _with_inversion(_D3),
    }.items()
}  # fmt: skip
"""By point group, the symbols of its one-dimensional characters; the first is that of the trivial one."""
