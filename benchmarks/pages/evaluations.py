"""``python -m benchmarks.pages.evaluations FOLDER``: validation errors of the models that ship, anew.

FOLDER has the JSONL files that the models were trained on (``mp_scalar.jsonl.gz`` ...). Writes
``docs/figures/evaluations.json``. ``sgbasis evaluate --split val`` prints the same figures file by file.
"""

from __future__ import annotations

import argparse
import datetime
import functools
import gzip
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from basis_compiler import compile_dataset
from basis_store import CrystalRecord, CrystalTable, open_crystals
from basis_store.array_types import FloatArray
from basis_store.files.atomic_write import write_atomically
from basis_store.version import VERSION
from benchmarks.pages.figures import FOLDER
from runtime import shipped_models
from runtime.evaluation.reference_values import reference_values
from runtime.prediction import predict
from runtime.pretrained.pretrained import Pretrained, open_pretrained
from runtime.targets.equivalent_labels import equivalent_labels


class _Part(NamedTuple):
    """The validation crystals of one file: predictions and labels of a target."""

    predicted: FloatArray
    labels: FloatArray
    records: Sequence[CrystalRecord]


def evaluations(folder: Path) -> dict[str, Any]:
    """The scores of each model on the validation split of its data, over all of its files and file by file."""
    open_file = functools.cache(functools.partial(_validation_split, folder))
    found = {}
    for name in shipped_models():
        source = open_pretrained(name)
        (target,) = source.description.targets
        files = [Path(file).stem for file in source.description.training["data"]]
        parts = {file: _part(source, table) for file in files if target.name in (table := open_file(file)).targets}
        found[name] = _scores(source, list(parts.values())) | {
            file: _scores(source, [part]) for file, part in parts.items()
        }
        print(name, json.dumps(found[name]), flush=True)
    return found


def _part(source: Pretrained, table: CrystalTable) -> _Part:
    targets = source.description.targets
    reference = reference_values(table, targets[0], "val")
    records = [table[int(row)] for row in reference.rows]
    return _Part(predict(source.load(), records), equivalent_labels(reference.values, records, targets), records)


def _scores(source: Pretrained, parts: Sequence[_Part]) -> dict[str, Any]:
    (target,) = source.description.targets
    evaluation = target.evaluate(
        np.concatenate([part.predicted for part in parts]),
        np.concatenate([part.labels for part in parts]),
        [record.setting for part in parts for record in part.records],
    )
    return dict(evaluation.overall.to_mapping())


def _validation_split(folder: Path, stem: str) -> CrystalTable:
    with tempfile.TemporaryDirectory() as temporary:
        selected, compiled = Path(temporary, f"{stem}.jsonl"), Path(temporary, f"{stem}.h5")
        with gzip.open(folder / f"{stem}.jsonl.gz", "rt", encoding="utf-8") as lines:
            selected.write_text("".join(line for line in lines if json.loads(line)["split"] == "val"))
        compile_dataset([selected], compiled)
        return open_crystals(compiled)


def main() -> None:
    """Evaluate all models that ship."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pages.evaluations")
    parser.add_argument("folder", type=Path, help="folder of the JSONL files")
    content = {
        "command": "python -m benchmarks.pages.evaluations FOLDER",
        "date": datetime.date.today().isoformat(),
        "sgbasis": VERSION,
        **evaluations(parser.parse_args().folder),
    }
    write_atomically(FOLDER / "evaluations.json", json.dumps(content, indent=2, allow_nan=False).encode() + b"\n")


if __name__ == "__main__":
    main()
