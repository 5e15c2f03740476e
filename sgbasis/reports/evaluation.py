"""What an evaluation found, as text for people and as JSON for programs."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from basis_store import Setting
from runtime.evaluation.known_values import KnownValues
from runtime.evaluation.scores import Evaluation, Score
from runtime.evaluation.tensor_scores import TensorScore
from runtime.models.base import Target

_MIN_CRYSTALS = 10
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
    evaluation: Evaluation[Score] | Evaluation[TensorScore]

    def to_text(self) -> str:
        """A few lines and two tables."""
        overall = self.evaluation.overall
        which = f"split {self.split} of {self.data}" if self.split else self.data
        left_out = [f"{count:,} {why}" for why, count in self._left_out().items() if count]
        lines = [
            f"{self.model} on {which}: {self.target.name}, {overall.n:,} crystals",
            *_headlines(overall, self._unit),
            *([f"left out: {', '.join(left_out)}"] if left_out else []),
            "",
            *_table("crystal system", self.evaluation.by_system),
        ]
        groups = {_group(n): score for n, score in self.evaluation.by_group.items() if score.n >= _MIN_CRYSTALS}
        if groups:
            lines += ["", *_table(f"group (of {_MIN_CRYSTALS} or more)", groups)]
        return "\n".join(lines)

    def to_json(self) -> str:
        """Everything, all groups included: figures in ``unit``, intervals of 95 %, shares as fractions."""
        groups = {str(number): _figures(score) for number, score in self.evaluation.by_group.items()}
        systems = {system: _figures(score) for system, score in self.evaluation.by_system.items()}
        record: dict[str, Any] = {
            "model": self.model,
            "data": self.data,
            "split": self.split,
            "target": self.target.name,
            "unit": self._unit,
            **_figures(self.evaluation.overall),
            "left_out": self._left_out(),
            "crystal_systems": systems,
            "space_groups": groups,
        }
        return json.dumps(record, indent=2, allow_nan=False)

    @property
    def _unit(self) -> str:
        return self.target.unit if self.target.space is None else self.target.physical_unit

    def _left_out(self) -> dict[str, int]:
        return {
            "without a value": self.known.missing,
            "not positive": self.known.not_positive,
            "not to be trusted": self.known.invalid,
            "not compiled": self.unreadable,
        }


def _headlines(overall: Score | TensorScore, unit: str) -> list[str]:
    if isinstance(overall, Score):
        return [
            f"MAE   {overall.mae:.5f} {unit}  (95 %: {_interval(overall.mae_interval)})",
            f"RMSE  {overall.rmse:.5f} {unit}  (95 %: {_interval(overall.rmse_interval)})",
        ]
    lines = [
        f"Frobenius norm of the error  {overall.frobenius:.4f} {unit}  "
        f"(95 %: {_interval(overall.frobenius_interval)}), median {overall.relative:.1%} of the tensor",
        f"within 25 %: {overall.ewt25:.3f} of the crystals (95 %: {_interval(overall.ewt25_interval)}), "
        f"within 10 %: {overall.ewt10:.3f}, within 5 %: {overall.ewt5:.3f}",
    ]
    if overall.mae_K is not None:
        lines.append(f"MAE of K {overall.mae_K:.2f}, G {overall.mae_G:.2f}, E {overall.mae_E:.2f} {unit} (Hill)")
    return lines


def _figures(score: Score | TensorScore) -> dict[str, Any]:
    """By name; JSON has no infinity, which a relative error may be where nothing was expected."""
    figures = {name: value for name, value in asdict(score).items() if value is not None}
    if isinstance(score, TensorScore) and math.isinf(score.relative):
        figures["relative"] = None
    return figures


def _table(name: str, scores: Mapping[str, Score | TensorScore]) -> Iterable[str]:
    rows = [_cells(one) for one in scores.values()]
    table = [(name, *rows[0]), *((key, *row.values()) for key, row in zip(scores, rows, strict=True))]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for line in table:
        yield "  ".join(
            cell.rjust(width) if i else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        )


def _cells(one: Score | TensorScore) -> dict[str, str]:
    """By heading."""
    if isinstance(one, Score):
        figures = {"MAE": f"{one.mae:.5f}", "95 %": _interval(one.mae_interval), "RMSE": f"{one.rmse:.5f}"}
    else:
        figures = {
            "Frobenius": f"{one.frobenius:.4f}", "EwT25": f"{one.ewt25:.3f}",
            "EwT10": f"{one.ewt10:.3f}", "EwT5": f"{one.ewt5:.3f}",
        }  # fmt: skip
    return {"n": f"{one.n:,}", **figures}


def _interval(ends: tuple[float, float]) -> str:
    return f"{ends[0]:.5f} to {ends[1]:.5f}"


def _group(number: int) -> str:
    return f"{number} {Setting.standard(number).symbol}"
