"""The compilers on a real Dask cluster: the same hash as here, whatever happens to its workers."""

from __future__ import annotations

import os
import shutil
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from basis_compiler import compile_dataset, compile_recipe
from basis_compiler.crystals.formats.entries import Line, Unreadable
from basis_compiler.crystals.formats.file_formats import CrystalFile, InlinedFile, inlined
from basis_compiler.datasets import compiler as dataset
from basis_compiler.parallel import dask_cluster as module
from basis_compiler.parallel.dask_cluster import on_cluster
from basis_store import CompilationError, Recipe, Setting, SettingError, StoreReader
from tests.support.crystals.crystal_inputs import CRYSTALS, json_record, write_folder, write_jsonl
from tests.support.dask_cluster import Cluster, dask_cluster

pytest.importorskip("distributed", reason="distributed is not installed")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with dask_cluster(tmp_path_factory.mktemp("dask") / "cluster") as running:
        yield running


def test_bases_although_a_worker_is_killed(cluster: Cluster, reader: StoreReader) -> None:
    """Those of the committed store, hash by hash."""
    finished, killed = 0, []

    def progress(more: int) -> None:
        nonlocal finished
        finished += more
        if finished >= 115 and not killed:
            killed.append(cluster.kill_a_worker())

    compiled = compile_recipe(Recipe(settings="standard"), scheduler=cluster.address, progress=progress)
    assert finished == 230
    assert killed
    assert [one.digest() for one in compiled] == [reader.read(one.setting).digest() for one in compiled]
    assert cluster.is_idle()
    assert killed[0] not in cluster.run(os.getpid).values()


def many_inputs(folder: Path) -> list[Path]:
    """Lines, files of every kind, and files that cannot be read."""
    cifs = write_folder(folder / "cifs", None)
    ase_io = pytest.importorskip("ase.io")
    ase_io.write(cifs / "POSCAR", ase_io.read(CRYSTALS / "rutile.cif"), format="vasp")
    ase_io.write(cifs / "quartz.xyz", ase_io.read(CRYSTALS / "quartz.cif"), format="extxyz")
    ase_io.write(folder / "calcite.vasp", ase_io.read(CRYSTALS / "calcite.cif"), format="vasp")
    (cifs / "broken.cif").write_text("data_x\n")
    (cifs / "CONTCAR").write_text("no crystal\n")
    lines = write_jsonl(folder / "lines.jsonl", [json_record("spinel", id=f"s{i}", x=i) for i in range(8)])
    return [cifs, lines, folder / "calcite.vasp"]


def test_a_dataset_although_a_worker_is_killed(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Inputs are relative to a folder that is not that of the workers."""
    monkeypatch.setattr(dataset, "_CHUNK", 2)
    inputs = [path.relative_to(tmp_path) for path in many_inputs(tmp_path)]
    monkeypatch.chdir(tmp_path)
    here = compile_dataset(inputs, "here.h5")
    killed = []

    def progress(finished: int, total: int) -> None:
        if finished >= total // 2 and not killed:
            killed.append(cluster.kill_a_worker())

    there = compile_dataset(inputs, "there.h5", scheduler=cluster.address, progress=progress)
    assert killed
    assert there.content_hash == here.content_hash
    assert len(there) == 15
    assert [name for name, _ in there.skipped] == ["CONTCAR", "broken.cif"]
    assert Path("there.h5").read_bytes() == Path("here.h5").read_bytes()
    assert not Path("there.h5.chunks").exists()
    assert cluster.is_idle()


def test_a_dataset_resumes_where_it_was_interrupted(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Begun on the cluster, ended here."""
    monkeypatch.setattr(dataset, "_CHUNK", 2)
    lines = write_jsonl(tmp_path / "lines.jsonl", [json_record("nacl", id=f"n{i}") for i in range(20)])

    def interrupt(finished: int, total: int) -> None:
        if finished >= 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compile_dataset([lines], tmp_path / "out.h5", scheduler=cluster.address, progress=interrupt)
    assert cluster.is_idle()
    states: list[int] = []
    table = compile_dataset([lines], tmp_path / "out.h5", progress=lambda finished, _: states.append(finished))
    assert states[0] == 6
    assert len(table) == 20


def test_errors_of_tasks_are_raised_as_without_a_cluster(cluster: Cluster) -> None:
    with pytest.raises(SettingError, match="there is no Hall number 531"):
        list(on_cluster(Setting.from_hall, [1, 531], scheduler=cluster.address, hint="less"))
    with pytest.raises(FileNotFoundError, match="none"):
        list(on_cluster(os.stat, ["/none"], scheduler=cluster.address, hint="less"))
    assert cluster.is_idle()


def test_large_tasks_give_no_warning(cluster: Cluster) -> None:
    """Warnings are errors here."""
    tasks = [bytes(12_000_000), bytes(3)]
    assert sorted(on_cluster(len, tasks, scheduler=cluster.address, hint="less")) == [3, 12_000_000]


def test_few_tasks_are_under_way(cluster: Cluster) -> None:
    taken = 0

    def tasks() -> Iterator[int]:
        nonlocal taken
        while taken < 100:
            taken += 1
            yield -taken

    results = on_cluster(abs, tasks(), scheduler=cluster.address, hint="less")
    found = [next(results)]
    assert taken <= 10
    found += results
    assert sorted(found) == list(range(1, 101))


def test_several_threads_of_one_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset, "_CHUNK", 2)
    recipe = Recipe(radius=2, min_functions=5, settings=tuple(range(1, 531, 9)))
    inputs = many_inputs(tmp_path)
    here = compile_dataset(inputs, tmp_path / "here.h5")
    with dask_cluster(tmp_path / "cluster", workers=1, threads=4) as running:
        compiled = compile_recipe(recipe, scheduler=running.address)
        there = compile_dataset(inputs, tmp_path / "there.h5", scheduler=running.address)
    expected = compile_recipe(recipe)
    assert [one.digest() for one in compiled] == [one.digest() for one in expected]
    assert there.content_hash == here.content_hash


