"""The display of training runs that nobody watches."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


class Plain:
    """Prints notes; no progress bars."""

    def say(self, text: str) -> None:
        """One line."""
        print(text, flush=True)

    def bar(self, things: Iterable[Any], label: str, unit: str) -> Iterable[Any]:
        """The things themselves."""
        return things
