"""The rows of coordinates of a POSCAR, checked before they are parsed: ASE repeats a single number three times."""

from __future__ import annotations

from collections.abc import Sequence

from basis_compiler.crystals.crystal import ELEMENTS
from basis_store import CrystalError

_SYMBOLS = frozenset(ELEMENTS[1:])
_FLAGS = frozenset(("T", "F", ".T.", ".F.", ".TRUE.", ".FALSE."))


def check_poscar_rows(rows: Sequence[str], symbols: Sequence[str], counts: Sequence[int], name: str) -> None:
    """That there is a row of three numbers for each atom and none more, and that it names no other element.

    Args:
        rows: all lines below the numbers of atoms.
        symbols: of the elements.
        counts: atoms of each.
        name: of the file, for messages.

    Raises:
        CrystalError: anything else.
    """
    is_selective = bool(rows) and rows[0].strip()[:1] in ("S", "s")
    rows = rows[2 if is_selective else 1 :]
    expected = [symbol for symbol, count in zip(symbols, counts, strict=True) for _ in range(count)]
    if len(rows) < len(expected):
        raise CrystalError(f"{name}: it has {len(rows)} rows of coordinates for {len(expected)} atoms")
    for atom, (row, symbol) in enumerate(zip(rows, expected, strict=False), start=1):
        words = row.split()
        if not _are_three_numbers(words):
            raise CrystalError(f"{name}: the row of atom {atom} has no three coordinates: {row.strip()[:40]!r}")
        own = words[6 if is_selective else 3 :][:1]
        if own and own[0] in _SYMBOLS and own[0] != symbol and (is_selective or not _FLAGS.issuperset(words[3:6])):
            raise CrystalError(f"{name}: atom {atom} is {symbol} by line 6 but {own[0]} by its own row")
    if len(rows) > len(expected) and _are_three_numbers(rows[len(expected)].split()):
        raise CrystalError(f"{name}: more rows of coordinates follow than there are atoms ({len(expected)})")


def _are_three_numbers(words: Sequence[str]) -> bool:
    try:
        return len([float(word) for word in words[:3]]) == 3
    except ValueError:
        return False
