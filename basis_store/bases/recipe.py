"""The frozen build recipe: everything that decides the content of a store, as canonical JSON."""

from __future__ import annotations

import itertools
import json
from dataclasses import asdict, dataclass
from typing import Any, Literal

from basis_store.errors import RecipeError, StoreFormatError
from basis_store.groups.representation import Representation, representations
from basis_store.groups.setting import Setting, all_settings, as_integer, standard_settings

SettingChoice = Literal["all", "standard"] | tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What to compile. Equal recipes give stores with equal content hashes; Hall numbers are sorted, each once.

    Attributes:
        radius: the shared ball: every wave of norm up to ``3 radius^2`` is in every setting (1 to 100).
        min_functions: complete shells are added beyond the ball until a setting has at least this many
            real functions, the constant not counted.
        settings: ``"all"`` 530 settings, the 230 ``"standard"`` ones, or a tuple of Hall numbers.
        characters: ``"trivial"``: invariant functions. ``"all"``: in addition those of every other one-dimensional
            character of each point group (T9).

    Raises:
        RecipeError: a number out of range, or no settings.
        SettingError: a Hall number that does not exist.
    """

    radius: int = 5
    min_functions: int = 64
    settings: SettingChoice = "all"
    characters: Literal["trivial", "all"] = "trivial"

    def __post_init__(self) -> None:
        object.__setattr__(self, "radius", _integer("radius", self.radius, 1, 100))
        object.__setattr__(self, "min_functions", _integer("min_functions", self.min_functions, 0, 100_000))
        if self.settings not in ("all", "standard"):
            if isinstance(self.settings, str) or not self.settings:
                raise RecipeError(f"settings are 'all', 'standard' or Hall numbers, not {self.settings!r}")
            numbers = sorted({Setting.from_hall(number).hall_number for number in self.settings})
            object.__setattr__(self, "settings", tuple(numbers))
        if self.characters not in ("trivial", "all"):
            raise RecipeError(f"characters are 'trivial' or 'all', not {self.characters!r}")

    @property
    def setting_list(self) -> tuple[Setting, ...]:
        """The settings this recipe names, in the order of their Hall numbers."""
        if self.settings == "all":
            return all_settings()
        if self.settings == "standard":
            return standard_settings()
        return tuple(Setting.from_hall(number) for number in self.settings)

    @property
    def representation_list(self) -> tuple[Representation, ...]:
        """What this recipe compiles: each setting with its characters, in order."""
        if self.characters == "trivial":
            return tuple(map(Representation, self.setting_list))
        return tuple(itertools.chain.from_iterable(map(representations, self.setting_list)))

    def to_json(self) -> str:
        """Canonical JSON: sorted keys, no spaces; the same on every machine. Trivial characters are left out."""
        values = asdict(self)
        if self.characters == "trivial":
            del values["characters"]
        return json.dumps(values, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Recipe:
        """The recipe of a ``text``: the inverse of :meth:`to_json`.

        Raises:
            StoreFormatError: the text is anything else.
        """
        try:
            values: dict[str, Any] = json.loads(text)
            if isinstance(values["settings"], list):
                values["settings"] = tuple(values["settings"])
            return cls(**values)
        except (TypeError, KeyError, ValueError, RecursionError) as error:
            raise StoreFormatError(f"the build recipe of the store cannot be read: {error}") from error


def _integer(name: str, value: object, smallest: int, largest: int) -> int:
    plain = as_integer(value)
    if plain is None or not smallest <= plain <= largest:
        raise RecipeError(f"{name} is an integer from {smallest} to {largest}, not {value!r}")
    return plain
