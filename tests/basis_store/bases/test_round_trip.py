from __future__ import annotations

import pickle
from concurrent.futures import ProcessPoolExecutor
from dataclasses import fields
from pathlib import Path

import h5py
import numpy as np
import pytest

from basis_compiler import compile_recipe, compile_tensors
from basis_store import (
    CompiledSetting,
    Recipe,
    Setting,
    SettingError,
    StoreFormatError,
    StoreReader,
    TensorTable,
    open_store,
    write_store,
)
from basis_store.bases.flat_arrays import flat_arrays
from basis_store.bases.schema import COLUMNS, parse_format_version
from tests.support.compiled import write_compiled

RECIPE = Recipe(radius=3, min_functions=10, settings=(1, 230, 525))


@pytest.fixture(scope="module")
def compiled() -> list[CompiledSetting]:
    return compile_recipe(RECIPE)


@pytest.fixture(scope="module")
def tensors() -> TensorTable:
    return compile_tensors(RECIPE.setting_list)


def equal(one: CompiledSetting, other: CompiledSetting) -> bool:
    return all(
        np.array_equal(getattr(one, field.name), getattr(other, field.name))
        if isinstance(getattr(one, field.name), np.ndarray)
        else getattr(one, field.name) == getattr(other, field.name)
        for field in fields(one)
    )


def test_what_is_written_is_read(compiled: list[CompiledSetting], tensors: TensorTable, tmp_path: Path) -> None:
    path = tmp_path / "store.h5"
    content_hash = write_store(path, compiled, RECIPE, tensors=tensors)
    store = open_store(path)
    assert store.content_hash == content_hash
    assert store.recipe == RECIPE
    assert [one.setting.hall_number for one in store] == [1, 230, 525]
    assert all(equal(one, store.read(one.setting)) for one in compiled)
    assert all(getattr(one, c.name).dtype == np.dtype(c.dtype) for one in store for c in COLUMNS)
    assert list(tmp_path.iterdir()) == [path], "no temporary file is left"


def test_order_of_settings_does_not_matter(
    compiled: list[CompiledSetting], tensors: TensorTable, tmp_path: Path
) -> None:
    paths = [tmp_path / "a.h5", tmp_path / "b.h5"]
    hashes = {
        write_store(path, settings, RECIPE, tensors=tensors)
        for path, settings in zip(paths, (compiled, compiled[::-1]), strict=True)
    }
    assert len(hashes) == 1
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_content_hash_does_not_depend_on_hdf5_layout(
    compiled: list[CompiledSetting], tensors: TensorTable, tmp_path: Path
) -> None:
    """A copy without compression, in other chunks, is the same store."""
    path, copy = tmp_path / "store.h5", tmp_path / "copy.h5"
    write_store(path, compiled, RECIPE, tensors=tensors)
    with h5py.File(path) as source, h5py.File(copy, "w") as target:
        target.attrs.update(source.attrs)
        for group in source:
            for name in source[group]:
                target[f"{group}/{name}"] = source[f"{group}/{name}"][()]
    assert open_store(copy).content_hash == open_store(path).content_hash
    assert all(equal(*pair) for pair in zip(open_store(copy), open_store(path), strict=True))


def test_any_change_of_content_changes_the_hash(compiled: list[CompiledSetting]) -> None:
    digests = {compiled[1].digest()}
    for column in COLUMNS:
        changed = getattr(compiled[1], column.name).copy()
        if changed.size == 0:
            continue
        changed.flat[-1] += 1
        values = {field.name: getattr(compiled[1], field.name) for field in fields(compiled[1])}
        digests.add(CompiledSetting(**(values | {column.name: changed})).digest())
    assert len(digests) == 1 + sum(getattr(compiled[1], c.name).size > 0 for c in COLUMNS)


def test_recipes_are_canonical_json() -> None:
    text = '{"min_functions":10,"radius":3,"settings":[1,230,525]}'
    assert RECIPE.to_json() == text
    assert Recipe.from_json(text) == RECIPE
    for bad in ("{}", "[]", "x", '{"radius":0,"min_functions":1,"settings":"all"}', '{"settings":"some"}'):
        with pytest.raises(StoreFormatError, match="recipe"):
            Recipe.from_json(bad)


