"""Compiled datasets: what is written is read back, and everything else is rejected."""

from __future__ import annotations

import hashlib
import json
import pickle
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from basis_compiler import compile_crystal
from basis_store import (
    CrystalInput,
    CrystalRecipe,
    CrystalRecord,
    CrystalTable,
    RecipeError,
    Setting,
    StoreCorruptError,
    StoreFormatError,
    StoreReader,
    open_crystals,
    open_store,
    write_crystals,
)
from basis_store.datasets.schema import FORMAT_NAME, content_digest, packed, parse_format_version
from basis_store.datasets.writer import dataset_arrays
from basis_store.files.hdf5_file import file_image, provenance
from tests.support.crystals.made_crystals import made_crystal

TENSOR = np.arange(9.0).reshape(3, 3)
RECIPE = CrystalRecipe(
    inputs=(CrystalInput(name="a.jsonl", sha256="0" * 64),), tolerance=0.02, units={"gap": "eV"}
)


@pytest.fixture(scope="module")
def records() -> list[CrystalRecord]:
    targets = [{"gap": 1.5, "k/G %": 2.0}, {"tensor": TENSOR, "gap": np.nan}, {}, {"tensor": np.nan, ".": 1.0}]
    splits = ["train", "val", "test", ""]
    return [
        compile_crystal(
            made_crystal(Setting.standard(number), np.random.default_rng(number))[0],
            identifier=f"crystal-{number} \N{SNOWMAN}",
            targets=known,
            split=split,
        )
        for number, known, split in zip((1, 14, 167, 227), targets, splits, strict=True)
    ]


@pytest.fixture
def path(records: list[CrystalRecord], tmp_path: Path) -> Path:
    path = tmp_path / "some.h5"
    write_crystals(
        path,
        records,
        recipe=RECIPE,
        units={"gap": "eV"},
        skipped=[("x", "two\nlines"), ("", "")],
        notes=["a note"],
    )
    return path


def test_what_is_written_is_read(records: list[CrystalRecord], path: Path) -> None:
    table = open_crystals(path)
    assert len(table) == 4
    assert table.identifiers == tuple(record.identifier for record in records)
    assert table.splits == ("train", "val", "test", "")
    assert table.skipped == (("x", "two\nlines"), ("", ""))
    assert table.notes == ("a note",)
    assert table.units == {".": "", "gap": "eV", "k/G %": "", "tensor": ""}
    assert table.recipe == RECIPE
    assert {"numpy", "h5py", "spglib", "sgbasis"} <= set(table.provenance)
    for written, read in zip(records, table, strict=True):
        for field in fields(CrystalRecord):
            one, other = getattr(written, field.name), getattr(read, field.name)
            if isinstance(one, np.ndarray):
                np.testing.assert_array_equal(one, other)
                assert one.dtype == other.dtype, field.name
            elif field.name != "targets":
                assert one == other
    assert [path.name for path in path.parent.iterdir()] == [path.name], "no temporary file is left"


def test_targets_that_are_missing_are_nan(path: Path) -> None:
    table = open_crystals(path)
    np.testing.assert_array_equal(table.targets["gap"], [1.5, np.nan, np.nan, np.nan])
    np.testing.assert_array_equal(table.targets["k/G %"], [2, np.nan, np.nan, np.nan])
    np.testing.assert_array_equal(table.targets["."], [np.nan, np.nan, np.nan, 1])
    assert table.targets["tensor"].shape == (4, 3, 3)
    np.testing.assert_array_equal(table.targets["tensor"][1], TENSOR)
    assert np.isnan(table.targets["tensor"][[0, 2, 3]]).all()
    assert {name: (value.shape, value.dtype) for name, value in table[1].targets.items()} == {
        ".": ((), np.float64), "gap": ((), np.float64), "k/G %": ((), np.float64), "tensor": ((3, 3), np.float64)
    }  # fmt: skip


def test_rows_of_all_crystals_lie_one_after_the_other(records: list[CrystalRecord], path: Path) -> None:
    table = open_crystals(path)
    np.testing.assert_array_equal(table.hall_numbers, [record.setting.hall_number for record in records])
    np.testing.assert_array_equal(table.numbers, np.concatenate([record.numbers for record in records]))
    np.testing.assert_array_equal(np.diff(table.site_offsets), [len(record) for record in records])
    np.testing.assert_array_equal(np.diff(table.image_offsets), [len(record.images) for record in records])
    assert table.lattices.shape == (4, 3, 3)
    assert table.coordinates.shape == (table.site_offsets[-1], 3)


