"""``sgbasis field info``: what a file of fields holds."""

from __future__ import annotations

import json
from pathlib import Path

import click

from sgbasis.commands.fields.field_options import read_noted, reading_options
from sgbasis.echo import echo


@click.command("info")
@click.argument("file", type=click.Path(path_type=Path))
@reading_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def field_info(file: Path, unit: str, mesh: tuple[int, ...], as_json: bool) -> None:
    """Describe the fields of a file.

    Prints format, grid, cell and atoms of FILE, and for each of its fields the unit, the range of its values and
    the integral over the cell: the number of electrons of a density.
    """
    from sgbasis.reports.field_summary import field_facts, field_text

    facts = field_facts(read_noted(file, unit, mesh))
    echo(json.dumps(facts, indent=2) if as_json else field_text(facts))
