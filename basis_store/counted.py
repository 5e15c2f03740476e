"""Numbers of things in words."""

from __future__ import annotations


def counted(number: int, thing: str, things: str = "", *, separator: str = ",") -> str:
    """``"1 crystal"``, ``"0 crystals"``, ``"1,200 crystals"``.

    Args:
        number: how many there are.
        thing: what one of them is called.
        things: what several are called; default: with an s.
        separator: of thousands; texts that are hashed have none.
    """
    size = f"{number:,}".replace(",", separator)
    return f"{size} {thing if number == 1 else things or f'{thing}s'}"