def test_crystals_are_found_by_number(path: Path) -> None:
    table = open_crystals(path)
    assert table[-1].identifier == table[3].identifier == table[np.int64(3)].identifier
    for wrong in (4, -5):
        with pytest.raises(IndexError, match=r"some\.h5 has 4 crystals"):
            table[wrong]
    with pytest.raises(TypeError):
        table["crystal-1"]  # type: ignore[index]
    assert "4 crystals" in repr(table)


def test_a_table_needs_no_file_once_it_is_read(path: Path) -> None:
    table = open_crystals(path)
    path.unlink()
    again = pickle.loads(pickle.dumps(table))
    assert again.content_hash == table.content_hash
    np.testing.assert_array_equal(again[3].images, table[3].images)


def test_equal_content_gives_equal_files(records: list[CrystalRecord], path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.h5"
    with h5py.File(path) as source, h5py.File(copy, "w") as target:
        target.attrs.update(source.attrs)
        names: list[str] = []
        source.visit(names.append)
        for name in names:
            if isinstance(source[name], h5py.Dataset):
                target[name] = source[name][()]
    assert open_crystals(copy).content_hash == open_crystals(path).content_hash, "layout does not matter"
    hashes = {write_crystals(tmp_path / f"{i}.h5", records) for i in range(2)}
    assert len(hashes) == 1
    assert (tmp_path / "0.h5").read_bytes() == (tmp_path / "1.h5").read_bytes()


def test_the_hash_is_the_documented_one(path: Path) -> None:
    """As in docs/reference/format.md, without code of this project."""
    with h5py.File(path) as file:
        names: list[str] = []
        file.visit(names.append)
        digest = hashlib.sha256(b"sgbasis-crystals 1\n" + file.attrs["recipe"] + b"\n")
        for name in sorted(name for name in names if isinstance(file[name], h5py.Dataset)):
            array = file[name][()]
            digest.update(f";{name}:{array.dtype.str}:{array.shape}:".encode() + array.tobytes())
        assert digest.hexdigest().encode() == file.attrs["content_sha256"]
        assert "targets/k%2FG %25" in names


def test_any_change_of_content_changes_the_hash(records: list[CrystalRecord], tmp_path: Path) -> None:
    def written(changed: CrystalRecord) -> str:
        return write_crystals(tmp_path / "x.h5", [changed])

    first = records[1]
    hashes = [written(first), written(replace(first, identifier="other")), written(replace(first, split=""))]
    hashes += [written(replace(first, targets={"gap": np.array(1.0)})), written(replace(first, denominator=6))]
    for name in ("lattice", "change_of_basis", "origin_shift", "numbers", "coordinates", "wyckoff"):
        array = getattr(first, name).copy()
        array.flat[0] = b"z" if name == "wyckoff" else array.flat[0] + 1
        hashes.append(written(replace(first, **{name: array})))
    hashes.append(write_crystals(tmp_path / "x.h5", [first], recipe=RECIPE))
    hashes.append(write_crystals(tmp_path / "x.h5", [first], notes=["a"]))
    hashes.append(write_crystals(tmp_path / "x.h5", [first], skipped=[("a", "b")]))
    assert len(set(hashes)) == len(hashes)


def test_a_dataset_may_be_empty(tmp_path: Path) -> None:
    write_crystals(tmp_path / "none.h5", [])
    table = open_crystals(tmp_path / "none.h5")
    assert (len(table), list(table), table.targets) == (0, [], {})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda records: [*records, records[0]], "'crystal-1 .' is given twice"),
        (lambda records: [replace(records[0], split="fold-1")], "a split is 'train', 'val', 'test' or ''"),
        (lambda records: [replace(records[0], targets={"tensor": TENSOR[:2]}), *records[1:]], "several shapes"),
    ],
)
def test_what_makes_no_dataset_is_refused(
    records: list[CrystalRecord],
    tmp_path: Path,
    change: Callable[[list[CrystalRecord]], list[CrystalRecord]],
    message: str,
) -> None:
    with pytest.raises(ValueError, match=message):
        write_crystals(tmp_path / "x.h5", change(records))
    assert not list(tmp_path.iterdir())


