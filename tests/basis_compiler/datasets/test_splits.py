"""Splits and folds: shares that were asked for, structures on one side, the same outcome in any order."""

from __future__ import annotations

import dataclasses
import itertools
import random
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from basis_compiler import compile_crystal, compile_dataset
from basis_compiler.datasets.splits import divided
from basis_store import CrystalError, CrystalRecipe, CrystalRecord, RecipeError, open_crystals
from tests.support.crystals.crystal_inputs import (
    OTHER_CELLS,
    compile_inputs,
    example,
    json_record,
    write_folder,
    write_jsonl,
)

SHARES = (0.8, 0.1, 0.1)
NACL = compile_crystal(example("nacl"))


def structures(n: int, copies: int = 1) -> list[CrystalRecord]:
    """Rock salts of different sizes and cations, each of them ``copies`` times."""
    return [
        dataclasses.replace(
            NACL,
            identifier=f"{i}-{copy}",
            lattice=NACL.lattice * (1 + 0.1 * (i % 5)),
            numbers=np.array([20 + i // 5, 17], np.uint8),
        )
        for i in range(n)
        for copy in range(copies)
    ]


def splits(records: list[CrystalRecord], **asked: Any) -> dict[str, str]:
    made, _ = divided(records, CrystalRecipe(**{"split": SHARES, **asked}))
    assert [record.identifier for record in made] == [record.identifier for record in records]
    return {record.identifier: record.split for record in made}


def folds(records: list[CrystalRecord], n: int, **asked: Any) -> dict[str, int]:
    made, _ = divided(records, CrystalRecipe(folds=n, **asked))
    return {record.identifier: record.fold for record in made}


@pytest.mark.parametrize("copies", [1, 3])
@pytest.mark.parametrize("shares", [SHARES, (0.9, 0.1, 0), (0.5, 0, 0.5), (0, 0, 1), (1 / 3, 1 / 3, 1 / 3)])
def test_sizes_are_the_nearest_to_the_shares(shares: tuple[float, ...], copies: int) -> None:
    """No part is empty, and if all structures have one size, no cut could be closer to what was asked for."""
    parts = sum(share > 0 for share in shares)
    for n in (*range(parts, 12), 20, 57):
        sizes = Counter(splits(structures(n, copies), split=shares).values())
        found = [sizes[name] // copies for name in ("train", "val", "test")]
        assert sum(found) == n and all(
            bool(size) == bool(share) for size, share in zip(found, shares, strict=True)
        )
        for size, share in zip(found, shares, strict=True):
            assert abs(size - share * n) <= 1 or n < 12
        if n == 20:
            assert all(abs(size - share * n) < 1 for size, share in zip(found, shares, strict=True))


@pytest.mark.parametrize("n", [3, 5, 10])
def test_folds_have_equal_sizes(n: int) -> None:
    for count in (n, n + 1, 3 * n - 1, 4 * n):
        sizes = Counter(folds(structures(count), n).values())
        assert sorted(sizes) == list(range(n))
        assert max(sizes.values()) - min(sizes.values()) <= 1


def test_one_structure_is_on_one_side() -> None:
    records = structures(15, copies=4)
    for seed in range(20):
        for found in (splits(records, seed=seed), folds(records, 5, seed=seed)):
            sides = {name.split("-")[0]: set() for name in found}  # type: ignore[var-annotated]
            for name, side in found.items():
                sides[name.split("-")[0]].add(side)
            assert {len(one) for one in sides.values()} == {1}


def test_neither_order_nor_names_matter_but_the_seed_does() -> None:
    records = structures(30, copies=2)
    expected = splits(records), folds(records, 5)
    shuffled = random.Random(0).sample(records, len(records))
    assert (splits(shuffled), folds(shuffled, 5)) == expected
    renamed = [dataclasses.replace(record, identifier=f"x{record.identifier}") for record in records]
    assert splits(renamed) == {f"x{name}": side for name, side in expected[0].items()}
    others = [splits(records, seed=seed) for seed in (1, -1, 10**20)]
    assert all(one != other for one, other in itertools.combinations([expected[0], *others], 2))


def test_crystals_that_are_added_move_few_others() -> None:
    records = structures(200)
    before = splits(records[:190])
    after = splits(records)
    assert sum(after[name] != side for name, side in before.items()) <= 4


def test_a_large_structure_leaves_the_others_balanced() -> None:
    records = [*structures(1, copies=40), *structures(61)[1:]]
    sizes = Counter(folds(records, 5).values())
    assert sum(sizes.values()) == 100 and max(sizes.values()) >= 40 and min(sizes.values()) >= 1
    assert all(
        Counter(splits(records, seed=seed).values())[name] for seed in range(9) for name in ("train", "val")
    )


def test_folds_leave_out_the_test_split() -> None:
    records = structures(50)
    made, _ = divided(records, CrystalRecipe(split=SHARES, folds=5))
    assert {record.fold for record in made if record.split == "test"} == {-1}
    assert Counter(record.fold for record in made) == {-1: 5, 0: 9, 1: 9, 2: 9, 3: 9, 4: 9}
    given = [dataclasses.replace(record, split="test" if i < 10 else "val") for i, record in enumerate(records)]
    made, _ = divided(given, CrystalRecipe(folds=4))
    assert [record.split for record in made] == [record.split for record in given]
    assert Counter(record.fold for record in made) == {-1: 10, 0: 10, 1: 10, 2: 10, 3: 10}


@pytest.mark.parametrize(
    ("n", "asked", "message"),
    [
        (2, {"split": SHARES}, "3 splits need as many different structures, but there are 2"),
        (1, {"split": (0.5, 0.5, 0)}, "2 splits need as many different structures, but there are 1"),
        (4, {"folds": 5}, "5 folds need as many different structures, but there are 4"),
    ],
)
def test_too_few_structures(n: int, asked: dict[str, Any], message: str) -> None:
    with pytest.raises(CrystalError, match=message):
        divided(structures(n, copies=9), CrystalRecipe(**asked))


@pytest.mark.parametrize(
    "asked",
    [{"split": one} for one in ((0.8, 0.1), (0.8, 0.1, 0.2), (1.1, -0.1, 0), (float("nan"), 0, 1), (1,))]
    + [{"split": one} for one in ((True, 0, 0), ("a", "b", "c"))]
    + [{"folds": one} for one in (-1, 1, 2, 1001, 2.0, True, "5")]
    + [{"seed": one} for one in (0.5, None, "0", True)],
)  # fmt: skip
def test_what_makes_no_sense(asked: dict[str, Any]) -> None:
    with pytest.raises(RecipeError):
        CrystalRecipe(**asked)


def test_a_recipe_without_them_is_as_before() -> None:
    assert CrystalRecipe().to_json() == '{"inputs":[],"tolerance":0.01,"units":{}}'
    whole = CrystalRecipe(split=SHARES, folds=5, seed=3, only_split="val")
    assert CrystalRecipe.from_json(whole.to_json()) == whole


def test_a_dataset_of_files(tmp_path: Path) -> None:
    """Files of one crystal in several cells, in any order and with any number of processes."""
    names = ("spinel", "quartz", "anatase", "corundum", "diamond")
    files = [path for name in names for path in OTHER_CELLS.glob(f"{name}*")]
    lines = write_jsonl(tmp_path / "standard.jsonl", [json_record(name) for name in names])
    asked: dict[str, Any] = {"split": (0.6, 0.2, 0.2), "folds": 3, "seed": 4}
    table = compile_inputs(tmp_path, lines, *files, **asked)
    sides = {(name.split("_")[0], split) for name, split in zip(table.identifiers, table.splits, strict=True)}
    assert len(sides) == len(names)
    assert {split for _, split in sides} == {"train", "val", "test"}
    other = compile_dataset([*files[::-1], lines], tmp_path / "other.h5", workers=2, **asked)
    for one in (other, open_crystals(tmp_path / "other.h5")):
        assert dict(zip(one.identifiers, one.splits, strict=True)) == dict(
            zip(table.identifiers, table.splits, strict=True)
        )
        found = dict(zip(one.identifiers, one.folds.tolist(), strict=True))
        assert found == dict(zip(table.identifiers, table.folds.tolist(), strict=True))
    assert table.n_folds == 3 and table[0].fold == table.folds[0]
    assert table.recipe.split == (0.6, 0.2, 0.2)
    assert (table.content_hash, list(table.folds)) != (compile_inputs(tmp_path, lines, *files).content_hash, [])
    (note,) = (note for note in table.notes if "structures" in note)
    assert note == f"split: {len(table)} crystals are 5 structures, of which each is on one side"


def test_a_warning_if_given_splits_share_a_structure(tmp_path: Path) -> None:
    names = ("nacl", "rutile", "spinel")
    records = [json_record(name, split="train") for name in names]
    primitive = OTHER_CELLS / "spinel_primitive.cif"
    table = compile_inputs(tmp_path, write_jsonl(tmp_path / "train.jsonl", records), primitive)
    assert table.notes == ()
    records += [json_record(name, id=f"{name}-again", split="val") for name in names[:2]]
    lines = write_jsonl(tmp_path / "both.jsonl", records)
    table = compile_inputs(tmp_path, lines)
    assert table.notes == (
        "split: 2 structures are in more than one split of the inputs, such as nacl (train) and nacl-again (val), "
        "rutile (train) and rutile-again (val): errors on them are too small; --split divides by structure",
    )
    table = compile_inputs(tmp_path, lines, split=(0.5, 0.5, 0))
    assert set(table.notes) == {
        "split: 5 crystals are 3 structures, of which each is on one side",
        "split: the splits of the inputs were replaced by the ones asked for",
    }


def test_only_one_split(tmp_path: Path) -> None:
    """Crystals of other splits are not even read: they are broken here, and nothing is said about that."""
    bad = [json_record("nacl", id=f"b{i}", species=["Xx"] * 8, split="train") for i in range(3)]
    records = [*bad, json_record("nacl", split="val"), json_record("rutile"), json_record("quartz", split="valid")]
    lines = write_jsonl(tmp_path / "some.jsonl", records)
    table = compile_inputs(tmp_path, lines, only_split="val")
    assert table.identifiers == ("nacl", "quartz") and table.skipped == ()
    assert set(table.notes) == {
        "not asked for: 3 crystals of the split 'train'", "not asked for: 1 crystal of no split",
    }  # fmt: skip
    assert table.recipe.only_split == "val"
    with pytest.raises(CrystalError, match="no crystal of the data is in the split 'test'; there are train, val"):
        compile_dataset([lines], tmp_path / "x.h5", only_split="test")
    with pytest.raises(RecipeError, match="there are the splits train, val and test, but no 'dev'"):
        compile_dataset([lines], tmp_path / "x.h5", only_split="dev")
    assert not (tmp_path / "x.h5").exists() and not (tmp_path / "x.h5.chunks").exists()


def test_files_of_other_splits_are_not_read(tmp_path: Path) -> None:
    folder = write_folder(
        tmp_path / "cifs", "id,x,split\nnacl,1,train\nquartz,2,val\nrutile,3,\nspinel,4,validation\n"
    )
    for name in ("nacl", "rutile"):
        (folder / f"{name}.cif").write_text("nothing")
    table = compile_inputs(tmp_path, folder, only_split="val")
    assert table.identifiers == ("quartz", "spinel") and table.skipped == ()
    assert compile_inputs(tmp_path, folder).skipped != ()


def test_parts_are_random() -> None:
    """Of two halves of the data, neither is preferred by any part."""
    made, _ = divided(structures(400), CrystalRecipe(split=(0.5, 0.25, 0.25)))
    for name in ("train", "val", "test"):
        rows = np.array([i for i, record in enumerate(made) if record.split == name])
        assert 0.35 < (rows < 200).mean() < 0.65
