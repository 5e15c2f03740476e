"""Which field a command takes: from which file, in which cell, and what the file does not say."""

from __future__ import annotations

import functools
import pathlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

import click

from sgbasis.commands.fields.field_options import field_option, reading_options
from sgbasis.commands.options import FiniteRange

if TYPE_CHECKING:
    from pathlib import Path

    from basis_store import CellChange, FieldCoefficients
    from sgbasis.fields.given_field import GivenField

_Command = TypeVar("_Command", bound=Callable[..., Any])
_CELLS = ("source", "conventional", "primitive")


class FieldRequest(NamedTuple):
    """A field of a file of fields, or of coefficients.

    Attributes:
        file: where it is.
        name: which field of several.
        unit: of its values, where the file does not say it.
        mesh: of coefficients of PSCF.
        cell_name: ``"source"``, ``"conventional"`` or ``"primitive"``.
        origin: of the conventional or primitive cell, in coordinates of the setting.
    """

    file: Path
    name: str | None = None
    unit: str = ""
    mesh: tuple[int, ...] = ()
    cell_name: str = "source"
    origin: tuple[float, float, float] | None = None

    def load(self) -> GivenField:
        """The field, with notes on standard error.

        Raises:
            FieldError, StoreFormatError, StoreCorruptError, OSError: it cannot be read.
            click.UsageError: options for the other kind of file.
        """
        from sgbasis.echo import echo_line
        from sgbasis.fields.given_field import field_of_coefficients, field_of_file, holds_coefficients

        if holds_coefficients(self.file):
            self.check_coefficients()
            return field_of_coefficients(self.file, self.cell_of)
        if self.cell_name != "source" or self.origin is not None:
            raise click.UsageError(f"--cell and --origin are for coefficients: expand {self.file} first.")
        return field_of_file(
            self.file,
            self.name,
            unit=self.unit,
            mesh=self.mesh,
            note=lambda text: echo_line(f"Note: {text}", err=True),
        )

    def check_coefficients(self) -> None:
        """Refuse what says nothing about a file of coefficients.

        Raises:
            click.UsageError: there is something.
        """
        if self.name is not None or self.unit or self.mesh:
            raise click.UsageError(f"--field, --unit and --mesh are for grids: {self.file} has coefficients.")
        if self.origin is not None and self.cell_name == "source":
            raise click.UsageError("--origin is that of --cell conventional or primitive.")

    def cell_of(self, field: FieldCoefficients) -> CellChange:
        """The cell in which coefficients are evaluated."""
        from basis_store import CellChange

        if self.cell_name == "source":
            return field.source.cell
        start = self.origin or (0.0, 0.0, 0.0)
        if self.cell_name == "conventional":
            return CellChange.conventional(start)
        return CellChange.primitive(field.setting, start)


def field_request(command: _Command) -> _Command:
    """FILE, and the options on its field and its cell, together as ``request``, a :class:`FieldRequest`."""

    @functools.wraps(command)
    def with_request(
        *,
        file: Path,
        name: str | None,
        unit: str,
        mesh: tuple[int, ...],
        cell_name: str,
        origin: tuple[float, float, float] | None,
        **others: Any,
    ) -> Any:
        return command(request=FieldRequest(file, name, unit, mesh, cell_name, origin), **others)

    argument = click.argument("file", type=click.Path(path_type=pathlib.Path))
    cell = click.option(
        "--cell", "cell_name", type=click.Choice(_CELLS), default="source", show_default=True,
        help="Cell of coordinates, indices and grids: that of FILE, or of the file that was expanded to it; of "
        "coefficients also the conventional or the usual primitive cell of the setting.",
    )  # fmt: skip
    start = click.option(
        "--origin", nargs=3, type=FiniteRange(), metavar="X Y Z",
        help="Origin of the conventional or primitive cell, in coordinates of the setting [default: 0 0 0].",
    )  # fmt: skip
    name = field_option("Which field of FILE [default: its first one].")
    return cast("_Command", argument(cell(start(name(reading_options(with_request))))))
