"""``sgbasis project-tensor``: the nearest tensor that obeys a crystal's symmetry."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from basis_store.counted import counted
from sgbasis.commands.options import max_file_size_option, store_option, tolerance_option
from sgbasis.echo import echo, echo_line

if TYPE_CHECKING:
    from basis_store.array_types import FloatArray


_MAX_MATRIX = 1 << 20
"""Bytes. The largest has 36 numbers."""


@click.command("project-tensor")
@click.argument("crystal", type=click.Path(path_type=Path))
@click.argument("matrix", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--axial", is_flag=True, help="The tensor also changes sign under improper operations.")
@tolerance_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@store_option
@max_file_size_option
def project_tensor(
    crystal: Path,
    matrix: Path,
    axial: bool,
    tolerance: float,
    as_json: bool,
    store_path: Path | None,
    max_file_size: int,
) -> None:
    """Print the nearest tensor that a crystal's symmetry allows.

    Prints the allowed tensor nearest to MATRIX, and how far MATRIX is from it.

    CRYSTAL is a CIF, POSCAR or extended XYZ file with one crystal. MATRIX is a file of numbers, as JSON or as rows
    separated by spaces: 3x3 (dielectric and the like), 3x6 (piezoelectric e) or 6x6 (stiffness), in the order
    xx yy zz yz xz xy and without factors. Its Cartesian frame is that of the crystal's cell vectors, which is
    printed; for a CIF, which has no axes, a along x and b in the plane of x and y.
    """
    from basis_store import TensorError
    from runtime import load_store
    from sgbasis.reports.tensor import matrix_form, matrix_lines
    from sgbasis.tensors import project_tensor as project

    given = read_matrix(matrix)
    try:
        found = project(
            given,
            crystal,
            axial=axial,
            store=load_store(store_path),
            tolerance=tolerance,
            max_file_size=max_file_size,
        )
    except TensorError as error:
        raise TensorError(f"{matrix}: {error}") from error
    rows = matrix_form(found.tensor, found.formula)
    setting = found.setting
    if as_json:
        facts = {
            "tensor": rows.tolist(),
            "frame": found.frame,
            "space_group": f"{setting.number} {setting.symbol}",
            "point_group": setting.point_group,
            "distance": found.distance,
            "relative_distance": found.relative_distance,
            "dimension": len(found.basis),
            "formula": found.formula,
            "notes": list(found.notes),
        }
        echo(json.dumps(facts, indent=2))
        return
    echo("\n".join(matrix_lines(rows)))
    size = len(found.basis)
    echo()
    echo_line(
        f"{setting.number} {setting.symbol}, point group {setting.point_group}: a tensor {found.formula} has "
        f"{counted(size, 'free component')}"
    )
    echo_line(
        f"distance: {matrix} differs from the tensor above by {found.distance:.3g} (Frobenius norm over all "
        f"indices), {found.relative_distance:.2%} of its own norm"
    )
    echo_line(f"frame: {found.frame}")
    for note in found.notes:
        echo_line(f"note: {note}")


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
    from basis_store.errors import error_text
    from basis_store.files.regular_file import read_regular

    try:
        text = read_regular(path, limit=_MAX_MATRIX).decode("utf-8-sig")
        is_json = text.lstrip().startswith("[")
        rows = json.loads(text) if is_json else [_numbers(line) for line in text.splitlines()]
        values = np.array([row for row in rows if row], dtype=np.float64)
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise TensorError(
            f"{path}: not a matrix: it needs rows of equal length, or JSON ({error_text(error)})"
        ) from error
    if values.ndim != 2:
        raise TensorError(f"{path}: not a matrix: its shape is {values.shape}")
    return values


def _numbers(line: str) -> list[float]:
    return [float(word) for word in line.partition("#")[0].replace(",", " ").split()]
