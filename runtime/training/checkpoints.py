"""Checkpoints: the whole state of a run after an epoch, so that a killed run resumes with the same result.

A checkpoint is one line, ``sgbasis-checkpoint VERSION SHA256``, and what the hash is of: a safetensors file with
the tensors of the state, and with its other values as JSON in the metadata. The hash is checked before anything
else is read, and nothing in the file is executed. :func:`check_layout` compares with what the run itself would
write.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import safetensors.torch
import torch
from torch import Tensor

from basis_store import SgbasisError, TrainingError
from basis_store.files.atomic_write import write_atomically

_VERSION = "1"
_FORMAT = "sgbasis-checkpoint"


def save_checkpoint(path: Path, state: Mapping[str, Any]) -> None:
    """Write ``state`` atomically: the previous checkpoint stays until the new one is complete.

    Args:
        path: the file.
        state: mappings with keys that are text or integers, sequences, tensors, and plain values.

    Raises:
        OSError: no space, or not writable.
    """
    tensors: dict[str, Tensor] = {}
    plain = json.dumps(_without_tensors(state, "", tensors))
    content = safetensors.torch.save(tensors, metadata={"state": plain})
    head = f"{_FORMAT} {_VERSION} {hashlib.sha256(content).hexdigest()}\n".encode()
    write_atomically(path, head + content)


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Read what :func:`save_checkpoint` wrote.

    Args:
        path: the file.

    Raises:
        TrainingError: the file is damaged, or not a checkpoint of this version.
    """
    with checkpoint_errors(path):
        head, _, content = path.read_bytes().partition(b"\n")
        match head.decode("latin-1").split(" "):
            case [name, version, digest] if name == _FORMAT and version == _VERSION:
                if hashlib.sha256(content).hexdigest() != digest:
                    raise ValueError("its content does not match its own hash")
            case _:
                raise ValueError("it does not begin as the checkpoints of this version do")
        tensors = safetensors.torch.load(content)
        size = int.from_bytes(content[:8], "little")
        plain = json.loads(content[8 : 8 + size])["__metadata__"]["state"]
        state = _with_tensors(json.loads(plain), tensors)
        if not isinstance(state, dict):
            raise ValueError("it is not a table")
    return state


@contextmanager
def checkpoint_errors(path: Path) -> Iterator[None]:
    """Make every error of reading a checkpoint one line that names the file and says what to do."""
    try:
        yield
    except (SgbasisError, OSError):
        raise
    except Exception as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise TrainingError(
            f"{path} is damaged, or not a checkpoint of this run ({reason}): remove it to start the run again, or "
            "choose another output folder"
        ) from error


def check_layout(found: Any, like: Any, where: str = "state") -> None:
    """Compare keys, types and shapes.

    Args:
        found: mappings, sequences, tensors and plain values.
        like: what it should resemble.
        where: what it is called in messages.

    Raises:
        ValueError: they differ, or a number is not finite.
    """
    if isinstance(like, Tensor):
        if not isinstance(found, Tensor) or (found.shape, found.dtype) != (like.shape, like.dtype):
            _differ(where, f"{str(like.dtype).removeprefix('torch.')} of shape {tuple(like.shape)}")
        if not torch.isfinite(found).all():
            raise ValueError(f"{where} is not finite")
    elif isinstance(like, Mapping):
        if not isinstance(found, Mapping) or set(found) != set(like):
            _differ(where, f"a table of {', '.join(map(str, like))}")
        for key, value in like.items():
            check_layout(found[key], value, f"{where}.{key}")
    elif isinstance(like, list | tuple):
        if not isinstance(found, list | tuple) or len(found) != len(like):
            _differ(where, f"a list of {len(like)}")
        for number, (one, other) in enumerate(zip(found, like, strict=True)):
            check_layout(one, other, f"{where}[{number}]")
    elif isinstance(like, float):
        if isinstance(found, bool) or not isinstance(found, int | float) or math.isnan(found):
            _differ(where, "a number")
    elif type(found) is not type(like):
        _differ(where, f"of type {type(like).__name__}")


def optimizer_layout(optimizer: torch.optim.Optimizer, state: Mapping[Any, Any]) -> dict[str, Any]:
    """The layout of the state of an AdamW optimizer that has made a step.

    Args:
        optimizer: a new one.
        state: by the number of a parameter, as found in a checkpoint: parameters that got no gradient have none.
    """
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    return optimizer.state_dict() | {
        "state": {
            number: {
                "step": torch.zeros((), dtype=torch.float32, device="cpu"),
                "exp_avg": parameter,
                "exp_avg_sq": parameter,
            }
            for number, parameter in enumerate(parameters)
            if number in state
        }
    }


def _without_tensors(value: Any, name: str, tensors: dict[str, Tensor]) -> Any:
    """``value`` as JSON, mappings as lists of pairs, tensors as names; the tensors are added to ``tensors``."""
    if isinstance(value, Tensor):
        tensors[name] = value.detach().cpu().contiguous().clone()  # a clone, since tensors may share their memory
        return {"tensor": name}
    if isinstance(value, Mapping):
        return {"table": [[k, _without_tensors(v, f"{name}/{k}", tensors)] for k, v in value.items()]}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_without_tensors(one, f"{name}/{number}", tensors) for number, one in enumerate(value)]
    return value


def _with_tensors(value: Any, tensors: Mapping[str, Tensor]) -> Any:
    """The inverse of :func:`_without_tensors`."""
    match value:
        case {"tensor": name}:
            return tensors[name]
        case {"table": pairs}:
            return {key: _with_tensors(one, tensors) for key, one in pairs}
        case list():
            return [_with_tensors(one, tensors) for one in value]
    return value


def _differ(where: str, expected: str) -> NoReturn:
    raise ValueError(f"{where} is not {expected[:100]}")
