"""Names of uploaded files: what kind a name says, and under which name of our own the file is read.

The name that a user gives is shown and never used as a path. Readers recognise formats by endings, so a file is
kept as ``upload`` with one of the endings of their tables, or under one of the names of VASP.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from basis_compiler.crystals.formats.file_formats import FORMATS, FileFormat
from basis_compiler.crystals.formats.input_text import MAX_FILE_SIZE
from basis_compiler.fields.field_file import FieldFormat
from basis_compiler.fields.field_formats import FIELD_FORMATS
from basis_compiler.fields.field_text import COMPRESSIONS
from basis_store.printable import printable

Kind = Literal["crystal", "field", ""]

MAX_FIELD_UPLOAD = 100_000_000
"""Bytes of a file of fields: a CHGCAR of a grid of 170^3 points."""

_WORDS = tuple(word for one in FIELD_FORMATS for word in one.words)
_PREFIXES = tuple(prefix for one in FORMATS for prefix in one.prefixes)

_MAX_NAME = 200
"""Characters of a name that are shown."""


def shown_name(name: str) -> str:
    """The last part of a name that a browser sends, as it is shown: printable, and not too long."""
    last = name.replace("\\", "/").rpartition("/")[2].strip()
    return printable(last[-_MAX_NAME:].encode("utf-8", "replace").decode()) or "unnamed file"


def kind_of_name(name: str) -> Kind:
    """What the file of a name holds; ``""`` where only its content says it."""
    return _read_as(name)[0]


def stored_name(name: str) -> str:
    """The name under which a file is read: ``upload.cif``, ``CHGCAR.gz``."""
    return _read_as(name)[1]


def size_limit(kind: Kind) -> int:
    """Bytes that an uploaded file may have."""
    return MAX_FIELD_UPLOAD if kind == "field" else MAX_FILE_SIZE


def size_text(kind: Kind) -> str:
    """What is wrong with a larger file, in one line."""
    if kind == "field":
        return (
            f"more than {MAX_FIELD_UPLOAD // 10**6} MB, too much for the explorer; sgbasis field expand and "
            "sgbasis field plot read files of up to 2 GB"
        )
    return f"more than {MAX_FILE_SIZE // 10**6} MB of text, which is much for one crystal"


def _read_as(name: str) -> tuple[Kind, str]:
    plain, compression = name.lower(), ""
    for one in COMPRESSIONS:
        if plain.endswith(one):
            plain, compression = plain.removesuffix(one), one
    # 1. Endings that only crystals have; a CHGCAR may end in .vasp, as a POSCAR does.
    crystal, field = (_ending(plain, compression, table) for table in (FORMATS, FIELD_FORMATS))
    if crystal and not field:
        return "crystal", f"upload{crystal}"
    # 2. Files of VASP have names of their own.
    for kind, words in (("field", _WORDS), ("crystal", _PREFIXES)):
        for word in words:
            if re.search(rf"(?<![a-z]){word.lower()}(?![a-z])", plain):
                return ("field" if kind == "field" else "crystal"), word + compression
    if crystal:
        return "crystal", f"upload{crystal}"
    return ("field", f"upload{field}") if field else ("", f"upload{compression}")


def _ending(plain: str, compression: str, table: Iterable[FileFormat | FieldFormat]) -> str:
    """The ending of a format that a name has, with that of its compression; ``""`` if it has none."""
    for ending in (ending for one in table for ending in one.endings):
        if (plain + compression).endswith(ending):
            return ending
        if plain.endswith(ending):
            return ending + compression
    return ""
