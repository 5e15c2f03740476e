"""What an evaluation found, as text for people and as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from basis_store import Setting
from runtime.evaluation import Evaluation, Score
from runtime.known_values import KnownValues
from runtime.models import Target

_LEAST = 10
"""Crystals of a group that are worth a row: fewer have no meaningful mean."""


@dataclass(frozen=True, kw_only=True)
class EvaluationReport:
    """One model on one dataset.

    Attributes:
        model: as the user called it.
        data: the file.
        split: part of it; None for all.
        target: what was compared.
        known: the values that predictions were compared with.
        unreadable: crystals of the file that could not be compiled.
        evaluation: scores.
    """

    model: str
    data: str
    split: str | None
    target: Target
    known: KnownValues
    unreadable: int
    evaluation: Evaluation

    def to_text(self) -> str:
        """A few lines and two tables."""
        overall, unit = self.evaluation.overall, self.target.unit
        which = f"split {self.split} of {self.data}" if self.split else self.data
        left_out = [f"{count:,} {why}" for why, count in self._left_out().items() if count]
        lines = [
            f"{self.model} on {which}: {self.target.name}, {overall.n:,} crystals",
            f"MAE   {overall.mae:.5f} {unit}  (95 %: {_interval(overall.mae_interval)})",
            f"RMSE  {overall.rmse:.5f} {unit}  (95 %: {_interval(overall.rmse_interval)})",
            *([f"left out: {', '.join(left_out)}"] if left_out else []),
            "",
            *_table("crystal system", self.evaluation.by_system),
        ]
        groups = {_group(n): score for n, score in self.evaluation.by_group.items() if score.n >= _LEAST}
        if groups:
            lines += ["", *_table(f"group (of {_LEAST} or more)", groups)]
        return "\n".join(lines)

    def to_json(self) -> str:
        """Everything, all groups included: figures in ``unit``, intervals of 95 %."""
        groups = {str(number): asdict(score) for number, score in self.evaluation.by_group.items()}
        systems = {system: asdict(score) for system, score in self.evaluation.by_system.items()}
        record: dict[str, Any] = {
            "model": self.model,
            "data": self.data,
            "split": self.split,
            "target": self.target.name,
            "unit": self.target.unit,
            **asdict(self.evaluation.overall),
            "left_out": self._left_out(),
            "crystal_systems": systems,
            "space_groups": groups,
        }
        return json.dumps(record, indent=2, allow_nan=False)

    def _left_out(self) -> dict[str, int]:
        return {
            "without a value": self.known.missing,
            "not positive": self.known.not_positive,
            "not compiled": self.unreadable,
        }


def _table(name: str, scores: Mapping[str, Score]) -> Iterable[str]:
    rows = [(name, "n", "MAE", "95 %", "RMSE")]
    rows += [
        (key, f"{one.n:,}", f"{one.mae:.5f}", _interval(one.mae_interval), f"{one.rmse:.5f}")
        for key, one in scores.items()
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(
            cell.rjust(width) if i else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )


def _interval(ends: tuple[float, float]) -> str:
    return f"{ends[0]:.5f} to {ends[1]:.5f}"


def _group(number: int) -> str:
    return f"{number} {Setting.standard(number).symbol}"
