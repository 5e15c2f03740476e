"""``sgbasis predict``: properties of crystals, from trained models."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from basis_store.counted import counted
from basis_store.extras import needed_for
from sgbasis.commands.options import (
    check_picture,
    chosen_device,
    device_option,
    max_file_size_option,
    parallel_arguments,
    parallel_options,
    tolerance_option,
)
from sgbasis.echo import echo, echo_line, resume_hint
from sgbasis.prediction.standard_input import ENDINGS, with_standard_input
from sgbasis.standard_crystals import report_not_read

if TYPE_CHECKING:
    from sgbasis.prediction.inputs import InputFile
    from sgbasis.prediction.job import Job
    from sgbasis.prediction.predict_many import Outcome

_FORMATS = ("csv", "jsonl", "xlsx", "html")


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--property", "properties", multiple=True, metavar="NAME",
    help="Property to predict, such as formation_energy; may be repeated [default: all that ship].",
)  # fmt: skip
@click.option(
    "--model",
    "folders",
    multiple=True,
    metavar="FOLDER",
    help="Your own model, or owner/name on the Hub; may be repeated.",
)
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a file instead of printing: .csv, .jsonl, .xlsx, or .html, a report with pictures.",
)
@click.option(
    "--format", "form", type=click.Choice(_FORMATS),
    help="Format of the output [default: by the ending of --output; text when printed].",
)  # fmt: skip
@click.option(
    "--wide", is_flag=True,
    help="One row for each crystal, with the components of tensors (C11, e31, eps12) in columns; printed as CSV. "
    ".xlsx is always so.",
)  # fmt: skip
@click.option(
    "--frame", "axes", type=click.Choice(("file", "ieee")), default="file", show_default=True,
    help="Axes of the components of tensors in tables and reports: the frame of the file's lattice vectors, or "
    "the IEEE frame, that of the conventional axes, in which a cubic crystal has C12 = C13 in any cell.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON for each prediction: --format jsonl.")
@click.option(
    "--input-format", type=click.Choice(list(ENDINGS)),
    help="Format of standard input [default: jsonl or cif, as it begins].",
)  # fmt: skip
@click.option(
    "--plot", "picture", type=click.Path(path_type=Path, dir_okay=False),
    help="Draw a tensor by direction, several crystals side by side on one scale, as .png, .svg, .pdf, or "
    ".html, which can be turned: Young's modulus, dielectric constant, or longitudinal piezoelectric coefficient.",
)  # fmt: skip
@tolerance_option
@max_file_size_option
@device_option(
    "predict",
    more="On a GPU one process predicts, and the others (--workers) read crystals. With --scheduler, auto is cpu, "
    "and cuda is a GPU of each worker.",
)
@parallel_options
def predict(
    files: tuple[Path, ...],
    properties: tuple[str, ...],
    folders: tuple[str, ...],
    output: Path | None,
    form: str | None,
    wide: bool,
    axes: str,
    as_json: bool,
    input_format: str | None,
    picture: Path | None,
    tolerance: float,
    max_file_size: int,
    device: str,
    workers: int | None,
    scheduler: str | None,
) -> None:
    """Predict properties of crystals.

    FILES are CIF, POSCAR and extended XYZ files, .jsonl files (also .gz), compiled datasets (.h5), folders of
    crystal files (subfolders are not searched), and - for standard input. Predictions do not depend on the cell in
    which a crystal is given. The column "notes" says where there was doubt when a crystal was read, in which
    respects it is unlike all that a model was trained on, and which model to prefer where two predict one
    property. Of ten intervals, "low" to "high", nine hold the value, if crystals are like those of the validation
    split; tensors and classes have no intervals.

    Tensors (elastic_tensor, dielectric_electronic, piezoelectric_tensor) obey the crystal's point group. They are
    printed in the frame of the file's lattice vectors and in the IEEE frame, in the order xx yy zz yz xz xy;
    tables and reports hold them in the one that --frame names, and .jsonl (not --wide) in both.

    A crystal that cannot be read is reported in one line; the others are predicted all the same, and the exit code
    is not 0.

    Memory does not grow with the number of crystals, so there may be millions. More than 256 are shared by several
    processes, or by the workers of a Dask cluster (--scheduler), which need the same packages, but no shared disk;
    the output is the same. If this command is killed before the output is whole, the same command resumes where it
    stopped.
    """
    chosen = _output_form(output, form, wide=wide, as_json=as_json)
    if picture is not None:
        check_picture(picture, "--plot", rotatable=True)
    parallel = parallel_arguments(workers, scheduler)
    from tqdm import tqdm

    from basis_store import CrystalError
    from basis_store.files.atomic_write import check_writable, write_atomically
    from sgbasis.prediction.inputs import other_tolerances, survey
    from sgbasis.prediction.job import CPU
    from sgbasis.prediction.predict_many import print_predictions, write_predictions

    for path in (output, picture):
        if path is not None:
            check_writable(path)
    with _garbage_collection_paused():
        job = _job(properties, folders, tolerance, chosen, device, on_cluster=scheduler is not None)
    paths, copy = click.get_current_context().with_resource(with_standard_input(files, input_format))
    job = replace(job, standard_input=copy, axes=axes)
    found = survey(paths, limit=max_file_size)
    total = sum(file.n_entries for file in found)
    job = replace(job, others=other_tolerances(total))
    report_not_read(files)
    # A picture that cannot be drawn is an error before anything is written.
    here = job if scheduler is None else replace(job, device=CPU)
    drawing = None if picture is None else _drawing(found, here, picture)
    with tqdm(total=total, unit="crystal", desc="Predicting", disable=None) as bar, resume_hint(output):

        def write(text: str) -> None:
            with bar.external_write_mode():
                echo(text, nl=chosen == "text")

        outcome = (
            print_predictions(found, job, **parallel, write=write, progress=bar.update)
            if output is None
            else write_predictions(found, job, output, **parallel, progress=bar.update)
        )
    if outcome.crystals and chosen == "text":
        for number, line in enumerate(_without_intervals(job)):
            echo(nl=not number)  # an empty line above the first
            echo_line(line)
    _report(outcome, output)
    if picture is not None and drawing is not None:
        write_atomically(picture, drawing)
        echo_line(f"{picture}: written", err=output is None and chosen != "text")
    if outcome.unread:
        of_all = counted(outcome.unread + outcome.crystals, "crystal")
        raise CrystalError(f"{outcome.unread:,} of {of_all} could not be read; the others are predicted")


def _output_form(output: Path | None, form: str | None, *, wide: bool, as_json: bool) -> str:
    """The name of a form, from the options; see :data:`sgbasis.prediction.forms.output_forms.FORMS`."""
    if as_json and (output is not None or form is not None):
        raise click.UsageError("--json prints: leave it out, or give --output FILE.jsonl alone")
    if form is None and output is not None:
        form = output.suffix.lower().removeprefix(".")
        if form not in _FORMATS:
            listed = ", ".join(f".{one}" for one in _FORMATS)
            raise click.BadParameter(
                f"{output} does not end in {listed}: name one with --format", param_hint="--output"
            )
    form = form or ("jsonl" if as_json else "csv" if wide else "text")
    if form in ("xlsx", "html") and output is None:
        raise click.UsageError(f"{form} is not printed: give --output FILE.{form}")
    if form == "xlsx":  # before anything is computed
        with needed_for("an .xlsx file"):
            import openpyxl  # noqa: F401
    if form == "html":
        with needed_for("a report", "plot"):
            import matplotlib  # noqa: F401
    return f"wide {form}" if wide and form in ("csv", "jsonl") else form


@contextlib.contextmanager
def _garbage_collection_paused() -> Iterator[None]:
    """Keep what is made here out of garbage collection, now and later, since it stays.

    Searching all objects of torch takes a third of a second, and makes processes copy the memory they share.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _job(
    properties: Sequence[str],
    folders: Sequence[str],
    tolerance: float,
    form: str,
    device: str,
    *,
    on_cluster: bool,
) -> Job:
    """With the requested models, or all that ship; they are loaded, so that a damaged one is reported at once."""
    from basis_store import ModelError
    from runtime.pretrained.locate import shipped_models, unknown_model
    from runtime.pretrained.pretrained import open_pretrained
    from sgbasis.prediction.job import CPU, Job, JobModel, loaded
    from sgbasis.prediction.reliability import with_gap_model

    shipped = shipped_models()
    if unknown := [name for name in properties if name not in shipped]:
        raise unknown_model(unknown[0], "it does not ship with this package, and --model FOLDER takes your own")
    names = [*properties, *folders] or list(shipped)
    if not names:
        raise ModelError("no models ship with this package: give --model FOLDER")
    models = tuple(
        JobModel.of(one, is_shown=asked)
        for one, asked in with_gap_model([open_pretrained(name) for name in names])
    )
    if on_cluster:  # which devices there are is known there; the same bytes as here are computed on a CPU
        loaded(models, CPU)
        return Job(models, tolerance, form, CPU if device == "auto" else device)
    job = Job(models, tolerance, form, str(chosen_device(device)))
    loaded(job.models, job.device)
    return job


