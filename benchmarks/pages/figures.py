"""All figures that pages may show, by the name of the file of results that holds them.

``docs/figures/README.md`` says which command writes which file. In addition there are ``shipped``, the validation
scores in the ``config.json`` of each model that ships, and ``store``, the store that ships.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from basis_store import open_store, published_stores
from basis_store.files.locations import data_folder
from benchmarks.pages import tables
from benchmarks.pages.fill import duration, significant

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "figures"


_BUFFERS = ("target_mean", "target_scale")
"""What a file of weights has besides parameters."""


def read_figures() -> dict[str, Any]:
    """Everything that a mark can name.

    Raises:
        OSError, ValueError: a file of results cannot be read.
    """
    figures = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))}
    figures |= {
        "speed": _speed(figures["speed"]),
        "speed_gpu": _speed_gpu(figures.get("speed_gpu")),
        "shipped": _shipped(),
        "store": _store(),
        "unit": {"giga": 1e9, "million": 1e6},
        "published": {store.name: {"bytes": store.size} for store in published_stores()},
    }
    joined = {
        "errors": tables.errors,
        "trainings": tables.trainings,
        "tensors": tables.tensors,
        "unseen": tables.unseen,
        "learning_curves": tables.learning_curves,
        "published": tables.published,
        "fields": tables.fields,
    }
    return figures | {"tables": {name: list(rows(figures)) for name, rows in joined.items()}}


def _speed(found: dict[str, Any]) -> dict[str, Any]:
    """What ``python -m benchmarks`` wrote: rows by name, with texts for the table of all rows."""
    rows = {row["name"]: row | _texts(row) for row in found["rows"]}
    listed = [row for name, row in rows.items() if not name.startswith(tables.FIELDS)]  # others have their table
    return {"machine": found["machine"], "rows": listed, **rows}


def _speed_gpu(found: dict[str, Any] | None) -> dict[str, Any]:
    """The same of a GPU, and in one line where it was measured; no rows before it was."""
    if found is None:
        return {"rows": [], "measured": "not measured on a GPU yet"}
    where = found["machine"]
    measured = (
        f"{where['gpu']}, {significant(where['bandwidth'] / 1e12, 3)} TB/s copied, "
        f"{significant(where['flops'] / 1e12, 3)} TFLOP/s in float32 and "
        f"{significant(where['bfloat16_flops'] / 1e12, 3)} in bfloat16, {where['date']}, "
        f"PyTorch {where['torch']}, Triton {where['triton']}"
    )
    return _speed(found) | {"measured": measured}


def _texts(row: dict[str, Any]) -> dict[str, str | None]:
    """Ours and the peer as the table shows them."""
    ours, peer = (None if row[key] is None else _value(row[key], row["unit"]) for key in ("ours", "peer"))
    limited_by = row["limited_by"] if not row["peer_name"] and row["limited_by"].startswith("importing") else ""
    return {
        "ours_text": ours,
        "peer_text": None if peer is None else f"{row['peer_name']}: {peer}",
        "limited_text": f" ({limited_by})" if limited_by else "",
    }


def _value(value: float, unit: str) -> str:
    return duration(value) if unit == "s" else f"{significant(value, 2 if value < 100 else 3)} {unit}"


def _shipped() -> dict[str, Any]:
    found = {}
    for path in sorted((data_folder() / "models").glob("*/config.json")):
        description = json.loads(path.read_text(encoding="utf-8"))
        training, weights = description["training"], path.with_name("model.safetensors")
        found[path.parent.name] = {
            **training["validation"],
            "unit": description["targets"][0]["unit"],
            "intervals": next(iter(description.get("calibration", {}).get("coverage", {}).values()), None),
            "training_crystals": training["crystals"],
            "epochs": training["epochs"],
            "best_epoch": training["best_epoch"],
            "seconds": training.get("seconds"),
            "device": training.get("device"),
            "training_loss": training.get("training_loss", {}).get(description["targets"][0]["name"]),
            "members": description["config"].get("members", 1),
            "architecture": description["config"].get("architecture", description["architecture"]),
            "together": ", ".join(_together(description)) or None,
            "bytes": weights.stat().st_size,
            "parameters": _parameters(weights),
            "space_groups": len(description["domain"]["groups"]),
            "elements": len(description["domain"]["elements"]),
        }
    return found


def _together(description: dict[str, Any]) -> list[str]:
    """Other columns that the network of a model was trained on."""
    names = [one["name"] for one in description["training"]["configuration"]["targets"]]
    return [f"`{name}`" for name in names if name != description["targets"][0]["name"]]


def _parameters(weights: Path) -> int:
    """Parameters in a file of weights, from its header; mean and scale of the targets are not learnt."""
    with weights.open("rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    shapes = (entry["shape"] for name, entry in header.items() if name not in ("__metadata__", *_BUFFERS))
    return sum(math.prod(shape) for shape in shapes)


def _store() -> dict[str, Any]:
    with open_store() as store:
        recipe, compiled = store.recipe, list(store)
        return {
            "bytes": store.path.stat().st_size,
            "settings": len(store),
            "radius": recipe.radius,
            "min_functions": recipe.min_functions,
            "waves": sum(len(one.waves) + len(one.absent_waves) for one in compiled),
        }
