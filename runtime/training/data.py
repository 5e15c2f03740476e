"""The crystals of a training run: rows of compiled datasets, chosen, checked and prepared for a model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from basis_store import TargetError, TrainingError, all_settings
from basis_store.crystals.reader import CrystalTable, open_crystals
from runtime.evaluation.reference_values import alternative_values, target_values
from runtime.models.base import CrystalModel, Sample, Target
from runtime.pretrained.domain import Domain
from runtime.training.config import TrainingConfig

Progress = Callable[[Iterable[tuple[int, int]]], Iterable[tuple[int, int]]]


@dataclass(frozen=True, eq=False)
class Part:
    """Crystals with what is known of them.

    Attributes:
        samples: (n,) prepared crystals.
        values: (n, columns) float64 in the targets' units, NaN where missing.
        alternatives: (n, a, columns) values that are as good, the first being ``values``: see
            :attr:`Target.up_to_normalizer`.
        groups: (n,) space-group numbers.
    """

    samples: tuple[Sample, ...]
    values: np.ndarray
    alternatives: np.ndarray
    groups: np.ndarray

    @cached_property
    def lengths(self) -> np.ndarray:
        """(n,) tokens of each crystal."""
        return np.array([sample.n_tokens for sample in self.samples], np.int64)

    def __len__(self) -> int:
        return len(self.samples)

    def tensor(self, rows: np.ndarray) -> Tensor:
        """(rows, a, columns) float32 alternatives."""
        return torch.from_numpy(self.alternatives[rows].astype(np.float32))


class TrainingData:
    """The rows of a run's datasets, by split; held-out groups apart.

    A crystal belongs to a part if it has at least one of the targets. Crystals of held-out groups are in neither
    ``train`` nor ``val``; those of the validation split are in ``held_out``.

    Raises:
        TargetError: no dataset has a target, or its ``where``, or one holds it in another shape or unit.
        TrainingError: nothing is left to train or validate on.
    """

    def __init__(self, config: TrainingConfig) -> None:
        self.tables = [open_crystals(path) for path in config.data]
        values = _values_by_table(self.tables, config.targets)
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
        values = np.array([self._values[t][row] for t, row in rows]).reshape(len(rows), len(model.target_mean))
        return Part(
            samples=tuple(model.prepare(self.tables[t][row]) for t, row in progress(rows)),
            values=values,
            alternatives=alternative_values(values, (self.tables[t][row] for t, row in rows), model.targets),
            groups=np.array([self.groups[t][row] for t, row in rows], np.int64),
        )

    def domain(self) -> Domain:
        """What the training split spans."""
        return Domain.of(self.tables[t][row] for t, row in self._rows["train"])


def _values_by_table(tables: Sequence[CrystalTable], targets: Sequence[Target]) -> list[np.ndarray]:
    """(rows, columns) of each dataset; NaN where it does not have a target that another one has."""
    parts: list[list[np.ndarray]] = [[] for _ in tables]
    for target in targets:
        if target.where and not any(target.where in table.targets for table in tables):
            raise TargetError(
                f"no dataset has {target.where!r}, which is to say where {target.name!r} can be trusted"
            )
        somewhere = any(target.name in table.targets for table in tables)
        for table, part in zip(tables, parts, strict=True):
            if somewhere and target.name not in table.targets:
                part.append(np.full((len(table), target.n_columns), np.nan))
            else:
                part.append(target_values(table, target).values)
    return [np.concatenate(part, axis=1) for part in parts]


def table_groups(table: CrystalTable) -> np.ndarray:
    """(N,) space-group number of each crystal."""
    return np.array([setting.number for setting in all_settings()])[table.hall_numbers.astype(np.int64) - 1]
