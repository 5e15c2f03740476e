"""Displays of training runs that nobody watches."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


class Silent:
    """No display."""

    def say(self, text: str) -> None:
        """Nothing."""

    def bar(self, things: Iterable[Any], label: str, unit: str) -> Iterable[Any]:
        """The things themselves."""
        return things


class Plain(Silent):
    """Prints notes; no progress bars."""

    def say(self, text: str) -> None:
        """One line."""
        print(text, flush=True)
