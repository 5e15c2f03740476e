"""``sgbasis tensor``: the tensors that a point group allows, as in Nye's tables."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import click

from basis_store.errors import SettingError
from basis_store.groups.setting import Setting
from sgbasis.commands.options import SettingType, store_option
from sgbasis.echo import echo, echo_line


class _GroupType(SettingType):
    """A space-group setting, or a point group in its usual orientation."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Setting:
        """As for settings; a symbol that only a point group has gives the first standard setting of its class."""
        try:
            found = super().convert(value, param, ctx)
            _say_which(value, found)
            return found
        except SettingError as error:
            try:
                setting = Setting.of_point_group(value)
            except SettingError:
                raise error from None
        note = f"Note: {value} is a point group; it is given the orientation that it has in {setting.label}"
        echo_line(note, err=True)
        return setting


def _say_which(value: object, found: Setting) -> None:
    """A note where a number of a space group, such as 32, is the symbol of a point group as well."""
    if isinstance(value, str) and value.strip().isdecimal():
        with contextlib.suppress(SettingError):
            other = Setting.of_point_group(value)
            echo_line(
                f"Note: {value.strip()} is taken as space group {found.label} (point group {found.point_group}); "
                f"for the point group {value.strip()} write {other.symbol.replace('_', '')}",
                err=True,
            )


# Point groups such as -3m are arguments, not options.
@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("setting", type=_GroupType(), metavar="GROUP")
@click.argument("formula")
@click.option("--axial", is_flag=True, help="An axial tensor (pseudotensor), such as gyration.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with the exact basis, component by component.")
@store_option
def tensor(setting: Setting, formula: str, axial: bool, as_json: bool, store_path: Path | None) -> None:
    """Print the tensors that a point group allows.

    They are those with index symmetry FORMULA that all operations of the point group of GROUP leave unchanged.

    GROUP is written 227 (standard setting), 227:1 (number and choice), hall:525 or Fd-3m, or is a point group such
    as m-3m or Oh, in the orientation of its first space group (1, 2, 3, 4, 6, 23, 32 and 222 are numbers of space
    groups: a note says what to write for these classes, such as P312). FORMULA is written
    "ij=ji", "ijk=ikj", "ijkl=jikl=klij" and so on, up to four indices, with signs where needed ("ij=-ji"); or it
    is the name of a property.

    Properties: pyroelectric; dielectric, "thermal expansion", "thermal conductivity", "electrical conductivity",
    "magnetic susceptibility", stress, strain; "Born charge"; piezoelectric; elastic, stiffness, compliance;
    photoelastic, electrostriction; and, axial without --axial, gyration and magnetoelectric.
    """
    from basis_store import open_store
    from sgbasis.reports.allowed_tensors import allowed_tensors_facts, allowed_tensors_page

    with open_store(store_path) as store:
        basis = store.tensor_basis(setting, formula, axial=axial)
    if as_json:
        echo(json.dumps(allowed_tensors_facts(basis), indent=2))
        return
    echo("\n".join(allowed_tensors_page(basis)))
