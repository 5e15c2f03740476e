"""The public names of the packages, read from their stubs: nothing is imported."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("sgbasis", "basis_store", "basis_compiler", "runtime")


def public_names(package: str) -> dict[str, str]:
    """The public names of a package, and the module that each is imported from."""
    names = {}
    for node in ast.parse((ROOT / package / "__init__.pyi").read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom):
            module = f"{package}.{node.module}" if node.level else str(node.module)
            names |= {alias.name: module for alias in node.names}
    return names
