"""Types of parameters and options that several commands share."""

from __future__ import annotations

import contextlib
import logging
import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from basis_store.datasets.recipe import MAX_TOLERANCE
from basis_store.groups.representation import Representation
from basis_store.groups.setting import Setting
from sgbasis.echo import echo_line

if TYPE_CHECKING:
    import torch

    from basis_store import CompiledSetting

_Command = TypeVar("_Command", bound=Callable[..., Any])


class SettingType(click.ParamType):  # type: ignore[type-arg]  # generic only from click 8.2 on
    """A space-group setting as :meth:`basis_store.Setting.parse` reads it."""

    name = "setting"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Setting:
        """Parse a setting; an unknown one is reported like all our errors, in one line."""
        return value if isinstance(value, Setting) else Setting.parse(value)


SETTING = SettingType()


class RepresentationType(click.ParamType):  # type: ignore[type-arg]  # as above
    """A setting, perhaps with a character, as :meth:`basis_store.Representation.parse` reads it."""

    name = "setting"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Representation:
        """Parse it; an unknown one is reported like all our errors, in one line."""
        return value if isinstance(value, Representation) else Representation.parse(value)


REPRESENTATION = RepresentationType()


class FiniteRange(click.FloatRange):
    """The type of every float option: click's own range accepts nan, and inf where it has no upper end."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Convert as click does; fail unless the number is finite."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return number

    def _describe_range(self) -> str:
        """What the help says about the range: nothing where there is none, for which click has ``x<=None``."""
        return "" if self.min is None and self.max is None else super()._describe_range()


class CountsType(click.ParamType):  # type: ignore[type-arg]  # as above
    """Positive integers with commas between: ``2``, ``2,1``, ``32,32,32``.

    Args:
        name: what they are numbers of, such as ``"cells"``.
        lengths: how many there may be.
        examples: for the message.
        largest: of each.
    """

    def __init__(self, name: str, lengths: tuple[int, ...], examples: str, largest: int) -> None:
        self.name = name
        self._lengths, self._examples, self._largest = lengths, examples, largest

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        """Parse them; anything else fails."""
        if isinstance(value, tuple):
            return value
        words = [word.strip() for word in str(value)[:80].split(",")]
        if len(words) not in self._lengths or not all(
            word.isdecimal() and word.isascii() and 1 <= int(word) <= self._largest for word in words
        ):
            self.fail(
                f"{value!r:.80} is not a number of {self.name} up to {self._largest:,}, such as {self._examples}",
                param,
                ctx,
            )
        return tuple(int(word) for word in words)


def tolerance_option(command: _Command) -> _Command:
    """``--tolerance ANGSTROM``: how far atoms may be from their images by symmetry."""
    return click.option(
        "--tolerance",
        type=FiniteRange(0, MAX_TOLERANCE, min_open=True),
        default=0.01,
        show_default=True,
        help="In Angstrom: atoms and their symmetry images closer than this are the same.",
    )(command)


def max_file_size_option(command: _Command) -> _Command:
    """``--max-file-size MB``, as a number of bytes."""

    def in_bytes(ctx: click.Context, parameter: click.Parameter, value: float | None) -> int:
        from basis_compiler.crystals.formats.input_text import MAX_FILE_SIZE

        return MAX_FILE_SIZE if value is None else int(value * 1e6)

    return click.option(
        "--max-file-size",
        type=FiniteRange(0, min_open=True),
        callback=in_bytes,
        metavar="MB",
        help="Largest text of one crystal: a file, or a line, row or frame of a longer one [default: 10].",
    )(command)


def store_option(command: _Command) -> _Command:
    """``--store FILE``: which store to read; default, the one that ships with the package."""
    return click.option(
        "--store",
        "store_path",
        type=click.Path(path_type=Path),
        help="Store to read [default: the one that ships with sgbasis].",
    )(command)


def character_option(command: _Command) -> _Command:
    """``--character SYMBOL``, to be read with :func:`read_basis`."""
    return click.option(
        "--character",
        metavar="SYMBOL",
        help="Functions with f(g x) = chi(g) f(x) instead of invariant ones: Mulliken symbol of a one-dimensional "
        "character of the point group, such as B1g.",
    )(command)


def read_basis(named: Representation, character: str | None, store_path: Path | None) -> CompiledSetting:
    """The basis of a representation, from a store; characters that the default store lacks are compiled here.

    Args:
        named: setting, perhaps with a character.
        character: its symbol, if it was given apart.
        store_path: of the store; None for the default one.

    Raises:
        SettingError: the setting has no such character, or the store does not hold it.
        click.UsageError: two characters are given.
    """
    from basis_store import open_store

    if character is not None and not named.is_trivial:
        raise click.UsageError(f"{named} names a character already: leave out --character.")
    wanted = named if character is None else Representation.of(named.setting, character)
    with open_store(store_path) as store:
        if wanted in store or store_path is not None:
            return store.read(wanted)
        recipe = store.recipe
    from basis_compiler import compile_setting

    return compile_setting(wanted, radius=recipe.radius, min_functions=recipe.min_functions)


def check_picture(path: Path, option: str, *, rotatable: bool = False) -> None:
    """Raise a click.BadParameter unless a picture can be written in the format of this ending.

    Args:
        path: of the picture.
        option: that named it.
        rotatable: whether it may be a page, .html.
    """
    from sgbasis.pictures.style import PICTURE_KINDS, ROTATABLE

    endings = [*PICTURE_KINDS, *([ROTATABLE] if rotatable else [])]
    if path.suffix.lower() not in endings:
        raise click.BadParameter(f"{path} does not end in {', '.join(endings)}", param_hint=option)


def device_option(what: str, *, more: str = "") -> Callable[[_Command], _Command]:
    """``--device NAME``, to be read with :func:`chosen_device`.

    Args:
        what: is done there: ``"train"``.
        more: a sentence for the end of the help.
    """
    return click.option(
        "--device",
        metavar="NAME",
        default="auto",
        show_default=True,
        help=f"Where to {what}: cpu, cuda, cuda:1 (the second GPU), mps (of Apple; lacks double precision) or "
        f"auto, which is cuda if there is a GPU that works, or else cpu.{more and ' '}{more}",
    )


def chosen_device(name: str) -> torch.device:
    """The device of this name.

    Raises:
        DeviceError: there is none.
    """
    from runtime.device import find_device

    return find_device(name, say=lambda note: echo_line(f"Note: {note}", err=True))


def parallel_options(command: _Command) -> _Command:
    """``--workers N`` and ``--scheduler ADDRESS``, to be read with :func:`parallel_arguments`."""
    on_cluster = click.option(
        "--scheduler",
        metavar="ADDRESS",
        help="Compute on a running Dask cluster instead: the address of its scheduler, such as tcp://host:8786.",
    )
    in_processes = click.option(
        "--workers", type=click.IntRange(1), help="Number of processes [default: one per core]."
    )
    return in_processes(on_cluster(command))


def parallel_arguments(workers: int | None, scheduler: str | None) -> dict[str, Any]:
    """The argument ``workers`` or ``scheduler`` of the functions that compute in parallel.

    Raises:
        click.UsageError: both options are given.
    """
    from basis_compiler import available_cores

    if scheduler is None:
        return {"workers": workers or available_cores()}
    if workers is not None:
        raise click.UsageError("--workers counts processes of this machine: give it or --scheduler, not both.")
    # Our own error reports a lost cluster in one line; what Dask logs about it would only repeat that.
    with contextlib.suppress(ImportError):
        import distributed  # noqa: F401 - sets up these loggers

        for name in ("distributed", "distributed.client"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    return {"scheduler": scheduler}
