"""``sgbasis curves``: learning curves of training runs."""

from __future__ import annotations

import io
from pathlib import Path

import click


@click.command()
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--output", "-o", required=True, type=click.Path(path_type=Path, dir_okay=False), help="PNG to write."
)
def curves(runs: tuple[Path, ...], output: Path) -> None:
    """Draw learning curves of finished training runs.

    Draws the mean absolute error on training and validation data by epoch, one panel per target. RUNS are output
    folders of sgbasis train.
    """
    from matplotlib.figure import Figure

    from basis_store.files.atomic_write import check_writable, write_atomically
    from runtime.training.runs.run_report import read_report

    if output.suffix.lower() != ".png":
        raise click.BadParameter(f"{output} does not end in .png", param_hint="--output")
    check_writable(output)
    histories = {run.name: read_report(run)["history"] for run in runs}
    targets = list(dict.fromkeys(name for history in histories.values() for name in history[0]["val_loss"]))
    figure = Figure(figsize=(4.6 * len(targets), 3.4), layout="constrained")
    for panel, target in zip(figure.subplots(1, len(targets), squeeze=False)[0], targets, strict=True):
        for number, (name, history) in enumerate(histories.items()):
            if target not in history[0]["val_loss"]:
                continue
            epochs = [entry["epoch"] + 1 for entry in history]
            for key, style in (("val_loss", "-"), ("train_loss", ":")):
                values = [entry[key][target] for entry in history]
                label = name if key == "val_loss" else None
                panel.plot(epochs, values, style, color=f"C{number}", label=label)
        panel.set(title=target, xlabel="epoch", ylabel="MAE (dotted: training)", yscale="log")
        panel.legend(frameon=False)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    write_atomically(output, buffer.getvalue())
