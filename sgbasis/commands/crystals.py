"""``sgbasis crystals``: compile files of crystals to a dataset."""

from __future__ import annotations

import time
from pathlib import Path

import click

from basis_store.counted import counted
from basis_store.datasets.recipe import MAX_FOLDS
from sgbasis.commands.options import max_file_size_option, parallel_arguments, parallel_options, tolerance_option
from sgbasis.echo import echo, echo_line, resume_hint
from sgbasis.standard_crystals import report_not_read


@click.command()
@click.argument("inputs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--output", "-o", type=click.Path(path_type=Path, dir_okay=False), required=True,
    help="Dataset to write (.h5); an old one is replaced only when the new one is complete.",
)  # fmt: skip
@tolerance_option
@click.option(
    "--target-unit", "units", multiple=True, metavar="NAME=UNIT", help="Unit of a target; may be repeated."
)
@click.option(
    "--split", "shares", metavar="A,B,C",
    help="Divide the crystals into these shares of train, val and test, by structure, such as 0.8,0.1,0.1 "
    "[default: the splits of the inputs].",
)  # fmt: skip
@click.option(
    "--folds", type=click.IntRange(3, MAX_FOLDS), help="Divide the crystals into folds for cross-validation."
)
@click.option("--seed", type=int, help="Seed of splits and folds [default: 0].")
@max_file_size_option
@parallel_options
def crystals(
    inputs: tuple[Path, ...],
    output: Path,
    tolerance: float,
    units: tuple[str, ...],
    shares: str | None,
    folds: int | None,
    seed: int | None,
    max_file_size: int,
    workers: int | None,
    scheduler: str | None,
) -> None:
    """Compile crystals, with targets and splits, to a dataset.

    INPUTS are .jsonl files (one object per line with id, lattice, species, frac_coords, targets, split), .json
    tables of matbench and matminer, either of them also as .gz; .extxyz files; folders of crystal files, whose
    targets an id_prop.csv may list (subfolders are not searched); CIF and POSCAR files.

    --split and --folds put all crystals of one structure on one side, whatever their cells, origins and
    handedness. The outcome depends on structures and seed only, and not on the order of the inputs.

    Crystals and inputs that cannot be read are left out, printed and listed in the dataset with the reason. The
    exit code is 0 if the dataset is written; it is not written if no crystal is left. If this command is killed,
    the same command resumes where it stopped.

    With a Dask cluster (--scheduler) inputs are read and files are written on this machine: the workers need the
    same packages, but no shared disk.
    """
    from tqdm import tqdm

    from basis_compiler import compile_dataset
    from sgbasis.reports.dataset_summary import dataset_summary

    parallel = parallel_arguments(workers, scheduler)
    if seed is not None and shares is None and folds is None:
        raise click.UsageError("--seed is that of --split and --folds: give one of them, or leave it out.")
    report_not_read(inputs)
    started = time.perf_counter()
    with tqdm(unit="crystal", desc="Compiling", disable=None) as bar, resume_hint(output):

        def progress(finished: int, total: int) -> None:
            bar.total = total
            bar.update(finished - bar.n)

        table = compile_dataset(
            inputs,
            output,
            tolerance=tolerance,
            units=_units(units),
            split=_shares(shares),
            folds=folds or 0,
            seed=seed or 0,
            max_file_size=max_file_size,
            **parallel,
            progress=progress,
        )
    echo(dataset_summary(table))
    echo_line(f"{output}: {output.stat().st_size / 1e6:.2f} MB, content {table.content_hash}")
    echo_line(f"Compiled {counted(len(table), 'crystal')} in {time.perf_counter() - started:.1f} s.")


def _units(pairs: tuple[str, ...]) -> dict[str, str]:
    units = {}
    for pair in pairs:
        name, equals, unit = pair.rpartition("=")
        if not equals or not name:
            raise click.BadParameter(f"{pair!r} is not of the form NAME=UNIT", param_hint="--target-unit")
        units[name] = unit
    return units


def _shares(text: str | None) -> tuple[float, ...]:
    try:
        return () if text is None else tuple(map(float, text.split(",")))
    except ValueError:
        raise click.BadParameter(f"{text!r} is not of the form 0.8,0.1,0.1", param_hint="--split") from None