def _drawing(files: Sequence[InputFile], job: Job, picture: Path) -> bytes | None:
    """A picture of one property of all crystals; None if none can be read."""
    from basis_store import TensorError
    from sgbasis.pictures.style import ROTATABLE, picture_kind
    from sgbasis.pictures.tensors.directional import directional_of
    from sgbasis.pictures.tensors.tensor_surface import MOST_PANELS, tensor_picture
    from sgbasis.prediction.chunk_results import chunk_crystals, chunk_predictions
    from sgbasis.prediction.inputs import CHUNK, cut

    first, *others = cut(files, CHUNK)
    crystals = chunk_crystals(job, first)
    if others or len(crystals.found) > MOST_PANELS:
        raise click.UsageError(f"--plot draws up to {MOST_PANELS} crystals, and there are more")
    predicted = chunk_predictions(job, crystals)
    tensors = [one for one in predicted if one.symmetry is not None]
    names = list(dict.fromkeys(one.property for one in tensors))
    if crystals.found and len(tensors) != len(crystals.found):
        raise click.UsageError(
            f"--plot draws one tensor of each crystal, but there are several ({', '.join(names)}): choose with "
            "--property"
            if tensors
            else "--plot draws a tensor, but only numbers are predicted: choose with --property"
        )
    drawn, failures = [], []
    for one in tensors:
        try:
            drawn.append(directional_of(one))
        except TensorError as error:
            failures.append(f"{one.formula} is not drawn: {error}")
    if failures and not drawn:
        raise TensorError(failures[0].partition(": ")[2])
    for failure in failures:
        echo_line(failure, err=True)
    if not drawn:
        return None
    if picture.suffix.lower() == ROTATABLE:
        from sgbasis.pictures.rotatable.tensor_page import tensor_page

        return tensor_page(drawn)
    return tensor_picture(drawn, kind=picture_kind(picture))


