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
_HEAD = re.compile(r"[;,] see the head of this (?:file|module)")
"""In a docstring: on a page, the head of the file takes the place of these words."""

_FIELDS = "runtime.models.sizes"
"""Whose functions make fields of dataclasses, each with its default as the first argument, or 0.0."""


class DocstringText(griffe.Extension):
    """Rewrites every docstring before it is rendered."""

    def on_object(self, *, obj: griffe.Object, **kwargs: Any) -> None:
        """Once for each module, class, function and attribute."""
        if not obj.docstring:
            return
        text = obj.docstring.value
        if _HEAD.search(text) and not obj.is_module and (about := obj.module.docstring):
            first, _, rest = _HEAD.sub("", text).partition("\n\n")
            _, _, head = about.value.partition("\n\n")  # without its title
            text = "\n\n".join(part for part in (first, head, rest) if part)
        obj.docstring.value = markdown(text)

    def on_attribute_instance(self, *, attr: griffe.Attribute, **kwargs: Any) -> None:
        """Once for each attribute: the default of a field that a function of ours makes, not the call."""
        if isinstance(attr.value, griffe.ExprCall):
            name = str(attr.value.function)  # its path is that of the attribute where both have one name
            if attr.module.imports.get(name) == f"{_FIELDS}.{name}":
                attr.value = next(iter(attr.value.arguments), "0.0")


def markdown(text: str) -> str:
    """A docstring with links and fenced examples; text that is Markdown already stays as it is."""
    text = _HEAD.sub("", text)
    text = _ROLE.sub(lambda found: _link(found[1]), text)
    text = _RAISES_AS.sub(r"Errors are raised as by \1", text)  # no list of errors, which a parser would expect
    if "```" in text:
        return text
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
