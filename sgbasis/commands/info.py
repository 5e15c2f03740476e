"""``sgbasis info``: what a store, a compiled dataset, a field or a model holds, and which versions wrote it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from basis_store.files.locations import data_folder
from basis_store.printable import printable
from sgbasis.echo import echo


@click.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def info(file: Path | None, as_json: bool) -> None:
    """Describe a store, a dataset, a field or a model.

    Prints what FILE holds, how it was built and by which versions. FILE is a store, a dataset that sgbasis
    crystals compiled, coefficients that sgbasis field expand wrote, or the folder of a trained model or its name,
    such as band_gap; without it, the store that ships with sgbasis is described.
    """
    facts, table = _facts_of(file)
    if as_json:
        echo(json.dumps(facts, indent=2))
        return
    for name, value in facts.items():
        if value == {}:
            continue
        text = ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else value
        echo(printable(f"{name:<15} {text}"))
    echo()
    echo(table)


def _facts_of(file: Path | None) -> tuple[dict[str, Any], str]:
    from basis_store.datasets.schema import FORMAT_NAME
    from basis_store.fields.coefficient_file import FORMAT_NAME as FIELD_FORMAT
    from basis_store.files.hdf5_file import format_of

    if file is None:
        return _of_store(None)
    if file.is_dir() or (not file.exists() and (data_folder() / "models" / file).is_dir()):
        return _of_model(file)
    name = format_of(file)
    if name == FIELD_FORMAT:
        return _of_field(file)
    return _of_dataset(file) if name == FORMAT_NAME else _of_store(file)


def _of_store(file: Path | None) -> tuple[dict[str, Any], str]:
    from basis_store import open_store
    from sgbasis.reports.store_summary import summary_table

    with open_store(file) as store:
        facts = _facts(store) | {
            "recipe": json.loads(store.recipe.to_json()),
            "settings": len(store.settings),
            "shared_waves": {frame: len(waves) for frame, waves in store.shared_waves.items()},
        }
        if store.recipe.groups == "space":
            facts["tensors"] = {"orientations": len(store.tensors)}
        if store.has_wyckoff_positions:
            facts["wyckoff"] = {"positions": len(store.wyckoff.letters)}
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


def _of_field(file: Path) -> tuple[dict[str, Any], str]:
    from basis_store import CoefficientFile
    from sgbasis.reports.field_expansion import coefficient_facts, coefficient_text, percent

    opened = CoefficientFile(file)
    facts = coefficient_facts(opened.field)
    shape = " x ".join(map(str, facts["grid"]))
    shown = {"source": facts["source"], "source_sha256": facts["source_sha256"], "grid": shape}
    return _facts(opened) | shown | {"not_invariant": percent(opened.field.residual)}, coefficient_text(facts)


def _of_model(file: Path) -> tuple[dict[str, Any], str]:
    from runtime.pretrained.locate import CARD, CONFIG, WEIGHTS
    from runtime.pretrained.pretrained import open_pretrained
    from sgbasis.prediction.reliability import interval_facts

    opened = open_pretrained(file if file.is_dir() else str(file))
    described, domain = opened.description, opened.description.domain
    facts = {
        "file": str(opened.folder),
        "bytes": (opened.folder / WEIGHTS).stat().st_size,
        "format": json.loads((opened.folder / CONFIG).read_bytes())["format_version"],
        "weights_sha256": described.weights_sha256,
        "written_by": dict(described.written_by),
        "architecture": described.architecture,
        "store": described.store,
        "targets": {target.name: f"({target.unit})" if target.unit else "" for target in described.targets},
    }
    smallest, largest = domain.volume_per_atom
    text = (
        f"trained on crystals of {len(domain.elements)} elements and {len(domain.groups)} space groups, with up "
        f"to {domain.max_sites} sites and {smallest:.1f} to {largest:.1f} cubic Angstrom per atom\n"
        f"how, and how well: {opened.folder / CARD}\n"
    )
    return facts, text + "\n".join(f"{name}: {what}" for name, what in interval_facts(opened).items())


def _facts(opened: Any) -> dict[str, Any]:
    return {
        "file": str(opened.path),
        "bytes": opened.path.stat().st_size,
        "format": ".".join(map(str, opened.format_version)),
        "content_sha256": opened.content_hash,
        "written_by": opened.provenance,
    }
