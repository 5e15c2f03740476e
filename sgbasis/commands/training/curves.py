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

    Draws the loss of each target on training and validation data by epoch, such as the mean absolute error, a
    panel for each. Epochs count from 0, as training prints them; of fine-tuning, -1 is the initial model before
    the first step. RUNS are output folders of sgbasis train.
    """
    from basis_store.files.atomic_write import check_writable, write_atomically
    from runtime.training.runs.run_report import read_report
    from sgbasis.pictures.learning_curves import learning_curves_picture
    from sgbasis.pictures.style import picture_kind

    check_picture(output, "--output")
    check_writable(output)
    reports = {run.name: read_report(run) for run in runs}
    labels: dict[str, str] = {}
    units: dict[str, str] = {}
    for run, report in zip(runs, reports.values(), strict=True):
        found = _losses(run)
        labels |= report.get("loss", {}) | {name: loss for name, (loss, _) in found.items()}
        units |= {name: unit for name, (_, unit) in found.items()}
    starts = {name: [report["start"]] if report.get("start") else [] for name, report in reports.items()}
    histories = {name: [*starts[name], *report["history"]] for name, report in reports.items()}
    write_atomically(output, learning_curves_picture(histories, labels, units, kind=picture_kind(output)))


def _losses(run: Path) -> dict[str, tuple[str, str]]:
    """What the losses of the targets of a run are, and their units; nothing if its model is gone."""
    from basis_store import ModelError
    from runtime.pretrained.pretrained import open_pretrained

    try:
        targets = open_pretrained(run / "model").description.targets
    except (ModelError, OSError):
        return {}
    return {one.name: (one.loss_name, one.loss_figure(0.0)[1].partition(" ")[2].strip("()")) for one in targets}
