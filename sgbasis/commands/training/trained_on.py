"""What a model was trained on, for who measures its errors: on those crystals they are too small."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from basis_store.counted import counted

if TYPE_CHECKING:
    from basis_store import CrystalTable
    from basis_store.array_types import IntArray


def training_note(name: str, training: Mapping[str, Any], table: CrystalTable, rows: IntArray) -> str:
    """What a model was trained on, or how many of these crystals; ``""`` if none was, or it is not known.

    Args:
        name: of the model.
        training: of its ``config.json``.
        table: a dataset.
        rows: its crystals that are predicted.
    """
    from runtime.training.data import table_groups, training_parts

    if not (data := trained_on(training)):
        return ""
    if table.content_hash not in data.values():
        return f"{name} was trained on {', '.join(data)}: errors on crystals that were there are too small"
    fold, held_out = tested_fold(training), _configuration(training).get("hold_out_groups") or ()
    parts, groups = training_parts(table, fold), table_groups(table)
    seen = sum(parts[row] == "train" and groups[row] not in held_out for row in rows.tolist())
    if not seen:
        return ""
    other = f"--fold {fold}" if fold >= 0 else f"--split {'test' if 'test' in parts else 'val'}"
    return (
        f"{seen:,} of these {counted(len(rows), 'crystal')} are in the training split of this dataset, which "
        f"{name} was trained on, so these errors are too small: take {other}"
    )


def trained_on(training: Mapping[str, Any]) -> dict[str, str]:
    """Content hashes of the datasets that a model was trained on, by name; empty where it does not say.

    Args:
        training: of its ``config.json``.
    """
    found = training.get("data")
    return {str(name): str(digest) for name, digest in found.items()} if isinstance(found, dict) else {}


def tested_fold(training: Mapping[str, Any]) -> int:
    """The fold that was kept apart when a model was trained; -1 if there was none.

    Args:
        training: of its ``config.json``.
    """
    fold = _configuration(training).get("fold")
    return fold if isinstance(fold, int) else -1


def _configuration(training: Mapping[str, Any]) -> Mapping[str, Any]:
    found = training.get("configuration")
    return found if isinstance(found, dict) else {}
