"""Numbers of things in words."""

from __future__ import annotations


def counted(number: int, thing: str, things: str = "") -> str:
    """``"1 crystal"``, ``"0 crystals"``, ``"1,200 crystals"``.

    Args:
        number: how many there are.
        thing: what one of them is called.
        things: what several are called; default: with an s.
    """
    return f"{number:,} {thing if number == 1 else things or f'{thing}s'}"
