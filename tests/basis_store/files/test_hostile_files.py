"""HDF5 that leads out of its file, promises what it cannot hold, or inflates without end: refused unread."""

from __future__ import annotations

import functools
import os
import resource
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest

from basis_compiler import compile_dataset
from basis_store import DatasetRows, Recipe, SgbasisError, open_crystals, open_store
from basis_store.files.hdf5_file import file_image
from basis_store.files.locations import data_folder
from tests.support.command_line import error_line, sgbasis
from tests.support.compiled import write_compiled
from tests.support.hdf5_forgery import read_content

Hostile = Callable[[h5py.File, str, Path], None]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("good")
    write_compiled(folder / "store.h5", Recipe(radius=1, min_functions=4, settings=(2, 6, 92)))
    compile_dataset([data_folder() / "crystals" / "quartz.cif"], folder / "dataset.h5")
    return folder


@pytest.fixture(params=["store.h5", "dataset.h5"])
def path(request: pytest.FixtureRequest, good: Path, tmp_path: Path) -> Path:
    path = tmp_path / str(request.param)
    path.write_bytes((good / path.name).read_bytes())
    # Whoever opens this file waits for ever.
    os.mkfifo(tmp_path / "outside.h5")
    return path


def names(path: Path) -> Iterator[str]:
    """One array of each group."""
    seen = set()
    for name in read_content(path).arrays:
        if (group := name.partition("/")[0]) not in seen:
            seen.add(group)
            yield name


def external_link(file: h5py.File, name: str, outside: Path) -> None:
    del file[name]
    file[name] = h5py.ExternalLink(str(outside), name)


def external_group(file: h5py.File, name: str, outside: Path) -> None:
    group = name.partition("/")[0]
    del file[group]
    file[group] = h5py.ExternalLink(outside.name, group)


def dangling_link(file: h5py.File, name: str, _: Path) -> None:
    del file[name]
    file[name] = h5py.SoftLink("/nowhere")


def soft_link(file: h5py.File, name: str, _: Path) -> None:
    file.move(name, "elsewhere")
    file[name] = h5py.SoftLink("/elsewhere")


def cycle(file: h5py.File, name: str, _: Path) -> None:
    group = file[name.partition("/")[0]]
    group["again"] = group


def virtual(file: h5py.File, name: str, outside: Path) -> None:
    array = file[name][()]
    del file[name]
    layout = h5py.VirtualLayout(array.shape, array.dtype)
    layout[:] = h5py.VirtualSource(str(outside), name, array.shape, array.dtype)
    file.create_virtual_dataset(name, layout)


def external_storage(file: h5py.File, name: str, outside: Path) -> None:
    array = file[name][()]
    del file[name]
    file.create_dataset(name, array.shape, array.dtype, external=[(str(outside), 0, array.nbytes)])


def committed_type(file: h5py.File, name: str, _: Path) -> None:
    array = file[name][()]
    del file[name]
    file["kind"] = array.dtype
    file.create_dataset(name, data=array, dtype=file["kind"])


def other_filter(file: h5py.File, name: str, _: Path) -> None:
    array = file[name][()]
    del file[name]
    file.create_dataset(name, data=array, chunks=array.shape, compression="lzf")


def references(file: h5py.File, name: str, _: Path) -> None:
    del file[name]
    file.create_dataset(name, (3,), h5py.ref_dtype)


def texts(file: h5py.File, name: str, _: Path) -> None:
    del file[name]
    file.create_dataset(name, data=["a", "b"], dtype=h5py.string_dtype())


def huge(file: h5py.File, name: str, _: Path) -> None:
    array = file[name]
    shape, dtype = (1 << 40, *array.shape[1:]), array.dtype
    del file[name]
    file.create_dataset(name, shape, dtype, chunks=(4096, *shape[1:]), compression="gzip")


def huge_and_empty(file: h5py.File, name: str, _: Path) -> None:
    array = file[name]
    shape, dtype = (1 << 31, *array.shape[1:]), array.dtype
    del file[name]
    file.create_dataset(name, shape, dtype)


def huge_chunk(file: h5py.File, name: str, _: Path) -> None:
    array = file[name][()]
    del file[name]
    rows = (8 << 20) // array[:1].nbytes + 1
    shape = (None, *array.shape[1:])
    file.create_dataset(name, data=array, maxshape=shape, chunks=(rows, *array.shape[1:]), compression="gzip")


@functools.cache
def burst() -> bytes:
    """Little that inflates to much."""
    return zlib.compress(bytes(200_000_000), 9)


def bursting_chunk(file: h5py.File, name: str, _: Path) -> None:
    array = file[name][()]
    del file[name]
    made = file.create_dataset(name, array.shape, array.dtype, chunks=array.shape, compression="gzip")
    made.id.write_direct_chunk((0,) * array.ndim, burst())


def short_chunk(file: h5py.File, name: str, _: Path) -> None:
    array = file[name][()]
    del file[name]
    made = file.create_dataset(name, array.shape, array.dtype, chunks=array.shape, compression="gzip")
    made.id.write_direct_chunk((0,) * array.ndim, zlib.compress(b"", 9))


