"""``sgbasis curves``: learning curves of training runs."""

from __future__ import annotations

from pathlib import Path

import click

from sgbasis.commands.options import check_picture


@click.command()
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--output",
    "-o",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="Picture to write: .png, .svg or .pdf.",
)
def curves(runs: tuple[Path, ...], output: Path) -> None:
    """Draw learning curves of finished training runs.

    Draws the mean absolute error on training and validation data by epoch, one panel per target. RUNS are output
    folders of sgbasis train.
    """
    from basis_store.files.atomic_write import check_writable, write_atomically
    from runtime.training.runs.run_report import read_report
    from sgbasis.pictures.learning_curves import learning_curves_picture
    from sgbasis.pictures.style import picture_kind

    check_picture(output, "--output")
    check_writable(output)
    histories = {run.name: read_report(run)["history"] for run in runs}
    write_atomically(output, learning_curves_picture(histories, kind=picture_kind(output)))
