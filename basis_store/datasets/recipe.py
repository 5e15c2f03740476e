"""What a compiled dataset was made from: everything that decides its content, as canonical JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from basis_store.errors import RecipeError, StoreFormatError


@dataclass(frozen=True, kw_only=True)
class CrystalInput:
    """One file or folder that crystals were read from.

    Attributes:
        name: its name, without its folder.
        sha256: of the file's bytes, or of the names and hashes of a folder's files (hexadecimal).
    """

    name: str
    sha256: str

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not re.fullmatch("[0-9a-f]{64}", str(self.sha256)):
            raise RecipeError(f"an input has a name and a SHA-256, not {self.name!r} and {self.sha256!r}")


@dataclass(frozen=True, kw_only=True)
class CrystalRecipe:
    """How a dataset was made. Equal recipes give equal datasets, up to rounding on other machines.

    Attributes:
        inputs: in the order in which they were read.
        tolerance: in Angstrom, at which space groups were determined.
        units: of targets, by name, as given by the user.

    Raises:
        RecipeError: an invalid entry.
    """

    inputs: tuple[CrystalInput, ...] = ()
    tolerance: float = 0.01
    units: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.tolerance, int | float) or not 0 < self.tolerance <= 0.25:
            raise RecipeError(f"the tolerance lies between 0 and 0.25 Angstrom, not at {self.tolerance!r}")
        if not all(isinstance(text, str) for pair in self.units.items() for text in pair):
            raise RecipeError(f"units are texts by name of the target, not {dict(self.units)!r}")

    def to_json(self) -> str:
        """Canonical JSON: sorted keys, no spaces; the same text on every machine."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> CrystalRecipe:
        """The recipe of a ``text``: the inverse of :meth:`to_json`.

        Raises:
            StoreFormatError: the text is anything else.
        """
        try:
            values: dict[str, Any] = json.loads(text)
            inputs = tuple(CrystalInput(**one) for one in values.pop("inputs"))
            return cls(inputs=inputs, **values)
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            raise StoreFormatError(f"the recipe of the dataset cannot be read: {error}") from error
