"""Every file format that crystals are read from, in one table: :data:`FORMATS`.

To add a format, add a row to the table and, if it has a new layout, the function that reads it to this file.
Reading, streaming, folders, datasets and predictions all use the table; no other file is changed.

- Formats that hold many crystals list their *entries* (:mod:`basis_compiler.crystals.formats.entries`) as they are
  read, so that ``streamed`` files of any length can be processed.
- Formats of single crystals have :func:`one_file` as their entries. Their files are recognised by name or content
  and parsed by :func:`read_file` with the format's ``parse``.
"""

from __future__ import annotations

import contextlib
import functools
import os
import platform
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from basis_compiler.crystals.crystal import Crystal
from basis_compiler.crystals.formats.ase_files import (
    crystal_of_atoms,
    crystal_of_pymatgen,
    detected_format,
    parse_poscar,
    parse_xyz,
    require_ase,
)
from basis_compiler.crystals.formats.cif import parse_cif
from basis_compiler.crystals.formats.entries import Entry, Frame, Line, RawCrystal, Unreadable, plain_name
from basis_compiler.crystals.formats.input_text import (
    MAX_FILE_SIZE,
    InputText,
    check_digest,
    opened,
    too_long,
)
from basis_compiler.crystals.formats.json_structures import (
    crystal_of_description,
    described_crystal,
    parse_json,
)
from basis_compiler.crystals.formats.json_tables import table_rows
from basis_compiler.crystals.formats.text_elements import xyz_frames
from basis_store import CompilationError, CrystalError
from basis_store.datasets.recipe import check_tolerance
from basis_store.errors import error_text
from basis_store.files.regular_file import read_regular


def read_crystals(source: object, *, tolerance: float = 0.01, max_file_size: int = MAX_FILE_SIZE) -> list[Crystal]:
    """All crystals of a file, or an object of ASE or pymatgen as a list of one.

    Args:
        source: the path of a CIF, POSCAR or extended XYZ file, or of the JSON of one crystal; an ``ase.Atoms``; a
            ``pymatgen`` Structure or its ``as_dict()``; ``Atoms`` of JARVIS or its ``to_dict()``.
        tolerance: in Angstrom; atoms of a CIF this close to a special position of its own operations are put
            on it (0.333 is not 1/3), and a note says by how much. Other sources are taken as they are.
        max_file_size: in bytes; a larger file is refused.

    Returns:
        One crystal per frame or CIF block that holds one, in the order of the file.

    Raises:
        CrystalError: the file cannot be read, or a crystal in it is not one (see :class:`Crystal`), is
            disordered, or is not periodic in three directions.
        RecipeError: the tolerance is not between 0 and 0.25 Angstrom.
        MissingDependencyError: ASE is not installed.
        OSError: there is no such file, or it may not be read.
        TypeError: the source is anything else.
    """
    check_tolerance(tolerance)
    if isinstance(source, str | os.PathLike):
        path = Path(source)
        with opened(path, limit=max_file_size) as text:
            return [_raised(one) for one in read_file(text, name=str(path), tolerance=tolerance)]
    if isinstance(source, type):
        raise TypeError(f"{SOURCES} is needed, not the class {source.__name__}")
    if hasattr(source, "get_atomic_numbers"):
        return [crystal_of_atoms(source, "Atoms")]
    if hasattr(source, "frac_coords") and hasattr(source, "lattice") and isinstance(source, Sequence):
        return [crystal_of_pymatgen(source)]
    as_dict: Any = getattr(source, "to_dict", None) if hasattr(source, "lattice_mat") else None
    description = described_crystal(source if as_dict is None else as_dict())
    if description is not None:
        return [crystal_of_description(description, "Structure")]
    raise TypeError(f"{SOURCES} is needed, not {type(source).__name__}")


SOURCES = "a path, an ase.Atoms, a pymatgen Structure or its as_dict()"
"""What crystals are read from, for messages."""


def _raised(found: Crystal | CrystalError) -> Crystal:
    if isinstance(found, CrystalError):
        raise found
    return found


