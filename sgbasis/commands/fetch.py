"""``sgbasis fetch``: download a published store by its name."""

from __future__ import annotations

from pathlib import Path

import click

from sgbasis.echo import echo, echo_line


@click.command()
@click.argument("name", required=False)
@click.option(
    "--base-url", metavar="URL",
    help="Download from URL/<file> [default: $SGBASIS_BASE_URL, else the project's releases].",
)  # fmt: skip
@click.option(
    "--cache", "cache_folder", type=click.Path(path_type=Path, file_okay=False), metavar="FOLDER",
    help="Keep stores in FOLDER [default: $SGBASIS_CACHE, else the user's cache folder].",
)  # fmt: skip
@click.option(
    "--compile", "compile_it", is_flag=True,
    help="Compile the same content on this machine, in seconds, instead of downloading it; checks its hash.",
)  # fmt: skip
@click.option("--list", "list_them", is_flag=True, help="List the published stores, and which are in the cache.")
def fetch(
    name: str | None, base_url: str | None, cache_folder: Path | None, compile_it: bool, list_them: bool
) -> None:
    """Download a published store and print its path.

    NAME is one of those that --list prints; without it, "default" is taken. An intact copy in the cache is used
    without asking the server; a downloaded file whose SHA-256 is not the registered one is never used. In a
    program, call load_store with the path, or fetch_store with the name.

    Without a connection, --compile makes a store with the same bases: the hash of its content is the registered
    one, which is all that models ask for.
    """
    from basis_store import fetch_store

    if list_them:
        if name or base_url or compile_it:
            raise click.UsageError("--list takes neither a NAME nor --base-url nor --compile.")
        _list(cache_folder)
        return
    if compile_it:
        if base_url:
            raise click.UsageError("--compile downloads nothing: leave out --base-url.")
        echo(str(_compiled(name or "default", cache_folder)))
        return
    echo(str(fetch_store(name or "default", base_url=base_url, cache_folder=cache_folder, progress=True)))


def _compiled(name: str, cache_folder: Path | None) -> Path:
    """A copy in the cache with the registered content; compiled now if there is none."""
    from basis_compiler import available_cores
    from basis_store import CompilationError
    from basis_store.published.download import cache_location, cached_copy, compiled_copy
    from basis_store.published.registry import find_published
    from sgbasis.commands.compile import compile_store

    store, folder = find_published(name), cache_location(cache_folder)
    if found := cached_copy(store, folder):
        return found
    folder.mkdir(parents=True, exist_ok=True)
    path = compiled_copy(store, folder)
    _, content_hash = compile_store(path, store.recipe, {"workers": available_cores()})
    if content_hash != store.content_hash:  # another release of spglib may describe a setting in another way
        path.unlink()
        raise CompilationError(
            f"what was compiled is not the store {name!r}: its content is {content_hash}, "
            f"not {store.content_hash}; install the spglib version with which this release of sgbasis was tested"
        )
    return path


def _list(cache_folder: Path | None) -> None:
    from basis_store import published_stores
    from basis_store.published.download import cache_location, cached_copy
    from basis_store.tables.text_table import table_lines

    folder = cache_location(cache_folder)
    rows = [("name", "MB", "settings", "radius", "functions", "in cache", "")]
    for store in published_stores():
        recipe, path = store.recipe, folder / store.file
        found = cached_copy(store, folder)
        state = "damaged" if path.exists() else "no"
        if found:
            state = "yes" if found == path else "compiled"
        rows.append((
            store.name, f"{store.size / 1e6:.2f}", str(len(recipe.setting_list)), str(recipe.radius),
            f">= {recipe.min_functions}", state, store.description,
        ))  # fmt: skip
    for line in table_lines(rows, left=(0, 5, 6)):
        echo(line)
    echo_line(f"cache: {folder}")
