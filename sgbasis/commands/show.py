"""``sgbasis show``: one space group, as a crystallographer reads it."""

from __future__ import annotations

import json
from pathlib import Path

import click

from basis_store.counted import counted
from basis_store.groups.representation import Representation
from sgbasis.commands.options import REPRESENTATION, character_option, read_basis, store_option
from sgbasis.echo import echo


@click.command()
@click.argument("setting", type=REPRESENTATION)
@click.option(
    "--count",
    type=click.IntRange(0),
    default=3,
    show_default=True,
    help="How many functions to write out, besides the constant.",
)
@click.option("--latex", is_flag=True, help="Write the functions in LaTeX.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with formulas as text, as LaTeX and as terms.")
@character_option
@store_option
def show(
    setting: Representation, count: int, latex: bool, as_json: bool, character: str | None, store_path: Path | None
) -> None:
    """Describe one space-group setting and its basis.

    Prints the symbols of SETTING, its characters, its reflection conditions, the orbits of waves by shell, and the
    first functions as formulas. Function 0 is the constant 1; formulas start with function 1.

    SETTING is written 227 (standard setting), 227:1 (number and choice), hall:525 or Fd-3m.

    With --character the functions are not invariant but have that character of the group, f(g x) = chi(g) f(x),
    such as the d wave of 123 with B1g; 123:B1g means the same. They are numbered from 0, since the constant is not
    one of them, and compiled and proved on the spot, unless --store has them.
    """
    from sgbasis.reports.setting_page import setting_facts, setting_page

    compiled = read_basis(setting, character, store_path)
    if count > compiled.n_orbits:
        besides = " besides the constant" if compiled.n_constants else ""
        raise click.ClickException(
            f"this store holds {counted(compiled.n_orbits, 'function')} of {compiled.label}{besides}, not {count}"
        )
    if as_json:
        echo(json.dumps(setting_facts(compiled, count=count), indent=2))
        return
    echo("\n".join(setting_page(compiled, count=count, latex=latex)))
