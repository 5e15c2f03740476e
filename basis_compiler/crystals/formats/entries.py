"""What sources are made of: lines, rows and frames, each with the crystals that it describes.

An entry is small and cheap to send to another process, which does the parsing.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from basis_compiler.crystals.crystal import Crystal
from basis_compiler.crystals.formats.ase_files import parse_frame
from basis_compiler.crystals.formats.input_text import check_nesting, json_value
from basis_compiler.crystals.formats.json_structures import (
    crystal_of_arrays,
    crystal_of_description,
    described_crystal,
)
from basis_store import CrystalError

_IDENTIFIERS = ("id", "material_id", "identifier", "jid", "mpid", "task_id")
_NO_TARGETS = re.compile(
    rf"{'|'.join(_IDENTIFIERS)}|@\w+|lattice|species|frac_coords|structure|atoms|targets|split|space_?group.*",
    re.IGNORECASE,
)
"""Names of what describes a crystal. Its space group is determined here, so that of the source is no target."""

_MAX_IDENTIFIER = 256
"""Characters."""

MAX_PROPERTIES = 1000
"""Of a crystal: each becomes a column of the dataset."""


@dataclass(frozen=True)
class RawCrystal:
    """One crystal as its source gives it, not yet checked.

    Attributes:
        identifier: what its source calls it.
        build: makes the crystal; raises :class:`CrystalError`.
        targets: its properties, by name.
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

    @property
    def known_split(self) -> str | None:
        """The split of its crystals, if that is known before they are read."""
        return None

    @abstractmethod
    def crystals(self, tolerance: float) -> Iterator[RawCrystal]:
        """The crystals in it; raises :class:`CrystalError` or OSError where it cannot be read."""


@dataclass(frozen=True)
class Line(Entry):
    """One line of JSON."""

    text: bytes

    def crystals(self, tolerance: float) -> Iterator[RawCrystal]:
        """The crystal of the line."""
        record = json_value(self.text, self.name)
        if not isinstance(record, dict):
            raise CrystalError(f"{self.name}: not a JSON object")
        identifier = _identifier(record, self.name)
        targets = record.get("targets")
        if not isinstance(targets, dict | None):
            raise CrystalError(f"{self.name}: its targets are not an object with a value for each name")

        description = described_crystal(record)

        def build() -> Crystal:
            if description is not None:
                return crystal_of_description(description, identifier)
            missing = [key for key in ("lattice", "species", "frac_coords") if key not in record]
            if missing:
                raise CrystalError(f"{identifier}: it has no {missing[0]!r} ({self.name})")
            return crystal_of_arrays(record["lattice"], record["species"], record["frac_coords"], identifier)

        # The charge of a structure of pymatgen belongs to it, and is no target.
        properties = ({} if description is record else _properties(record)) | (targets or {})
        yield RawCrystal(identifier, build, _checked(properties, identifier), _split(record, identifier))


@dataclass(frozen=True)
class Row(Entry):
    """One row of a table."""

    values: Mapping[str, Any]
    structure: str

    def crystals(self, tolerance: float) -> Iterator[RawCrystal]:
        """The crystal of the row."""
        check_nesting(self.values, self.name)
        identifier = _identifier(self.values, self.name)
        structure = self.values[self.structure]

        def build() -> Crystal:
            if (description := described_crystal(structure)) is None:
                raise CrystalError(f"{identifier}: its {self.structure!r} is no structure of pymatgen or JARVIS")
            return crystal_of_description(description, identifier)

        properties = {key: value for key, value in _properties(self.values).items() if key != self.structure}
        yield RawCrystal(identifier, build, _checked(properties, identifier), _split(self.values, identifier))


@dataclass(frozen=True)
class Frame(Entry):
    """One frame of an extended XYZ file."""

    text: str

    def crystals(self, tolerance: float) -> Iterator[RawCrystal]:
        """The crystal of the frame."""
        crystal, metadata = parse_frame(self.text, self.name)
        identifier = _identifier(metadata, self.name)
        properties = _checked(_properties(metadata), identifier)
        yield RawCrystal(identifier, lambda: crystal, properties, _split(metadata, identifier))


@dataclass(frozen=True)
class Unreadable(Entry):
    """An entry of a listing or a folder that cannot be compiled."""

    reason: str

    def crystals(self, tolerance: float) -> Iterator[RawCrystal]:
        """Raises the reason."""
        raise CrystalError(f"{self.name}: {self.reason}")


def _properties(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that do not belong to the description of the crystal."""
    return {key: value for key, value in values.items() if not _NO_TARGETS.fullmatch(key)}


def _checked(properties: dict[str, Any], name: str) -> dict[str, Any]:
    """The properties; raises :class:`CrystalError` if they are too many for columns of a table."""
    if len(properties) > MAX_PROPERTIES:
        raise CrystalError(f"{name}: it has {len(properties)} properties, more than {MAX_PROPERTIES}")
    return properties


def _split(values: Mapping[str, Any], name: str) -> str:
    split = values.get("split")
    if not isinstance(split, str | None):
        raise CrystalError(f"{name}: its split is not a text")
    return split or ""


def _identifier(values: Mapping[str, Any], otherwise: str) -> str:
    for key in _IDENTIFIERS:
        if isinstance(values.get(key), str | int) and (text := str(values[key]).strip()):
            if len(text) > _MAX_IDENTIFIER:
                raise CrystalError(
                    f"{otherwise}: its {key!r} has {len(text)} characters, more than {_MAX_IDENTIFIER}"
                )
            if text != plain_name(text) or "\0" in text:
                raise CrystalError(f"{otherwise}: its {key!r} contains what is no character")
            return text
    return otherwise


def plain_name(name: str) -> str:
    """A name that can be stored and printed: names of files may be any bytes."""
    return name.encode("utf-8", "replace").decode()
