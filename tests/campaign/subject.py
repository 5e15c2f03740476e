"""What the campaign damages: a subject makes hostile inputs of one kind, and knows which results are right."""

from __future__ import annotations

import random
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.campaign.sandbox import Run


@dataclass(frozen=True)
class Case:
    """One hostile input and the command that meets it.

    Attributes:
        arguments: of ``sgbasis``.
        damage: what was done to the input.
        problem: what is wrong with the result of a run; ``""`` if nothing is. It is also asked about a run that
            reported an error, since other entries of a batch must be right.
    """

    arguments: Sequence[str]
    damage: str
    problem: Callable[[Run], str]


class Subject(ABC):
    """A kind of input."""

    name: str
    share: float
    """Of all inputs of the campaign."""

    @abstractmethod
    def prepare(self, folder: Path) -> None:
        """Write undamaged files into ``folder`` and learn the right results; called once."""

    @abstractmethod
    def case(self, folder: Path, rng: random.Random) -> Case:
        """Write a hostile input into the empty ``folder``."""


def comparable(output: str) -> str:
    """What a command printed, without seconds and the size of the file."""
    return re.sub(r"\d+\.\d+ s\b|\"bytes\": \d+|[\d.]+ [kM]B\b", "", output)
