"""``sgbasis info``: what a store or a compiled dataset holds, and how it was built."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click


@click.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def info(file: Path | None, as_json: bool) -> None:
    """Describe a store or a dataset.

    Prints what FILE holds, how it was built and by which versions. FILE is a store, or a dataset that sgbasis
    crystals compiled; without it, the store that ships with sgbasis is described.
    """
    from basis_store.datasets.schema import FORMAT_NAME
    from basis_store.files.hdf5_file import format_of

    is_dataset = file is not None and format_of(file) == FORMAT_NAME
    facts, table = _of_dataset(file) if file and is_dataset else _of_store(file)
    if as_json:
        click.echo(json.dumps(facts, indent=2))
        return
    for name, value in facts.items():
        text = ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else value
        click.echo(f"{name:<15} {text}")
    click.echo()
    click.echo(table)


def _of_store(file: Path | None) -> tuple[dict[str, Any], str]:
    from basis_store import open_store
    from sgbasis.reports.store_summary import summary_table

    with open_store(file) as store:
        facts = _facts(store) | {
            "recipe": json.loads(store.recipe.to_json()),
            "settings": len(store),
            "shared_waves": {frame: len(waves) for frame, waves in store.shared_waves.items()},
            "tensors": {"orientations": len(store.tensors)},
        }
        return facts, summary_table(list(store))


def _of_dataset(file: Path) -> tuple[dict[str, Any], str]:
    from basis_store import open_crystals
    from sgbasis.reports.dataset_summary import dataset_summary, divisions

    table = open_crystals(file)
    facts = _facts(table) | {
        "inputs": {one.name: one.sha256 for one in table.recipe.inputs},
        "tolerance": table.recipe.tolerance,
        "crystals": len(table),
        **divisions(table),
        "targets": {name: f"({unit})" if unit else "" for name, unit in table.units.items()},
        "skipped": len(table.skipped),
    }
    return facts, dataset_summary(table)


def _facts(opened: Any) -> dict[str, Any]:
    return {
        "file": str(opened.path),
        "bytes": opened.path.stat().st_size,
        "format": ".".join(map(str, opened.format_version)),
        "content_sha256": opened.content_hash,
        "written_by": opened.provenance,
    }
