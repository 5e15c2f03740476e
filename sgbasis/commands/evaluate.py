"""``sgbasis evaluate``: how far a model's predictions are from what is known."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from basis_store import CrystalTable
    from runtime.evaluation.scores import Evaluation, Score
    from runtime.evaluation.tensor_scores import TensorScore


@click.command()
@click.option(
    "--model", "name", required=True, metavar="NAME|FOLDER", help="Such as band_gap, or a model's folder."
)
@click.option(
    "--data", type=click.Path(path_type=Path), required=True,
    help="A compiled dataset (.h5), or what 'sgbasis crystals' compiles, such as .jsonl.gz.",
)  # fmt: skip
@click.option("--split", type=click.Choice(["train", "val", "test"]), help="Only this part [default: all of it].")
@click.option("--target", metavar="NAME", help="Which of the model's targets [default: its first].")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def evaluate(name: str, data: Path, split: str | None, target: str | None, as_json: bool) -> None:
    """Compare a model's predictions with the values in a dataset.

    Prints the mean absolute error and the root of the mean squared error with 95 % bootstrap intervals, over all
    crystals, by crystal system, and by space group where there are at least 10. Of tensors it prints the mean
    Frobenius norm of the error and the fractions of crystals with a relative error within 25, 10 and 5 % (EwT), of
    elastic ones also the errors of Hill's moduli. Crystals without a value are left out and counted, and so are
    values that are not positive where the model predicts logarithms, or that the data say not to trust.
    """
    from tqdm import tqdm

    from runtime.evaluation.known_values import known_values
    from runtime.evaluation.reference_values import alternative_values
    from runtime.evaluation.scores import evaluate as evaluate_predictions
    from runtime.evaluation.tensor_scores import evaluate_tensors
    from runtime.models.base import columns
    from runtime.prediction import predict
    from runtime.pretrained.pretrained import open_pretrained
    from sgbasis.reports.evaluation import EvaluationReport

    # Its C library otherwise prints attempts that fail on the way to a group; the outcome is what is reported.
    os.environ.setdefault("SPGLIB_WARNING", "OFF")
    pretrained = open_pretrained(name)
    targets = pretrained.description.targets
    index = pretrained.target_index(target)
    chosen, own = targets[index], columns(targets)[index]
    model = pretrained.load()
    table = _table(data)
    known = known_values(table, chosen, split)
    if split is None and "train" in table.splits and not as_json:
        click.echo(f"Note: this includes the split 'train' of {data.name}; --split val leaves it out", err=True)
    records = [table[int(row)] for row in known.rows]
    with tqdm(total=len(records), unit="crystal", desc="Predicting", disable=None) as bar:
        values = predict(model, records, progress=bar.update)[:, own]
    settings = [record.setting for record in records]
    evaluation: Evaluation[Score] | Evaluation[TensorScore]
    if chosen.space is None:
        evaluation = evaluate_predictions(values[:, 0], known.values[:, 0], settings)
    else:
        alternatives = alternative_values(known.values, records, [chosen])
        evaluation = evaluate_tensors(values, alternatives, chosen, settings)
    report = EvaluationReport(
        model=name,
        data=str(data),
        split=split,
        target=chosen,
        known=known,
        unreadable=len(table.skipped),
        evaluation=evaluation,
    )
    click.echo(report.to_json() if as_json else report.to_text())


def _table(data: Path) -> CrystalTable:
    """A dataset, compiled for the occasion if it is not one."""
    from tqdm import tqdm

    from basis_compiler import available_cores, compile_dataset
    from basis_store import open_crystals

    if data.suffix.lower() in (".h5", ".hdf5"):
        return open_crystals(data)
    with (
        tempfile.TemporaryDirectory(prefix="sgbasis-") as folder,
        tqdm(unit="crystal", desc="Reading", disable=None) as bar,
    ):

        def progress(finished: int, total: int) -> None:
            bar.total = total
            bar.update(finished - bar.n)

        table = compile_dataset([data], Path(folder) / "data.h5", workers=available_cores(), progress=progress)
    table.path = data  # what is wrong with it, the user can find there only
    return table
