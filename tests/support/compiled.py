"""Helpers to damage a compiled setting on purpose."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from basis_store import CompiledSetting


def changed(compiled: CompiledSetting, **columns: Any) -> CompiledSetting:
    """A copy with other columns."""
    return replace(compiled, **columns)
