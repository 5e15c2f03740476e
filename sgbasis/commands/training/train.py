"""``sgbasis train``: train a model on compiled datasets."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sgbasis.commands.options import FiniteRange, chosen_device, device_option
from sgbasis.echo import echo_line

if TYPE_CHECKING:
    from runtime.training.trainer import EpochReport


_EXAMPLES = """\b
sgbasis crystals mp.jsonl.gz --output mp.h5 --split 0.8,0.1,0.1
sgbasis train --data mp.h5 --target band_gap --output runs/gap
sgbasis train --data mine.h5 --target band_gap --initial band_gap --output runs/fine_tuned
sgbasis evaluate --model runs/gap/model --data mp.h5 --split test
"""


@click.command(epilog=_EXAMPLES)
@click.argument("config", required=False, metavar="[CONFIG]")
@click.option("--data", multiple=True, metavar="FILE", help="Compiled dataset; may be repeated.")
@click.option(
    "--target", "targets", multiple=True, metavar="NAME",
    help="Target to learn; log10:NAME learns its logarithm, class:NAME the class of a column of 0 and 1 (columns "
    "of true and false are classes in any case); may be repeated.",
)  # fmt: skip
@click.option("--output", "-o", metavar="FOLDER", help="Folder for checkpoints, logs and the model.")
@click.option(
    "--architecture", metavar="NAME",
    help="OrbitTransformer, SiteTransformer, CrystalFourierTransformer (arXiv 2512.13989) or CompositionModel "
    "[default: that of --initial, or else OrbitTransformer].",
)  # fmt: skip
@click.option(
    "--initial", metavar="NAME|FOLDER",
    help="Trained model to fine-tune: one that ships, such as band_gap, or the folder of a model [default: none].",
)  # fmt: skip
@click.option("--freeze", is_flag=True, default=None, help="Train the heads of the initial model only.")
@click.option(
    "--hold-out-groups", metavar="GROUPS",
    help='Space groups excluded from training: "inversion", or numbers such as 225,227.',
)  # fmt: skip
@click.option(
    "--fold", type=click.IntRange(0),
    help="Fold that is kept apart as the test, of datasets that have folds; the next one is for validation.",
)  # fmt: skip
@click.option("--epochs", type=click.IntRange(1), help="Passes over the training split [default: 60].")
@click.option("--batch-size", type=click.IntRange(1), help="Crystals per step, over all processes [default: 64].")
@click.option(
    "--learning-rate",
    type=FiniteRange(0, min_open=True),
    help="The maximum of the schedule [default: 0.001; 0.0003 with --initial].",
)
@click.option(
    "--patience",
    type=click.IntRange(0),
    help="Stop after this many epochs without a better one; 0: never [default: 0].",
)
@click.option(
    "--members",
    type=click.IntRange(1),
    help="Networks, each trained with a seed of its own, whose mean the model predicts [default: 1].",
)
@click.option("--seed", type=int, help="Seed of weights, order and dropout [default: 0].")
@device_option("train")
def train(
    config: str | None, data: tuple[str, ...], targets: tuple[str, ...], device: str, **options: Any
) -> None:
    """Train a model on compiled datasets.

    CONFIG is a TOML file, or the name of one that ships, such as mp_scalar. Options replace its entries, and
    suffice without it.

    Each epoch prints its losses; epochs count from 0, here and in sgbasis curves. The best epoch on the validation
    split (the last one marked "best so far") is saved in OUTPUT/model, for --model of predict and evaluate. A run
    that was killed resumes after its last epoch with the same command; with more --epochs a finished one goes on.
    --initial fine-tunes a trained model. To train in several processes, each with a GPU of its own where there are
    GPUs: torchrun --nproc-per-node 2 -m sgbasis train CONFIG.
    """
    import torch

    from runtime.training import parallel
    from runtime.training.config import TrainingConfig
    from runtime.training.runs.ensemble_run import run_ensemble
    from runtime.training.runs.training_run import run_training

    values: dict[str, Any] = {name: value for name, value in options.items() if value is not None}
    if data:
        values["data"] = data
    if targets:
        values["targets"] = [_target(text) for text in targets]
    if config is None:
        _check_given(values)
    made = TrainingConfig.from_toml(_found(config), **values) if config else TrainingConfig.from_mapping(values)
    place = chosen_device(device)
    torch.set_flush_denormal(True)  # denormal numbers in averaged weights would slow the processor down
    parallel.start(place)
    try:
        display = _Display(parallel.is_first())
        run = run_ensemble if made.members > 1 else run_training
        run(
            made,
            device=place,
            display=display,
            on_epoch=lambda report: display.say(_line(report, [target.name for target in made.targets])),
        )
    finally:
        parallel.stop()


def _check_given(values: dict[str, Any]) -> None:
    """Without a configuration file, data, targets and output are given by options."""
    options = {"data": "--data FILE", "targets": "--target NAME", "output": "--output FOLDER"}
    if missing := [option for name, option in options.items() if name not in values]:
        raise click.UsageError(
            f"give {' and '.join(missing)}, or a CONFIG that says them: a TOML file, or the name of one that "
            f"ships ({', '.join(_shipped())})."
        )


def _shipped() -> dict[str, Path]:
    """The configurations that ship, by name."""
    from basis_store import data_folder

    return {path.stem: path for path in sorted((data_folder() / "training").glob("*.toml"))}


def _found(config: str) -> Path:
    """The file of a configuration."""
    path, shipped = Path(config), _shipped()
    if path.is_file():
        return path
    if config in shipped:
        return shipped[config]
    if path.exists():
        raise click.UsageError(f"{config} is not a file: CONFIG is a TOML file.")
    if path.stem in shipped:
        raise click.UsageError(f"there is no file {config}; to take the one that ships, write {path.stem}.")
    raise click.UsageError(f"there is no file {config}; configurations that ship: {', '.join(shipped)}.")


def _target(text: str) -> dict[str, Any]:
    """A target of the configuration from NAME, log10:NAME or class:NAME."""
    if text.startswith("class:"):
        return {"name": text.removeprefix("class:"), "classes": ("false", "true")}
    name, log = text.removeprefix("log10:"), text.startswith("log10:")
    return {"name": name, "log10": log}


def _line(report: EpochReport, names: list[str]) -> str:
    if report.epoch < 0:
        losses = zip(names, report.val_loss, strict=True)
        return (
            f"epoch  -1  loss val: {'  '.join(f'{name} {val:.4f}' for name, val in losses)}  (the initial model)"
        )
    figures = "  ".join(
        f"{name} {train:.4f} / {val:.4f}"
        for name, train, val in zip(names, report.train_loss, report.val_loss, strict=True)
    )
    mark = "  best so far" if report.best else ""
    return (
        f"epoch {report.epoch:3d}  loss train / val: {figures}  {report.crystals_per_second:.0f} crystals/s{mark}"
    )


class _Display:
    """Lines and progress bars on standard error; silent in all processes but the first."""

    def __init__(self, loud: bool) -> None:
        self.loud = loud

    def say(self, text: str) -> None:
        if self.loud:
            echo_line(text)

    def bar(self, things: Iterable[Any], label: str, unit: str) -> Iterator[Any]:
        from tqdm import tqdm

        disable = None if self.loud else True
        with contextlib.closing(tqdm(things, desc=label, unit=unit, leave=False, disable=disable)) as bar:
            yield from bar