def read_file(source: InputText, *, name: str, tolerance: float) -> Sequence[Crystal | CrystalError]:
    """All crystals of a file that messages call ``name``, as :func:`read_crystals`.

    Of several blocks or frames, the error of one that holds no crystal is in its place; nothing is raised for it.
    """
    check_digest(source)
    content = source.content(name)
    if not content.strip():
        raise CrystalError(f"{name}: the file is empty")
    if name.lower().endswith(_DATASET_ENDINGS):
        raise CrystalError(
            f"{name}: holds crystals for 'sgbasis crystals', 'predict' and 'evaluate'; here a CIF, POSCAR or "
            "extended XYZ file is needed"
        )
    parse = format_of(source.path.name).parse
    if parse is None:
        require_ase()
        ase_name = detected_format(source.path)
        parse = next((one.parse for one in FORMATS if ase_name in one.ase_names), None)
    if parse is None:
        for beginning, what in _OTHER_FILES:
            if content.startswith(beginning):
                raise CrystalError(f"{name}: {what}, not a CIF, POSCAR or extended XYZ file")
        raise CrystalError(f"{name}: {_UNKNOWN_FORMAT}")
    # Values beyond the range of floats are found by the checks that follow; numpy must not report them too.
    with np.errstate(all="ignore"):
        return parse(decoded(content), name=name, tolerance=tolerance)


_DATASET_ENDINGS = (".h5", ".hdf5", ".jsonl", ".jsonl.gz")

_UNKNOWN_FORMAT = (
    "not a CIF, POSCAR or extended XYZ file; name it *.cif, POSCAR or *.vasp, *.extxyz, "
    "or convert it with 'ase convert'"
)

_OTHER_FILES = (
    (b"PK", "a ZIP archive, as .xlsx and .docx files are"),
    (b"\xd0\xcf\x11\xe0", "a document of Microsoft Office"),
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"\x89HDF", "an HDF5 file"),
)
"""Beginnings of files that are sometimes given by mistake, and what they are."""