def test_a_task_that_kills_its_workers(tmp_path: Path) -> None:
    preload = (
        "import os, signal, basis_compiler.bases.compiler as compiler\n"
        "compiler.compile_bundle = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    with (
        dask_cluster(tmp_path / "cluster", workers=1, preload=preload, allowed_failures=0) as running,
        pytest.raises(CompilationError, match=r"a task killed .* of the Dask cluster .* or use a smaller recipe"),
    ):
        compile_recipe(Recipe(radius=1, settings=(1,)), scheduler=running.address)


@pytest.mark.parametrize(
    ("preload", "message"),
    [
        (
            "import sys; sys.modules['basis_compiler'] = sys.modules['basis_store'] = None",
            r"a worker .* cannot do this \(.*basis_.*\): install the same sgbasis there",
        ),
        (
            "import basis_compiler.parallel.dask_cluster as cluster, basis_compiler.bases.compiler as compiler\n"
            "vars(compiler).pop('compile_bundle', None)\n"  # it may be called otherwise there
            "versions = {**cluster._versions(), 'spglib': '2.1'}\n"
            "versions.pop('sympy', None)\n"
            "cluster._versions = lambda: versions\n",
            r"a worker on .* has spglib 2.1 instead of [\d.]+, sympy missing instead of [\d.]+: install the same",
        ),
    ],
)
def test_workers_with_other_packages(tmp_path: Path, preload: str, message: str) -> None:
    with (
        dask_cluster(tmp_path / "cluster", workers=1, preload=preload) as running,
        pytest.raises(CompilationError, match=message),
    ):
        compile_recipe(Recipe(radius=1, settings=(1,)), scheduler=running.address)


def test_a_cluster_without_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PATIENCE", 1.0)
    monkeypatch.setattr(module, "_TIMEOUT", 2.0)
    with (
        dask_cluster(tmp_path / "cluster", workers=0) as running,
        pytest.raises(
            CompilationError, match=r"has no workers: start some with: dask worker tcp://127.0.0.1:\d+$"
        ),
    ):
        compile_recipe(Recipe(radius=1, settings=(1,)), scheduler=running.address)


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("", "missing port number"),
        ("host", "missing port number"),
        ("http://127.0.0.1:8787", "unknown address scheme 'http'"),
        ("tcp://127.0.0.1:1", "."),
    ],
)
def test_addresses_without_a_server(address: str, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_TIMEOUT", 1.0)
    with pytest.raises(CompilationError, match=f"there is no Dask scheduler at '{address}': .*{reason}"):
        compile_recipe(Recipe(radius=1, settings=(1,)), scheduler=address)


@pytest.mark.parametrize("answer", [b"HTTP/1.0 400 Bad Request\r\n\r\n", b""])
def test_addresses_of_other_servers(answer: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_TIMEOUT", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            connection.sendall(answer)
            connection.recv(1 << 16)
            connection.close()

        threading.Thread(target=serve, daemon=True).start()
        with pytest.raises(CompilationError, match=r"there is no Dask scheduler at '127\.0\.0\.1:"):
            list(on_cluster(abs, [1], scheduler=f"127.0.0.1:{server.getsockname()[1]}", hint="less"))


def test_the_address_of_a_worker(cluster: Cluster) -> None:
    address = next(iter(cluster.run(os.getpid)))
    with pytest.raises(CompilationError, match="there is a Dask worker: give the address of the scheduler"):
        list(on_cluster(abs, [1], scheduler=address, hint="less"))


def test_files_are_inlined_with_their_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = Path(shutil.copy(CRYSTALS / "nacl.cif", tmp_path / "salt.cif"))
    entry = CrystalFile("salt.cif", path, "salt", {"x": 1.0}, "train")
    (expected,) = entry.crystals(0.01)
    loaded = inlined(entry)
    path.unlink()
    assert isinstance(loaded, InlinedFile)
    (crystal,) = loaded.crystals(0.01)
    assert (crystal.identifier, crystal.targets, crystal.split) == ("salt", {"x": 1.0}, "train")
    assert crystal.build().name == expected.build().name == "salt.cif"
    assert (crystal.build().coordinates == expected.build().coordinates).all()
    gone = inlined(entry)
    assert gone == Unreadable("salt.cif", "No such file or directory")
    line = Line("x", b"{}")
    assert inlined(line) is line
    # A worker without room is no reason to leave crystals out.
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))
    with pytest.raises(CompilationError, match="cannot write temporary files: No such file or directory"):
        list(loaded.crystals(0.01))
