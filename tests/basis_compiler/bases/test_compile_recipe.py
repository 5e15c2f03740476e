from __future__ import annotations

import functools
import os
from pathlib import Path

import numpy as np
import pytest

from basis_compiler import compile_recipe, compile_setting, compile_tensors
from basis_store import CompiledSetting, Recipe, Setting, StoreReader, open_store, wave_norm, write_store


def test_the_committed_store_is_what_the_compiler_makes(reader: StoreReader, tmp_path: Path) -> None:
    """From scratch, with one process and with two: the same content hash, and the same bytes."""
    hashes = {reader.content_hash}
    for workers in (1, 2):
        compiled = compile_recipe(Recipe(), workers=workers)
        tensors = compile_tensors(Recipe().setting_list)
        hashes.add(write_store(tmp_path / f"{workers}.h5", compiled, Recipe(), tensors=tensors))
    assert len(hashes) == 1
    assert (tmp_path / "1.h5").read_bytes() == (tmp_path / "2.h5").read_bytes()
    with open_store(tmp_path / "1.h5") as made:
        assert made.tensors.digest(made.content_hash) == reader.tensors.digest(reader.content_hash)


def test_the_default_store_is_small_and_complete(reader: StoreReader) -> None:
    assert reader.path.stat().st_size < 8_000_000
    assert len(reader) == 530
    assert reader.recipe == Recipe()
    assert all(compiled.n_orbits >= 64 for compiled in reader)


def test_settings_compiled_alone_equal_those_compiled_together(reader: StoreReader) -> None:
    """Settings that share a dual graph do not influence each other."""
    for hall_number in (1, 115, 230, 336, 433, 488, 525, 530):
        setting = Setting.from_hall(hall_number)
        assert compile_setting(setting).digest() == reader.read(setting).digest()


@functools.cache
def large_basis(setting: Setting) -> CompiledSetting:
    return compile_setting(setting, radius=8, min_functions=200)


@pytest.mark.parametrize(("radius", "min_functions"), [(1, 0), (2, 7), (3, 64), (6, 0), (7, 100), (1, 200)])
def test_recipes_extend_each_other(radius: int, min_functions: int) -> None:
    """Any recipe is a prefix, orbit by orbit, of a larger one; no shell is cut."""
    for hall_number in (2, 115, 212, 230, 433, 527):
        setting = Setting.from_hall(hall_number)
        small = compile_setting(setting, radius=radius, min_functions=min_functions)
        large = large_basis(setting)
        n, m = len(small.waves), small.n_orbits
        assert m >= min_functions
        assert np.array_equal(small.waves, large.waves[:n])
        assert np.array_equal(small.phases24, large.phases24[:n])
        assert np.array_equal(small.parts, large.parts[:m])
        assert np.array_equal(small.witnesses, large.witnesses[: len(small.witnesses)])
        assert (wave_norm(large.waves[n:], setting.lattice_family) > small.norm_limit).all()


def test_progress_counts_every_setting() -> None:
    finished: list[int] = []
    compiled = compile_recipe(Recipe(radius=1, min_functions=1, settings=(1, 2, 3, 4)), progress=finished.append)
    assert sum(finished) == len(compiled) == 4
    assert all(isinstance(one, CompiledSetting) for one in compiled)


def test_the_default_store_is_in_the_data_folder(reader: StoreReader) -> None:
    assert os.fspath(reader.path).endswith("data/default.h5")
