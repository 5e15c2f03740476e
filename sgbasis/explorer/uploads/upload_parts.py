"""Everything that is shown of an uploaded file, in parts: what takes too long or too much memory is left out.

The parts of one file are objects that are merged by their keys:

- ``crystals``: what the blocks or frames of the file are called; ``chosen``: which one is shown;
- ``crystal``, ``field``, ``predictions``: see :mod:`.crystal_view`, :mod:`.field_view`, :mod:`.prediction_view`;
- ``error``: one line that says why the file cannot be shown, as ``sgbasis encode`` says it;
- ``problems``: one line for each part that could not be made.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from basis_store.errors import SgbasisError, error_text
from basis_store.printable import short_line
from sgbasis.explorer.uploads.crystal_view import ChosenCrystal, crystal_view
from sgbasis.explorer.uploads.field_view import crystal_of_field, field_view
from sgbasis.explorer.uploads.prediction_view import prediction_views
from sgbasis.explorer.uploads.upload_names import Kind

if TYPE_CHECKING:
    from basis_compiler import FieldFile, MagneticCrystal, StandardCrystal
    from runtime import Store
    from sgbasis.prediction.predicted_value import LoadedModel

Part = dict[str, Any]

_HEAD = 1 << 16


@dataclass(frozen=True)
class Upload:
    """An uploaded file, and what is to be shown of it.

    Attributes:
        path: where it is, under a name of our own.
        name: what the user calls it.
        kind: what the name says that it holds.
        tolerance: in Angstrom.
        number: of the block or frame, from 0.
        field: name of the field, of a file that holds several; ``""``: the first.
    """

    path: Path
    name: str
    kind: Kind
    tolerance: float = 0.01
    number: int = 0
    field: str = ""


def upload_parts(upload: Upload, models: Sequence[LoadedModel], store: Store) -> Iterator[Part]:
    """The parts of a file, one after the other; texts call the file what the user calls it.

    Args:
        upload: the file.
        models: that predict.
        store: of the functions of its setting.
    """
    for part in _parts(upload, models, store):
        yield _renamed(part, str(upload.path), upload.name)


def _parts(upload: Upload, models: Sequence[LoadedModel], store: Store) -> Iterator[Part]:
    try:
        source = _opened_field(upload) if _holds_field(upload) else _opened_crystal(upload)
    except Exception as error:
        yield {"error": _line(error)}
        return
    yield {"crystals": source.listed, "chosen": upload.number, "problems": source.problems}
    if (standard := source.standard) is not None:
        yield from _part("crystal", lambda: crystal_view(standard, source.magnetic, store))
    if (file := source.file) is not None:
        yield from _part("field", lambda: field_view(file, upload.field, upload.path, tolerance=upload.tolerance))
    if standard is not None:
        yield from _part("predictions", lambda: prediction_views(standard, models))


def _part(name: str, make: Callable[[], Any]) -> Iterator[Part]:
    """A part, or the problem that there is in its place."""
    try:
        yield {name: make()}
    except Exception as error:
        yield {"problems": [f"{name}: {_line(error)}"]}


@dataclass(frozen=True)
class _Source:
    """What was read: a crystal, a file of fields, or both."""

    listed: list[dict[str, str]]
    standard: StandardCrystal | None
    magnetic: MagneticCrystal | None = None
    file: FieldFile | None = None
    problems: tuple[str, ...] = ()


def _opened_crystal(upload: Upload) -> _Source:
    chosen = ChosenCrystal(upload.path, upload.number, tolerance=upload.tolerance)
    return _Source(chosen.listed, chosen.standard, chosen.magnetic)


def _opened_field(upload: Upload) -> _Source:
    from basis_compiler import standardize
    from basis_compiler.fields.field_formats import read_fields

    file = read_fields(upload.path)
    try:
        crystal = crystal_of_field(file.first, str(upload.path))
        standard = None if crystal is None else standardize(crystal, tolerance=upload.tolerance)
        return _Source([], standard, None, file)
    except SgbasisError as error:
        return _Source([], None, None, file, (f"crystal: {_line(error)}",))


def _holds_field(upload: Upload) -> bool:
    """Whether a file is one of fields: by its name, or else by its first bytes."""
    from basis_compiler.fields.field_formats import FIELD_FORMATS
    from basis_store.files.regular_file import open_regular

    if upload.kind:
        return upload.kind == "field"
    with open_regular(upload.path) as raw:
        head = raw.read(_HEAD)
    # A POSCAR begins as a CHGCAR does, which says by its name what it is.
    return any(one.recognise(head) for one in FIELD_FORMATS if one.name != "VASP")


def _line(error: Exception) -> str:
    """An error in one line; one that is not meant for users is also printed where the server runs."""
    if isinstance(error, SgbasisError | OSError | MemoryError | RecursionError):
        return short_line(error_text(error))
    if "not enough memory" in str(error) or "can't allocate memory" in str(error):  # of torch
        return error_text(MemoryError())
    traceback.print_exception(error, file=sys.stderr)
    return short_line(f"an error that should not happen ({type(error).__name__}): {error_text(error)}")


def _renamed(value: Any, path: str, name: str) -> Any:
    """A value for JSON with the user's name of the file in place of its path, in all texts."""
    if isinstance(value, str):
        return value.replace(path, name)
    if isinstance(value, dict):
        return {key: _renamed(one, path, name) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_renamed(one, path, name) if isinstance(one, str | dict | list | tuple) else one for one in value]
    return value
