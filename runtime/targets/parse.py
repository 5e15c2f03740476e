"""Targets, and other dataclasses, from plain values: of TOML, of ``config.json``, of options."""

from __future__ import annotations

import dataclasses
import math
import reprlib
import types
import typing
import unicodedata
from collections.abc import Mapping
from typing import Any, TypeVar, get_args, get_origin

from basis_store import SgbasisError, TargetError
from runtime.targets.class_target import ClassTarget
from runtime.targets.scalar_target import ScalarTarget
from runtime.targets.target import Target
from runtime.targets.tensor_target import TensorTarget

T = TypeVar("T")

_WORDS: dict[Any, str] = {int: "a number", float: "a number", bool: "true or false"}
"""What messages call the values of simple types; all others are text."""

_HUGE = 2**1000
"""Integers beyond have no ``float``."""


def parse_target(values: str | Mapping[str, Any]) -> Target:
    """A target from the values of its attributes.

    With a ``symmetry`` it is a tensor, with ``classes`` a class, else a scalar.

    Args:
        values: a mapping, or only the name.

    Raises:
        TargetError: an unknown key, a missing one, or a value of the wrong type.
    """
    if isinstance(values, str):
        values = {"name": values}
    if not isinstance(values, Mapping):
        raise TargetError(f"a target is a name or a table, not {shown(values)}")
    kind: type[Target] = ScalarTarget
    if "symmetry" in values:
        kind = TensorTarget
    elif "classes" in values:
        kind = ClassTarget
    target = from_plain_values(kind, values, "target", TargetError)
    if not target.name.strip():
        raise TargetError("the name of a target is empty")
    return target


def from_plain_values(kind: type[T], values: Mapping[str, Any], what: str, error: type[SgbasisError]) -> T:
    """A dataclass from plain values; lists become tuples, and integers floats where these are expected.

    Args:
        kind: the dataclass.
        values: by the names of its fields.
        what: what it is called in messages.
        error: raised on one line for an unknown key, a missing one, or a value of the wrong type or one that the
            dataclass refuses.
    """
    hints = typing.get_type_hints(kind)
    fields = {one.name: one for one in dataclasses.fields(kind)}  # type: ignore[arg-type]
    if unknown := [key for key in values if key not in fields]:
        raise error(f"unknown key {shown(unknown[0])} in the {what}; known: {', '.join(fields)}")
    required = [
        name for name, one in fields.items()
        if one.default is dataclasses.MISSING and one.default_factory is dataclasses.MISSING
    ]  # fmt: skip
    if missing := [name for name in required if name not in values]:
        raise error(f"the {what} lacks {missing[0]!r}; it needs {', '.join(required)}")
    try:
        checked = {key: _checked(value, hints[key], f"{key} in the {what}") for key, value in values.items()}
        return kind(**checked)
    except (TypeError, ValueError, OverflowError) as reason:
        raise error(str(reason)) from None


def shown(value: Any) -> str:
    """Any value in at most a hundred or so characters, for messages."""
    try:
        return ascii(value) if isinstance(value, str) and len(value) < 80 else reprlib.repr(value)
    except (ValueError, RecursionError):  # an integer of thousands of digits
        return f"one of {type(value).__name__}"


def _checked(value: Any, hint: Any, what: str) -> Any:
    """A value as the field of a dataclass has it; a TypeError says what it should be."""
    if isinstance(hint, types.UnionType):  # T | None, whose None only the default is
        hint = get_args(hint)[0]
    if get_origin(hint) is tuple:
        if not isinstance(value, list | tuple):
            raise TypeError(f"{what} is a list, not {shown(value)}")
        return tuple(_checked(entry, get_args(hint)[0], what) for entry in value)
    if get_origin(hint) is not None:
        if not isinstance(value, Mapping):
            raise TypeError(f"{what} is a table, not {shown(value)}")
        return dict(value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value) if abs(value) < _HUGE else math.inf
    if not isinstance(value, hint) or (hint is not bool and isinstance(value, bool)):
        raise TypeError(f"{what} is {_WORDS.get(hint, 'text')}, not {shown(value)}")
    if isinstance(value, str) and any(unicodedata.category(character) in ("Cc", "Cs") for character in value):
        raise TypeError(f"{what} has control characters or half of a character: {shown(value)}")
    return value
