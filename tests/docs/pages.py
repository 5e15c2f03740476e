"""The Markdown pages as data: their Python blocks, what these import, and where their links lead."""

from __future__ import annotations

import ast
import pkgutil
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.support.source_tree import PACKAGES, ROOT, defining_modules, files

PAGES = files("*.md")
DEEP_FACES = {"runtime.features.pyg", "runtime.testing"}
"""Public modules that are not the top of a package."""

_NOT_FOR_USERS = {"tests", "benchmarks", "experiments", "examples"}
_TOP = {*PACKAGES, *_NOT_FOR_USERS, "data", "docs"}
_FENCED = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)[^)]*\)")
_HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.MULTILINE)


def blocks(text: str, language: str) -> list[str]:
    """The fenced code blocks of a page in one language."""
    return [code for found, code in _FENCED.findall(text) if found == language]


def private_imports(code: str) -> Iterator[str]:
    """What a block imports that is not public: a module below a package's face, or a name that a face lacks."""
    for module, name in _imported_names(code):
        package = module.split(".")[0]
        if package in _NOT_FOR_USERS or (package in PACKAGES and module not in {*PACKAGES, *DEEP_FACES}):
            yield module
        elif module in PACKAGES and name and name not in defining_modules(module):
            yield f"{module}.{name}"


def _imported_names(code: str) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.module or "", alias.name) for alias in node.names)


def broken_links(page: Path) -> Iterator[str]:
    """Links of a page to files that do not exist, or to headings that the file does not have."""
    for link in _LINK.findall(_FENCED.sub("", page.read_text(encoding="utf-8"))):
        if link.startswith(("http://", "https://")):
            continue
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        if target.parent == ROOT / "docs" / "explorer":
            continue  # only the built site has it
        if not target.exists() or (anchor and anchor not in anchors(target)):
            yield link


def missing_names(text: str) -> Iterator[str]:
    """Dotted names and paths between backticks that are not in the packages, or not in the checkout."""
    for name in re.findall(r"`([\w./-]+)`", _FENCED.sub("", text)):
        first, slash, _ = name.partition("/")
        if name.split(".")[0] in PACKAGES and "." in name and not slash:
            try:
                pkgutil.resolve_name(name)
            except (ImportError, AttributeError):
                yield name
        elif slash and first in _TOP and not (ROOT / name).exists():
            yield name


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives to the headings of a page."""
    found: Counter[str] = Counter()
    slugs = set()
    for heading in _HEADING.findall(_FENCED.sub("", page.read_text(encoding="utf-8"))):
        shown = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        slug = re.sub(r"[^\w\- ]", "", shown.lower()).replace(" ", "-")
        slugs.add(f"{slug}-{found[slug]}" if found[slug] else slug)
        found[slug] += 1
    return slugs


def label(page: Path) -> str:
    """The path of a page in the checkout, to name a test."""
    return str(page.relative_to(ROOT))
