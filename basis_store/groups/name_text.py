"""How people write symbols of groups, and numbers: made alike before they are compared."""

from __future__ import annotations

import re
import unicodedata
from operator import index

_PRINTED = re.compile(r"[(){}$<\\]")


def as_integer(number: object) -> int | None:
    """An integer of any library as a plain int; None for anything else, booleans included."""
    if isinstance(number, bool):
        return None
    try:
        return index(number)  # type: ignore[arg-type]
    except TypeError:
        return None


def respelled(text: str) -> str:
    """ICSD's endings S and Z for the first and second origin, H and R for the axes, as a choice."""
    match = re.fullmatch(r"([^:]*[^:\s])\s*([SZHR])", text)
    return text if match is None else f"{match[1]}:{ {'S': '1', 'Z': '2'}.get(match[2], match[2]) }"


def normalised(name: str) -> str:
    """A symbol without what people write differently: ``P2(1)/c``, ``P 2_1/c``, ``P2_{1}/c (No. 14)``."""
    if name.isascii() and not _PRINTED.search(name):
        return "".join(name.split()).replace("_", "").lower()
    text = unicodedata.normalize("NFKC", name).replace("\u2212", "-").replace("\u2013", "-")
    text = re.sub(r"\$?\\(?:bar|overline)\{?([0-9])\}?\$?", r"-\1", text).replace("$", "")
    text = re.sub("([0-9])[\u0304\u0305]", r"-\1", re.sub("</?su[bp]>", "", text))
    return re.sub(r"[\s_(){}]", "", text).lower()
