"""``sgbasis compile``: build and prove a store."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from basis_store.bases.recipe import SettingChoice
from basis_store.groups.setting import Setting
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
    help="Settings to compile: all, standard, or a list with commas, such as 227,hall:525,R-3c:R.",
)  # fmt: skip
@click.option(
    "--characters", type=click.Choice(["trivial", "all"]), default="trivial", show_default=True,
    help="Functions to compile: trivial (invariant ones) or all (with every one-dimensional character).",
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

    The store holds the bases of space-group settings and the tensors that their point groups allow.
    """
    from basis_store import Recipe
    from sgbasis.reports.store_summary import counted_bases, summary_table

    parallel = parallel_arguments(workers, scheduler)
    recipe = Recipe(
        radius=radius, min_functions=min_functions, settings=_parse_settings(chosen), characters=characters
    )
    started = time.perf_counter()
    compiled, content_hash = compile_store(output, recipe, parallel)
    echo(summary_table(compiled))
    echo_line(f"{output}: {output.stat().st_size / 1e6:.2f} MB, content {content_hash}")
    echo_line(f"Compiled and proved {counted_bases(compiled)} in {time.perf_counter() - started:.1f} s.")


def compile_store(output: Path, recipe: Recipe, parallel: Mapping[str, Any]) -> tuple[list[CompiledSetting], str]:
    """Compile a recipe with a progress bar and write the store; returns its settings and its content hash."""
    from tqdm import tqdm

    from basis_compiler import compile_recipe, compile_tensors
    from basis_store import write_store
    from basis_store.files.atomic_write import check_writable

    check_writable(output)
    wanted = recipe.representation_list
    with tqdm(total=len(wanted), unit="setting", desc="Compiling", disable=None) as bar:
        compiled = compile_recipe(recipe, **parallel, progress=bar.update)
    return compiled, write_store(output, compiled, recipe, tensors=compile_tensors(wanted))


def _parse_settings(text: str) -> SettingChoice:
    if text == "all":
        return "all"
    if text == "standard":
        return "standard"
    try:
        return tuple(sorted({Setting.parse(part).hall_number for part in text.split(",")}))
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--settings") from error
