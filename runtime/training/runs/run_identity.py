"""What makes a run the same run: what its checkpoint is compared with before it resumes."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from basis_store import TrainingError
from runtime.bases.store import load_store
from runtime.models.architectures import ARCHITECTURES
from runtime.training.checkpoints import checkpoint_errors, load_checkpoint
from runtime.training.config import TrainingConfig
from runtime.training.initial_model import InitialModel

_FREE = ("output", "patience", "members")
"""Entries of a configuration that may change while a run goes on: they do not change what is learnt in a step."""


def run_identity(config: TrainingConfig, datasets: Sequence[str]) -> dict[str, Any]:
    """All that decides the weights of a run, as JSON holds it. Files are named by their content.

    Args:
        config: the run.
        datasets: content hashes of ``config.data``.
    """
    values = {name: value for name, value in config.to_mapping().items() if name not in _FREE}
    values["data"] = list(datasets)
    values["model"] = asdict(config.model_config())
    values["initial"] = InitialModel.find(config.initial).weights_sha256 if config.initial else ""
    values["store"] = load_store().content_hash if ARCHITECTURES[config.architecture].uses_store else ""
    identity: dict[str, Any] = json.loads(json.dumps(values))
    return identity


def read_run(path: Path, identity: Mapping[str, Any]) -> dict[str, Any]:
    """Read a checkpoint of this run. Its number of epochs may have been smaller.

    Args:
        path: the checkpoint.
        identity: of this run, see :func:`run_identity`.

    Returns:
        What :func:`runtime.training.checkpoints.save_checkpoint` wrote.

    Raises:
        TrainingError: it is damaged, or belongs to another run; the message says what to do.
    """
    state = load_checkpoint(path)
    with checkpoint_errors(path):
        old, new = json.loads(state["identity"]), dict(identity)
        new["epochs"] = min(old["epochs"], new["epochs"])
        if differing := [f"{name} was {a} and is now {b}" for name, a, b in _differences(old, new)]:
            raise TrainingError(
                f"{path} belongs to another run: {'; '.join(differing)}. Go back to what was to resume "
                "it, or choose another output folder for a new run"
            )
    return state


def _differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterable[tuple[str, str, str]]:
    """(name, old value, new value) of all entries that differ, in words."""
    for name in sorted(old.keys() | new.keys()):
        a, b = old.get(name), new.get(name)
        if a == b:
            continue
        if name == "model" and old["architecture"] != new["architecture"]:
            continue  # each has its own sizes
        if isinstance(a, dict) and isinstance(b, dict):
            yield from ((f"{name}.{key}", x, y) for key, x, y in _differences(a, b))
        else:
            yield name, _words(name, a), _words(name, b)


def _words(name: str, value: Any) -> str:
    if name in ("data", "initial", "store"):
        hashes = [value] if isinstance(value, str) else value
        return "content " + ", ".join(one[:12] for one in hashes) if any(hashes) else "none"
    return textwrap.shorten(json.dumps(value), 120, placeholder=" ...")
