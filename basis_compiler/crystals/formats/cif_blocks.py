"""The data blocks of a CIF, parsed by gemmi: tags and their values as text.

gemmi reads the grammar of CIF 1.1, not lines: several items may stand on one line, comments may follow any value,
values may be quoted. A tag without a value, a tag that occurs twice and a loop with a wrong number of values are
errors. Lines may end in any way (LF, CR LF, CR), and characters outside ASCII, which CIF 1.1 does not have, may
stand in texts.

Source: S. R. Hall, F. H. Allen, I. D. Brown, Acta Cryst. A47, 655 (1991); M. Wojdyr, J. Open Source Softw. 7, 4200
(2022).
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from basis_store import CrystalError
from basis_store.extras import needed_for

MAX_ROWS = 20_000
"""Rows of a loop that are read: more than atoms or operations of any crystal that is."""

_MAX_TAGS = 10_000
"""Of a block: the dictionaries of CIF have fewer."""


@dataclass(frozen=True)
class CifBlock:
    """One data block. Only what is asked for is taken out of the parser, which holds it in less memory.

    Attributes:
        name: behind ``data_``.
        file: what messages call its file.
        tags: as the file writes them, by tag in lower case with ``_`` for ``.`` (so that ``_cell.length_a`` is
            ``_cell_length_a``).
        loops: by tag in lower case, the number of its loop in the block; -1 outside of loops.
    """

    name: str
    file: str
    tags: Mapping[str, str]
    loops: Mapping[str, int]
    _block: Any
    _as_string: Callable[[str], str]

    def column(self, tag: str, *, limit: int = MAX_ROWS) -> Sequence[str]:
        """All values of a tag, at most ``limit``; none if the block does not have it.

        They are without quotes, ``""`` for the nulls ``.`` and ``?``. An item outside of a loop has one value.

        Raises:
            CrystalError: they are too many.
        """
        if tag not in self.tags:
            return ()
        found = self._block.find_values(self.tags[tag])
        if len(found) > limit:
            raise CrystalError(
                f"{self.file}: data_{self.name} has {len(found)} values of {self.tags[tag]}; at most {limit} "
                "are read"
            )
        return [self._as_string(text).strip() for text in found]

    def text(self, tag: str) -> str:
        """The first value of a tag as it stands, with its spaces; ``""`` if the block does not have it."""
        found = list(self._block.find_values(self.tags[tag])) if tag in self.tags else []
        return self._as_string(found[0]) if found else ""

    def has_any(self, tags: Sequence[str]) -> bool:
        """Whether the block has values of one of some tags."""
        return any(len(self._block.find_values(self.tags[tag])) for tag in tags if tag in self.tags)

    def first(self, tags: Sequence[str]) -> str:
        """The first value that is not null of the first of several tags that has one; else ``""``."""
        texts = (text for tag in tags for text in self.column(tag))
        return next((text for text in texts if text), "")

    def has_tag_beginning(self, *beginnings: str) -> bool:
        """Whether a tag begins with one of some texts in lower case."""
        return any(tag.startswith(beginnings) for tag in self.tags)


def block_names(blocks: Sequence[CifBlock | CrystalError]) -> list[str]:
    """What messages call each block: ``"block NaCl"``."""
    return [f"block {block.name if isinstance(block, CifBlock) else ''}" for block in blocks]


def cif_blocks(text: str, *, name: str) -> Iterator[CifBlock | CrystalError]:
    """All data blocks of a CIF, in their order; in the place of one that contradicts itself, the error.

    Args:
        text: content of the file.
        name: its name, for messages.

    Raises:
        CrystalError: not a CIF; names the line.
        MissingDependencyError: gemmi is not installed.
    """
    with needed_for("reading CIFs"):
        from gemmi import cif  # noqa: PLC0415 - optional
    text = _in_ascii(text)
    try:
        # Duplicate tags are found below: gemmi would also refuse two blocks of one name.
        document = cif.read_string(text, check_level=0)
        document.check_for_missing_values()
    except (ValueError, RuntimeError) as error:
        if not re.search("data_", text, re.IGNORECASE):
            raise CrystalError(f"{name}: not a CIF: it has no data_ block") from error
        raise CrystalError(f"{name}: not a readable CIF: {_reason(error, text)}") from error
    for block in document:
        try:
            yield _block(block, cif.as_string, name)
        except CrystalError as error:
            yield error


def cif_number(text: str) -> float:
    """The number of a value, its standard uncertainty in parentheses left out; NaN if it is none."""
    match = re.fullmatch(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?:\(\d+\))?", text)
    return float(match[1]) if match else float("nan")


def _block(block: Any, as_string: Callable[[str], str], name: str) -> CifBlock:
    tags: dict[str, str] = {}
    loops: dict[str, int] = {}
    for tag, loop, line in _items(block):
        key = tag.lower().replace(".", "_")
        if key in tags:
            raise CrystalError(f"{name}: not a readable CIF: line {line}: {tag} occurs twice in data_{block.name}")
        if len(tags) >= _MAX_TAGS:
            raise CrystalError(f"{name}: data_{block.name} has more than {_MAX_TAGS} tags")
        tags[key] = tag
        loops[key] = loop
    return CifBlock(block.name, name, tags, loops, block, as_string)


def _items(block: Any) -> Iterator[tuple[str, int, int]]:
    """Tag, number of its loop, and line."""
    for number, item in enumerate(block):
        if item.pair is not None:
            yield item.pair[0], -1, item.line_number
        elif item.loop is not None:
            for tag in item.loop.tags:
                yield tag, number, item.line_number


_ASCII = {ord(dash): "-" for dash in "\u2010\u2011\u2012\u2013\u2014\u2212\u00ad"} | {
    ord(space): " " for space in "\u00a0\u2002\u2003\u2009\u202f\x0b\x0c"
}


def _in_ascii(text: str) -> str:
    """Lines end in LF; dashes, spaces and overbars as CIF writes them; what else is not ASCII becomes ``~``."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\x1a\n ")
    if not text.isascii():
        text = re.sub("([0-9])[\u0304\u0305]", r"-\1", text.translate(_ASCII))
        text = re.sub("[^\x00-\x7f]", "~", text)
    return text.translate({0x0B: " ", 0x0C: " "}) + "\n"


_WORDS = {
    "expected block header (data_)": "something else stands before its first data_ block",
    "unterminated text field": "the ';' that closes a text is missing",
    "parse error": "no CIF syntax",
}


def _reason(error: Exception, text: str) -> str:
    """Gemmi's message with the line in words: ``string:13 in data_x: ..`` or ``string:2:0(7): ..``."""
    message = " ".join(str(error).split())
    match = re.match(r"string:(\d+)(?::\d+\(\d+\))?(?: in data_\S*)?: (.*)", message)
    if match is None:
        return message
    line = ""
    for line in islice(io.StringIO(text), int(match[1])):  # noqa: B007 - the last one
        pass
    line = line.strip()[:60]
    reason = _WORDS.get(match[2], match[2])
    return f"line {match[1]} ({line!r}): {reason[0].lower()}{reason[1:]}"
