"""Training configurations made to confuse: one line that names the file, whatever is in it."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import pytest

from basis_store import TrainingError
from runtime.training.config import TrainingConfig

GOOD = {"data": '["a.h5"]', "targets": '["energy"]', "output": '"run"', "architecture": '"OrbitTransformer"'}
WRONG = {
    "huge": "1" + "0" * 4000, "beyond Python": "1" * 5000, "big float": "1e308", "infinite": "inf", "nan": "nan",
    "negative": "-1", "zero": "0", "half": "0.5", "true": "true", "text": '"text"', "empty": '""',
    "control": '"a\\u0000\\u001b[31m"', "list": "[]", "lists": "[[[1]]]", "numbers": "[1, -2]",
    "texts": '["", "\\u0000"]', "table": "{a = 1}", "tables": "[{a = {b = 1}}]", "date": "1979-05-27T07:32:00Z",
    "deep": "[" * 3000 + "]" * 3000, "long": '"' + "x" * 100_000 + '"',
}  # fmt: skip
RIGHT = {
    "data": ("long", "text"), "output": ("long", "text"), "initial": ("long", "text", "empty"),
    "hold_out_groups": ("list", "empty"), "target_weights": ("list",), "model": (), "targets": (),
    "learning_rate": ("big float", "half"), "gradient_norm": ("big float", "half"), "averaging": ("zero", "half"),
    "weight_decay": ("zero", "half", "big float"),
    **dict.fromkeys(("patience", "pretraining_steps", "seed", "warmup_steps"), ("zero",)),
    "fold": ("zero", "negative"),
}  # fmt: skip
"""What makes sense after all."""


def refused(path: Path) -> str:
    with pytest.raises(TrainingError) as caught:
        TrainingConfig.from_toml(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ") and len(message) < len(str(path)) + 450 and message.isprintable()
    return message


@pytest.mark.parametrize("key", [field.name for field in dataclasses.fields(TrainingConfig)])
def test_every_key_with_every_kind_of_wrong_value(tmp_path: Path, key: str) -> None:
    path = tmp_path / "run.toml"
    for name, value in WRONG.items():
        if name in RIGHT.get(key, ()):
            continue
        path.write_text("\n".join(f"{other} = {one}" for other, one in (GOOD | {key: value}).items()))
        refused(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "lacks 'data'"),
        (b"\xff\xfe\x00", "not a TOML file"),
        (b"data = 'a\x00'", "not a TOML file"),
        (b"a = 1\n" * 2, "not a TOML file"),
        (b"a." * 20_000 + b"b = 1", "unknown key"),
        (b"[" + b"a." * 20_000 + b"b]", "unknown key"),
        (b"a = " + b"{b = " * 20_000, "not a TOML file"),
        (b'"\\u001b[31m" = 1', "unknown key"),
    ],
)
def test_files_of_other_kinds(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "run.toml"
    path.write_bytes(content)
    assert message in refused(path)


def test_what_is_no_small_file(tmp_path: Path) -> None:
    (tmp_path / "big.toml").write_bytes(b"# " + b"x" * (2 << 20))
    os.mkfifo(tmp_path / "pipe.toml")
    for name in ("big.toml", "pipe.toml", "absent.toml", "."):
        with pytest.raises(OSError):
            TrainingConfig.from_toml(tmp_path / name)
