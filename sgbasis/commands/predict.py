"""``sgbasis predict``: properties of crystals, from trained models."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sgbasis.parameters import FiniteRange

if TYPE_CHECKING:
    from basis_store import CrystalRecord
    from runtime.models import CrystalModel
    from runtime.pretrained import Pretrained
    from sgbasis.predicting import Prediction


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--property", "properties", multiple=True, metavar="NAME",
    help="Such as formation_energy; may be repeated [default: all that ship].",
)  # fmt: skip
@click.option(
    "--model", "folders", multiple=True, metavar="FOLDER", help="A model of your own, or owner/name on the Hub."
)
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write .csv or .jsonl instead of printing.",
)
@click.option(
    "--plot", "picture", type=click.Path(path_type=Path, dir_okay=False),
    help="Draw a tensor of one crystal by direction, as .png: Young's modulus, or dielectric constant.",
)  # fmt: skip
@click.option(
    "--tolerance", type=FiniteRange(0, 0.25, min_open=True), default=0.01, show_default=True,
    help="In Angstrom: atoms and their images by symmetry this close are the same.",
)  # fmt: skip
def predict(
    files: tuple[Path, ...],
    properties: tuple[str, ...],
    folders: tuple[str, ...],
    output: Path | None,
    picture: Path | None,
    tolerance: float,
) -> None:
    """Predict properties of the crystals in FILES, in whatever cell they are written.

    FILES are CIF, POSCAR and extended XYZ files, .jsonl files (also .gz), compiled datasets (.h5), and folders of
    crystal files. The column "notes" says in which respects a crystal is unlike all that a model was trained on.

    Tensors (elastic_tensor, dielectric_electronic, piezoelectric_tensor) obey the crystal's point group. They are
    printed in the frame of the file's lattice vectors and in the IEEE frame, in the order xx yy zz yz xz xy; .csv
    and .jsonl hold them in the former.

    A crystal that cannot be read is reported in one line; the others are predicted all the same, and the exit code
    says that something was left out.
    """
    if output is not None and output.suffix.lower() not in (".csv", ".jsonl"):
        raise click.BadParameter(f"{output} does not end in .csv or .jsonl", param_hint="--output")
    if picture is not None and picture.suffix.lower() != ".png":
        raise click.BadParameter(f"{picture} does not end in .png", param_hint="--plot")
    from tqdm import tqdm

    from basis_store import CrystalError
    from basis_store.atomic_write import check_writable
    from sgbasis.predicting import predictions
    from sgbasis.prediction_report import text_report

    # Its C library otherwise prints attempts that fail on the way to a group; the outcome is what is reported.
    os.environ.setdefault("SPGLIB_WARNING", "OFF")
    for path in (output, picture):
        if path is not None:
            check_writable(path)
    models = _models(properties, folders)
    found, failures = _crystals(files, tolerance)
    with tqdm(total=len(found) * len(models), unit="crystal", desc="Predicting", disable=None) as bar:
        predicted = predictions(found, models, bar.update)
    # A picture that cannot be drawn is an error before anything is written.
    drawing = None if picture is None else _drawing(predicted)
    if output is None:
        click.echo(text_report(predicted))
    else:
        _write_table(output, predicted, len(found))
    if picture is not None and drawing is not None:
        _write(picture, drawing)
        click.echo(f"{picture}: written")
    if failures:
        raise CrystalError(
            f"{len(failures)} of {len(failures) + len(found)} crystals could not be read; the others are predicted"
        )


def _models(properties: Sequence[str], folders: Sequence[str]) -> list[tuple[Pretrained, CrystalModel]]:
    """Those asked for, or all that ship."""
    from basis_store import ModelError
    from runtime import load_store
    from runtime.model_location import shipped_models
    from runtime.pretrained import open_pretrained

    shipped = shipped_models()
    if unknown := [name for name in properties if name not in shipped]:
        raise ModelError(
            f"no model for {unknown[0]!r} ships with this package; known: {', '.join(shipped) or 'none'}"
        )
    names = [*properties, *folders] or list(shipped)
    if not names:
        raise ModelError("no models ship with this package: give --model FOLDER")
    store = load_store()
    return [(one, one.load(store)) for one in map(open_pretrained, names)]


def _crystals(files: Sequence[Path], tolerance: float) -> tuple[list[tuple[str, CrystalRecord]], list[str]]:
    """Crystals with their files, and why others could not be read, which is printed if there are any crystals."""
    from tqdm import tqdm

    from basis_store import CrystalError, CrystalRecord
    from sgbasis.crystal_input import read_inputs

    with tqdm(unit="crystal", desc="Reading", disable=None) as bar:

        def progress(finished: int, total: int) -> None:
            bar.total = total
            bar.update(finished - bar.n)

        readings = read_inputs(files, tolerance=tolerance, progress=progress)
    found = [(source, crystal) for source, crystal in readings if isinstance(crystal, CrystalRecord)]
    failures = [crystal for _, crystal in readings if isinstance(crystal, str)]
    if not found and len(failures) == 1:
        raise CrystalError(failures[0])
    for failure in failures:
        click.echo(failure, err=True)
    if not found:
        raise CrystalError(f"none of {len(failures)} inputs holds a crystal that can be read")
    return found, failures


def _write_table(output: Path, predicted: Sequence[Prediction], crystals: int) -> None:
    from sgbasis.prediction_table import csv_text, jsonl_text

    text = csv_text(predicted) if output.suffix.lower() == ".csv" else jsonl_text(predicted)
    _write(output, text.encode())
    outside = sum(bool(one.notes) for one in predicted)
    click.echo(
        f"{output}: {len(predicted)} predictions for {crystals} crystals, "
        f"{outside} of them outside of what the model was trained on"
    )


def _drawing(predicted: Sequence[Prediction]) -> bytes:
    """A PNG of the one tensor that was predicted."""
    from sgbasis.tensor_plots import tensor_picture

    tensors = [one for one in predicted if one.symmetry is not None]
    if len(tensors) != 1:
        raise click.UsageError(
            f"--plot draws one tensor of one crystal, and here are {len(tensors)}: choose with --property"
            if tensors
            else "--plot draws a tensor, and only numbers are predicted: choose with --property"
        )
    return tensor_picture(tensors[0])


def _write(path: Path, content: bytes) -> None:
    from basis_store.atomic_write import write_atomically

    write_atomically(path, content)
