"""Compiled settings and stores for tests: small ones, and those that are damaged on purpose."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

from basis_compiler import compile_recipe, compile_tensors
from basis_compiler.groups.wyckoff import wyckoff_of_recipe
from basis_store import CompiledSetting, Recipe, write_store


def changed(compiled: CompiledSetting, **columns: Any) -> CompiledSetting:
    """A copy with other columns."""
    return replace(compiled, **columns)


def write_compiled(path: str | os.PathLike[str], recipe: Recipe) -> str:
    """Compile a recipe and write the store; its content hash."""
    tensors, wyckoff = compile_tensors(recipe.setting_list), wyckoff_of_recipe(recipe)
    return write_store(path, compile_recipe(recipe), recipe, tensors=tensors, wyckoff=wyckoff)
