"""``sgbasis show``: one space group, as a crystallographer reads it."""

from __future__ import annotations

import json
from pathlib import Path

import click

from basis_store.counted import counted
from basis_store.groups.setting import Setting
from sgbasis.commands.options import SETTING, store_option
from sgbasis.echo import echo


@click.command()
@click.argument("setting", type=SETTING)
@click.option(
    "--count",
    type=click.IntRange(0),
    default=3,
    show_default=True,
    help="How many functions to write out, besides the constant.",
)
@click.option("--latex", is_flag=True, help="Write the functions in LaTeX.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with formulas as text, as LaTeX and as terms.")
@store_option
def show(setting: Setting, count: int, latex: bool, as_json: bool, store_path: Path | None) -> None:
    """Describe one space-group setting and its basis.

    Prints the symbols of SETTING, its reflection conditions, the orbits of waves by shell, and the first functions
    as formulas. Function 0 is the constant 1; formulas start with function 1.

    SETTING is written 227 (standard setting), 227:1 (number and choice), hall:525 or Fd-3m.
    """
    from basis_store import open_store
    from sgbasis.reports.setting_page import setting_facts, setting_page

    with open_store(store_path) as store:
        compiled = store.read(setting)
    if count > compiled.n_orbits:
        raise click.ClickException(
            f"this store holds {counted(compiled.n_orbits, 'function')} of {setting.label} besides the constant, "
            f"not {count}"
        )
    if as_json:
        echo(json.dumps(setting_facts(compiled, count=count), indent=2))
        return
    echo("\n".join(setting_page(compiled, count=count, latex=latex)))
