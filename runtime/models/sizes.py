"""Sizes of networks: each field of a configuration says which values make sense."""

from __future__ import annotations

import dataclasses
from typing import Any

from basis_store import ModelError
from runtime.targets.parse import shown

MAX_LAYERS = 256
MAX_WIDTH = 16_384
MAX_PARAMETERS = 50_000_000
"""Of a model to be trained: beyond, a configuration of a few bytes would fill the memory."""

_HIGHEST_DROPOUT = 0.99
_KINDS = {int: "an integer", float: "a number"}


def size(default: int, least: int = 1, most: int = MAX_WIDTH) -> Any:
    """A field of integers from ``least`` to ``most``, both included."""
    return dataclasses.field(default=default, metadata={"range": (least, most)})


def quantity(default: float, least: float, most: float) -> Any:
    """A field of numbers from ``least`` to ``most``, both included."""
    return dataclasses.field(default=default, metadata={"range": (least, most)})


def dropout() -> Any:
    """A field for the share of values that are set to 0 in training: 0, the default, to 0.99."""
    return dataclasses.field(default=0.0, metadata={"range": (0.0, _HIGHEST_DROPOUT)})


def check_sizes(config: Any) -> None:
    """Check the fields of a configuration that were made by the functions above; called by its ``__post_init__``.

    Others, which are no numbers, are left to it.

    Args:
        config: a dataclass.

    Raises:
        ModelError: a value has another type, or lies outside of its range; one line.
    """
    for field in dataclasses.fields(config):
        if "range" not in field.metadata:
            continue
        value, (least, most) = getattr(config, field.name), field.metadata["range"]
        numbers = (int, float) if isinstance(least, float) else (int,)
        if isinstance(value, bool) or not isinstance(value, numbers) or not least <= value <= most:
            raise ModelError(
                f"{field.name} of {type(config).__name__} is {_KINDS[numbers[-1]]} from "
                f"{least:g} to {most:g}, not {shown(value)}"
            )
