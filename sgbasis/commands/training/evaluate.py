"""``sgbasis evaluate``: errors of a model's predictions on a dataset."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sgbasis.commands.options import check_picture, chosen_device, device_option
from sgbasis.commands.training.trained_on import tested_fold, trained_on, training_note
from sgbasis.echo import echo, echo_line
from sgbasis.standard_crystals import report_not_read

if TYPE_CHECKING:
    from basis_store import CrystalTable
    from basis_store.array_types import FloatArray, IntArray
    from runtime.targets.target import Target


@click.command()
@click.option(
    "--model",
    "name",
    required=True,
    metavar="NAME|FOLDER",
    help="Model that ships, such as band_gap, or the folder of a model.",
)
@click.option(
    "--data", type=click.Path(path_type=Path), required=True,
    help="A compiled dataset (.h5), or what 'sgbasis crystals' compiles, such as .jsonl.gz.",
)  # fmt: skip
@click.option(
    "--split", type=click.Choice(["train", "val", "test"]), help="Only this split [default: all crystals]."
)
@click.option("--fold", type=click.IntRange(0), help="Only this fold of a dataset that has folds.")
@click.option("--target", metavar="NAME", help="Which of the model's targets [default: its first].")
@click.option(
    "--output", "-o", type=click.Path(path_type=Path, dir_okay=False),
    help="Write a row for each crystal (.csv): formula, space group, true and predicted value, error, interval.",
)  # fmt: skip
@click.option(
    "--plot", "picture", type=click.Path(path_type=Path, dir_okay=False),
    help="Draw predicted over true values, a point for each crystal (.png, .svg, .pdf).",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@device_option("compute")
def evaluate(
    name: str,
    data: Path,
    split: str | None,
    fold: int | None,
    target: str | None,
    output: Path | None,
    picture: Path | None,
    as_json: bool,
    device: str,
) -> None:
    """Compare a model's predictions with known values.

    Prints the mean absolute error and the root of the mean squared error with 95 % bootstrap intervals, over all
    crystals, by crystal system, and by space group where there are at least 10; and the crystals with the largest
    errors. Of tensors it prints the mean
    Frobenius norm of the error and the fractions of crystals with a relative error within 25, 10 and 5 % (EwT), of
    elastic ones also the errors of Hill's moduli; of classes ROC AUC, average precision, accuracy and
    cross-entropy. Of numbers it also prints how often the model's 90 % intervals hold the value. Crystals without
    a value are left out and counted, and so are values that are not positive where the model learnt logarithms, or
    that the data mark as invalid.
    """
    from tqdm import tqdm

    from basis_store import CrystalArrays
    from basis_store.files.atomic_write import write_atomically
    from runtime.device import moved
    from runtime.evaluation.interval_score import IntervalScore
    from runtime.evaluation.reference_values import reference_values
    from runtime.prediction import predict
    from runtime.pretrained.assessment import plain_assessment, predict_assessed
    from runtime.pretrained.pretrained import open_pretrained
    from runtime.targets.equivalent_labels import equivalent_labels
    from runtime.targets.target import columns
    from sgbasis.reports.evaluation import EvaluationReport
    from sgbasis.reports.evaluation_table import evaluation_csv, worst_crystals

    _check_endings(output, picture)
    place = chosen_device(device)
    # 1. The model, one of its targets, and the values of the dataset.
    pretrained = open_pretrained(name)
    targets = pretrained.description.targets
    index = pretrained.target_index(target)
    chosen, own = targets[index], columns(targets)[index]
    _check_target(chosen, output, picture)
    model = moved(pretrained.load(), place)
    report_not_read([data])
    table = _table(data, split)
    reference = reference_values(table, chosen, split, fold)
    _say_what_was_seen(name, pretrained.description.training, table, reference.rows, split, fold, as_json=as_json)

    # 2. Predict and compare.
    records = [table[int(row)] for row in reference.rows]
    with tqdm(total=len(records), unit="crystal", desc="Predicting", disable=None) as bar:
        crystals = CrystalArrays.of(table).take(reference.rows)
        calibration = pretrained.calibration()
        if calibration is None:
            found = plain_assessment(predict(model, crystals, progress=bar.update), len(targets))
        else:
            found = predict_assessed(model, calibration, crystals, progress=bar.update)
    predicted, ends = found.values[:, own], (found.low[:, index], found.high[:, index])
    labels = equivalent_labels(reference.values, records, [chosen])
    evaluation = chosen.evaluate(predicted, labels, [record.setting for record in records])

    # 3. Report.
    true, first = reference.values[:, 0], predicted[:, 0]
    if output is not None:
        write_atomically(output, evaluation_csv(records, chosen.physical_unit, true, first, *ends).encode())
    if picture is not None:
        write_atomically(picture, _parity(chosen, true, first, picture))
    report = EvaluationReport(
        model=name,
        data=str(data),
        split=split,
        fold=fold,
        target=chosen,
        reference=reference,
        stated_unit=table.units[chosen.name],
        unreadable=len(table.skipped),
        evaluation=evaluation,
        worst=worst_crystals(records, chosen, true, first),
        intervals=IntervalScore.of(true, *ends),
    )
    echo(report.to_json() if as_json else report.to_text())


def _check_endings(output: Path | None, picture: Path | None) -> None:
    from basis_store.files.atomic_write import check_writable

    if output is not None:
        if output.suffix.lower() != ".csv":
            raise click.BadParameter(f"{output} does not end in .csv", param_hint="--output")
        check_writable(output)
    if picture is not None:
        check_picture(picture, "--plot")
        check_writable(picture)


def _check_target(target: Target, output: Path | None, picture: Path | None) -> None:
    if output is not None and target.n_columns > 1:
        raise click.UsageError(f"--output is for numbers and classes, and {target.name} is a {target.kind}.")
    if picture is not None and not target.has_interval:
        raise click.UsageError(f"--plot is for numbers, and {target.name} is a {target.kind}.")


def _parity(target: Target, true: FloatArray, predicted: FloatArray, picture: Path) -> bytes:
    from basis_store.datasets.units import PURE_NUMBER
    from sgbasis.pictures.parity_picture import parity_picture
    from sgbasis.pictures.style import picture_kind

    unit, kind = target.physical_unit, picture_kind(picture)
    shown = "" if unit == PURE_NUMBER else unit
    return parity_picture(true, predicted, name=target.name, unit=shown, logarithmic=target.log10, kind=kind)


def _say_what_was_seen(
    name: str,
    training: Mapping[str, Any],
    table: CrystalTable,
    rows: IntArray,
    split: str | None,
    fold: int | None,
    *,
    as_json: bool,
) -> None:
    """Print notes on crystals that the model was, or may have been, trained on."""
    if note := training_note(name, training, table, rows):
        echo_line(f"Note: {note}", err=True)
    if table.content_hash in trained_on(training).values():
        pass  # the note is exact
    elif fold is not None and (tested := tested_fold(training)) != fold:
        which = "without folds" if tested < 0 else f"with fold {tested} kept apart"
        echo_line(f"Note: {name} was trained {which}; it may have been trained on fold {fold}", err=True)
    elif split is None and fold is None and "train" in table.splits and not as_json:
        echo_line(
            f"Note: this includes the split 'train' of {Path(table.name).name}; --split val leaves it out",
            err=True,
        )


def _table(data: Path, split: str | None) -> CrystalTable:
    """A compiled dataset, or one compiled temporarily from the crystals of a file, or of one split of it."""
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

        output = Path(folder) / "data.h5"
        compile_dataset([data], output, only_split=split or "", workers=available_cores(), progress=progress)
        return open_crystals(output, name=str(data))  # messages name the user's file, not the temporary one
