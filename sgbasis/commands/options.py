"""Parameter types and options that several commands share."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from basis_store.groups.setting import Setting

_Command = TypeVar("_Command", bound=Callable[..., Any])


class SettingType(click.ParamType):  # type: ignore[type-arg]  # generic only from click 8.2 on
    """A space-group setting as :meth:`basis_store.Setting.parse` reads it."""

    name = "setting"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Setting:
        """Parse; an unknown setting is reported like any other error of ours, in one line."""
        return value if isinstance(value, Setting) else Setting.parse(value)


SETTING = SettingType()


class FiniteRange(click.FloatRange):
    """The range of every float option: click's own lets nan through, and inf where there is no upper end."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """As click does, and then fail unless the number is finite."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return number


def store_option(command: _Command) -> _Command:
    """``--store FILE``: which store to read; default, the one that ships with the package."""
    return click.option(
        "--store",
        "store_path",
        type=click.Path(path_type=Path),
        help="Store to read [default: the one that ships with sgbasis].",
    )(command)
