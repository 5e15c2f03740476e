"""The frozen build recipe: everything that decides the content of a store, as canonical JSON."""

from __future__ import annotations

import itertools
import json
from dataclasses import asdict, dataclass
from typing import Any, Literal

from basis_store.errors import RecipeError, StoreFormatError
from basis_store.groups.group import Group, Kind
from basis_store.groups.group_names import KINDS, groups_of_kind
from basis_store.groups.name_text import as_integer
from basis_store.groups.representation import Representation, representations
from basis_store.groups.setting import standard_settings

SettingChoice = Literal["all", "standard"] | tuple[int, ...]

_CHOICES: dict[Kind, str] = {
    "space": "'all', 'standard' or Hall numbers",
    "magnetic": "'all' or UNI numbers",
    "plane": "'all' or numbers of plane groups",
}


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What to compile. Equal recipes give stores with equal content hashes; keys are sorted, each once.

    Attributes:
        radius: the shared ball: every wave of norm up to ``3 radius^2`` is in every setting (1 to 100).
        min_functions: complete shells are added beyond the ball until a setting has at least this many
            real functions, the constant not counted.
        settings: ``"all"`` groups of the kind, the 230 ``"standard"`` settings of space groups, or a
            tuple of keys.
        characters: ``"trivial"``: invariant functions. ``"all"``: in addition those of every other one-dimensional
            character of each group (T9): of point groups; of magnetic groups the odd functions.
        groups: the kind of groups: ``"space"`` for settings of space groups, whose keys are Hall numbers,
            ``"magnetic"`` for magnetic groups, whose keys are UNI numbers, or ``"plane"`` for the 17 plane groups.

    Raises:
        RecipeError: a number out of range, or no settings.
        SettingError: a key that does not exist.
    """

    radius: int = 5
    min_functions: int = 64
    settings: SettingChoice = "all"
    characters: Literal["trivial", "all"] = "trivial"
    groups: Kind = "space"

    def __post_init__(self) -> None:
        object.__setattr__(self, "radius", _integer("radius", self.radius, 1, 100))
        object.__setattr__(self, "min_functions", _integer("min_functions", self.min_functions, 0, 100_000))
        if self.groups not in KINDS:
            raise RecipeError(f"groups are {' or '.join(map(repr, KINDS))}, not {self.groups!r}")
        if self.settings not in (("all", "standard") if self.groups == "space" else ("all",)):
            if isinstance(self.settings, str) or not self.settings:
                raise RecipeError(f"settings are {_CHOICES[self.groups]}, not {self.settings!r}")
            keys = sorted({KINDS[self.groups].from_key(key).key for key in self.settings})
            object.__setattr__(self, "settings", tuple(keys))
        if self.characters not in ("trivial", "all"):
            raise RecipeError(f"characters are 'trivial' or 'all', not {self.characters!r}")

    @property
    def dimension(self) -> int:
        """Of the space that the groups act on."""
        return KINDS[self.groups].dimension

    @property
    def setting_list(self) -> tuple[Group, ...]:
        """The groups this recipe names, in the order of their keys."""
        if self.settings == "all":
            return groups_of_kind(self.groups)
        if self.settings == "standard":
            return standard_settings()
        return tuple(KINDS[self.groups].from_key(key) for key in self.settings)

    @property
    def representation_list(self) -> tuple[Representation, ...]:
        """What this recipe compiles: each group with its characters, in order."""
        if self.characters == "trivial":
            return tuple(map(Representation, self.setting_list))
        return tuple(itertools.chain.from_iterable(map(representations, self.setting_list)))

    def to_json(self) -> str:
        """Canonical JSON: sorted keys, no spaces; the same on every machine.

        Trivial characters and space groups are left out.
        """
        values = asdict(self)
        if self.characters == "trivial":
            del values["characters"]
        if self.groups == "space":
            del values["groups"]
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