def decoded(content: bytes) -> str:
    """The text of a file: UTF-8, or else Latin 1."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


@dataclass(frozen=True)
class CrystalFile(Entry):
    """A file with one crystal or a few, with its properties from a listing.

    Attributes:
        digest: SHA-256 of the file when it was listed; ``""``: it may have changed.
        limit: bytes that it may have.
    """

    path: Path
    identifier: str
    targets: Mapping[str, object] = field(default_factory=dict)
    split: str = ""
    digest: str = ""
    limit: int = MAX_FILE_SIZE

    @property
    def known_split(self) -> str:
        """That of the listing."""
        return self.split

    def crystals(self, tolerance: float) -> Iterator[RawCrystal]:
        """The crystals of the file; several are numbered."""
        with opened(self.path, limit=self.limit, digest=self.digest) as source:
            crystals = read_file(source, name=self.name, tolerance=tolerance)
        for number, crystal in enumerate(crystals, start=1):
            own = self.identifier if len(crystals) == 1 else f"{self.identifier}-{number}"
            yield RawCrystal(own, functools.partial(_raised, crystal), self.targets, self.split)


@dataclass(frozen=True)
class InlinedFile(Entry):
    """A crystal file together with its content, for a worker that cannot read its disk."""

    file: CrystalFile
    content: bytes

    @property
    def known_split(self) -> str:
        """That of the listing."""
        return self.file.split

    def crystals(self, tolerance: float) -> Iterator[RawCrystal]:
        """The crystals of the file, read from a temporary file: ASE reads files only.

        Raises:
            CompilationError: this machine has no room for it.
        """
        with _temporary_file(self.file.path.name, self.content) as path:
            yield from replace(self.file, path=path).crystals(tolerance)


def inlined(entry: Entry) -> Entry:
    """The entry with everything that its crystals are read from."""
    if not isinstance(entry, CrystalFile):
        return entry
    try:
        return InlinedFile(entry.name, entry, read_regular(entry.path, limit=entry.limit))
    except OSError as error:
        return Unreadable(entry.name, error.strerror or str(error))


@contextlib.contextmanager
def _temporary_file(name: str, content: bytes) -> Iterator[Path]:
    with contextlib.ExitStack() as stack:
        try:
            path = Path(stack.enter_context(tempfile.TemporaryDirectory()), name)
            path.write_bytes(content)
        except OSError as error:  # a fault of this machine is no reason to leave out a crystal
            reason = f"a worker on {platform.node()} cannot write temporary files: {error.strerror}"
            raise CompilationError(reason) from error
        yield path


def one_file(source: InputText) -> Iterator[Entry]:
    """The file itself as its only entry."""
    path = source.path
    yield CrystalFile(plain_name(path.name), path, plain_name(path.stem), digest=source.digest, limit=source.limit)


def json_lines(source: InputText) -> Iterator[Entry]:
    """One entry per line that is not blank."""
    file = plain_name(source.path.name)
    for number, line in enumerate(source.lines(), start=1):
        text = line.strip()
        if len(text) > source.limit:
            yield Unreadable(f"{file}:{number}", too_long(source.limit))
        elif text:
            yield Line(f"{file}:{number}", text)


def xyz_entries(source: InputText) -> Iterator[Entry]:
    """One entry per frame of an extended XYZ file."""
    stem = plain_name(source.path.name.split(".")[0])
    lines = (line.decode("utf-8", "replace") for line in source.lines())
    for number, frame in enumerate(xyz_frames(lines, str(source.path), limit=source.limit), start=1):
        name = f"{stem}-{number}"
        if isinstance(frame, str):
            yield Frame(name, frame)
        else:
            yield Unreadable(name, error_text(frame, str(source.path), f"frame {number}"))


def json_table(source: InputText) -> Iterator[Entry]:
    """One entry per row of a table of pandas, or the file itself if it describes one crystal."""
    rows = table_rows(source)
    yield from one_file(source) if rows is None else rows


@dataclass(frozen=True, kw_only=True)
class FileFormat:
    """One format.

    Attributes:
        endings: of the names of its files, in lower case.
        prefixes: of names without an ending.
        entries: the entries of a file, in order; raises :class:`CrystalError` or OSError where it cannot be read.
        streamed: whether only the current entry is in memory while a file is read.
        in_folders: whether files of the format in a folder are crystals to compile.
        ase_names: for single crystals, the names of the format in ASE, which recognises files by their content.
        parse: for single crystals, the function that makes them from the text of a file.
    """

    endings: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    entries: Callable[[InputText], Iterator[Entry]] = one_file
    streamed: bool = False
    in_folders: bool = False
    ase_names: tuple[str, ...] = ()
    parse: Callable[..., Sequence[Crystal | CrystalError]] | None = None


FORMATS = (
    FileFormat(endings=(".jsonl", ".jsonl.gz"), entries=json_lines, streamed=True),
    FileFormat(endings=(".json", ".json.gz"), entries=json_table, streamed=True, parse=parse_json),
    FileFormat(endings=(".cif", ".mcif"), in_folders=True, ase_names=("cif",), parse=parse_cif),
    FileFormat(
        endings=(".vasp", ".poscar"),
        prefixes=("POSCAR", "CONTCAR"),
        in_folders=True,
        ase_names=("vasp",),
        parse=parse_poscar,
    ),
    FileFormat(
        endings=(".extxyz", ".xyz"),
        entries=xyz_entries,
        streamed=True,
        in_folders=True,
        ase_names=("extxyz", "xyz"),
        parse=parse_xyz,
    ),
)
"""The first row that fits the name of a file is its format."""

_BY_CONTENT = FileFormat()
"""Of a file whose name fits no row: one crystal file, recognised by its content when it is read."""


def format_of(name: str) -> FileFormat:
    """The format of a file, by its name."""
    fitting = (one for one in FORMATS if name.lower().endswith(one.endings) or name.startswith(one.prefixes))
    return next(fitting, _BY_CONTENT)


def folder_endings() -> tuple[str, ...]:
    """Endings of the crystal files of a folder, in the order of the table."""
    return tuple(ending for one in FORMATS if one.in_folders for ending in one.endings)
