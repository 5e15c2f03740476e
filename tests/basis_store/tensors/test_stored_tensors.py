"""The tensors in a store: written, read in other versions, and damaged."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from basis_compiler import compile_recipe, compile_tensors
from basis_store import (
    FormulaError,
    IndexSymmetry,
    Recipe,
    Setting,
    SettingError,
    StoreCorruptError,
    StoreFormatError,
    StoreReader,
    TensorTable,
    open_store,
    write_store,
)
from basis_store.bases.schema import TENSOR_COLUMNS
from basis_store.files.integrity import ATTRIBUTES, attributes_digest
from basis_store.tensors.exact_rows import ReducedRows
from tests.support.compiled import write_compiled

RECIPE = Recipe(radius=2, min_functions=4, settings=(1, 230, 462))


@pytest.fixture(scope="module")
def table() -> TensorTable:
    return compile_tensors(RECIPE.setting_list)


@pytest.fixture
def path(tmp_path: Path, table: TensorTable) -> Path:
    path = tmp_path / "store.h5"
    write_store(path, compile_recipe(RECIPE), RECIPE, tensors=table)
    return path


def test_what_is_written_is_read(path: Path, table: TensorTable) -> None:
    with open_store(path) as store:
        assert store.format_version == (1, 0)
        for column in TENSOR_COLUMNS:
            read, written = getattr(store.tensors, column.name), getattr(table, column.name)
            assert read.dtype == written.dtype == np.dtype(column.dtype)
            assert np.array_equal(read, written)


def test_tensors_do_not_change_the_content_hash(path: Path, table: TensorTable, tmp_path: Path) -> None:
    """Stores are named by the hash of their bases."""
    other = tmp_path / "other.h5"
    negated = replace(table, numerators=-table.numerators)
    assert write_store(other, compile_recipe(RECIPE), RECIPE, tensors=negated) == open_store(path).content_hash
    assert open_store(other).tensors.digest("") != open_store(path).tensors.digest("")


def test_a_newer_minor_version_is_read_and_a_newer_major_one_is_refused(path: Path) -> None:
    """A minor version may only add: here an array and a group of arrays."""
    write_compiled(path, RECIPE)  # with all that the newest known version has
    with h5py.File(path, "r+") as file:
        file["tensors/added"] = np.zeros(3)
        file["group/added"] = np.zeros(3)
        file.attrs["format_version"] = np.bytes_(b"1.7")
        attributes = {name: file.attrs[name].decode() for name in ATTRIBUTES}
        file.attrs["attributes_sha256"] = np.bytes_(attributes_digest(attributes).encode())
    with open_store(path) as store:
        assert store.format_version == (1, 7)
        assert store.read(Setting.standard(1)).n_orbits
        assert store.tensor_basis(Setting.standard(1), "ij=ji").dimension == 6
    with h5py.File(path, "r+") as file:
        file.attrs["format_version"] = np.bytes_(b"2.0")
    with pytest.raises(
        StoreFormatError, match=r"store format 2\.0 cannot be read by this release, which reads 1\.x"
    ):
        open_store(path)


def test_any_change_of_a_column_is_detected(path: Path) -> None:
    for column in TENSOR_COLUMNS:
        damaged = path.with_name(f"{column.name}.h5")
        damaged.write_bytes(path.read_bytes())
        with h5py.File(damaged, "r+") as file:
            array = file[f"tensors/{column.name}"][()]
            array.flat[-1] += 1
            file[f"tensors/{column.name}"][...] = array
        store = open_store(damaged)
        assert store.read(Setting.standard(1)).n_orbits, "the bases are whole"
        with pytest.raises(StoreCorruptError, match="its tensors do not match their hash"):
            store.tensor_basis(Setting.standard(1), "i")


@pytest.mark.parametrize("missing", ["tensors", "tensors/sha256", "tensors/components"])
def test_a_store_must_have_its_tensors(missing: str, path: Path) -> None:
    with h5py.File(path, "r+") as file:
        del file[missing]
    with pytest.raises(StoreCorruptError, match=r"store\.h5 is damaged"):
        open_store(path).tensor_basis(Setting.standard(1), "i")


def test_columns_of_other_types_or_shapes_are_refused(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        dimensions = file["tensors/dimensions"][()]
        del file["tensors/dimensions"]
        file["tensors/dimensions"] = dimensions.reshape(-1, 8)
    with pytest.raises(StoreCorruptError, match="tensors/dimensions has rows of"):
        open_store(path).tensor_basis(Setting.standard(1), "i")
    with h5py.File(path, "r+") as file:
        del file["tensors/dimensions"]
        file["tensors/dimensions"] = dimensions.astype(np.int32)
    with pytest.raises(StoreCorruptError, match="tensors/dimensions is stored as int32"):
        open_store(path).tensor_basis(Setting.standard(1), "i")


def test_tensors_of_another_store_do_not_fit(path: Path, table: TensorTable, tmp_path: Path) -> None:
    """The hash includes the content hash: tensors cannot be moved to a store with other settings."""
    other = Recipe(radius=2, min_functions=4, settings=(1, 229, 462))
    target = tmp_path / "target.h5"
    write_store(target, compile_recipe(other), other, tensors=compile_tensors(other.setting_list))
    with h5py.File(path) as source, h5py.File(target, "r+") as file:
        del file["tensors"]
        source.copy("tensors", file)
    with pytest.raises(StoreCorruptError, match="its tensors do not match their hash"):
        open_store(target).tensor_basis(Setting.standard(1), "i")
    with pytest.raises(ValueError, match="tensors of 3 settings do not fit 2 settings"):
        write_store(target, compile_recipe(other)[:2], other, tensors=table)


def test_invalid_requests(path: Path, reader: StoreReader) -> None:
    store = open_store(path)
    with pytest.raises(SettingError, match="holds no basis for 2 P-1"):
        store.tensor_basis(Setting.standard(2), "i")
    with pytest.raises(SettingError, match="give a setting, not 2:"):
        store.tensor_basis(2, "i")  # type: ignore[arg-type]
    with pytest.raises(FormulaError, match="no index symmetry"):
        store.tensor_basis(Setting.standard(1), "i~j")
    store.close()
    with pytest.raises(ValueError, match="is closed"):
        store.tensor_basis(Setting.standard(1), "i")


def test_bases_stay_valid_when_the_store_is_closed(path: Path) -> None:
    with open_store(path) as store:
        basis = store.tensor_basis(Setting.standard(1), "ij=ji")
    assert store.tensor_basis(Setting.standard(1), "ij") is not basis
    assert basis.dimension == 6


def test_bases_are_cached(reader: StoreReader) -> None:
    symmetry = IndexSymmetry.parse("abcd=bacd=cdab")
    basis = reader.tensor_basis(Setting.standard(225), "ijkl=jikl=klij")
    assert reader.tensor_basis(Setting.standard(225), symmetry).numerators is basis.numerators
    assert reader.tensor_basis(Setting.standard(221), symmetry).numerators is basis.numerators


def test_numbers_beyond_eight_bits_are_refused() -> None:
    space = ReducedRows(np.array([[1, 128, 0]]), np.array([0]))
    with pytest.raises(OverflowError, match="8 bits"):
        TensorTable.from_spaces([0], [[space] * 8])


def test_fractions_round_trip(table: TensorTable) -> None:
    """All tensors compiled so far have integer entries; the format also holds fractions."""
    spaces = [table.space(0, rank=rank, axial=axial) for axial in (False, True) for rank in range(1, 5)]
    spaces[0] = ReducedRows(np.array([[6, 0, -4], [0, 3, 5]]), np.array([0, 1]))
    made = TensorTable.from_spaces([0], [spaces])
    assert made.numerators[:4].tolist() == [1, -2, 1, 5]
    assert made.denominators[:4].tolist() == [1, 3, 1, 3]
    assert made.space(0, rank=1, axial=False).rows.tolist() == [[3, 0, -2], [0, 3, 5]]
    assert np.array_equal(made.space(0, rank=4, axial=True).rows, spaces[7].rows)
    assert replace(made, numerators=-made.numerators).digest("") != made.digest("")