def _without_intervals(job: Job) -> Iterator[str]:
    """A line for each number that is predicted without an interval, with the reason."""
    from sgbasis.prediction.reliability import interval_facts

    for model in (one for one in job.models if one.is_shown):
        facts = interval_facts(model.pretrained)
        for label, target in zip(model.labels, model.pretrained.description.targets, strict=True):
            said, _, reason = facts[target.name].partition(": ")
            if target.has_interval and said == "no intervals":
                yield f"no intervals for {label}: {reason}"


def _report(outcome: Outcome, output: Path | None) -> None:
    """Report what was written and what could not be read; an error if nothing could be."""
    from basis_store import CrystalError
    from sgbasis.prediction.predict_many import failure_list

    if not outcome.crystals and outcome.unread == 1:
        raise CrystalError(outcome.failures[0])
    for failure in outcome.failures:
        echo_line(failure, err=True)
    if more := outcome.unread - len(outcome.failures):
        echo_line(f"... and {more} more", err=True)
    if not outcome.crystals:
        raise CrystalError(f"none of {outcome.unread:,} inputs holds a crystal that can be read")
    if output is not None:
        made, crystals = counted(outcome.predictions, "prediction"), counted(outcome.crystals, "crystal")
        noted = f"; read with a note: {outcome.noted:,}" if outcome.noted else ""
        echo_line(
            f"{output}: {made} for {crystals}, {outcome.outside:,} of the predictions outside the range of the "
            "training data" + noted
        )
        if outcome.unread:
            listing = failure_list(output)
            where = str(listing) if listing.exists() else f"{output} itself"
            echo_line(f"could not be read: {outcome.unread:,}, all listed in {where}")
