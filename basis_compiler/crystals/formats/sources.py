"""Where datasets come from: files and folders in the layouts that people have, as a list of entries to compile.

- ``*.jsonl``, ``*.jsonl.gz``: one JSON object per line with id, lattice (rows, Angstrom), species (atomic numbers
  or symbols), frac_coords, targets, split; numbers and truth values beside these are targets as well.
- ``*.json``, ``*.json.gz``: a table of pandas (orient="split") with a column of pymatgen structures, as matbench
  and matminer have them; the other columns are targets.
- ``*.extxyz``, ``*.xyz``: every frame, with the numbers of its comment line as targets.
- A folder: crystal files, and what an ``id_prop.csv`` says about them.
- Anything else: a CIF or POSCAR file.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import itertools
import json
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from basis_compiler.crystals.formats.entries import CrystalFile, Entry, Frame, Line, Row
from basis_compiler.crystals.formats.id_prop import LISTING, is_crystal_file, listed_entries
from basis_compiler.crystals.formats.json_structures import is_structure
from basis_store import CrystalError, CrystalInput


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
        return (Line(f"{path.name}:{number}", line) for number, line in lines if line.strip())
    if name.endswith((".json", ".json.gz")):
        return _rows(path, _unzipped(path, content))
    if name.endswith((".extxyz", ".xyz")):
        return _frames(path, content.decode("utf-8", "replace"))
    return (CrystalFile(path.name, path, path.stem),)


def _unzipped(path: Path, content: bytes) -> bytes:
    if not path.name.lower().endswith(".gz"):
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise CrystalError(f"{path}: damaged or cut off: {error}") from error


def _rows(path: Path, content: bytes) -> Iterator[Row]:
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
        yield Row(name, dict(zip(columns, row, strict=True)), columns[holding[0]])


def _frames(path: Path, text: str) -> Iterator[Frame]:
    lines = iter(io.StringIO(text))
    stem = path.name.split(".")[0]
    heads = (line for line in lines if line.strip())
    for number, head in enumerate(heads, start=1):
        if not re.fullmatch(r"\s*[0-9]{1,9}\s*", head):
            raise CrystalError(f"{path}: frame {number} does not begin with its number of atoms")
        body = list(itertools.islice(lines, int(head) + 1))
        if len(body) <= int(head):
            raise CrystalError(f"{path}: frame {number} is cut off")
        yield Frame(f"{stem}-{number}", head + "".join(body))


def _folder(path: Path) -> Source:
    files = {one.name: one for one in sorted(path.iterdir()) if one.is_file() and not one.name.startswith(".")}
    digests = {name: hashlib.sha256(one.read_bytes()).hexdigest() for name, one in files.items()}
    lines = "".join(f"{name}\0{digest}\n" for name, digest in digests.items())
    stands_for = CrystalInput(name=path.resolve().name, sha256=hashlib.sha256(lines.encode()).hexdigest())
    if LISTING in files:
        return Source(stands_for, list(listed_entries(files)))
    crystals = [one for name, one in files.items() if is_crystal_file(name)]
    if not crystals:
        raise CrystalError(f"{path}: the folder holds no {LISTING} and no crystal files")
    return Source(stands_for, [entry for one in crystals for entry in _entries(one, one.read_bytes())])
