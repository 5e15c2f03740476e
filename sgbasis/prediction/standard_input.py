"""Crystals from standard input: the file ``-``, kept on disk while they are predicted."""

from __future__ import annotations

import contextlib
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from basis_store.errors import CrystalError

DASH = Path("-")

ENDINGS = {"jsonl": ".jsonl", "json": ".json", "cif": ".cif", "poscar": ".vasp", "extxyz": ".extxyz"}
"""Formats that can be named, with the ending that files of the format have."""

_BEGINNING = 1 << 16
"""Bytes that are looked at to tell lines of JSON from a CIF."""


@contextlib.contextmanager
def with_standard_input(files: Sequence[Path], form: str | None) -> Iterator[tuple[list[Path], str]]:
    """Files with the copy of standard input in place of ``-``, and its path; ``""`` without.

    The copy is deleted in the end.

    Args:
        files: as a user gave them.
        form: a key of :data:`ENDINGS`; None: lines of JSON, which begin with a brace, or a CIF, which has a data
            block.

    Raises:
        CrystalError: ``-`` is given twice, there is nothing to read, or it is neither JSON nor a CIF.
    """
    if DASH not in files:
        if form is not None:
            raise CrystalError("--input-format is that of standard input: give the file -, or leave it out")
        yield list(files), ""
        return
    if files.count(DASH) > 1:
        raise CrystalError("standard input (-) can be read once only")
    with tempfile.TemporaryDirectory(prefix="sgbasis-") as folder:
        source = sys.stdin.buffer
        beginning = source.read(_BEGINNING)
        if not beginning.strip():
            raise CrystalError("-: standard input is empty")
        path = Path(folder) / f"stdin{ENDINGS[form or _format_of(beginning)]}"
        with path.open("wb") as copy:
            copy.write(beginning)
            shutil.copyfileobj(source, copy)
        yield [path if file == DASH else file for file in files], str(path)


def _format_of(beginning: bytes) -> str:
    if beginning.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return "jsonl"
    if re.search(rb"^[ \t]*data_", beginning, re.IGNORECASE | re.MULTILINE):
        return "cif"
    raise CrystalError(
        "-: neither lines of JSON nor a CIF: name the format with --input-format poscar or --input-format extxyz"
    )
