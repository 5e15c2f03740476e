"""Parameter types and options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from basis_store.setting import Setting

_Command = TypeVar("_Command", bound=Callable[..., Any])


class SettingType(click.ParamType):  # type: ignore[type-arg]  # generic only from click 8.2 on
    """A space-group setting as :meth:`basis_store.Setting.parse` reads it."""

    name = "setting"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Setting:
        """Parse; an unknown setting is reported like any other error of ours, in one line."""
        return value if isinstance(value, Setting) else Setting.parse(value)


SETTING = SettingType()


def store_option(command: _Command) -> _Command:
    """``--store FILE``: which store to read; default, the one that ships with the package."""
    return click.option(
        "--store",
        "store_path",
        type=click.Path(path_type=Path),
        help="Store to read [default: the one that ships with sgbasis].",
    )(command)
