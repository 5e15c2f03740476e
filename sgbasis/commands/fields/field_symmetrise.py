"""``sgbasis field symmetrise``: the invariant part of a field, on its grid."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sgbasis.commands.fields.field_expand import expanded
from sgbasis.commands.fields.field_options import (
    field_option,
    output_option,
    read_noted,
    reading_options,
    symmetry_options,
    write_and_say,
)
from sgbasis.echo import echo_line

if TYPE_CHECKING:
    from basis_compiler.fields.field_file import FieldFile
    from basis_store import GridField


@click.command("symmetrise")
@click.argument("file", type=click.Path(path_type=Path))
@symmetry_options
@click.option(
    "--transform",
    metavar="AXES;ORIGIN",
    help="With a magnetic group: axes and origin of its BNS cell in those of FILE, such as 'a-b,a+b,2c;1/4,0,0' "
    "[default: FILE has its conventional or usual primitive cell].",
)
@field_option("Only this field of FILE [default: all of them].")
@output_option("File to write, in the format that its name says.")
@reading_options
def symmetrise_command(
    file: Path,
    symmetry: str | None,
    character: str | None,
    tolerance: float,
    transform: str | None,
    name: str | None,
    output: Path,
    unit: str,
    mesh: tuple[int, ...],
) -> None:
    """Average a field over all operations of its space group.

    Reads FILE and writes its invariant part, on the same grid, in any format that `sgbasis field convert` writes;
    and says how much of the field was not invariant, and where.

    With --character the part with f(g x) = chi(g) f(x) is written instead, the mean of chi(g) f(g x).

    With a magnetic group, `--symmetry BNS:62.448`, spin densities are odd under time reversal, and a magnetisation
    of three components, as in a CHGCAR of non-collinear spins, is averaged as a field of axial vectors. Components
    are along the Cartesian axes of the cell vectors, which VASP calls SAXIS = 0 0 1.
    """
    from basis_compiler.fields.field_formats import format_of_output
    from basis_store import FieldError
    from basis_store.files.atomic_write import check_writable
    from sgbasis.fields.field_symmetry import names_magnetic_group
    from sgbasis.reports.field_expansion import expansion_facts, expansion_lines

    format_of_output(output)
    check_writable(output)
    found = read_noted(file, unit, mesh)
    fields, vectors = _chosen(found, name, str(file))
    if symmetry is not None and character is None and names_magnetic_group(symmetry):
        write_and_say(output, _magnetic(fields, symmetry, transform, str(file), tolerance), None)
        return
    if transform is not None:
        raise click.UsageError("--transform goes with a magnetic group: --symmetry BNS:62.448")
    for one in vectors:
        raise FieldError(
            f"{file}: {one!r} is a vector field: give the magnetic group, such as --symmetry BNS:62.448, or "
            "choose a scalar with --field"
        )
    symmetrised, invariant = {}, True
    for one, field in fields.items():
        expansion = expanded(field, found, file, symmetry, character, tolerance)
        symmetrised[one] = expansion.symmetrised
        invariant = expansion.representation.is_trivial
        if len(fields) > 1:
            echo_line(f"{one}:")
        for line in expansion_lines(expansion, expansion_facts(expansion)):
            echo_line(line)
    write_and_say(output, symmetrised, found.setting if invariant else None)


def _chosen(found: FieldFile, name: str | None, path: str) -> tuple[dict[str, GridField], list[str]]:
    """All fields of a file, or the one called ``name``, with the names of the vector fields among them."""
    from basis_compiler.fields.field_file import chosen
    from basis_store import FieldError
    from basis_store.fields.vector_field import vectors_of

    vectors = vectors_of(found.fields)
    if name is None:
        return dict(found.fields), list(vectors)
    if name in vectors:
        return {one: found.fields[one] for one in vectors[name]}, [name]
    field = chosen(found, name, path)
    for one, names in vectors.items():
        if name in names:
            raise FieldError(f"{path}: {name!r} is a component of a vector field: choose it with --field {one!r}")
    return {name: field}, []


def _magnetic(
    fields: Mapping[str, GridField], symmetry: str, transform: str | None, name: str, tolerance: float
) -> dict[str, GridField]:
    from basis_store import FieldError, MagneticGroup, Representation
    from sgbasis.fields.cell_text import cell_of_text
    from sgbasis.fields.field_symmetry import usual_cell
    from sgbasis.fields.magnetic_field import part_lines, symmetrise_magnetic

    group = MagneticGroup.parse(symmetry)
    if transform is not None:
        cell, which = cell_of_text(transform), f"its cell {transform} in that of {name}"
    else:
        try:
            cell, called = usual_cell(next(iter(fields.values())), Representation(group.setting), name)
        except FieldError as error:
            raise FieldError(
                f"{name}: its cell is neither the conventional nor the usual primitive cell of {group.label}: say "
                "how they lie in each other with --transform"
            ) from error
        which = f"its {called} cell"
    made, parts = symmetrise_magnetic(fields, group, cell, name=name, tolerance=tolerance)
    echo_line(f"magnetic group  {group.label}, {which}")
    for part in parts:
        for line in part_lines(part):
            echo_line(line)
    return made
