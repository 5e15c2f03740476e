"""Where datasets come from: files and folders in the layouts that people have, as a list of entries to compile.

    *.jsonl, *.jsonl.gz      one JSON object per line: id, lattice (rows, Angstrom), species (atomic numbers or
                             symbols), frac_coords, targets, split; numbers and truth values beside them are
                             targets as well
    *.json, *.json.gz        a table of pandas (orient="split") with a column of pymatgen structures: matbench,
                             matminer
    *.extxyz, *.xyz          every frame, with the numbers of its comment line as targets
    a folder                 crystal files and id_prop.csv: lines id,value,value ... with or without a header;
                             without id_prop.csv, all its crystal files
    anything else            a CIF or POSCAR file

An entry is small and cheap to send to another process, which does the parsing.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import re
import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from basis_compiler.crystals.crystal import Crystal
from basis_compiler.crystals.files import parse_frame, read_file
from basis_compiler.crystals.plain import crystal_of_arrays, crystal_of_structure, is_structure
from basis_store import CrystalError, CrystalInput

_IDENTIFIERS = ("id", "material_id", "identifier", "jid", "mpid", "task_id")
_LISTING = "id_prop.csv"
_NO_TARGETS = re.compile(
    rf"{'|'.join(_IDENTIFIERS)}|lattice|species|frac_coords|structure|targets|split|space_?group.*", re.IGNORECASE
)
"""Names of what describes a crystal. Its space group is found here, and the one of the source predicts nothing."""

_ENDINGS = ("", ".cif", ".vasp", ".poscar", ".extxyz", ".xyz")


@dataclass(frozen=True)
class Sample:
    """One crystal as its source gives it, not yet looked at.

    Attributes:
        identifier: what its source calls it.
        build: makes the crystal; raises :class:`CrystalError`.
        targets: what is said about it, by name.
        split: as its source has it.
    """

    identifier: str
    build: Callable[[], Crystal]
    targets: Mapping[str, object]
    split: str


@dataclass(frozen=True)
class Entry(ABC):
    """One line, row, frame or file.

    Attributes:
        name: what to call it where it names no crystal; messages begin with it.
    """

    name: str

    @abstractmethod
    def samples(self, tolerance: float) -> Iterator[Sample]:
        """The crystals in it; raises :class:`CrystalError` or OSError where it cannot be read."""


@dataclass(frozen=True)
class Source:
    """The entries of one input, and what stands for it in the recipe."""

    stands_for: CrystalInput
    entries: list[Entry]


def read_source(path: Path) -> Source:
    """The entries of a file or folder; see the head of this module.

    Raises:
        CrystalError: it is empty, damaged, or of no known layout.
        OSError: it does not exist or may not be read.
    """
    if path.is_dir():
        return _folder(path)
    content = path.read_bytes()
    entries = list(_entries(path, content))
    if not entries:
        raise CrystalError(f"{path}: it holds no crystals")
    return Source(CrystalInput(name=path.name, sha256=hashlib.sha256(content).hexdigest()), entries)


def _entries(path: Path, content: bytes) -> Iterable[Entry]:
    """The entries of a file with this content, by the ending of its name."""
    if not content.strip():
        raise CrystalError(f"{path}: the file is empty")
    name = path.name.lower()
    if name.endswith((".jsonl", ".jsonl.gz")):
        lines = enumerate(_unzipped(path, content).splitlines(), start=1)
        return (_Line(f"{path.name}:{number}", line) for number, line in lines if line.strip())
    if name.endswith((".json", ".json.gz")):
        return _rows(path, _unzipped(path, content))
    if name.endswith((".extxyz", ".xyz")):
        return _frames(path, content.decode("utf-8", "replace"))
    return (_CrystalFile(path.name, path, path.stem),)


def _unzipped(path: Path, content: bytes) -> bytes:
    if not path.name.lower().endswith(".gz"):
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise CrystalError(f"{path}: damaged or cut off: {error}") from error


@dataclass(frozen=True)
class _Line(Entry):
    """One line of JSON."""

    text: bytes

    def samples(self, tolerance: float) -> Iterator[Sample]:
        try:
            record = json.loads(self.text)
        except (ValueError, RecursionError) as error:
            raise CrystalError(f"{self.name}: not JSON: {error}") from error
        if not isinstance(record, dict):
            raise CrystalError(f"{self.name}: not a JSON object")
        identifier = _identifier(record, self.name)
        targets = record.get("targets")
        if not isinstance(targets, dict | None):
            raise CrystalError(f"{self.name}: its targets are not an object with a value for each name")

        def build() -> Crystal:
            if is_structure(record.get("structure")):
                return crystal_of_structure(record["structure"], identifier)
            missing = [key for key in ("lattice", "species", "frac_coords") if key not in record]
            if missing:
                raise CrystalError(f"{identifier}: it has no {missing[0]!r} ({self.name})")
            return crystal_of_arrays(record["lattice"], record["species"], record["frac_coords"], identifier)

        yield Sample(identifier, build, _beside(record) | (targets or {}), _split(record))


@dataclass(frozen=True)
class _Row(Entry):
    """One row of a table."""

    values: Mapping[str, Any]
    structure: str

    def samples(self, tolerance: float) -> Iterator[Sample]:
        identifier = _identifier(self.values, self.name)
        structure = self.values[self.structure]

        def build() -> Crystal:
            if not is_structure(structure):
                raise CrystalError(f"{identifier}: its {self.structure!r} is not a pymatgen structure")
            return crystal_of_structure(structure, identifier)

        rest = {key: value for key, value in _beside(self.values).items() if key != self.structure}
        yield Sample(identifier, build, rest, _split(self.values))


def _rows(path: Path, content: bytes) -> Iterator[_Row]:
    try:
        table = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise CrystalError(f"{path}: not JSON: {error}") from error
    if not isinstance(table, dict) or not all(isinstance(table.get(k), list) for k in ("columns", "data")):
        raise CrystalError(
            f"{path}: not a table of pandas (index, columns, data), as those of matbench are; "
            "a file with one JSON object per line is called *.jsonl"
        )
    columns, data = [str(column) for column in table["columns"]], table["data"]
    if any(not isinstance(row, list) or len(row) != len(columns) for row in data):
        raise CrystalError(f"{path}: its rows do not all have {len(columns)} columns")
    holding = [i for i in range(len(columns)) if any(is_structure(row[i]) for row in data[:100])]
    if not holding:
        raise CrystalError(f"{path}: no column of it holds pymatgen structures")
    index = table.get("index") or range(len(data))
    stem = path.name.split(".")[0]
    for number, row in zip(index, data, strict=False):
        name = number if isinstance(number, str) else f"{stem}-{number}"
        yield _Row(name, dict(zip(columns, row, strict=True)), columns[holding[0]])


@dataclass(frozen=True)
class _Frame(Entry):
    """One frame of an extended XYZ file."""

    text: str

    def samples(self, tolerance: float) -> Iterator[Sample]:
        crystal, said = parse_frame(self.text, self.name)
        identifier = _identifier(said, self.name)
        yield Sample(identifier, lambda: crystal, _beside(said), _split(said))


def _frames(path: Path, text: str) -> Iterator[_Frame]:
    lines = io.StringIO(text)
    stem = path.name.split(".")[0]
    number = 0
    while (head := lines.readline()) != "":
        if not head.strip():
            continue
        number += 1
        if not head.strip().isdigit():
            raise CrystalError(f"{path}: frame {number} does not begin with its number of atoms")
        body = [lines.readline() for _ in range(int(head) + 1)]
        if not body[-1]:
            raise CrystalError(f"{path}: frame {number} is cut off")
        yield _Frame(f"{stem}-{number}", head + "".join(body))


@dataclass(frozen=True)
class _CrystalFile(Entry):
    """A file of its own, with what a listing says about it."""

    path: Path
    identifier: str
    targets: Mapping[str, object] = field(default_factory=dict)
    split: str = ""

    def samples(self, tolerance: float) -> Iterator[Sample]:
        crystals = read_file(self.path, name=self.name, tolerance=tolerance)
        for number, crystal in enumerate(crystals, start=1):
            own = self.identifier if len(crystals) == 1 else f"{self.identifier}-{number}"
            yield Sample(own, lambda crystal=crystal: crystal, self.targets, self.split)  # type: ignore[misc]


@dataclass(frozen=True)
class _Unreadable(Entry):
    """What a listing names or a folder holds, but cannot be compiled."""

    reason: str

    def samples(self, tolerance: float) -> Iterator[Sample]:
        raise CrystalError(f"{self.name}: {self.reason}")


def _folder(path: Path) -> Source:
    files = {one.name: one for one in sorted(path.iterdir()) if one.is_file() and not one.name.startswith(".")}
    digests = {name: hashlib.sha256(one.read_bytes()).hexdigest() for name, one in files.items()}
    listing = "".join(f"{name}\0{digest}\n" for name, digest in digests.items())
    stands_for = CrystalInput(name=path.resolve().name, sha256=hashlib.sha256(listing.encode()).hexdigest())
    if _LISTING in files:
        entries = list(_listed(path / _LISTING, files))
        listed = {entry.name for entry in entries}
        rest = [name for name in files if _is_crystal(name) and name not in listed]
        return Source(stands_for, entries + [_Unreadable(name, f"{_LISTING} does not list it") for name in rest])
    crystals = [one for name, one in files.items() if _is_crystal(name)]
    if not crystals:
        raise CrystalError(f"{path}: the folder holds no {_LISTING} and no crystal files")
    return Source(stands_for, [entry for one in crystals for entry in _entries(one, one.read_bytes())])


def _is_crystal(name: str) -> bool:
    return name.lower().endswith(_ENDINGS[1:]) or name.startswith(("POSCAR", "CONTCAR"))


def _listed(listing: Path, files: Mapping[str, Path]) -> Iterator[Entry]:
    try:
        rows = [row for row in csv.reader(listing.read_text("utf-8-sig").splitlines()) if any(row)]
    except (csv.Error, UnicodeDecodeError) as error:
        raise CrystalError(f"{listing}: not a readable CSV file: {error}") from error
    if not rows:
        raise CrystalError(f"{listing}: the file is empty")
    width = len(rows[0])
    names = [f"target_{i}" for i in range(1, width)] if width > 2 else ["target"]
    if width > 1 and all(_value(cell) is cell for cell in rows[0][1:]):
        names = [cell.strip() for cell in rows.pop(0)[1:]]
    for number, row in enumerate(rows, start=1):
        identifier = row[0].strip()
        if len(row) != width:
            yield _Unreadable(identifier, f"its row in {_LISTING} has {len(row)} columns, not {width} ({number})")
            continue
        found = next((files[identifier + end] for end in _ENDINGS if identifier + end in files), None)
        if found is None:
            yield _Unreadable(identifier, f"{_LISTING} lists it, but there is no such file")
            continue
        values = {name: _value(cell) for name, cell in zip(names, row[1:], strict=True)}
        split = str(values.pop("split", None) or "")
        own = found.stem if identifier == found.name else identifier
        yield _CrystalFile(found.name, found, own, values, split)


def _value(cell: str) -> float | str | None:
    """The number in a cell, None for an empty one; the cell itself when it is neither."""
    if not cell.strip():
        return None
    try:
        return float(cell)
    except ValueError:
        return cell


def _beside(values: Mapping[str, Any]) -> dict[str, Any]:
    """What is said about a crystal beside its description."""
    return {key: value for key, value in values.items() if not _NO_TARGETS.fullmatch(key)}


def _split(values: Mapping[str, Any]) -> str:
    return str(values.get("split") or "")


def _identifier(values: Mapping[str, Any], otherwise: str) -> str:
    for key in _IDENTIFIERS:
        if isinstance(values.get(key), str | int) and str(values[key]).strip():
            return str(values[key]).strip()
    return otherwise
