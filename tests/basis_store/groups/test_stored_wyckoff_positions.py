"""Wyckoff positions in stores: those of the tables, proved, and what a wrong or an old file does."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from basis_compiler import compile_recipe, compile_tensors, compile_wyckoff_positions
from basis_compiler.groups.wyckoff import wyckoff_positions
from basis_compiler.groups.wyckoff_certificate import prove_wyckoff_table
from basis_store import (
    CertificateError,
    Recipe,
    Setting,
    SettingError,
    StoreCorruptError,
    StoreReader,
    WyckoffTable,
    all_settings,
    open_store,
    write_store,
)
from basis_store.bases.schema import WYCKOFF_COLUMNS
from basis_store.files.locations import default_store_path

RECIPE = Recipe(radius=1, min_functions=4, settings=(6, 292, 526))
SETTINGS = [Setting.from_hall(number) for number in (6, 292, 526)]


@pytest.fixture(scope="module")
def table() -> WyckoffTable:
    return compile_wyckoff_positions(SETTINGS)


@pytest.fixture(scope="module")
def good(table: WyckoffTable, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("good") / "store.h5"
    write_store(path, compile_recipe(RECIPE), RECIPE, tensors=compile_tensors(RECIPE.setting_list), wyckoff=table)
    return path


def test_the_store_that_ships_has_the_proved_positions_of_all_settings() -> None:
    with open_store() as store:
        assert store.format_version == (1, 3)
        prove_wyckoff_table(store.wyckoff, all_settings())
        for setting in all_settings():
            stored, expected = store.wyckoff_positions(setting), wyckoff_positions(setting)
            assert list(stored) == list(expected)
            for letter, position in stored.items():
                assert position.site_symmetry == expected[letter].site_symmetry
                assert np.array_equal(position.matrix, expected[letter].matrix)
                assert np.array_equal(position.shift24, expected[letter].shift24)


def test_what_is_written_is_read(good: Path, table: WyckoffTable) -> None:
    with open_store(good) as store:
        for column in WYCKOFF_COLUMNS:
            read, written = getattr(store.wyckoff, column.name), getattr(table, column.name)
            assert read.dtype == written.dtype == np.dtype(column.dtype) and np.array_equal(read, written)
        position = store.wyckoff_positions("227:2")["e"]
        assert (position.letter, position.multiplicity, position.site_symmetry) == ("e", 32, ".3m")
        assert position.matrix.tolist() == [[1, 0, 0]] * 3 and not position.shift24.any()
        with pytest.raises(SettingError, match="holds no basis for 1 P1"):
            store.wyckoff_positions("1")


def test_a_store_without_them_has_the_same_content_and_says_so(good: Path, tmp_path: Path) -> None:
    path = tmp_path / "old.h5"
    content_hash = write_store(path, compile_recipe(RECIPE), RECIPE, tensors=compile_tensors(RECIPE.setting_list))
    with open_store(path) as store:
        assert store.format_version == (1, 0) and not store.has_wyckoff_positions
        assert content_hash == store.content_hash == open_store(good).content_hash
        with pytest.raises(SettingError, match=r"old\.h5 holds no Wyckoff positions; the store that ships has"):
            store.wyckoff_positions("227:2")


def test_only_stores_of_settings_have_them(table: WyckoffTable, tmp_path: Path) -> None:
    other, path = Recipe(settings=(6,), characters="all"), tmp_path / "x.h5"
    tensors = compile_tensors(other.representation_list)
    with pytest.raises(ValueError, match="trivial characters has Wyckoff positions"):
        write_store(path, compile_recipe(other), other, tensors=tensors, wyckoff=table)
    one = Recipe(settings=(6,))
    with pytest.raises(ValueError, match="positions of 3 settings do not fit 1 settings"):
        write_store(path, compile_recipe(one), one, tensors=compile_tensors(["hall:6"]), wyckoff=table)


def test_damage_and_positions_of_another_store_are_found(good: Path, tmp_path: Path) -> None:
    """Of every column. The bases are whole; the hash includes the content hash."""
    for column in WYCKOFF_COLUMNS:
        path = tmp_path / f"{column.name}.h5"
        path.write_bytes(good.read_bytes())
        with h5py.File(path, "r+") as file:
            array = file[column.path][()]
            array.flat[-1] += 1
            file[column.path][...] = array
        with (
            open_store(path) as store,
            pytest.raises(StoreCorruptError, match="positions do not match their hash"),
        ):
            assert store.read("227:2").n_orbits
            store.wyckoff_positions("227:2")
    path = tmp_path / "other.h5"
    path.write_bytes(default_store_path().read_bytes())
    with h5py.File(path, "r+") as file:
        file["wyckoff/sha256"][...] = file["tensors/sha256"][()]
    with open_store(path) as store, pytest.raises(StoreCorruptError, match="positions do not match their hash"):
        store.wyckoff_positions("227:2")


def without(table: WyckoffTable, row: int) -> WyckoffTable:
    """One position less, of the last setting, with the letters moved up."""
    kept = {one.name: np.delete(getattr(table, one.name), row, axis=0) for one in fields(table)[1:]}
    kept["letters"] = np.delete(table.letters, -1)
    counts = table.position_counts.copy()
    counts[-1] -= 1
    return WyckoffTable(position_counts=counts, **kept)


def test_the_certificate_refuses_everything_else(table: WyckoffTable) -> None:
    """Any missing position, and any change of one number or symbol, but for another point of a position."""
    prove_wyckoff_table(table, SETTINGS)
    last = int(table.position_counts[-1])
    for row in range(len(table.letters) - last, len(table.letters)):
        with pytest.raises(CertificateError, match=r"fails its proof: (a|its last) Wyckoff position"):
            prove_wyckoff_table(without(table, row), SETTINGS)
    believed = []
    for name in ("letters", "multiplicities", "site_symmetries", "matrices", "shifts24"):
        array = getattr(table, name)
        for place in range(array.size):
            for change in (-2, -1, 1, 2) if array.dtype.kind == "i" else (-1, 1):
                changed = array.copy()
                changed.flat[place] += np.array(change).astype(array.dtype)
                try:
                    prove_wyckoff_table(replace(table, **{name: changed}), SETTINGS)
                    believed.append((name, place, change))
                except CertificateError:
                    pass
    assert not believed


def test_the_command_needs_no_library_of_the_compiler() -> None:
    script = (
        "import sys; sys.modules |= dict.fromkeys(['spglib', 'sympy', 'networkx', 'torch']);"
        "from sgbasis.cli import main; main(['show', '227', '--wyckoff'])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "   32 e  .3m      (x, x, x)" in done.stdout


@pytest.mark.parametrize(
    ("name", "letter", "symbol"),
    [
        ("Pnma", "c", ".m."),
        ("Pbnm", "c", "..m"),
        ("Pmcn", "c", "m.."),
        ("P2_122", "a", ".2."),
        ("P22_12", "a", "..2"),
    ],
)
def test_symbols_of_site_symmetry_have_the_places_of_the_axes(
    name: str, letter: str, symbol: str, reader: StoreReader
) -> None:
    """The mirror of Pbnm is normal to c, that of Pnma to b; the certificate proves it of all settings."""
    assert reader.wyckoff_positions(name)[letter].site_symmetry == symbol