def missing_chunk(file: h5py.File, name: str, _: Path) -> None:
    array = file[name]
    shape, dtype = array.shape, array.dtype
    del file[name]
    file.create_dataset(name, shape, dtype, chunks=shape, compression="gzip")


def many_objects(file: h5py.File, _: str, __: Path) -> None:
    for i in range(21_000):
        file.create_group(f"group {i}")


def deep(file: h5py.File, _: str, __: Path) -> None:
    group = file
    for _i in range(3000):
        group = group.create_group("g")


KINDS = (
    external_link, external_group, dangling_link, soft_link, cycle, virtual, external_storage, committed_type,
    other_filter, references, texts, huge, huge_and_empty, huge_chunk, bursting_chunk, short_chunk, missing_chunk,
)  # fmt: skip


def use(path: Path) -> None:
    if path.name == "dataset.h5":
        DatasetRows(path).check()
        open_crystals(path)
        return
    with open_store(path) as store:
        list(store)
        assert store.tensors and store.wyckoff


@pytest.mark.parametrize("hostile", KINDS)
def test_nothing_leads_out_of_a_file(hostile: Hostile, path: Path) -> None:
    content = path.read_bytes()
    for name in names(path):
        if not read_content(path).arrays[name].size:
            continue
        with h5py.File(path, "r+") as file:
            hostile(file, name, path.parent / "outside.h5")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with pytest.raises(SgbasisError, match=rf"{path.name} is damaged: .*") as caught:
            use(path)
            pytest.fail(f"{name} is believed")
        assert "\n" not in str(caught.value)
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < before + 100_000, name
        path.write_bytes(content)


@pytest.mark.parametrize("hostile", [many_objects, deep])
def test_groups_without_end(hostile: Hostile, path: Path) -> None:
    with h5py.File(path, "r+") as file:
        hostile(file, "", path)
    with pytest.raises(SgbasisError, match="is damaged"):
        use(path)


@pytest.mark.parametrize("hostile", [external_link, virtual, external_storage, huge, bursting_chunk])
def test_commands_refuse_in_one_line(hostile: Hostile, path: Path) -> None:
    with h5py.File(path, "r+") as file:
        hostile(file, next(names(path)), path.parent / "outside.h5")
    assert "is damaged" in error_line(sgbasis("info", path))


def test_attributes_are_texts_of_the_file(path: Path) -> None:
    content = path.read_bytes()
    for name in ("format", "format_version", "recipe", "provenance", "content_sha256", "attributes_sha256"):
        for value in (1, np.zeros(3), np.bytes_(b"\xff"), h5py.Empty("S9"), ["a", "b"], "text of any length"):
            with h5py.File(path, "r+") as file:
                file.attrs[name] = value
            with pytest.raises(SgbasisError, match=r"is damaged|is an HDF5 file, but not"):
                use(path)
            path.write_bytes(content)


def test_other_layouts_are_the_same_file(path: Path) -> None:
    """Contiguous, and in chunks of any shape with the filters that everybody has."""
    content = read_content(path)
    use(path)
    for options in (
        {}, {"chunks": True}, {"chunks": True, "shuffle": True}, {"compression": "gzip"}, {"fletcher32": True},
        {"compression": "gzip", "shuffle": True, "fletcher32": True},
    ):  # fmt: skip
        with h5py.File(path, "r+") as file:
            for name, array in content.arrays.items():
                del file[name]
                file.create_dataset(name, data=array, **(options if array.size else {}))
        use(path)


def test_a_file_that_is_replaced_meanwhile(good: Path, tmp_path: Path) -> None:
    path = tmp_path / "dataset.h5"
    path.write_bytes((good / "dataset.h5").read_bytes())
    rows = DatasetRows(path)
    rows.check()
    compile_dataset([data_folder() / "crystals" / "rutile.cif"], path)
    with pytest.raises(SgbasisError, match="it was changed while it was read"):
        rows.take(0, 1)


def test_the_writer_never_writes_what_no_reader_believes() -> None:
    """Arrays that gzip makes a thousandth are stored as they are."""
    attributes = dict.fromkeys(("format", "format_version", "recipe", "provenance", "content_sha256"), "x")
    assert len(file_image(attributes, [("a/b", np.zeros(1 << 20))])) > 1 << 20
    assert len(file_image(attributes, [("a/b", np.zeros(1 << 15))])) < 1 << 15


def test_memory_of_a_small_file_that_promises_much(tmp_path: Path, good: Path) -> None:
    """The whole process, in a limit of address space that numpy and h5py alone nearly need."""
    path = tmp_path / "store.h5"
    path.write_bytes((good / "store.h5").read_bytes())
    with h5py.File(path, "r+") as file:
        huge(file, "settings/norm_limit", path)
    script = (
        "import resource, sys; from basis_store import open_store; "
        "resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30)); open_store(sys.argv[1])"
    )
    done = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=False)
    assert "StoreCorruptError" in done.stderr
    assert "too large for a file" in done.stderr
