"""``sgbasis fetch``: download a published store by its name."""

from __future__ import annotations

from pathlib import Path

import click


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
@click.option("--list", "list_them", is_flag=True, help="List the published stores, and which are in the cache.")
def fetch(name: str | None, base_url: str | None, cache_folder: Path | None, list_them: bool) -> None:
    """Download a published store and print its path.

    NAME is one of those that --list prints; without it, "default" is taken. An intact copy in the cache is used
    without asking the server; a file whose SHA-256 is not the registered one is never used. In a program, call
    load_store with the path, or fetch_store with the name.
    """
    from basis_store import fetch_store

    if list_them:
        if name or base_url:
            raise click.UsageError("--list takes neither a NAME nor --base-url.")
        _list(cache_folder)
        return
    click.echo(fetch_store(name or "default", base_url=base_url, cache_folder=cache_folder, progress=True))


def _list(cache_folder: Path | None) -> None:
    from basis_store import published_stores
    from basis_store.published.download import cache_location, is_whole
    from basis_store.text_table import table_lines

    folder = cache_location(cache_folder)
    rows = [("name", "MB", "settings", "radius", "functions", "in cache", "")]
    for store in published_stores():
        recipe, path = store.recipe, folder / store.file
        state = "yes" if is_whole(path, store) else "damaged" if path.exists() else "no"
        rows.append((
            store.name, f"{store.size / 1e6:.2f}", str(len(recipe.setting_list)), str(recipe.radius),
            f">= {recipe.min_functions}", state, store.description,
        ))  # fmt: skip
    for line in table_lines(rows, left=(0, 5, 6)):
        click.echo(line)
    click.echo(f"cache: {folder}")
