"""Notice a file of the user that has the name of one of our packages, such as ``runtime.py`` beside a script."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

_NAMES = ("basis_store", "basis_compiler", "runtime")


def check_own_packages() -> None:
    """Check that Python finds our packages under their names.

    Raises:
        ImportError: it finds something else first; the message says what to do.
    """
    home = Path(__file__).resolve().parents[1]
    for name in _NAMES:
        found = _origin(name)
        if found != home / name / "__init__.py":
            where = (
                f"{found}, which is not part of it, under this name: rename it"
                if found
                else "none: install it again"
            )
            raise ImportError(f"sgbasis has a package {name!r}, but Python finds {where}", name=name)


def _origin(name: str) -> Path | None:
    try:
        spec = importlib.util.find_spec(name)
    except ValueError:  # already imported, and not from a file as usual
        return Path(str(getattr(sys.modules[name], "__file__", name)))
    return Path(spec.origin).resolve() if spec and spec.origin else None
