"""Files of field coefficients: they come back exactly, and nothing in them is trusted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from basis_store import (
    CellChange,
    CoefficientFile,
    FieldCoefficients,
    FieldSource,
    Setting,
    StoreCorruptError,
    StoreFormatError,
    open_store,
    read_coefficients,
    write_coefficients,
)
from basis_store.fields.coefficient_file import COLUMNS
from basis_store.files.integrity import add_column
from tests.support.hdf5_forgery import Content, read_content


def example() -> FieldCoefficients:
    """Random coefficients of the first functions of 198, which has pairs."""
    compiled = open_store().read(Setting.standard(198))
    n = int(np.flatnonzero(compiled.parts == -1)[3]) + 1
    return FieldCoefficients(
        setting=compiled.setting,
        lattice=np.eye(3) * 4.1,
        roots=np.concatenate([np.zeros((1, 3), np.int16), compiled.roots[:n]]),
        sizes=np.concatenate([np.ones(1, np.int16), compiled.orbit_sizes[:n]]),
        parts=np.concatenate([np.zeros(1, np.int8), compiled.parts[:n]]),
        real_phases24=np.concatenate([np.zeros(1, np.int8), compiled.real_phases24[:n]]),
        values=np.random.default_rng(0).normal(size=n + 1),
        quantity="electron density",
        unit="e/Angstrom^3",
        source=FieldSource(
            cell=CellChange(np.array([[0, 1, 1], [1, 0, 1], [1, 1, 0]]), 2, (0.1, 0.2, 1 / 3)),
            shape=(8, 8, 8),
            elements=np.array([14, 14]),
            coordinates=np.array([[0, 0, 0], [1 / 3, 0.1, 0.7]]),
            name="CHGCAR",
            sha256="0" * 64,
        ),
        residual=1.5e-7,
        proved_norm=48,
    )


def test_a_field_comes_back_exactly(tmp_path: Path) -> None:
    field, path = example(), tmp_path / "f.h5"
    content = write_coefficients(path, field)
    opened = CoefficientFile(path)
    assert opened.content_hash == content
    assert write_coefficients(tmp_path / "again.h5", opened.field) == content
    assert (tmp_path / "again.h5").read_bytes() == path.read_bytes()
    for one in fields(field):
        mine, theirs = getattr(field, one.name), getattr(opened.field, one.name)
        if isinstance(mine, np.ndarray):
            np.testing.assert_array_equal(mine, theirs)
        elif one.name != "source":
            assert mine == theirs
    np.testing.assert_array_equal(opened.field.source.coordinates, field.source.coordinates)
    np.testing.assert_array_equal(opened.field.source.cell.origin, field.source.cell.origin)
    np.testing.assert_array_equal(opened.field.source.cell.numerators, field.source.cell.numerators)
    assert opened.field.source.name == "CHGCAR" and opened.field.source.shape == (8, 8, 8)


def test_every_flipped_byte_is_found(tmp_path: Path) -> None:
    path = tmp_path / "f.h5"
    write_coefficients(path, example())
    original = path.read_bytes()
    before = example()
    for at in np.random.default_rng(1).integers(0, len(original), 200).tolist():
        path.write_bytes(original[:at] + bytes([original[at] ^ 0x40]) + original[at + 1 :])
        try:
            found = read_coefficients(path)
        except (StoreFormatError, StoreCorruptError) as error:
            assert "\n" not in str(error)
        else:
            np.testing.assert_array_equal(found.values, before.values)
            assert found.setting == before.setting


def test_truncated_files_and_others_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "f.h5"
    write_coefficients(path, example())
    content = path.read_bytes()
    for length in (0, 7, 100, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:length])
        with pytest.raises((StoreFormatError, StoreCorruptError)):
            read_coefficients(path)
    with pytest.raises(FileNotFoundError):
        read_coefficients(tmp_path / "none.h5")
    with pytest.raises(StoreFormatError, match="not an sgbasis file of field coefficients"):
        read_coefficients(open_store().path)


def _forge(path: Path, content: Content) -> None:
    digest = hashlib.sha256(f"sgbasis-field 1\n{content.attributes['recipe']}\n".encode())
    for column in COLUMNS:
        add_column(digest, column.name, column.dtype, content.arrays[column.path])
    from basis_store.files.integrity import attributes_digest

    attributes = content.attributes | {"content_sha256": digest.hexdigest()}
    with h5py.File(path, "w", libver=("v110", "v110")) as file:
        for name, text in (*attributes.items(), ("attributes_sha256", attributes_digest(attributes))):
            file.attrs[name] = np.bytes_(text.encode())
        for name, array in content.arrays.items():
            file[name] = array


def _column(name: str, change: Callable[[Any], Any]) -> Callable[[Content], None]:
    def forge(content: Content) -> None:
        array = content.arrays[f"functions/{name}"].copy()
        content.arrays[f"functions/{name}"] = change(array)

    return forge


def _recipe(**changed: Any) -> Callable[[Content], None]:
    def forge(content: Content) -> None:
        values = json.loads(content.attributes["recipe"]) | changed
        content.attributes["recipe"] = json.dumps(values, sort_keys=True, separators=(",", ":"))

    return forge


def _set(row: int, value: Any) -> Callable[[Any], Any]:
    def change(array: Any) -> Any:
        array[row] = value
        return array

    return change


@pytest.mark.parametrize(
    "forge",
    [
        _column("values", _set(1, np.nan)),
        _column("values", _set(1, np.inf)),
        _column("values", lambda array: array[:-1]),
        _column("values", lambda array: array.astype("<f4")),
        _column("roots", _set(0, [1, 0, 0])),
        _column("roots", lambda array: array[::-1].copy()),
        _column("roots", _set(1, [2000, 0, 0])),
        _column("parts", _set(1, -1)),
        _column("parts", _set(1, 7)),
        _column("sizes", _set(1, 0)),
        _column("sizes", _set(0, 2)),
        _column("real_phases24", _set(1, 9)),
        _recipe(hall_number=531),
        _recipe(lattice=[0.0] * 9),
        _recipe(lattice=[1.0] * 8),
        _recipe(lattice=["a"] * 9),
        _recipe(shape=[0, 8, 8]),
        _recipe(shape=[8, 8]),
        _recipe(denominator=0),
        _recipe(change=[0] * 9),
        _recipe(elements=[200, 1]),
        _recipe(elements=[1]),
        _recipe(unit=3),
        _recipe(name="x" * 2000),
        _recipe(unknown=1),
    ],
)
def test_impossible_content_with_right_hashes_is_refused(tmp_path: Path, forge: Callable[[Content], None]) -> None:
    path = tmp_path / "f.h5"
    write_coefficients(path, example())
    content = read_content(path)
    forge(content)
    _forge(path, content)
    with pytest.raises((StoreFormatError, StoreCorruptError), match=path.name) as caught:
        read_coefficients(path)
    assert "\n" not in str(caught.value)


def test_a_failed_write_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "f.h5"
    write_coefficients(path, example())
    before = path.read_bytes()
    with pytest.raises(OSError, match="No such file"):
        write_coefficients(tmp_path / "nowhere" / "f.h5", replace(example(), unit="1"))
    assert path.read_bytes() == before and [one.name for one in tmp_path.iterdir()] == ["f.h5"]