def test_stores_and_datasets_are_not_confused(path: Path, reader: StoreReader) -> None:
    with pytest.raises(StoreFormatError, match=r"some\.h5 is an HDF5 file, but not an sgbasis store"):
        open_store(path)
    with pytest.raises(StoreFormatError, match=r"default\.h5 is an HDF5 file, but not an sgbasis crystal dataset"):
        open_crystals(reader.path)


def test_versions_are_read_strictly(path: Path) -> None:
    assert parse_format_version("1.7") == (1, 7)
    for version, message in (
        ("2.0", "upgrade sgbasis"),
        ("0.9", "compile the dataset again"),
        ("1", "major.minor"),
    ):
        with h5py.File(path, "r+") as file:
            file.attrs["format_version"] = np.bytes_(version.encode())
        with pytest.raises(StoreFormatError, match=f"some.h5: .*{message}"):
            open_crystals(path)


def test_recipes_are_read_strictly() -> None:
    assert CrystalRecipe.from_json(RECIPE.to_json()) == RECIPE
    plain = json.loads(RECIPE.to_json())
    for wrong in (
        {"tolerance": 0},
        {"tolerance": "0.1"},
        {"tolerance": None},
        {"inputs": [{"name": "a", "sha256": "xyz"}]},
        {"inputs": [{"name": 1, "sha256": "0" * 64}]},
        {"inputs": 1},
        {"units": {"a": 1}},
        {"units": []},
        {"radius": 5},
    ):
        with pytest.raises(StoreFormatError, match="recipe of the dataset"):
            CrystalRecipe.from_json(json.dumps(plain | wrong))
    with pytest.raises(RecipeError, match="tolerance lies between"):
        CrystalRecipe(tolerance=float("nan"))


def shorter(name: str) -> Callable[[dict[str, np.ndarray]], None]:
    def change(arrays: dict[str, np.ndarray]) -> None:
        arrays[name] = arrays[name][:-1]

    return change


def filled(name: str, value: int) -> Callable[[dict[str, np.ndarray]], None]:
    def change(arrays: dict[str, np.ndarray]) -> None:
        arrays[name] = np.full_like(arrays[name], value)

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (shorter("crystals/lattices"), "differ in length"),
        (shorter("sites/numbers"), "rows of sites are out of range"),
        (shorter("sites/offsets"), "rows of sites are out of range"),
        (shorter("images/images"), "rows of images are out of range"),
        (shorter("target_names/offsets"), "rows of target_names"),
        (shorter("targets/gap"), "differ in length"),
        (filled("crystals/hall_numbers", 531), "setting, a split or a fold that does not exist"),
        (filled("crystals/splits", 4), "setting, a split or a fold that does not exist"),
        (filled("sites/multiplicities", 1), "images do not fit"),
        (filled("identifiers/offsets", 0), "rows of identifiers"),
        (filled("identifiers/utf8", 0xFF), "utf-8' codec can't decode"),
        (lambda arrays: arrays.update({"crystals/lattices": arrays["crystals/lattices"][:, 0]}), "another shape"),
        (
            lambda arrays: arrays.update({"sites/numbers": arrays["sites/numbers"].astype("<i8")}),
            "is stored as int64",
        ),
        (lambda arrays: arrays.update(packed("skipped_reasons", ["x"])), "skipped_reasons differ in length"),
    ],
)
def test_what_another_writer_got_wrong_is_refused(
    records: list[CrystalRecord],
    tmp_path: Path,
    change: Callable[[dict[str, np.ndarray]], None],
    message: str,
) -> None:
    """Its hashes are right, so only checks of the content find the error."""
    arrays = dataset_arrays(records, {}, (), ())
    change(arrays)
    attributes = {
        "format": FORMAT_NAME, "format_version": "1.0", "recipe": RECIPE.to_json(), "provenance": provenance(),
        "content_sha256": content_digest(RECIPE, arrays),
    }  # fmt: skip
    path = tmp_path / "other.h5"
    path.write_bytes(file_image(attributes, arrays.items()))
    with pytest.raises(StoreCorruptError, match=rf"other\.h5 is damaged: .*{message}.*; compile it again"):
        open_crystals(path)


def test_a_missing_file_and_other_files(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        CrystalTable(tmp_path / "none.h5")
    (tmp_path / "text.h5").write_text("no HDF5")
    with pytest.raises(StoreFormatError, match=r"text\.h5 is not an sgbasis crystal dataset"):
        open_crystals(tmp_path / "text.h5")
