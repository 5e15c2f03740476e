"""The known tensors of a split, in one frame for all crystals: what baselines are fitted to.

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
from runtime.evaluation.known_values import known_values
from runtime.evaluation.reference_values import alternative_values
from runtime.evaluation.scores import Evaluation
from runtime.evaluation.tensor_scores import TensorScore, evaluate_tensors
from runtime.models.base import Target
from runtime.store import load_store
from runtime.tensors.tensor_space import TensorSpace, allowed_tensors

_ALIGNMENTS = 10
"""Rounds of :func:`aligned`; the choice settles after a few."""


@dataclass(frozen=True, eq=False)
class KnownTensors:
    """Crystals with a known tensor; d is the dimension of the tensor's space.

    Attributes:
        target: what is known; it is a tensor.
        records: (n,) the crystals.
        alternatives: (n, a, d) values that are as good, the value itself first: in the physical unit and
            each record's own Cartesian frame.
        to_reference: (n, d, d) from components in the record's frame to those in the reference frame.
        to_own: (n, d, d) the way back, by way of the nearest tensor that the point group allows; exact.
    """

    target: Target
    records: tuple[CrystalRecord, ...]
    alternatives: FloatArray
    to_reference: FloatArray
    to_own: FloatArray

    def __len__(self) -> int:
        return len(self.records)

    @property
    def space(self) -> TensorSpace:
        """Of the tensor."""
        assert self.target.space is not None
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

        Where they are known up to the normalizer, alike ones for like crystals: see :func:`aligned`.
        """
        rotated = np.einsum("nij,njk,nak->nai", self.allowed, self.to_reference, self.alternatives)
        return aligned(rotated, [setting.point_group for setting in self.settings])

    def taken(self, rows: NDArray[np.intp]) -> KnownTensors:
        """Some of the crystals."""
        return dataclasses.replace(
            self,
            records=tuple(self.records[row] for row in rows),
            alternatives=self.alternatives[rows],
            to_reference=self.to_reference[rows],
            to_own=self.to_own[rows],
        )

    def score(self, predicted: FloatArray) -> Evaluation[TensorScore]:
        """Judge physical components (n, d) in the reference frame as ``sgbasis evaluate`` does.

        What the point group forbids is taken away first. Known logarithms were raised to tensors, as the
        evaluation does it itself: a prediction of physical values need not have a logarithm.
        """
        own = np.einsum("nij,nj->ni", self.to_own, predicted)
        physical = dataclasses.replace(self.target, log10=False)
        return evaluate_tensors(own, self.alternatives, physical, self.settings)


def known_tensors(paths: Sequence[str], target: Target, split: str) -> KnownTensors:
    """Read one split of those datasets that have a target: what ``sgbasis evaluate`` judges a model on.

    Raises:
        TargetError: no dataset has the target, or one holds it in another shape or unit.
        EvaluationError: a dataset has no crystal with a value in the split.
    """
    space, store = target.space, load_store()
    assert space is not None
    records: list[CrystalRecord] = []
    values: list[FloatArray] = []
    tables = [open_crystals(path) for path in paths]
    # A run may learn other targets from datasets of their own. If none is left, the first says so.
    for table in [table for table in tables if target.name in table.targets] or tables[:1]:
        known = known_values(table, target, split)
        records += [table[int(row)] for row in known.rows]
        values.append(known.values)
    stacked = alternative_values(np.concatenate(values), records, [target])
    frames = [cartesian_frame(record.setting, record.lattice) for record in records]
    rows = stacked.reshape(-1, len(space))
    return KnownTensors(
        target=target,
        records=tuple(records),
        alternatives=(space.exp10(rows) if target.log10 else rows).reshape(stacked.shape),
        to_reference=np.array([space.rotation(frame) for frame in frames]),
        to_own=np.array([allowed_tensors(space, record, store) for record in records]),
    )


def aligned(alternatives: FloatArray, classes: Sequence[str]) -> FloatArray:
    """Of each crystal's alternatives (n, a, d) the one most like those of its class: (n, d).

    Without this, tensors whose sign or axes are arbitrary would cancel in every mean.
    """
    chosen = alternatives[:, 0].copy()
    if alternatives.shape[1] == 1:
        return chosen
    names = np.array(classes)
    for name in sorted(set(classes)):
        rows = np.flatnonzero(names == name)
        own = alternatives[rows]
        # The direction in which the tensors vary most does not depend on their signs: a fair start.
        towards = np.linalg.svd(own.reshape(-1, own.shape[2]), full_matrices=False)[2][0]
        for _ in range(_ALIGNMENTS):
            best = (own @ towards).argmax(axis=1)
            towards = own[np.arange(len(rows)), best].mean(axis=0)
        chosen[rows] = own[np.arange(len(rows)), best]
    return chosen
