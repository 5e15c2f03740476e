"""Calibrate models: what their predictions need for intervals and notes, from training and validation split.

    python -m runtime.training.calibrate runs data/models/*      # a tool for developers

writes ``calibration.safetensors``, ``config.json`` and, of models that ship, the card of each folder again;
weights stay as they are. ``runs`` holds the compiled datasets that ``config.json`` names. ``sgbasis train``
calibrates the models that it saves, and :func:`calibrate` those of a loop of one's own.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click
import numpy as np

from basis_store import ModelError, SgbasisError, TrainingError, open_crystals
from basis_store.array_types import FloatArray
from basis_store.files.atomic_write import write_atomically
from runtime.bases.store import load_store
from runtime.models.base import CrystalModel
from runtime.prediction import predict_embedded
from runtime.pretrained.calibration import Calibration
from runtime.pretrained.fit_calibration import fit_geometry, measured_coverage, with_intervals
from runtime.pretrained.locate import CALIBRATION, CARD, CONFIG
from runtime.pretrained.pretrained import calibration_entry, open_pretrained
from runtime.site_kernels.images.empty_layers import empty_layers
from runtime.targets.target import columns
from runtime.training.config import TrainingConfig
from runtime.training.data import SplitData, TrainingData
from runtime.training.publish_models import published_card


@dataclass(frozen=True, eq=False)
class Calibrated:
    """A calibration, and what was measured of it.

    Attributes:
        calibration: of a model.
        coverage: by target, of :func:`runtime.pretrained.fit_calibration.measured_coverage`.
    """

    calibration: Calibration
    coverage: Mapping[str, Mapping[str, float]]


def calibrated(model: CrystalModel, data: TrainingData, train: SplitData, val: SplitData) -> Calibrated | None:
    """The calibration of a model; None for an architecture without embeddings.

    Args:
        model: trained, on any device.
        data: what it was trained on.
        train: the training split.
        val: the validation split.
    """
    if not model.has_embedding:
        return None
    names = [target.name for target in model.targets]
    # 1. The training split: directions, nearest crystals, volumes, layers.
    _, embeddings = predict_embedded(model, train.crystals)
    crystals = data.arrays("train")
    compiled = (load_store() if model.store is None else model.store).compiled
    geometry = fit_geometry(embeddings, crystals, _scalars(model, train), empty_layers(crystals, compiled))
    # 2. The validation split: intervals, and how often they hold the values of halves of it.
    predicted, embeddings = predict_embedded(model, val.crystals)
    predicted = predicted[:, [own.start for own in columns(model.targets)]]
    distances, known = geometry.distances(embeddings), _scalars(model, val)
    coverage = measured_coverage(geometry, distances, predicted, known, names)
    return Calibrated(with_intervals(geometry, distances, predicted, known), coverage)


def _scalars(model: CrystalModel, split: SplitData) -> FloatArray:
    """(n, T) values of numbers as the model learns them; NaN where missing, and for tensors and classes."""
    found = np.full((len(split), len(model.targets)), np.nan)
    for number, (target, own) in enumerate(zip(model.targets, columns(model.targets), strict=True)):
        if target.has_interval:
            found[:, number] = split.values[:, own.start]
    return found


def calibrate(
    model: CrystalModel, data: str | os.PathLike[str] | Sequence[str | os.PathLike[str]], *, fold: int = -1
) -> Calibrated:
    """What intervals and notes of a model's predictions need, for a model of a training loop of one's own.

    >>> found = calibrate(model, "mine.h5")  # doctest: +SKIP
    >>> save_pretrained(model, "model", calibration=found.calibration, coverage=found.coverage)  # doctest: +SKIP

    Intervals are set by the crystals of the validation split, from 40 on; with fewer there are none. No crystal on
    which the model was trained may be among them, or the intervals are too narrow.

    Args:
        model: trained, on any device.
        data: the compiled dataset with the splits train and val that it was trained on, or several.
        fold: of datasets with folds, the one that was kept apart; see :attr:`TrainingConfig.fold`.

    Returns:
        ``calibration`` and ``coverage`` for :func:`runtime.save_pretrained`.

    Raises:
        CrystalError: a file is no dataset.
        TargetError: no dataset has a target of the model, or holds it in another shape or unit.
        TrainingError: the dataset has no splits.
        ModelError: the architecture has no embeddings, by which crystals are compared.
    """
    files = [data] if isinstance(data, str | os.PathLike) else data
    config = TrainingConfig(tuple(str(file) for file in files), tuple(model.targets), "calibrate", fold=fold)
    found = TrainingData(config)
    made = calibrated(model, found, found.split("train", model), found.split("val", model))
    if made is None:
        raise ModelError(f"a {type(model).__name__} has no embeddings: its predictions have no intervals")
    return made


def calibrate_folder(folder: Path, runs: Path) -> Calibrated | None:
    """Calibrate a model that was saved by a training run, and write its calibration and description.

    Args:
        folder: of the model. The card of a model that ships is written, too.
        runs: a folder with the compiled datasets.

    Raises:
        ModelError: the model is damaged.
        TrainingError: a dataset that it was trained on is missing, or the model does not name them.
    """
    # 1. The data of its training, for its targets alone.
    opened = open_pretrained(folder)
    described, folder = opened.description, opened.folder
    hashes, configuration = (described.training.get(key) for key in ("data", "configuration"))
    if not isinstance(hashes, dict) or not hashes or not isinstance(configuration, dict):
        raise TrainingError(
            f"{folder / CONFIG} does not say which datasets the model was trained on, as that of a run of "
            "'sgbasis train' does: in Python, runtime.calibrate(model, dataset) calibrates a model of your own"
        )
    files = [str(_dataset(name, digest, runs)) for name, digest in hashes.items()]
    config = TrainingConfig(
        tuple(files),
        described.targets,
        str(runs),
        hold_out_groups=tuple(configuration.get("hold_out_groups", ())),
        fold=configuration.get("fold", -1),
    )
    data, model = TrainingData(config), opened.load()
    made = calibrated(model, data, data.split("train", model), data.split("val", model))
    # 2. The files; the description, which has the hash, last.
    if made is not None:
        content = made.calibration.to_bytes()
        described = replace(described, calibration=calibration_entry(content, made.coverage))
        write_atomically(folder / CALIBRATION, content)
        if "validation" in described.training:  # of a model that ships
            write_atomically(folder / CARD, published_card(folder.name, described).to_markdown().encode())
        write_atomically(folder / CONFIG, described.to_json().encode())
    return made


def _dataset(name: str, digest: str, runs: Path) -> Path:
    """The dataset with this name. Another content, as of another version of the compiler, is said."""
    path = runs / name
    if not path.is_file():
        raise TrainingError(
            f"{runs} has no {name}, which the model was trained on: give the folder in which that dataset is"
        )
    found = open_crystals(path).content_hash
    if found != digest:
        click.echo(f"Note: {path} has the content {found[:12]}; the model was trained on {digest[:12]}", err=True)
    return path


@click.command()
@click.argument("runs", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("models", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, file_okay=False))
def main(runs: Path, models: tuple[Path, ...]) -> None:
    """Calibrate the MODELS again, with the compiled datasets in the folder RUNS that they were trained on.

    MODELS are folders with the config.json of a run of 'sgbasis train', or of a model that ships. For a model of a
    training loop of your own there is runtime.calibrate in Python.
    """
    for folder in models:
        try:
            made = calibrate_folder(folder, runs)
        except (SgbasisError, OSError) as error:
            raise click.ClickException(f"{folder}: {error}") from error
        if made is None:
            click.echo(f"{folder}: has no embedding")
            continue
        covered = (f"{name} {one['coverage']:.1%}" for name, one in made.coverage.items())
        size = (folder / CALIBRATION).stat().st_size / 1e6
        click.echo(f"{folder}: {size:.2f} MB; coverage {', '.join(covered) or 'of no number'}")


if __name__ == "__main__":
    main()
