"""Checkpoints that are damaged, old, or made to deceive: one line each, and nothing of them is believed."""

from __future__ import annotations

import json
import pickle
import random
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from basis_store import TrainingError
from runtime.training.checkpoints import check_layout, load_checkpoint, save_checkpoint
from runtime.training.config import TrainingConfig
from runtime.training.data import TrainingData
from runtime.training.trainer import CHECKPOINT, Trainer
from tests.support.crystals.made_datasets import made_dataset

MODEL = {"width": 8, "layers": 1, "heads": 1, "head_width": 4, "feed_forward": 8, "radial": 4, "cutoff": 4.0}


@pytest.fixture(scope="module")
def resume(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Trainer]:
    """Makes the trainer of a run that was interrupted after two of three epochs."""
    folder = tmp_path_factory.mktemp("run")
    made_dataset(folder / "made.h5")
    config = TrainingConfig.from_mapping(
        {
            "data": [str(folder / "made.h5")], "output": str(folder), "targets": ["energy"], "model": MODEL,
            "epochs": 3, "batch_size": 16,
        }
    )  # fmt: skip
    data, model = TrainingData(config), config.new_model()
    train, val = data.split("train", model), data.split("val", model)

    def new() -> Trainer:
        return Trainer(config, config.new_model(), train, val)

    epochs = iter(new().epochs())
    next(epochs)
    next(epochs)
    return new


@pytest.fixture
def checkpoint(resume: Callable[[], Trainer]) -> Iterator[Path]:
    """The file, which is restored after the test."""
    path = resume().folder / CHECKPOINT
    content = path.read_bytes()
    yield path
    path.write_bytes(content)


def refused(resume: Callable[[], object], path: Path) -> str:
    with pytest.raises(TrainingError) as caught:
        resume()
    message = str(caught.value)
    assert str(path) in message and "\n" not in message and len(message) < 600 and "choose another" in message
    return message


def test_the_whole_state_returns(tmp_path: Path) -> None:
    state = {
        "a": torch.tensor(1.5), "b": {0: {"c": torch.arange(6).view(2, 3).T}, 1: [True, None, 2, 0.1, "x"]},
        "shared": [shared := torch.zeros(2, dtype=torch.bfloat16), shared],
    }  # fmt: skip
    save_checkpoint(tmp_path / "state", state)
    found = load_checkpoint(tmp_path / "state")
    check_layout(found, state)
    assert found["b"][1] == state["b"][1]
    torch.testing.assert_close([found["a"], found["b"][0]["c"]], [state["a"], state["b"][0]["c"]], rtol=0, atol=0)
    assert list(found["b"]) == [0, 1]


def test_every_flipped_bit_and_every_cut_is_noticed(resume: Callable[[], Trainer], checkpoint: Path) -> None:
    whole, draw = checkpoint.read_bytes(), random.Random(0)
    cuts = [0, 1, 20, 84, 85, 86, 93, len(whole) - 1, *draw.sample(range(len(whole)), 20)]
    damaged = [whole[:length] for length in cuts] + [whole + b"\0"]
    for place in [*range(100), *draw.sample(range(len(whole)), 300)]:
        flipped = bytearray(whole)
        flipped[place] ^= 1 << draw.randrange(8)
        damaged.append(bytes(flipped))
    for content in damaged:
        checkpoint.write_bytes(content)
        refused(lambda: load_checkpoint(checkpoint), checkpoint)
    refused(resume, checkpoint)


class Executed:
    """Does harm when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return pytest.fail, ("it was executed",)


def test_files_of_other_kinds(resume: Callable[[], Trainer], checkpoint: Path) -> None:
    state = load_checkpoint(checkpoint)
    torch.save(state, checkpoint)
    assert "does not begin as the checkpoints of this version do" in refused(resume, checkpoint)
    checkpoint.write_bytes(pickle.dumps(Executed()))
    refused(resume, checkpoint)
    torch.save(Executed(), checkpoint)
    refused(resume, checkpoint)


def values(state: Any, *place: Any) -> Iterator[tuple[Any, ...]]:
    """Where every value of a state is, groups of them included."""
    if place:
        yield place
    if isinstance(state, Mapping):
        for key, value in state.items():
            yield from values(value, *place, key)
    elif isinstance(state, list):
        for number, value in enumerate(state):
            yield from values(value, *place, number)


def replaced(state: Any, place: tuple[Any, ...], change: Callable[[Any], Any]) -> Any:
    """A copy of a state with another value in one place; it is left out where ``change`` gives ``...``."""
    if not place:
        return change(state)
    pairs = dict(enumerate(state)) if isinstance(state, list) else dict(state)
    pairs[place[0]] = replaced(pairs[place[0]], place[1:], change)
    if pairs[place[0]] is ...:
        del pairs[place[0]]
    return list(pairs.values()) if isinstance(state, list) else pairs


def test_every_value_and_every_tensor_is_checked(
    resume: Callable[[], Trainer], checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With right hashes: another type or shape, not finite, missing or unknown; one or two in each place."""
    good, draw, tried = load_checkpoint(checkpoint), random.Random(0), 0
    for place in values(good):
        value = good
        for key in place:
            value = value[key]
        wrong: list[Any] = [..., "odd", [], {}, {"a": [[[]]]}, torch.zeros(3, 7), float("nan")]
        if isinstance(value, Tensor):
            wrong += [
                value.double() if value.dtype == torch.float32 else value.float(),
                value[None],
                value.tolist(),
            ]
            if value.is_floating_point():
                wrong += [torch.full_like(value, torch.nan), torch.full_like(value, -torch.inf)]
        elif isinstance(value, Mapping):
            wrong.append({**value, "unknown": 1})
        for other in draw.sample(wrong, 1 if isinstance(value, Tensor) else 2):
            if type(other) is type(value) and other in ([], {}) and not value:
                continue  # nothing was changed
            if place[:2] == ("optimizer", "state") and len(place) == 3 and other is ...:
                continue  # a parameter without a gradient has no state
            if place[:2] == ("optimizer", "state") and len(place) == 2 and other == {}:
                continue
            bad = replaced(good, place, lambda _, other=other: other)
            monkeypatch.setattr("runtime.training.runs.run_identity.load_checkpoint", lambda _, bad=bad: bad)
            refused(resume, checkpoint)
            tried += 1
    assert tried > 300
    monkeypatch.undo()
    for epoch, best in ((-1, 0), (2, 2), (2, -1), (10**30, 0), (3, 1)):
        save_checkpoint(checkpoint, {**good, "epoch": epoch, "best_epoch": best})
        refused(resume, checkpoint)
    for history in ("[]", "[1, 2]", "[" * 100_000, json.dumps([{"val_loss": {"energy": "low"}}] * 2), "\ud800"):
        save_checkpoint(checkpoint, {**good, "history": history})
        refused(resume, checkpoint)
