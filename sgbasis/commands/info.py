"""``sgbasis info``: what a store is and holds."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def info(file: Path | None, as_json: bool) -> None:
    """Say what a store holds, how it was built and by what. FILE: default, the store that ships with sgbasis."""
    from basis_store import open_store
    from sgbasis.summary import summary_table

    with open_store(file) as store:
        facts = {
            "file": str(store.path),
            "bytes": store.path.stat().st_size,
            "format": ".".join(map(str, store.format_version)),
            "content_sha256": store.content_hash,
            "recipe": json.loads(store.recipe.to_json()),
            "written_by": store.provenance,
            "settings": len(store),
            "shared_waves": {frame: len(waves) for frame, waves in store.shared_waves.items()},
        }
        if as_json:
            click.echo(json.dumps(facts, indent=2))
            return
        for name, value in facts.items():
            text = ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else value
            click.echo(f"{name:<15} {text}")
        click.echo()
        click.echo(summary_table(list(store)))
