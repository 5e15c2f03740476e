"""What a compiled dataset was made from: everything that decides its content, as canonical JSON."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from numbers import Real
from typing import Any

from basis_store.errors import RecipeError, StoreFormatError

MAX_FOLDS = 1000
MAX_TOLERANCE = 0.25
"""Angstrom: half of the least distance of atoms, so that an image this close belongs to one atom only."""

_OPTIONAL = ("split", "folds", "seed", "only_split")


@dataclass(frozen=True, kw_only=True)
class CrystalInput:
    """One file or folder that crystals were read from.

    Attributes:
        name: its name, without its folder.
        sha256: of the file's bytes, or of the names and hashes of a folder's files (hexadecimal); of an input that
            could not be opened, of the reason.
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
        split: shares of train, val and test that crystals were divided into; empty: they have the splits of the
            inputs.
        folds: number of folds for cross-validation; 0: none.
        seed: of the division into splits and folds.
        only_split: the only split of the inputs that was compiled; ``""``: all.

    Raises:
        RecipeError: an invalid entry.
    """

    inputs: tuple[CrystalInput, ...] = ()
    tolerance: float = 0.01
    units: Mapping[str, str] = field(default_factory=dict)
    split: tuple[float, ...] = ()
    folds: int = 0
    seed: int = 0
    only_split: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "tolerance", check_tolerance(self.tolerance))
        if not all(isinstance(text, str) for pair in self.units.items() for text in pair):
            raise RecipeError(f"units are texts by name of the target, not {dict(self.units)!r}")
        object.__setattr__(self, "split", tuple(self.split))
        if self.split and not _are_shares(self.split):
            shares = ",".join(map(str, self.split))
            raise RecipeError(
                "a split is the shares of train, val and test, which add up to 1, such as 0.8,0.1,0.1: not "
                f"{shares}"
            )
        if not _is_integer(self.folds) or (self.folds != 0 and not 3 <= self.folds <= MAX_FOLDS):
            raise RecipeError(
                f"there are 3 to {MAX_FOLDS} folds, one to test, one to validate and the others to train on: not "
                f"{self.folds!r}"
            )
        if not _is_integer(self.seed):
            raise RecipeError(f"the seed is an integer, not {self.seed!r}")

    def to_json(self) -> str:
        """Canonical JSON: sorted keys, no spaces; the same text on every machine.

        Of ``split``, ``folds``, ``seed`` and ``only_split`` it has those that differ from their defaults.
        """
        values = asdict(self)
        for one in fields(self):
            if one.name in _OPTIONAL and values[one.name] == one.default:
                del values[one.name]
        return json.dumps(values, sort_keys=True, separators=(",", ":"))

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
        except (TypeError, KeyError, ValueError, AttributeError, RecursionError) as error:
            raise StoreFormatError(f"the recipe of the dataset cannot be read: {error}") from error


def check_tolerance(tolerance: object) -> float:
    """A tolerance in Angstrom as a plain number.

    Raises:
        RecipeError: it is not a number between 0 and :data:`MAX_TOLERANCE`.
    """
    is_number = isinstance(tolerance, Real) and not isinstance(tolerance, bool)
    if not is_number or not 0 < tolerance <= MAX_TOLERANCE:  # type: ignore[operator]
        raise RecipeError(f"the tolerance lies between 0 and {MAX_TOLERANCE} Angstrom, not at {tolerance!r}")
    # An integer stays one: recipes are hashed as text.
    return tolerance if isinstance(tolerance, int) else float(tolerance)  # type: ignore[arg-type]


def _are_shares(numbers: tuple[object, ...]) -> bool:
    shares = [one for one in numbers if isinstance(one, int | float) and not isinstance(one, bool) and one >= 0]
    return len(shares) == len(numbers) == 3 and math.isclose(sum(shares), 1, abs_tol=1e-6)


def _is_integer(number: object) -> bool:
    return isinstance(number, int) and not isinstance(number, bool)
