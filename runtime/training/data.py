"""The crystals of a training run: rows of compiled datasets, chosen, checked and prepared for a model."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from operator import itemgetter

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from basis_store import CrystalArrays, StoreFormatError, TargetError, TrainingError, all_settings
from basis_store.array_types import FloatArray, IntArray
from basis_store.datasets.reader import CrystalTable, open_crystals
from basis_store.tables.short_repr import ShortRepr
from runtime.evaluation.reference_values import Labels, read_labels
from runtime.models.base import CrystalModel
from runtime.models.batch import Batch
from runtime.models.batch_sizes import window
from runtime.prediction import windows
from runtime.pretrained.domain import Domain
from runtime.targets.equivalent_labels import equivalent_labels
from runtime.targets.parse import shown
from runtime.targets.target import Target, columns
from runtime.targets.target_units import targets_with_units
from runtime.training.config import TrainingConfig
from runtime.training.target_checks import check_values, left_out

Progress = Callable[[Iterable[tuple[int, int]]], Iterable[tuple[int, int]]]

_MAKE_SPLITS = (
    "compile it with 'sgbasis crystals --split 0.8,0.1,0.1', or give each crystal a 'split' of train or val in "
    "its file"
)


_WINDOW = 40
"""Steps that are shuffled and sorted together: enough for similar lengths, few enough to stay random."""


@dataclass(frozen=True, eq=False, repr=False)
class SplitData(ShortRepr, Dataset[tuple[Batch, Tensor]]):
    """The crystals of a split, prepared for a model, with their labels.

    It is a dataset of PyTorch: ``DataLoader(data, batch_size=64, shuffle=True, collate_fn=data.collate)`` yields
    pairs of a :class:`Batch` of p crystals, for ``model(batch)``, and their labels, (p, a, columns) float32 as the
    model learns them: of symmetry-equivalent ones, as below, and NaN where missing. All is in the memory of the
    host, prepared once; a batch is gathered in one step.

    Attributes:
        crystals: n prepared crystals.
        values: (n, columns) float64 as the model learns them, NaN where missing.
        labels: (n, a, columns) symmetry-equivalent labels, the first being ``values``; see
            :func:`runtime.equivalent_labels`.
        groups: (n,) space-group numbers.
        datasets: content hashes of the datasets that they are from.
    """

    crystals: Batch
    values: FloatArray
    labels: FloatArray
    groups: IntArray
    datasets: tuple[str, ...] = ()

    @classmethod
    def of(cls, data: CrystalTable | str | os.PathLike[str], model: CrystalModel, *, split: str = "") -> SplitData:
        """The crystals of a compiled dataset that have at least one of a model's targets.

        Args:
            data: the dataset, or its file.
            model: what prepares the crystals, and whose targets are the labels.
            split: such as ``"train"``; default: all crystals.

        Raises:
            CrystalError: the file is no dataset.
            TargetError: the dataset has no such target, or holds it in another shape or unit.
            TrainingError: no crystal of the split has a target.
        """
        table = data if isinstance(data, CrystalTable) else open_crystals(data)
        values = np.concatenate([read_labels(table, target).values for target in model.targets], axis=1)
        in_split = np.array([split in ("", one) for one in table.splits], bool)
        rows = np.flatnonzero(in_split & np.isfinite(values).any(axis=1))
        if not len(rows):
            where = f"no crystal of {table.name} is in the split {split!r}" if not in_split.any() else ""
            names = shown([target.name for target in model.targets])
            raise TrainingError(where or f"no crystal of the split {split!r} of {table.name} has one of {names}")
        some = windows(CrystalArrays.of(table).take(rows), window(model.target_mean.device))
        parts = [model.prepare(arrays).to("cpu") for arrays in some]
        labels = equivalent_labels(values[rows], (table[row] for row in rows.tolist()), model.targets)
        return cls(parts[0].join(parts), values[rows], labels, table_groups(table)[rows], (table.content_hash,))

    def __len__(self) -> int:
        return len(self.crystals)

    def __getitem__(self, row: int) -> tuple[Batch, Tensor]:
        return self.__getitems__([row])[0]

    def __getitems__(self, rows: Sequence[int]) -> list[tuple[Batch, Tensor]]:
        """All crystals of a batch at once, as a DataLoader asks for them: one pair for :meth:`collate`."""
        chosen = np.asarray(rows, np.int64)
        if ((chosen < 0) | (chosen >= len(self))).any():
            raise IndexError(f"there are {len(self)} crystals, numbered from 0")
        return [(self.crystals.take(chosen), self.label_tensor(chosen))]

    @staticmethod
    def collate(items: Sequence[tuple[Batch, Tensor]]) -> tuple[Batch, Tensor]:
        """One pair of several, for ``DataLoader(..., collate_fn=data.collate)``.

        Args:
            items: of :meth:`__getitems__`, at least one: batches, and labels (p, a, columns).

        Returns:
            A batch of p crystals, and (p, a, columns).
        """
        batches, labels = zip(*items, strict=True)
        return batches[0].join(batches), torch.cat(labels)

    def label_tensor(self, rows: IntArray) -> Tensor:
        """Labels of some crystals, (rows, a, columns) float32.

        Args:
            rows: (rows,) indices of crystals.
        """
        return torch.from_numpy(self.labels[rows].astype(np.float32))


class TrainingData:
    """The rows of a run's datasets, by split; held-out groups are separate.

    A crystal belongs to a split if it has at least one of the targets. Crystals of held-out groups are in neither
    ``train`` nor ``val``; those of the validation split are in ``held_out``.

    Args:
        config: the run.

    Attributes:
        targets: those of the run, with the units that the datasets state.
        notes: what was believed in doubt, a sentence each.

    Raises:
        TargetError: no dataset has a target or its mask column, or one holds it in another shape or unit.
        TrainingError: nothing is left to train or validate on, or a crystal is in two splits.
    """

    def __init__(self, config: TrainingConfig) -> None:
        self.tables = [_opened(path) for path in config.data]
        self.groups = [table_groups(table) for table in self.tables]
        self.targets, self.notes = targets_with_units(self.tables, config.targets)
        labels = _labels_by_table(self.tables, self.targets)
        self._values = [np.concatenate([one.values for one in found], axis=1) for found in labels]
        parts = [training_parts(table, config.fold) for table in self.tables]
        self._rows = self._rows_by_part(parts, np.array(config.hold_out_groups, np.int64))
        files = ", ".join(map(str, config.data))
        for name in ("train", "val"):
            if not any(name in part for part in parts):
                raise TrainingError(f"no crystal of {files} is in the split {name!r}: {_MAKE_SPLITS}")
        held_out = ", held-out groups aside" if config.hold_out_groups else ""
        self.notes += tuple(self._notes_on_values(labels, f"{files}{held_out}"))

    def _rows_by_part(
        self, parts: Sequence[Sequence[str]], held_out: IntArray
    ) -> dict[str, list[tuple[int, int]]]:
        """(table, row) of the crystals of ``train``, ``val`` and ``held_out``, given the part of every crystal."""
        rows: dict[str, list[tuple[int, int]]] = {"train": [], "val": [], "held_out": []}
        seen: dict[str, str] = {}
        for t, table in enumerate(self.tables):
            for row, split in enumerate(parts[t]):
                if split not in ("train", "val") or np.isnan(self._values[t][row]).all():
                    continue
                # A crystal in two files must not be trained on from the one and validated on from the other.
                if seen.setdefault(table.identifiers[row], split) != split:
                    raise TrainingError(
                        f"{table.identifiers[row]} is in the split {split!r} of {table.name} but in "
                        f"{seen[table.identifiers[row]]!r} of another dataset"
                    )
                if self.groups[t][row] not in held_out:
                    rows[split].append((t, row))
                elif split == "val":
                    rows["held_out"].append((t, row))
        return rows

    def _notes_on_values(self, labels: Sequence[Sequence[Labels]], files: str) -> Iterator[str]:
        """Notes on the values of each target, given those of each dataset; errors where they cannot be learnt."""
        names = [table.name for table in self.tables]
        for number, (target, own) in enumerate(zip(self.targets, columns(self.targets), strict=True)):
            own_labels = [(name, found[number]) for name, found in zip(names, labels, strict=True)]
            values = {
                split: np.array([self._values[t][row, own] for t, row in self._rows[split]]).reshape(
                    -1, target.n_columns
                )
                for split in ("train", "val")
            }
            notes = left_out(target, own_labels)
            yield from notes
            yield from check_values(target, values, files, notes)

    def split(self, name: str, model: CrystalModel, progress: Progress = iter) -> SplitData:
        """The crystals of a split, prepared for a model.

        Args:
            name: ``"train"``, ``"val"`` or ``"held_out"``.
            model: the model.
            progress: wraps the iterable of (table, row), such as ``tqdm``.
        """
        rows = self._rows[name]
        values = np.array([self._values[t][row] for t, row in rows]).reshape(len(rows), len(model.target_mean))
        return SplitData(
            crystals=self._prepared(progress(rows), model),
            values=values,
            labels=equivalent_labels(values, (self.tables[t][row] for t, row in rows), model.targets),
            groups=np.array([self.groups[t][row] for t, row in rows], np.int64),
            datasets=self.content_hashes,
        )

    def _prepared(self, rows: Iterable[tuple[int, int]], model: CrystalModel) -> Batch:
        """Rows of the tables, prepared for a model, some at a time; in the memory of the host."""
        arrays, stream = [CrystalArrays.of(table) for table in self.tables], iter(rows)
        made = [model.prepare(arrays[0].take(np.zeros(0, np.int64))).to("cpu")]
        while some := list(islice(stream, window(model.target_mean.device))):
            for t, own in groupby(some, key=itemgetter(0)):
                chosen = np.array([row for _, row in own])
                made.append(model.prepare(arrays[t].take(chosen)).to("cpu"))
        return made[0].join(made)

    @property
    def content_hashes(self) -> tuple[str, ...]:
        """Of the datasets, in their order."""
        return tuple(table.content_hash for table in self.tables)

    def arrays(self, name: str) -> CrystalArrays:
        """The crystals of a split, in the order of :meth:`split`.

        Args:
            name: ``"train"``, ``"val"`` or ``"held_out"``.
        """
        return CrystalArrays.of(self.tables[t][row] for t, row in self._rows[name])

    def domain(self) -> Domain:
        """What the training split spans."""
        return Domain.of(self.tables[t][row] for t, row in self._rows["train"])


def training_parts(table: CrystalTable, fold: int) -> Sequence[str]:
    """For each crystal of a dataset ``"train"``, ``"val"``, ``"test"`` or ``""``.

    Args:
        table: the dataset.
        fold: see :attr:`TrainingConfig.fold`.

    Raises:
        TrainingError: the dataset has no splits, or no such fold.
    """
    n = table.n_folds
    if fold < 0:
        if not any(table.splits):
            have = f"has no splits, but the folds 0 to {n - 1}: give --fold, or" if n else "has no splits:"
            raise TrainingError(f"{table.name} {have} {_MAKE_SPLITS}")
        return table.splits
    if fold >= n:
        have = f"has the folds 0 to {n - 1}" if n else "has no folds: sgbasis crystals --folds 5 makes them"
        raise TrainingError(f"there is no fold {fold}: {table.name} {have}")
    parts = np.array(["test", "val", *["train"] * (n - 2)])[(table.folds - fold) % n]
    return tuple(np.where(table.folds < 0, table.splits, parts).tolist())


def _opened(path: str) -> CrystalTable:
    """A compiled dataset; what is none is said together with the command that makes one."""
    compiled = f"'sgbasis crystals {path} --output data.h5 --split 0.8,0.1,0.1' compiles one"
    if os.path.isdir(path):  # noqa: PTH112
        raise TrainingError(f"{path} is a folder; training needs a compiled dataset: {compiled}")
    try:
        return open_crystals(path)
    except StoreFormatError as error:
        if path.lower().endswith((".h5", ".hdf5")):
            raise
        raise StoreFormatError(f"{error}: {compiled}") from error


def _labels_by_table(tables: Sequence[CrystalTable], targets: Sequence[Target]) -> list[list[Labels]]:
    """For each dataset those of each target; NaN where it does not have a target that another one has."""
    parts: list[list[Labels]] = [[] for _ in tables]
    for target in targets:
        if target.mask_column and not any(target.mask_column in table.targets for table in tables):
            raise TargetError(
                f"no dataset has {target.mask_column!r}, the column that marks valid values of {target.name!r}"
            )
        somewhere = any(target.name in table.targets for table in tables)
        for table, part in zip(tables, parts, strict=True):
            if somewhere and target.name not in table.targets:
                none = np.zeros(len(table), bool)
                part.append(Labels(np.full((len(table), target.n_columns), np.nan), none, none))
            else:
                part.append(read_labels(table, target))
    return parts


def table_groups(table: CrystalTable) -> IntArray:
    """(N,) space-group number of each crystal."""
    return np.array([setting.number for setting in all_settings()])[table.hall_numbers.astype(np.int64) - 1]


def epoch_steps(lengths: IntArray, batch_size: int, *, seed: int, epoch: int) -> list[IntArray]:
    """Steps of one epoch: every index once, in random steps of crystals of similar length.

    Crystals are drawn from a shuffled window and sorted by length: those of one length are multiplied at once on a
    CPU, and all processes have as much to do. A step is processed in batches of bounded cost
    (:func:`runtime.prediction.batches`), on which its gradients do not depend. Indices of a split are not taken
    twice: tests/regressions/test_09.

    Args:
        lengths: (n,) of each crystal, :attr:`runtime.Batch.lengths`.
        batch_size: crystals per step; the last step may be smaller.
        seed: of the training run.
        epoch: each has its own order, independent of the epochs before, so that a run can resume at any.
    """
    rng = np.random.default_rng([seed, epoch])
    order = rng.permutation(len(lengths))
    steps: list[IntArray] = []
    for start in range(0, len(order), _WINDOW * batch_size):
        window = order[start : start + _WINDOW * batch_size]
        window = window[np.argsort(lengths[window], kind="stable")]
        steps += [window[i : i + batch_size] for i in range(0, len(window), batch_size)]
    return [steps[i] for i in rng.permutation(len(steps))]
