"""``sgbasis field expand``: from a field on a grid to coefficients of functions of its symmetry."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sgbasis.commands.fields.field_options import (
    field_option,
    output_option,
    read_noted,
    reading_options,
    symmetry_options,
)
from sgbasis.echo import echo, echo_line

if TYPE_CHECKING:
    from basis_compiler import FieldFile
    from basis_store import GridField
    from runtime import Expansion


@click.command("expand")
@click.argument("file", type=click.Path(path_type=Path))
@symmetry_options
@field_option("Which field of FILE [default: its first one].")
@output_option("File of coefficients to write, such as density.h5.")
@reading_options
def expand_command(
    file: Path,
    symmetry: str | None,
    character: str | None,
    tolerance: float,
    name: str | None,
    output: Path,
    unit: str,
    mesh: tuple[int, ...],
) -> None:
    """Expand a field in the invariant functions of its space group.

    Averages the Fourier coefficients of a field of FILE over orbits of waves, exactly, and writes one number for
    each invariant function to a checksummed HDF5 file. Says how much of the field is not invariant and where,
    what the grid cannot represent, and how many numbers are saved. The functions are compiled
    in memory, and proved.

    With --character the functions are those with f(g x) = chi(g) f(x) instead, such as a spin density that
    operations reverse; the other parts of the field are what is said to be left out.
    """
    import hashlib

    from basis_compiler.fields.field_file import chosen
    from basis_store import write_coefficients
    from basis_store.files.atomic_write import check_writable
    from basis_store.files.regular_file import open_regular
    from sgbasis.fields.orbit_proof import prove_orbits
    from sgbasis.reports.field_expansion import (
        coefficient_facts,
        coefficient_text,
        expansion_facts,
        expansion_lines,
    )

    check_writable(output)
    found = read_noted(file, unit, mesh)
    expansion = expanded(chosen(found, name, str(file)), found, file, symmetry, character, tolerance)
    facts = expansion_facts(expansion)
    field = expansion.coefficients
    with open_regular(file) as raw:
        sha256 = hashlib.file_digest(raw, "sha256").hexdigest()
    field = replace(
        field,
        source=replace(field.source, name=file.name, sha256=sha256),
        residual=facts["not_invariant_of_fluctuation"],
        proved_norm=prove_orbits(field),
    )
    content = write_coefficients(output, field)
    echo(coefficient_text(coefficient_facts(field)))
    for line in expansion_lines(expansion, facts):
        echo_line(line)
    echo_line(f"{output}: content {content}")


def expanded(
    field: GridField, found: FieldFile, file: Path, symmetry: str | None, character: str | None, tolerance: float
) -> Expansion:
    """A field of a file in the functions of the setting that is given, stated or found; notes on standard error.

    Args:
        field: one of the file.
        found: all of the file.
        file: its path.
        symmetry: as for :func:`sgbasis.fields.field_symmetry.find_symmetry`.
        character: as well.
        tolerance: in Angstrom.

    Raises:
        FieldError: naming the file.
        CharacterError: the character is complex.
    """
    from basis_store import FieldError
    from runtime import expand
    from sgbasis.fields.field_symmetry import find_symmetry

    known = find_symmetry(
        field, symmetry, character=character, stated=found.setting, name=str(file), tolerance=tolerance
    )
    for note in known.notes:
        echo_line(f"Note: {note}", err=True)
    echo_line(f"Note: {file}: {known.representation.label}, {known.origin}", err=True)
    try:
        return expand(field, known.representation, known.cell)
    except FieldError as error:
        raise FieldError(f"{file}: {error}") from error
    except MemoryError as error:
        raise FieldError(f"{file}: there is not enough memory to expand it") from error
