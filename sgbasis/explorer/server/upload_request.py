"""An upload: its parameters, and its file for as long as it is read."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs

from basis_store.datasets.recipe import MAX_TOLERANCE
from sgbasis.explorer.uploads.upload_names import kind_of_name, shown_name, size_limit, size_text, stored_name
from sgbasis.explorer.uploads.upload_parts import Upload

_BLOCK = 1 << 16
_MAX_NUMBER = 1_000_000


class RefusedUploadError(Exception):
    """An upload that is not read; ``str`` says why, ``status`` is that of the answer."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Parameters(NamedTuple):
    """The query of an upload.

    Attributes:
        name: what the user calls the file; never a path.
        tolerance: in Angstrom.
        number: of the block or frame, from 0.
        field: name of the field; ``""``: the first.
    """

    name: str
    tolerance: float
    number: int
    field: str


def parameters(query: str) -> Parameters:
    """The parameters of ``name=...&tolerance=0.01&number=0&field=``.

    Raises:
        RefusedUploadError: one is none.
    """
    given = {key: values[-1] for key, values in parse_qs(query, errors="replace").items()}
    try:
        tolerance, number = float(given.get("tolerance", "0.01")), int(given.get("number", "0"))
    except ValueError:
        tolerance = number = -1
    if not 0 < tolerance <= MAX_TOLERANCE or not 0 <= number <= _MAX_NUMBER:
        raise RefusedUploadError(
            400,
            f"The tolerance is above 0 and up to {MAX_TOLERANCE:g} Angstrom, and crystals are numbered from 0.",
        )
    return Parameters(given.get("name", ""), tolerance, number, given.get("field", "")[:200])


def declared_size(header: str | None, name: str) -> int:
    """The bytes that an upload has.

    Args:
        header: its Content-Length.
        name: of the file.

    Raises:
        RefusedUploadError: it does not say it, or they are too many.
    """
    if header is None or not (header.isascii() and header.isdecimal()):
        raise RefusedUploadError(411, "An upload says how long it is (Content-Length).")
    size, kind = int(header[:20]), kind_of_name(name)
    if size > size_limit(kind):
        raise RefusedUploadError(413, f"{shown_name(name)}: {size_text(kind)}")
    return size


@contextlib.contextmanager
def kept_file(wanted: Parameters, size: int, read: Callable[[int], bytes]) -> Iterator[Upload]:
    """The upload as a file in a folder of its own, which only this user may open, and which is deleted in the end.

    Args:
        wanted: the parameters.
        size: bytes that the file has.
        read: reads at most so many bytes of it.

    Raises:
        RefusedUploadError: it ends early.
        OSError: there is no room for it.
    """
    with tempfile.TemporaryDirectory(prefix="sgbasis-explorer-", ignore_cleanup_errors=True) as folder:
        path = Path(folder) / stored_name(wanted.name)
        with path.open("xb") as file:
            left = size
            while left:
                block = read(min(left, _BLOCK))
                if not block:
                    raise RefusedUploadError(400, "The upload was cut off.")
                file.write(block)
                left -= len(block)
        yield Upload(
            path=path,
            name=shown_name(wanted.name),
            kind=kind_of_name(wanted.name),
            tolerance=wanted.tolerance,
            number=wanted.number,
            field=wanted.field,
        )
