"""``sgbasis show``: one space group, as a crystallographer reads it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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

    SETTING is written 227 (standard setting), 227:1 (number and choice), hall:525 or Fd-3m. It may also be a
    magnetic group (BNS:62.446), or a group in fewer dimensions (plane:17, layer:64, rod:24).

    With --character the functions are not invariant but have that character of the group, f(g x) = chi(g) f(x),
    such as the d wave of 123 with B1g; 123:B1g means the same. They are numbered from 0, since the constant is not
    one of them, and compiled and proved on the spot, unless --store has them.

    With --operations, --generators, --wyckoff and --tensors, one or several of these tables are printed instead.
    """
    if chosen := [name for name, wanted in tables.items() if wanted]:
        _print_tables(setting, chosen, as_json, store_path)
        return
    from sgbasis.reports.groups.setting_page import setting_facts, setting_page

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
    from sgbasis.reports.groups.group_head import group_facts, group_rows

    found = {table: _table(named, table, store_path) for table in tables}
    if as_json:
        values = {table: facts for table, (facts, _) in found.items()}
        echo(json.dumps(group_facts(named.setting) | values, indent=2))
        return
    for name, value in group_rows(named.setting).items():
        echo(f"{name:<14} {value}")
    for _, page in found.values():
        echo("")
        echo("\n".join(page))


def _table(
    named: Representation, table: str, store_path: Path | None
) -> tuple[list[dict[str, Any]], Iterator[str]]:
    """A table of a group as plain values, and as the lines of a page, which are made when they are wanted."""
    if table == "wyckoff":
        return _wyckoff_table(named, store_path)
    from basis_store import open_store
    from sgbasis.reports.groups import group_tables

    group = named.setting
    if table == "operations":
        facts = group_tables.operation_facts(group)
        return facts, group_tables.operations_page(group, facts)
    if table == "generators":
        facts = group_tables.generator_facts(group)
        return facts, group_tables.generators_page(facts)
    with open_store(store_path) as store:
        facts = group_tables.tensor_facts(store, named.space_setting)
    return facts, group_tables.tensors_page(facts)


def _wyckoff_table(named: Representation, store_path: Path | None) -> tuple[list[dict[str, Any]], Iterator[str]]:
    """The positions of a setting as the store has them; of a magnetic group with moments, by the compiler."""
    from basis_store import MagneticGroup, open_store

    if isinstance(named.setting, MagneticGroup):
        from sgbasis.reports.groups.moment_tables import point_facts, points_page

        facts = point_facts(named.setting)
        return facts, points_page(facts)
    from sgbasis.reports.groups.wyckoff_pages import wyckoff_facts, wyckoff_page

    setting = named.space_setting
    with open_store(store_path) as store:
        group = store.read(setting).operations
        facts = wyckoff_facts(group, store.wyckoff_positions(setting).values())
    return facts, wyckoff_page(group, facts)
