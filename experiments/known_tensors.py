"""The known tensors of a split, in the reference frame of each crystal: the data that baselines are fitted to.

Components are orthonormal, those of :class:`runtime.tensors.tensor_space.TensorSpace`, in the reference
frame of each crystal (:func:`basis_store.tensors.cartesian_frame.cartesian_frame`): there crystals of a point
group allow the same tensors, so that means and regressions over crystals make sense.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from basis_store import CrystalRecord, Setting, open_crystals
from basis_store.array_types import FloatArray
from basis_store.tensors.cartesian_frame import cartesian_frame
from runtime.bases.store import load_store
from runtime.evaluation.reference_values import reference_values
from runtime.evaluation.scores import Evaluation
from runtime.evaluation.tensor_scores import TensorScore
from runtime.targets.equivalent_labels import equivalent_labels
from runtime.targets.tensor_target import TensorTarget
from runtime.tensors.tensor_space import TensorSpace, allowed_tensors

_ALIGNMENTS = 10
"""Rounds of :func:`aligned`; the choice settles after a few."""


@dataclass(frozen=True, eq=False)
class KnownTensors:
    """Crystals with a known tensor; d is the dimension of the tensor's space.

    Attributes:
        target: what is known.
        records: (n,) the crystals.
        labels: (n, a, d) symmetry-equivalent labels, the value itself first: in the physical unit and each
            record's own Cartesian frame.
        to_reference: (n, d, d) from components in the record's frame to those in the reference frame.
        to_own: (n, d, d) the way back, projected on the tensors that the point group allows; exact.
    """

    target: TensorTarget
    records: tuple[CrystalRecord, ...]
    labels: FloatArray
    to_reference: FloatArray
    to_own: FloatArray

    def __len__(self) -> int:
        return len(self.records)

    @property
    def space(self) -> TensorSpace:
        """Of the tensor."""
        return self.target.space

    @property
    def settings(self) -> list[Setting]:
        """(n,) settings of the crystals."""
        return [record.setting for record in self.records]

    @cached_property
    def allowed(self) -> FloatArray:
        """(n, d, d) projections on what the point groups allow, in the reference frame."""
        return np.asarray(self.to_reference @ self.to_own)

    @cached_property
    def values(self) -> FloatArray:
        """(n, d) physical values in the reference frame, without what the point group forbids.

        Where they are known up to the normalizer, those labels that agree best: see :func:`aligned`.
        """
        rotated = np.einsum("nij,njk,nak->nai", self.allowed, self.to_reference, self.labels)
        return aligned(rotated, [setting.point_group for setting in self.settings])

    def subset(self, rows: NDArray[np.intp]) -> KnownTensors:
        """Some of the crystals."""
        return dataclasses.replace(
            self,
            records=tuple(self.records[row] for row in rows),
            labels=self.labels[rows],
            to_reference=self.to_reference[rows],
            to_own=self.to_own[rows],
        )

    def score(self, predicted: FloatArray) -> Evaluation[TensorScore]:
        """Score physical components (n, d) in the reference frame as ``sgbasis evaluate`` does.

        They are projected on what the point group allows first.
        """
        own = np.einsum("nij,nj->ni", self.to_own, predicted)
        return self.target.evaluate(own, self.labels, self.settings)


def known_tensors(paths: Sequence[str], target: TensorTarget, split: str) -> KnownTensors:
    """Read one split of those datasets that have a target: the data that ``sgbasis evaluate`` compares with.

    Raises:
        TargetError: no dataset has the target, or one holds it in another shape or unit.
        EvaluationError: a dataset has no crystal with a value in the split.
    """
    # 1. Values and records.
    space, store = target.space, load_store()
    records: list[CrystalRecord] = []
    values: list[FloatArray] = []
    tables = [open_crystals(path) for path in paths]
    # Other datasets of the run may hold other targets only. If none has it, reading the first raises the error.
    for table in [table for table in tables if target.name in table.targets] or tables[:1]:
        known = reference_values(table, target, split)
        records += [table[int(row)] for row in known.rows]
        values.append(known.values)
    # 2. Equivalent labels; the frames of the crystals.
    frames = [cartesian_frame(record.setting, record.lattice) for record in records]
    return KnownTensors(
        target=target,
        records=tuple(records),
        labels=equivalent_labels(np.concatenate(values), records, [target]),
        to_reference=np.array([space.rotation(frame) for frame in frames]),
        to_own=np.array([allowed_tensors(space, record, store) for record in records]),
    )


def aligned(labels: FloatArray, classes: Sequence[str]) -> FloatArray:
    """For each crystal the one of its equivalent labels (n, a, d) that is most similar to its class: (n, d).

    Without this, tensors whose sign or axes are arbitrary would cancel in every mean.
    """
    chosen = labels[:, 0].copy()
    if labels.shape[1] == 1:
        return chosen
    names = np.array(classes)
    for name in sorted(set(classes)):
        rows = np.flatnonzero(names == name)
        own = labels[rows]
        # Start from the direction in which the tensors vary most: it does not depend on their signs.
        towards = np.linalg.svd(own.reshape(-1, own.shape[2]), full_matrices=False)[2][0]
        for _ in range(_ALIGNMENTS):
            best = (own @ towards).argmax(axis=1)
            towards = own[np.arange(len(rows)), best].mean(axis=0)
        chosen[rows] = own[np.arange(len(rows)), best]
    return chosen
