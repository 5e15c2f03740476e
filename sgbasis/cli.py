"""The ``sgbasis`` command: all subcommands, and one way to report errors."""

from __future__ import annotations

import sys
from typing import Any

import click

from basis_store.errors import SgbasisError, error_text
from basis_store.extras import missing_package, missing_text
from basis_store.groups.setting_table import hall_number_of_symbol
from basis_store.printable import short_line
from basis_store.version import VERSION
from sgbasis.commands.compile import compile_command
from sgbasis.commands.crystals import crystals
from sgbasis.commands.diffraction.groups_for import groups_for
from sgbasis.commands.diffraction.reflections import reflections
from sgbasis.commands.encode import encode
from sgbasis.commands.explorer import explorer
from sgbasis.commands.export import export
from sgbasis.commands.fetch import fetch
from sgbasis.commands.fields.field import field
from sgbasis.commands.fields.surface import surface
from sgbasis.commands.info import info
from sgbasis.commands.magnetism.altermagnet import altermagnet
from sgbasis.commands.plot import plot
from sgbasis.commands.predict import predict
from sgbasis.commands.show import show
from sgbasis.commands.tensors.project_tensor import project_tensor
from sgbasis.commands.tensors.tensor import tensor
from sgbasis.commands.training.curves import curves
from sgbasis.commands.training.evaluate import evaluate
from sgbasis.commands.training.train import train
from sgbasis.commands.training.unseen_groups import unseen_groups
from sgbasis.commands.verify import verify
from sgbasis.echo import echo
from sgbasis.interrupt import EXIT_CODE, INTERRUPTED

EXTRAS = {
    "show": ("compiler",),
    "plot": ("plot",),
    "project-tensor": ("structures", "runtime"),
    "encode": ("structures", "runtime"),
    "reflections": ("structures",),
    "groups-for": ("structures",),
    "altermagnet": ("structures",),
    "predict": ("structures", "runtime"),
    "evaluate": ("structures", "runtime"),
    "crystals": ("structures",),
    "surface": ("plot",),
    "explorer": ("explorer", "structures", "fields"),
    "field": ("structures",),
    "train": ("train",),
    "curves": ("runtime", "plot"),
    "unseen-groups": ("runtime",),
    "compile": ("compiler",),
    "info": ("runtime",),
    "verify": ("compiler",),
    "fetch": ("compiler",),
}
"""What each command needs in addition to the base package; an error names all of it that is missing, at once."""


class _Group(click.Group):
    """A group whose commands fail with one short line on standard error and a non-zero exit, never a traceback."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        try:
            return super().make_context(info_name, [_no_option(one) for one in args], parent, **extra)
        except click.UsageError as error:
            raise _in_one_line(error) from error

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise
        except click.ClickException as error:
            raise _in_one_line(error) from error
        except (SgbasisError, OSError, ImportError) as error:
            if isinstance(error, ImportError) and (package := missing_package(error)):
                command = ctx.invoked_subcommand or ""
                text = missing_text(f"sgbasis {command}", package, EXTRAS.get(command, ()))
                raise click.ClickException(text) from error
            if not isinstance(error, SgbasisError | OSError):
                raise
            raise click.ClickException(short_line(_text(error))) from error
        except KeyboardInterrupt:
            echo(f"Error: {INTERRUPTED}", err=True)
            sys.exit(EXIT_CODE)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="sgbasis")
def main() -> None:
    """Exact symmetry-adapted Fourier bases for every space group.

    A SETTING is written 227 (standard setting), 227:1 (number and choice), hall:525, Fd-3m or Oh^7.
    """


for command in (
    train, predict, evaluate, curves, unseen_groups, compile_command, verify, info, export, encode, crystals,
    reflections, groups_for, altermagnet, field, fetch, show, tensor, project_tensor, plot, surface,
    explorer,
):  # fmt: skip
    main.add_command(command)


def _no_option(argument: str) -> str:
    """A Hall symbol such as ``-P 2c 2ab`` with its prefix: without it, click reads an option -P."""
    is_hall = argument[:1] == "-" and " " in argument and hall_number_of_symbol(argument.partition(":")[0])
    return f"hall:{argument}" if is_hall else argument


def _in_one_line(error: click.ClickException) -> click.ClickException:
    """An error of click with its message alone, without the usage, which --help prints."""
    if type(error).__name__ == "NoArgsIsHelpError":  # its message is the help itself
        return error
    text = short_line(" ".join(error.format_message().split()))
    return click.UsageError(text) if isinstance(error, click.UsageError) else click.ClickException(text)


def _text(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror and not isinstance(error, SgbasisError):
        prefix = f"{error.filename}: " if error.filename else ""
        return f"{prefix}{error.strerror}"
    return error_text(error)