@pytest.mark.parametrize("text", ["1", "1.0.0", "01.0", "1.x", "", "1.0 ", "-1.0", "1.-1", "1e0.0"])
def test_format_versions_are_strict(text: str) -> None:
    with pytest.raises(StoreFormatError, match=r"major\.minor"):
        parse_format_version(text)


def test_other_major_versions_are_refused(
    compiled: list[CompiledSetting], tensors: TensorTable, tmp_path: Path
) -> None:
    path = tmp_path / "store.h5"
    write_store(path, compiled, RECIPE, tensors=tensors)
    for version, hint in (("2.0", "upgrade sgbasis"), ("0.9", "compile or fetch the store again")):
        with h5py.File(path, "r+") as file:
            file.attrs["format_version"] = np.bytes_(version.encode())
        with pytest.raises(StoreFormatError, match=f"store.h5: store format {version} .* {hint}"):
            open_store(path)


def test_a_newer_minor_version_is_readable() -> None:
    assert parse_format_version("1.7") == (1, 7)


def test_settings_that_are_not_in_the_store(
    reader: StoreReader, compiled: list[CompiledSetting], tensors: TensorTable, tmp_path: Path
) -> None:
    path = tmp_path / "store.h5"
    write_store(path, compiled, RECIPE, tensors=tensors)
    with pytest.raises(SettingError, match=r"store\.h5 holds no basis for 2 P-1 \(hall:2\)"):
        open_store(path).read(Setting.standard(2))
    with pytest.raises(SettingError, match="give a setting, not 227"):
        reader.read(227)  # type: ignore[arg-type]
    with pytest.raises(SettingError, match="give a setting, not 227"):
        assert 227 in reader
    assert Setting.standard(2) in reader
    assert Setting.standard(2) not in open_store(path)


def _hash_in_worker(reader: StoreReader) -> bytes:
    return reader.read(Setting.standard(194)).digest()


def test_readers_can_be_sent_to_other_processes(reader: StoreReader) -> None:
    with ProcessPoolExecutor(2) as pool:
        digests = set(pool.map(_hash_in_worker, [reader] * 4))
    assert digests == {reader.read(Setting.standard(194)).digest()}


def test_a_pickled_reader_requires_its_content(
    compiled: list[CompiledSetting], tensors: TensorTable, tmp_path: Path
) -> None:
    path = tmp_path / "store.h5"
    write_store(path, compiled, RECIPE, tensors=tensors)
    pickled = pickle.dumps(open_store(path))
    write_compiled(path, Recipe(radius=3, min_functions=10, settings=(1, 230)))
    with pytest.raises(OSError, match="was replaced by a store with other content"):
        pickle.loads(pickled)


def test_replacing_a_store_does_not_disturb_its_readers(
    compiled: list[CompiledSetting], tensors: TensorTable, tmp_path: Path
) -> None:
    path = tmp_path / "store.h5"
    write_store(path, compiled, RECIPE, tensors=tensors)
    with open_store(path) as store:
        write_compiled(path, Recipe(radius=3, min_functions=10, settings=(1,)))
        assert equal(store.read(Setting.from_hall(525)), compiled[2])
    assert len(open_store(path)) == 1


def test_flat_arrays_reproduce_every_coefficient(reader: StoreReader, setting: Setting) -> None:
    compiled = reader.read(setting)
    arrays = flat_arrays(compiled)
    absent = arrays["orbit"] == -1
    assert absent.sum() == len(compiled.absent_waves)
    assert not arrays["phase24"][absent].any()
    table = {
        tuple(k): (orbit, phase)
        for k, orbit, phase in zip(
            arrays["waves"].tolist(), arrays["orbit"].tolist(), arrays["phase24"].tolist(), strict=True
        )
    }
    orbits = np.repeat(np.arange(compiled.n_orbits), compiled.orbit_sizes).tolist()
    for k, orbit, phase in zip(compiled.waves.tolist(), orbits, compiled.phases24.tolist(), strict=True):
        assert table[tuple(k)] == (orbit, phase)
    within = flat_arrays(compiled, radius=2)
    assert np.array_equal(within["waves"], arrays["waves"][: len(within["waves"])])


def test_flat_arrays_beyond_the_compiled_radius_are_refused(reader: StoreReader) -> None:
    with pytest.raises(ValueError, match=r"compiled to radius 5\.00 only"):
        flat_arrays(reader.read(Setting.standard(1)), radius=6)
