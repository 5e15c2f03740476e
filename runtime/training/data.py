"""The crystals of a training run: rows of compiled datasets, chosen, checked and prepared for a model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from basis_store import TrainingError, all_settings
from basis_store.crystals import CrystalTable, open_crystals
from runtime.domain import Domain
from runtime.models import CrystalModel, Sample, Target
from runtime.training.config import TrainingConfig

Progress = Callable[[Iterable[tuple[int, int]]], Iterable[tuple[int, int]]]


@dataclass(frozen=True, eq=False)
class Part:
    """Crystals with what is known of them.

    Attributes:
        samples: (n,) prepared crystals.
        values: (n, targets) float64 in the targets' units, NaN where missing.
        groups: (n,) space-group numbers.
    """

    samples: tuple[Sample, ...]
    values: np.ndarray
    groups: np.ndarray

    @cached_property
    def lengths(self) -> np.ndarray:
        """(n,) tokens of each crystal."""
        return np.array([sample.n_tokens for sample in self.samples], np.int64)

    def __len__(self) -> int:
        return len(self.samples)

    def tensor(self, rows: np.ndarray) -> Tensor:
        """(rows, targets) float32 values."""
        return torch.from_numpy(self.values[rows].astype(np.float32))


class TrainingData:
    """The rows of a run's datasets, by split; held-out groups apart.

    A crystal belongs to a part if it has at least one of the targets. Crystals of held-out groups are in neither
    ``train`` nor ``val``; those of the validation split are in ``held_out``.

    Raises:
        TrainingError: a dataset lacks a target, states another unit, or nothing is left to train or validate on.
    """

    def __init__(self, config: TrainingConfig) -> None:
        self.tables = [open_crystals(path) for path in config.data]
        values = [target_values(table, config.targets) for table in self.tables]
        held = np.array(config.hold_out_groups, np.int64)
        self._rows: dict[str, list[tuple[int, int]]] = {"train": [], "val": [], "held_out": []}
        self._values = values
        self.groups = [table_groups(table) for table in self.tables]
        seen: dict[str, str] = {}
        for t, table in enumerate(self.tables):
            for row, split in enumerate(table.splits):
                if split not in ("train", "val") or np.isnan(values[t][row]).all():
                    continue
                # One crystal in two files must not be trained on by the one and validated on by the other.
                if seen.setdefault(table.identifiers[row], split) != split:
                    raise TrainingError(
                        f"{table.identifiers[row]} is in the split {split!r} of {table.path} but in "
                        f"{seen[table.identifiers[row]]!r} of another dataset"
                    )
                if self.groups[t][row] in held:
                    if split == "val":
                        self._rows["held_out"].append((t, row))
                else:
                    self._rows[split].append((t, row))
        for part, split in (("train", "training"), ("val", "validation")):
            if not self._rows[part]:
                files = ", ".join(map(str, config.data))
                raise TrainingError(f"no crystal in the {split} split of {files} has any of the targets")

    def part(self, name: str, model: CrystalModel, progress: Progress = iter) -> Part:
        """The ``train``, ``val`` or ``held_out`` crystals, prepared for ``model``."""
        rows = self._rows[name]
        return Part(
            samples=tuple(model.prepare(self.tables[t][row]) for t, row in progress(rows)),
            values=np.array([self._values[t][row] for t, row in rows]).reshape(len(rows), len(model.targets)),
            groups=np.array([self.groups[t][row] for t, row in rows], np.int64),
        )

    def domain(self) -> Domain:
        """What the training split spans."""
        return Domain.of(self.tables[t][row] for t, row in self._rows["train"])


def table_groups(table: CrystalTable) -> np.ndarray:
    """(N,) space-group number of each crystal."""
    return np.array([setting.number for setting in all_settings()])[table.hall_numbers.astype(np.int64) - 1]


def target_values(table: CrystalTable, targets: Sequence[Target]) -> np.ndarray:
    """(N, targets) in the targets' units: logarithms taken; NaN where missing, or not positive.

    Raises:
        TrainingError: the dataset has no such target, it is not a scalar, or the unit is another.
    """
    columns = []
    for target in targets:
        if target.name not in table.targets:
            raise TrainingError(
                f"{table.path} has no target {target.name!r}; it has {', '.join(table.targets) or 'none'}"
            )
        column = table.targets[target.name]
        if column.ndim != 1:
            raise TrainingError(f"{target.name!r} of {table.path} is a tensor of shape {column.shape[1:]}")
        _check_unit(target, table)
        if target.log10:
            column = np.log10(np.where(column > 0, column, np.nan))
        columns.append(np.where(np.isfinite(column), column, np.nan))
    return np.stack(columns, axis=1)


def _check_unit(target: Target, table: CrystalTable) -> None:
    stated = table.units[target.name]
    expected = f"log10 {stated}" if target.log10 else stated
    if stated and target.unit and target.unit != expected:
        raise TrainingError(
            f"{target.name!r} is to be learnt in {target.unit!r}, but {Path(table.path).name} holds it in "
            f"{stated!r}{', so that its logarithm is in ' + repr(expected) if target.log10 else ''}"
        )
