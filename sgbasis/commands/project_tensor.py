"""``sgbasis project-tensor``: the nearest tensor that obeys a crystal's symmetry."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sgbasis.commands.options import store_option, tolerance_option

if TYPE_CHECKING:
    from basis_store.array_types import FloatArray
    from runtime.tensors.projection import ProjectedTensor


@click.command("project-tensor")
@click.argument("crystal", type=click.Path(path_type=Path))
@click.argument("matrix", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--axial", is_flag=True, help="The tensor also changes sign under improper operations.")
@tolerance_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@store_option
def project_tensor(
    crystal: Path, matrix: Path, axial: bool, tolerance: float, as_json: bool, store_path: Path | None
) -> None:
    """Print the nearest tensor that a crystal's symmetry allows.

    Prints the allowed tensor nearest to MATRIX, and how far MATRIX is from it.

    CRYSTAL is a CIF, POSCAR or extended XYZ file with one crystal. MATRIX is a file of numbers, as JSON or as rows
    separated by spaces, in the Cartesian frame of the crystal's cell vectors (for a CIF, which has none: a along
    x, b in the plane of x and y): 3x3 (dielectric and the like), 3x6 (piezoelectric e) or 6x6 (stiffness), in the
    order xx yy zz yz xz xy and without factors.
    """
    from basis_store import TensorError
    from runtime import load_store
    from sgbasis.reports.tensor import matrix_form, matrix_lines
    from sgbasis.tensors import project_tensor as project

    given = read_matrix(matrix)
    try:
        found = project(given, crystal, axial=axial, store=load_store(store_path), tolerance=tolerance)
    except TensorError as error:
        raise TensorError(f"{matrix}: {error}") from error
    rows = matrix_form(found.tensor, found.formula)
    notes = [note for note in (found.note, *_notes(given, found)) if note]
    if as_json:
        facts = {
            "tensor": rows.tolist(),
            "distance": found.distance,
            "relative_distance": found.relative_distance,
            "dimension": len(found.basis),
            "formula": found.formula,
            "notes": notes,
        }
        click.echo(json.dumps(facts, indent=2))
        return
    click.echo("\n".join(matrix_lines(rows)))
    click.echo(
        f"\n{found.formula}: {len(found.basis)} free components; {matrix} is {found.distance:.3g} away, "
        f"{found.relative_distance:.2g} of its norm"
    )
    for note in notes:
        click.echo(f"{matrix}: {note}")


def read_matrix(path: Path) -> FloatArray:
    """A matrix (rows, columns) from a file that a person wrote.

    It is JSON (a list of rows) or text: one row per line, numbers between spaces, tabs or commas; a # starts a
    comment.

    Raises:
        TensorError: it is neither, or its rows have different lengths.
        OSError: there is no such file.
    """
    import numpy as np

    from basis_store import TensorError

    try:
        text = path.read_text(encoding="utf-8")
        is_json = text.lstrip().startswith("[")
        rows = json.loads(text) if is_json else [_numbers(line) for line in text.splitlines()]
        values = np.array([row for row in rows if row], dtype=np.float64)
    except (ValueError, TypeError) as error:
        raise TensorError(f"{path}: not a matrix: it needs rows of equal length, or JSON ({error})") from error
    if values.ndim != 2:
        raise TensorError(f"{path}: not a matrix: its shape is {values.shape}")
    return values


def _numbers(line: str) -> list[float]:
    return [float(word) for word in line.partition("#")[0].replace(",", " ").split()]


def _notes(given: FloatArray, found: ProjectedTensor) -> Iterator[str]:
    """What else a reader of the result should know."""
    from runtime.tensors.elasticity import stability
    from runtime.tensors.voigt import ASYMMETRY

    if given.ndim == 2 and given.shape[0] == given.shape[1]:
        departure = float(abs(given - given.T).max())
        if departure > ASYMMETRY * float(abs(given).max()):
            yield f"not symmetric: entries differ from those across the diagonal by up to {departure:.3g}"
    if found.tensor.ndim == 4 and not (stable := stability(found.tensor)).is_stable:
        yield (
            f"the nearest stiffness is not that of a stable crystal: its smallest eigenvalue is "
            f"{stable.eigenvalues[0]:.3g}"
        )
