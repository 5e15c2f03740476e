"""Many messages about single crystals, as one line for each kind."""

from __future__ import annotations

import re
from collections.abc import Iterable

from basis_store.printable import short_line


def kind_lines(messages: Iterable[tuple[str, str]]) -> list[str]:
    """The number of messages of each kind and the first of them, most frequent first.

    Args:
        messages: (identifier, text) pairs; texts that differ in numbers and quoted words only are of one kind.
    """
    kinds: dict[str, list[tuple[str, str]]] = {}
    for identifier, text in messages:
        kinds.setdefault(re.sub(r"'[^']*'|\S*\d\S*", "..", text), []).append((identifier, text))
    return [
        f"{len(members):>7,}  {short_line(f'{members[0][0]}: {members[0][1]}')}"
        for members in sorted(kinds.values(), key=len, reverse=True)
    ]
