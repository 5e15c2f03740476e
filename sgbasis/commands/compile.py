"""``sgbasis compile``: build and prove a store."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from basis_store.bases.recipe import SettingChoice
from basis_store.groups.group import Kind
from basis_store.groups.group_names import KINDS, as_group
from sgbasis.commands.options import parallel_arguments, parallel_options
from sgbasis.echo import echo, echo_line

if TYPE_CHECKING:
    from basis_store import CompiledSetting, Recipe


@click.command("compile")
@click.option(
    "--output", "-o", type=click.Path(path_type=Path, dir_okay=False), default=Path("sgbasis-store.h5"),
    show_default=True, help="Store to write; an old one is replaced only when the new one is complete.",
)  # fmt: skip
@click.option(
    "--radius", type=click.IntRange(1, 100), default=5, show_default=True,
    help="Radius of the ball of waves that all settings share: norm up to 3 radius^2, without unit.",
)  # fmt: skip
@click.option(
    "--min-functions", type=click.IntRange(0, 100_000), default=64, show_default=True,
    help="Add complete shells of waves to a setting until it has this many functions.",
)  # fmt: skip
@click.option(
    "--settings", "chosen", default="all", show_default=True,
    help="Settings to compile: all, standard, or a list with commas, such as 227,hall:525,R-3c:R. Or magnetic "
    "groups: magnetic, or a list, such as BNS:62.446,BNS:P_bnma. Or plane groups: plane, or plane:17,plane:p4gm.",
)  # fmt: skip
@click.option(
    "--characters", type=click.Choice(["trivial", "all"]), default="trivial", show_default=True,
    help="Functions to compile: trivial (invariant ones) or all (of every one-dimensional character; of magnetic "
    "groups even and odd ones).",
)  # fmt: skip
@parallel_options
def compile_command(
    output: Path,
    radius: int,
    min_functions: int,
    chosen: str,
    characters: Literal["trivial", "all"],
    workers: int | None,
    scheduler: str | None,
) -> None:
    """Compile and prove bases, and write them to a store.

    The store holds the bases of space-group settings, their Wyckoff positions and the tensors that their point
    groups allow, or the bases of magnetic groups or of plane groups.
    """
    from basis_store import Recipe
    from sgbasis.reports.store_summary import counted_bases, summary_table

    parallel = parallel_arguments(workers, scheduler)
    groups, settings = _parse_settings(chosen)
    recipe = Recipe(
        radius=radius, min_functions=min_functions, settings=settings, characters=characters, groups=groups
    )
    started = time.perf_counter()
    compiled, content_hash = compile_store(output, recipe, parallel)
    echo(summary_table(compiled))
    echo_line(f"{output}: {output.stat().st_size / 1e6:.2f} MB, content {content_hash}")
    echo_line(f"Compiled and proved {counted_bases(compiled)} in {time.perf_counter() - started:.1f} s.")


def compile_store(output: Path, recipe: Recipe, parallel: Mapping[str, Any]) -> tuple[list[CompiledSetting], str]:
    """Compile a recipe with a progress bar and write the store; returns its settings and its content hash."""
    from tqdm import tqdm

    from basis_compiler import compile_recipe
    from basis_compiler.groups.wyckoff import wyckoff_of_recipe
    from basis_compiler.tensors.compiler import tensors_of_recipe
    from basis_store import write_store
    from basis_store.files.atomic_write import check_writable

    check_writable(output)
    with tqdm(total=len(recipe.representation_list), unit="setting", desc="Compiling", disable=None) as bar:
        compiled = compile_recipe(recipe, **parallel, progress=bar.update)
    tensors, wyckoff = tensors_of_recipe(recipe), wyckoff_of_recipe(recipe)
    return compiled, write_store(output, compiled, recipe, tensors=tensors, wyckoff=wyckoff)


def _parse_settings(text: str) -> tuple[Kind, SettingChoice]:
    """The kind of groups and which of them: ``"standard"`` settings, all groups of a kind, or a list."""
    if text in ("all", "standard"):
        return "space", "all" if text == "all" else "standard"
    for kind in KINDS:
        if text == kind != "space":
            return kind, "all"
    try:
        groups = [as_group(part) for part in text.split(",")]
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--settings") from error
    if len(kinds := {group.kind for group in groups}) > 1:
        raise click.BadParameter(
            f"a store holds groups of one kind, not {' and '.join(sorted(kinds))} groups", param_hint="--settings"
        )
    return groups[0].kind, tuple(sorted({group.key for group in groups}))
