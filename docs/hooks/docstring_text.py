"""Docstrings as Markdown: references become links, and examples blocks of code.

The docstrings of the packages name each other as Python's own documentation does, :class:`Basis`; in Markdown this
is a link to what is public, and code otherwise.
"""

from __future__ import annotations

import functools
import re
import sys
from pathlib import Path
from typing import Any

import griffe

sys.path.insert(0, str(Path(__file__).parent))
from stub_names import PACKAGES, public_names  # griffe loads this file by its path

_ROLE = re.compile(r":(?:class|func|meth|mod|attr|data|exc):`~?\.?([\w.]+)`")
_RAISES_AS = re.compile(r"^Raises:\n +As ((?:(?!\n\n)[^:])+)$", re.MULTILINE)
_EXAMPLE = re.compile(r"^>>> .*?(?=\n\s*\n|\Z)", re.MULTILINE | re.DOTALL)


class DocstringText(griffe.Extension):
    """Rewrites every docstring before it is rendered."""

    def on_object(self, *, obj: griffe.Object, **kwargs: Any) -> None:
        """Once for each module, class, function and attribute."""
        if obj.docstring:
            obj.docstring.value = markdown(obj.docstring.value)


def markdown(text: str) -> str:
    """A docstring with links and fenced examples."""
    text = _ROLE.sub(lambda found: _link(found[1]), text)
    text = _RAISES_AS.sub(r"Errors are raised as by \1", text)  # no list of errors, which a parser would expect
    return _EXAMPLE.sub(lambda found: f"```pycon\n{found[0]}\n```", text)


@functools.cache
def _homes() -> dict[str, str]:
    """The first package that makes a name public; sgbasis last, because it repeats those of others."""
    return {
        name: f"{package}.{name}" for package in ("sgbasis", *PACKAGES[:0:-1]) for name in public_names(package)
    }


def _link(target: str) -> str:
    parts = target.split(".")
    if parts[0] in PACKAGES and len(parts) > 1:
        name, rest = parts[1], parts[2:]
    else:
        name, rest = parts[0], parts[1:]
    if name not in _homes():
        return f"`{target}`"
    shown = ".".join([name, *rest])
    return f"[`{shown}`][{_homes()[name]}]"
