"""Folders of models made to deceive, their hashes right: one line each, in little memory and time."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch

from basis_store import ModelError, Setting, SgbasisError
from runtime.models.architectures import ARCHITECTURES
from runtime.prediction import predict
from runtime.pretrained.description import _digest
from runtime.pretrained.pretrained import from_pretrained, save_pretrained
from tests.support.command_line import PRINT_PEAK
from tests.support.crystals.made_records import made_record
from tests.support.tiny_models import BULK, DOMAIN, ENERGY, PIEZOELECTRIC, save_tiny

RECORDS = [made_record(Setting.standard(number), np.random.default_rng(number)) for number in (62, 225)]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny(tmp_path_factory.mktemp("models") / "tiny", ENERGY, BULK, PIEZOELECTRIC)


@pytest.fixture
def folder(saved: Path, tmp_path: Path) -> Path:
    """A copy to damage."""
    return Path(shutil.copytree(saved, tmp_path / "copy"))


def write_config(folder: Path, values: Any) -> None:
    """With a valid hash, as an attacker would."""
    if isinstance(values, dict):
        values = {key: value for key, value in values.items() if key != "sha256"}
        values |= {"sha256": _digest(values)}
    (folder / "config.json").write_text(json.dumps(values))


def write_weights(folder: Path, content: bytes) -> None:
    (folder / "model.safetensors").write_bytes(content)
    values = json.loads((folder / "config.json").read_text())
    write_config(folder, values | {"weights_sha256": hashlib.sha256(content).hexdigest()})


def refused(folder: Path) -> str:
    with pytest.raises(SgbasisError) as caught:
        from_pretrained(folder)
    message = str(caught.value)
    assert str(folder) in message and message.isprintable() and len(message) < 800 and message.isascii()
    return message


def places(value: Any, *place: Any) -> Iterator[tuple[Any, ...]]:
    if place:
        yield place
    pairs = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for key, one in pairs:
        yield from places(one, *place, key)


def replaced(value: Any, place: tuple[Any, ...], new: Any) -> Any:
    """A copy with another value in one place; left out if that is ``...``."""
    copy = json.loads(json.dumps(value))
    *outer, last = place
    inner = copy
    for key in outer:
        inner = inner[key]
    if new is ...:
        del inner[last]
    else:
        inner[last] = new
    return copy


WRONG: list[Any] = [
    ..., None, True, -1, 0, 10**30, -(10**4000), 0.5, 1e308, float("inf"), float("nan"), "", "odd", "\x1b[31m",
    "\ud800", "x" * 10_000, "../../etc/passwd", [], {}, [[[[1]]]], {"a": {"b": {}}}, [None],
    {"__class__": "os.system"},
]  # fmt: skip


def test_every_key_with_every_kind_of_wrong_value(folder: Path) -> None:
    """Refused on one line, or read as the same model: a name, unit or version may be any text."""
    good = json.loads((folder / "config.json").read_text())
    expected = predict(from_pretrained(folder), RECORDS)
    free = {("targets", n, key) for n in range(3) for key in ("name", "unit", "mask_column")}
    for place in places(good):
        if place[0] in ("training", "sha256"):
            continue
        for wrong in WRONG:
            bad = replaced(good, place, wrong)
            if bad == good:
                continue
            write_config(folder, bad)
            try:
                model = from_pretrained(folder)
            except SgbasisError as error:
                text = str(error)
                assert str(folder) in text and text.isprintable() and text.isascii() and len(text) < 800, place
                continue
            assert (
                place in free
                or (len(place) == 2 and wrong in ("odd", "x" * 10_000, "../../etc/passwd"))
                or place[0] in ("domain", "written_by")
                or wrong is ...
                or place[-1] in MEANT
            ), (place, wrong)
            if place[0] != "config" and place[-1] not in MEANT and len(place) != 2:
                np.testing.assert_array_equal(predict(model, RECORDS), expected)


MEANT = ("cutoff", "dropout", "log10", "up_to_normalizer", "axial", "symmetry")
"""Other values of these are other models whose weights have the same shapes: who writes the hash decides."""


UNSEEN = (
    "cutoff",
    "dropout",
    "strain",
    "density_sigma",
    "heads",
    "degree",
    "tensor_channels",
    "wave_filters",
    "g_cutoff",
)
"""Sizes that the shapes of the weights of a default model do not show."""


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_size_of_every_architecture(tmp_path: Path, name: str) -> None:
    kind = ARCHITECTURES[name]
    save_pretrained(kind(kind.config_class(), [ENERGY]), tmp_path, card="", domain=DOMAIN, training={})
    good = json.loads((tmp_path / "config.json").read_text())
    for key in good["config"]:
        for wrong in [*random.Random(key).sample(WRONG[1:], 8), 10**6, 3, 1.5]:
            if wrong == good["config"][key] and type(wrong) is type(good["config"][key]):
                continue
            write_config(tmp_path, replaced(good, ("config", key), wrong))
            try:
                from_pretrained(tmp_path)
            except SgbasisError as error:
                assert str(tmp_path) in str(error) and str(error).isprintable() and len(str(error)) < 800
            else:
                assert key in UNSEEN, (key, wrong)


def test_every_tensor_with_every_kind_of_damage(folder: Path) -> None:
    good = safetensors.torch.load((folder / "model.safetensors").read_bytes())
    changes: list[Callable[[torch.Tensor], torch.Tensor | None]] = [
        lambda _: None, lambda t: t[None], lambda t: t.flatten()[:-1], lambda t: torch.zeros(0),
        lambda t: t.half(), lambda t: t.bfloat16(), lambda t: t.int(), lambda t: torch.full_like(t, torch.nan),
        lambda t: torch.full_like(t, torch.inf), lambda t: t.to(torch.complex64), lambda t: t > 0,
        lambda t: t.to(torch.float8_e4m3fn),
    ]  # fmt: skip
    draw = random.Random(0)
    for name in good:
        for change in draw.sample(changes, 4):
            new = change(good[name])
            tensors = {key: value for key, value in good.items() if key != name} | (
                {name: new} if new is not None else {}
            )
            write_weights(folder, safetensors.torch.save(tensors))
            assert name in refused(folder)
    write_weights(folder, safetensors.torch.save(good | {"\x1b[31m\n": torch.zeros(1)}))
    refused(folder)
    write_weights(folder, safetensors.torch.save({name: tensor.double() for name, tensor in good.items()}))
    assert from_pretrained(folder).precision == torch.float64
    for kind in (torch.half, torch.bfloat16, torch.int32):
        write_weights(folder, safetensors.torch.save({name: tensor.to(kind) for name, tensor in good.items()}))
        assert "the type of" in refused(folder)


def header(**entries: Any) -> bytes:
    text = json.dumps(entries).encode()
    return struct.pack("<Q", len(text)) + text


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\0" * 7, b"\xff" * 8, struct.pack("<Q", 2**63) + b"{}", struct.pack("<Q", 10**12),
        header() + b"more",
        header(a={"dtype": "F32", "shape": [10**9, 10**9], "data_offsets": [0, 4 * 10**18]}),
        header(a={"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}) + b"\0" * 4,
        header(a={"dtype": "F32", "shape": [2**62, 4], "data_offsets": [0, 0]}),
        header(a={"dtype": "F99", "shape": [1], "data_offsets": [0, 4]}) + b"\0" * 4,
        header(a={"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}), header(a=[]),
        header(__metadata__={"a": 1}),
        struct.pack("<Q", 9) + b'{"a":NaN}', struct.pack("<Q", 100_000) + b"[" * 100_000,
    ],
)  # fmt: skip
def test_weights_with_odd_headers(folder: Path, content: bytes) -> None:
    write_weights(folder, content)
    refused(folder)


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\xff\xfe{\0}\0", b"[]", b"null", b"NaN", b"1" * 5000, b'"a"', b"[" * 100_000, b'{"a":' * 100_000,
        b'{"format": "sgbasis-model", "format": "sgbasis-model"}', b'{"format": ["sgbasis-model"]}',
        b'{"format": "sgbasis-model", "format_version": "1.0", "x": NaN}', b'{"a": "\x00"}',
        b'{"format": "sgbasis-model", "format_version": ' + b"9" * 4000 + b"}",
        b'{"format": "sgbasis-model", "format_version": {"a": "1.0"}}', b'{"format": "sgbasis-model"}', b"{}" * 2,
    ],
    ids=range(17),
)  # fmt: skip
def test_descriptions_that_are_none(folder: Path, content: bytes) -> None:
    (folder / "config.json").write_bytes(content)
    refused(folder)


def test_names_that_are_no_folder() -> None:
    for name in ("../../x", "/etc/passwd", "/dev/zero", "https://huggingface.co/a/b", "a//b", "a/..",
                 "", "a/b\x1b[31m", "a\0b", "\ud800/b", "a/" + "b" * 5000, "a--b/c", "~/x", "file:///etc/passwd",
                 ".", "-/x"):  # fmt: skip
        with pytest.raises(ModelError) as caught:
            from_pretrained(name)
        assert str(caught.value).isprintable() and str(caught.value).isascii() and len(str(caught.value)) < 500


def test_pipes_and_links(folder: Path, tmp_path: Path) -> None:
    for name in ("config.json", "model.safetensors"):
        whole = (folder / name).read_bytes()
        (folder / name).unlink()
        os.mkfifo(folder / name)
        assert "no file" in refused(folder)
        (folder / name).unlink()
        (folder / name).symlink_to("/dev/zero")
        assert "no file" in refused(folder)
        (folder / name).unlink()
        (tmp_path / name).write_bytes(whole)
        (folder / name).symlink_to(tmp_path / name)  # as in the cache of the Hub
        from_pretrained(folder)


def test_a_huge_description_takes_little_memory(folder: Path) -> None:
    """A million layers, sizes of gigabytes, a thousand targets; each in a process, for its peak of memory."""
    good = json.loads((folder / "config.json").read_text())
    targets = [{"name": str(n), "symmetry": "ijkl"} for n in range(1000)]
    for values in (
        {"config": {"layers": 10**6}}, {"config": {"layers": 256, "width": 16_384, "feed_forward": 16_384}},
        {"targets": targets}, {"config": {"width": 16_384, "heads": 16_384, "head_width": 16_384}},
    ):  # fmt: skip
        write_config(folder, good | values)
        load = f"from runtime import from_pretrained\ntry: from_pretrained({str(folder)!r})\n"
        code = f"{load}finally: {PRINT_PEAK.strip()}"
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120
        )
        assert done.stderr.splitlines()[-1].startswith("basis_store.errors.ModelError"), done.stderr[-500:]
        assert int(done.stdout) < 1_000_000  # kB


def test_a_thousand_flipped_bits(folder: Path) -> None:
    expected, draw = predict(from_pretrained(folder), RECORDS), random.Random(1)
    for name in ("config.json", "model.safetensors"):
        whole = (folder / name).read_bytes()
        for _ in range(500):
            flipped = bytearray(whole)
            flipped[draw.randrange(len(whole))] ^= 1 << draw.randrange(8)
            (folder / name).write_bytes(flipped)
            try:
                model = from_pretrained(folder)
            except SgbasisError as error:
                assert str(error).isprintable() and len(str(error)) < 800
            else:  # the space around a value of JSON
                np.testing.assert_array_equal(predict(model, RECORDS), expected)
        (folder / name).write_bytes(whole)
