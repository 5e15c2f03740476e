"""Damaged stores: every region, flipped or cut off, is detected or harmless; never a wrong content or crash."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from basis_compiler import compile_crystal, read_crystals
from basis_store import (
    Recipe,
    SgbasisError,
    StoreFormatError,
    open_crystals,
    open_store,
    write_crystals,
)
from basis_store.files.locations import data_folder
from tests.support.compiled import write_compiled

# Runs in another process, so that a crash inside HDF5 is detected. Reads lines "offset length xor" or
# "cut offset", damages a copy accordingly, reads all of it and requires our error or the original content.
READ_DAMAGED = """
import sys
from pathlib import Path
from basis_store import SgbasisError, open_crystals, open_store

def store_content(path):
    with open_store(path) as store:
        tensors = store.tensors.digest(store.content_hash)
        return [one.digest() for one in store], tensors, store.recipe, store.provenance, store.content_hash

def dataset_content(path):
    table = open_crystals(path)
    facts = {name: value for name, value in vars(table).items() if name not in ("path", "name")}
    return repr({name: getattr(value, "tolist", lambda: value)() for name, value in facts.items()})

path, damaged = map(Path, sys.argv[1:])
content_of = {"store.h5": store_content, "dataset.h5": dataset_content}[path.name]
whole = path.read_bytes()
expected = content_of(path)
outcomes = {"detected": 0, "harmless": 0}
for line in sys.stdin:
    content = bytearray(whole)
    words = line.split()
    if words[0] == "cut":
        content = content[: int(words[1])]
    else:
        start, length, xor = map(int, words)
        for i in range(start, min(start + length, len(content))):
            content[i] ^= xor
    damaged.write_bytes(content)
    try:
        assert content_of(damaged) == expected, f"wrong content after {line!r}"
        outcomes["harmless"] += 1
    except SgbasisError as error:
        assert str(damaged) in str(error) and "\\n" not in str(error), error
        outcomes["detected"] += 1
print(outcomes["detected"], outcomes["harmless"])
"""


@pytest.fixture(scope="module", params=["store.h5", "dataset.h5"])
def path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("damage") / str(request.param)
    if path.name == "store.h5":
        recipe = Recipe(radius=3, min_functions=12, settings=(1, 43, 230, 462))
        write_compiled(path, recipe)
        return path
    crystals = [read_crystals(data_folder() / "crystals" / f"{name}.cif")[0] for name in ("quartz", "spinel")]
    targets = {"gap": 1.5, "tensor": np.eye(3)}
    records = [
        compile_crystal(crystal, identifier=f"crystal {i}", targets=targets, split="train")
        for i, crystal in enumerate(crystals)
    ]
    write_crystals(path, records, units={"gap": "eV"}, skipped=[("x", "no cell")], notes=["a note"])
    return path


def outcomes(path: Path, damages: list[str]) -> tuple[int, int]:
    done = subprocess.run(
        [sys.executable, "-c", READ_DAMAGED, str(path), str(path.with_name("damaged.h5"))],
        input="\n".join(damages), capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    detected, harmless = map(int, done.stdout.split())
    assert detected + harmless == len(damages)
    return detected, harmless


def test_flipped_bits(path: Path) -> None:
    """One flipped bit in every stretch of 13 bytes, the place within the stretch and the bit drawn at random."""
    draw = random.Random(0)
    size = path.stat().st_size
    damages = [
        f"{min(start + draw.randrange(13), size - 1)} 1 {1 << draw.randrange(8)}" for start in range(0, size, 13)
    ]
    detected, harmless = outcomes(path, damages)
    assert detected > harmless


def test_every_bit_of_the_first_kilobyte(path: Path) -> None:
    outcomes(path, [f"{start} 1 {1 << bit}" for start in range(1024) for bit in range(8)])


def test_damaged_blocks(path: Path) -> None:
    """Lost sectors: 512 bytes inverted."""
    detected, _ = outcomes(path, [f"{start} 512 255" for start in range(0, path.stat().st_size, 512)])
    assert detected > 0


def test_truncation(path: Path) -> None:
    size = path.stat().st_size
    detected, harmless = outcomes(path, [f"cut {length}" for length in (*range(0, size, 97), size - 1)])
    assert harmless == 0
    assert detected > 100


@pytest.mark.parametrize("content", [b"", b"not a store", b"\x89HDF\r\n\x1a\n", bytes(5000), b"PK\x03\x04" * 100])
@pytest.mark.parametrize("opener", [open_store, open_crystals])
def test_other_files(tmp_path: Path, content: bytes, opener: Callable[[Path], object]) -> None:
    path = tmp_path / "other.h5"
    path.write_bytes(content)
    with pytest.raises(SgbasisError, match=r"other\.h5"):
        opener(path)


def test_other_hdf5_files(tmp_path: Path) -> None:
    import h5py

    path = tmp_path / "other.h5"
    with h5py.File(path, "w") as file:
        file["x"] = [1, 2]
    with pytest.raises(StoreFormatError, match="is an HDF5 file, but not an sgbasis store"):
        open_store(path)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        open_store(tmp_path / "none.h5")
    with pytest.raises(IsADirectoryError):
        open_store(tmp_path)
