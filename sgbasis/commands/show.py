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
@click.option("--operations", is_flag=True, help="Print the operations instead of conditions and functions.")
@click.option("--generators", is_flag=True, help="Print generators.")
@click.option(
    "--wyckoff",
    is_flag=True,
    help="Print the Wyckoff positions, with exact coordinates, and moments in magnetic groups.",
)
@click.option("--tensors", is_flag=True, help="Print how many components tensors of physics have.")
@character_option
@store_option
def show(
    setting: Representation,
    count: int,
    latex: bool,
    as_json: bool,
    character: str | None,
    store_path: Path | None,
    **tables: bool,
) -> None:
    """Describe one space-group setting and its basis.

    Prints the symbols of SETTING, its characters, its reflection conditions, the orbits of waves by shell, and the
    first functions as formulas. Function 0 is the constant 1; formulas start with function 1.

    SETTING is written 227 (standard setting), 227:1 (number and choice), hall:525 or Fd-3m.

    With --character the functions are not invariant but have that character of the group, f(g x) = chi(g) f(x),
    such as the d wave of 123 with B1g; 123:B1g means the same. They are numbered from 0, since the constant is not
    one of them, and compiled and proved on the spot, unless --store has them.

    With --operations, --generators, --wyckoff and --tensors, one or several of these tables are printed instead.
    """
    from sgbasis.reports.groups.setting_page import setting_facts, setting_page

    if chosen := [name for name, wanted in tables.items() if wanted]:
        _print_tables(setting, chosen, as_json, store_path)
        return
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


def _print_tables(named: Representation, tables: list[str], as_json: bool, store_path: Path | None) -> None:
    """The head of the page and the chosen tables, or both as JSON."""
    from basis_store import MagneticGroup, open_store
    from sgbasis.reports.groups import group_tables, moment_tables
    from sgbasis.reports.groups.group_head import group_facts, group_rows

    group, pages, facts = named.setting, [], group_facts(named.setting)
    for table in tables:
        if table == "operations":
            page, values = group_tables.operations_page(group), group_tables.operation_facts(group)
        elif table == "generators":
            page, values = group_tables.generators_page(group), group_tables.generator_facts(group)
        elif table == "wyckoff" and isinstance(group, MagneticGroup):
            page, values = moment_tables.points_page(group), moment_tables.point_facts(group)
        elif table == "wyckoff":
            setting = named.space_setting
            page, values = group_tables.wyckoff_page(setting), group_tables.wyckoff_facts(setting)
        else:
            with open_store(store_path) as store:
                setting = named.space_setting
                page = iter(list(group_tables.tensors_page(store, setting)))
                values = group_tables.tensor_facts(store, setting)
        pages.append(page)
        facts[table] = values
    if as_json:
        echo(json.dumps(facts, indent=2))
        return
    for name, value in group_rows(group).items():
        echo(f"{name:<14} {value}")
    for page in pages:
        echo("")
        echo("\n".join(page))
