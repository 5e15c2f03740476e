"""Reports of an evaluation: readable text and JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from basis_store import Setting
from basis_store.counted import counted
from basis_store.datasets.units import TRUE_FALSE, UNKNOWN_UNIT, in_unit
from basis_store.printable import lines_text
from basis_store.tables.text_table import table_lines
from runtime.evaluation.interval_score import IntervalScore
from runtime.evaluation.reference_values import ReferenceValues
from runtime.evaluation.scores import Evaluation, Score
from runtime.targets.target import Target

_MIN_CRYSTALS = 10
"""Smallest number of crystals of a group for a row in the text: fewer have no meaningful mean."""


@dataclass(frozen=True, kw_only=True)
class EvaluationReport:
    """One model on one dataset.

    Attributes:
        model: name or folder, as the user gave it.
        data: the file.
        split: of the file; None for all of it.
        fold: of the file; None for all of it.
        target: what was compared.
        reference: the values that predictions were compared with.
        stated_unit: of the values in the file; ``""`` where it states none.
        unreadable: crystals of the file that could not be compiled.
        evaluation: scores.
        worst: of :func:`worst_crystals`.
        intervals: how often the model's intervals hold the value; None if it has none.
    """

    model: str
    data: str
    split: str | None
    fold: int | None = None
    target: Target
    reference: ReferenceValues
    stated_unit: str
    unreadable: int
    evaluation: Evaluation[Score]
    worst: Sequence[Mapping[str, str | float]] = ()
    intervals: IntervalScore | None = None

    def to_text(self) -> str:
        """A few lines and two tables."""
        overall = self.evaluation.overall
        parts = [f"fold {self.fold}"] if self.fold is not None else []
        parts += [f"split {self.split}"] if self.split else []
        which = " of ".join([*parts, self.data])
        reasons = {"invalid": f"invalid ({self.target.mask_column!r} is not 1)"}
        left_out = [f"{count:,} {reasons.get(why, why)}" for why, count in self._left_out().items() if count]
        lines = [
            f"{self.model} on {which}: {self.target.name}, {counted(overall.n, 'crystal')}",
            *overall.summary(self.target.error_unit),
            *([] if self.intervals is None else [self.intervals.summary(self.target.physical_unit)]),
            *([f"left out: {', '.join(left_out)}"] if left_out else []),
            *(f"note: {note}" for note in self._notes()),
            "",
            *_table("crystal system", self.evaluation.by_system),
        ]
        groups = {_group(n): score for n, score in self.evaluation.by_group.items() if score.n >= _MIN_CRYSTALS}
        if groups:
            lines += ["", *_table(f"group (of {_MIN_CRYSTALS} or more)", groups)]
        if self.worst:
            rows = [
                [f"{one:.4g}" if isinstance(one, float) else one for one in row.values()] for row in self.worst
            ]
            names = [name.replace("_", " ") for name in self.worst[0]]
            lines += ["", "largest errors:", *table_lines([names, *rows], left=(0, 1, 2))]
        return lines_text(lines)

    def to_json(self) -> str:
        """All figures, errors in ``unit``, and for all groups; intervals of 95 %, shares as fractions."""
        groups = {str(number): score.to_mapping() for number, score in self.evaluation.by_group.items()}
        systems = {system: score.to_mapping() for system, score in self.evaluation.by_system.items()}
        record: dict[str, Any] = {
            "model": self.model,
            "data": self.data,
            "split": self.split,
            "fold": self.fold,
            "target": self.target.name,
            "unit": self.target.error_unit,
            "target_unit": self.target.physical_unit,
            **self.evaluation.overall.to_mapping(),
            "intervals": None if self.intervals is None else self.intervals.to_mapping(),
            "left_out": self._left_out(),
            "mask_column": self.target.mask_column or None,
            "notes": self._notes(),
            "crystal_systems": systems,
            "space_groups": groups,
            "worst": list(self.worst),
        }
        return json.dumps(record, indent=2, allow_nan=False)

    def _left_out(self) -> dict[str, int]:
        return {
            "without a value": self.reference.missing,
            "not positive": self.reference.not_positive,
            "invalid": self.reference.invalid,
            "not compiled": self.unreadable,
        }

    def _notes(self) -> list[str]:
        target, notes = self.target, []
        if target.log10 and target.error_unit != target.physical_unit:
            notes.append(
                f"errors are those of the decimal logarithm of {target.name}, 0.1 being a factor of 1.26; "
                f"{in_unit('predictions are values', target.physical_unit)}"
            )
        if (
            UNKNOWN_UNIT in (target.unit or UNKNOWN_UNIT, self.stated_unit or UNKNOWN_UNIT)
            and target.unit != TRUE_FALSE
        ):
            notes.append(
                f"units were not compared: {target.physical_unit} in the model, "
                f"{self.stated_unit or UNKNOWN_UNIT} in the data"
            )
        return notes


def _table(name: str, scores: Mapping[str, Score]) -> list[str]:
    """A row for each score, headings first."""
    rows = [score.cells() for score in scores.values()]
    headings = (name, *rows[0])
    return table_lines([headings, *((key, *row.values()) for key, row in zip(scores, rows, strict=True))])


def _group(number: int) -> str:
    return f"{number} {Setting.standard(number).symbol}"
