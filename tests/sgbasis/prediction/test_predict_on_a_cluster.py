"""``sgbasis predict --scheduler``: the same bytes as here, whatever happens to the workers."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from basis_compiler import compile_dataset
from basis_store.files.locations import data_folder
from sgbasis.prediction import predict_many
from tests.support.command_line import error_line, in_new_process, sgbasis
from tests.support.crystals.crystal_inputs import CRYSTALS, write_folder
from tests.support.dask_cluster import Cluster, dask_cluster

pytest.importorskip("distributed", reason="distributed is not installed")

# Workers are slow, so that runs can be stopped in the middle, and know no model that ships.
PRELOAD = """
import time, runtime.pretrained.locate as locate, sgbasis.prediction.chunk_results as results
locate.shipped_models = dict
if not hasattr(results, "quick"):
    results.quick = results.predicted_chunk
def slow(*arguments):
    time.sleep(0.3)
    return results.quick(*arguments)
results.predicted_chunk = slow
"""
SMALL = """
import sgbasis.prediction.predict_many as many
many.CHUNK = 4
from sgbasis.entry_point import main; main()
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with dask_cluster(tmp_path_factory.mktemp("dask") / "cluster", preload=PRELOAD) as running:
        yield running


@pytest.fixture
def here(many: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with everything, which the workers would not find by the relative paths that are used."""
    shutil.copy(many, tmp_path / "many.jsonl")
    shutil.copytree(model, tmp_path / "model")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def small_chunks(*arguments: object) -> list[str]:
    return [sys.executable, "-c", SMALL, "predict", *map(str, arguments)]


def run(*arguments: object, standard_input: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        small_chunks(*arguments), capture_output=True, text=True, check=False, input=standard_input
    )


def alone_here(*arguments: object, standard_input: str = "") -> subprocess.CompletedProcess[str]:
    """The same by one process without a cluster, forked from this one, which has PyTorch imported already."""

    def small() -> None:
        predict_many.CHUNK = 4

    return sgbasis("predict", *arguments, "--workers", 1, standard_input=standard_input, prepare=small)


def many_inputs(folder: Path) -> list[str]:
    """Files of every kind, some of which cannot be read."""
    cifs = write_folder(folder / "cifs", None)
    ase_io = pytest.importorskip("ase.io")
    ase_io.write(cifs / "POSCAR", ase_io.read(CRYSTALS / "rutile.cif"), format="vasp")
    ase_io.write(folder / "two.xyz", [ase_io.read(CRYSTALS / "quartz.cif")] * 2, format="extxyz")
    (cifs / "broken.cif").write_text("data_x\n")
    (cifs / "CONTCAR").write_text("no crystal\n")
    (folder / "other.cif").write_text("data_x\n_cell_length_a nothing\n")
    (folder / "cut.json.gz").write_bytes(b"\x1f\x8b\x08\x00")
    compile_dataset([CRYSTALS / "nacl.cif", CRYSTALS / "spinel.cif"], folder / "set.h5")
    return ["cifs", "many.jsonl", "two.xyz", "other.cif", "none.cif", "cut.json.gz", "set.h5"]


@pytest.mark.parametrize("form", ["csv", "jsonl", ""])
def test_the_same_bytes(form: str, cluster: Cluster, here: Path) -> None:
    """Of the output, and of what is said about entries that cannot be read."""
    arguments: list[object] = [*many_inputs(here), "--model", "model", "--property", "formation_energy"]
    output = here / f"out.{form}"
    if form:
        arguments += ["-o", output.name]
    alone = alone_here(*arguments)
    expected = output.read_bytes() if form else b""
    output.unlink(missing_ok=True)
    there = run(*arguments, "--scheduler", cluster.address)
    assert (there.stdout, there.stderr, there.returncode) == (alone.stdout, alone.stderr, 1)
    assert error_line(there) == "7 of 56 crystals could not be read; the others are predicted"
    assert (output.read_bytes() if form else b"") == expected
    assert not list(here.glob("*.chunks"))
    assert cluster.is_idle()


def test_standard_input(cluster: Cluster, here: Path) -> None:
    lines = (here / "many.jsonl").read_text()
    arguments = ("-", "--model", "model", "--json")
    alone = alone_here(*arguments, standard_input=lines)
    there = run(*arguments, "--scheduler", cluster.address, standard_input=lines)
    assert (there.stdout, there.stderr) == (alone.stdout, alone.stderr)
    assert there.stdout.count("\n") == 40


@contextmanager
def in_the_middle(output: Path, cluster: Cluster) -> Iterator[subprocess.Popen[str]]:
    """A run on the cluster that has finished some of its chunks."""
    command = small_chunks("many.jsonl", "--model", "model", "-o", output.name, "--scheduler", cluster.address)
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True) as running:
        deadline = time.monotonic() + 300
        while len(chunks(output)) < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert running.poll() is None
        yield running


def chunks(output: Path) -> dict[Path, int]:
    """Finished ones, with the times of their making."""
    found = output.parent.glob(f"{output.name}.chunks/*/[0-9]*")
    return {path: path.stat().st_mtime_ns for path in found}


def expected(here: Path) -> bytes:
    alone_here("many.jsonl", "--model", "model", "-o", "expected.csv")
    return (here / "expected.csv").read_bytes()


def test_a_worker_is_killed(cluster: Cluster, here: Path) -> None:
    output = here / "out.csv"
    with in_the_middle(output, cluster) as running:
        killed = cluster.kill_a_worker()
        _, errors = running.communicate(timeout=300)
    assert errors.splitlines()[-1] == "Error: 2 of 42 crystals could not be read; the others are predicted"
    assert len(errors.splitlines()) == 3, errors
    assert output.read_bytes() == expected(here)
    assert killed and cluster.is_idle()


def test_a_killed_run_is_resumed(cluster: Cluster, here: Path) -> None:
    """On the cluster, and then without it."""
    output = here / "out.csv"
    with in_the_middle(output, cluster) as running:
        running.kill()
    kept = chunks(output)
    assert 2 <= len(kept) < 11
    assert cluster.is_idle(), "no task is left"
    with in_the_middle(output, cluster) as running:
        while len(chunks(output)) < len(kept) + 2 and running.poll() is None:
            time.sleep(0.02)
        running.kill()
    assert kept.items() < chunks(output).items(), "finished chunks are not done again"
    done = run("many.jsonl", "--model", "model", "-o", output.name)
    assert error_line(done).startswith("2 of 42 crystals")
    assert output.read_bytes() == expected(here)


def test_a_file_that_changes_ends_the_run(cluster: Cluster, here: Path) -> None:
    """It is read while it is sent; what is finished is kept."""
    output = here / "out.csv"
    with in_the_middle(output, cluster) as running:
        text = (here / "many.jsonl").read_text()
        (here / "many.jsonl").write_text(text.replace("quartz", "quarts"))
        _, errors = running.communicate(timeout=300)
    assert errors == "Error: many.jsonl: it was changed while it was read: run the same command again\n"
    assert not output.exists() and cluster.is_idle()


def test_a_device_that_no_worker_has(cluster: Cluster, here: Path) -> None:
    arguments = ("many.jsonl", "--model", "model", "-o", "out.csv", "--scheduler", cluster.address)
    done = run(*arguments, "--device", "cuda:97")
    assert error_line(done).startswith("a worker on ") and ": there is no cuda:97: " in error_line(done)
    assert not list(here.glob("out*"))


def test_workers_with_another_pytorch(here: Path, tmp_path: Path) -> None:
    preload = "import torch; torch.__version__ = '2.6.0+cu126'"
    with dask_cluster(tmp_path / "cluster", workers=1, preload=preload) as running:
        done = in_new_process("predict", CRYSTALS / "nacl.cif", "--model", "model", "--scheduler", running.address)
    assert " has torch 2.6.0 instead of " in error_line(done)
    assert error_line(done).endswith(": install the same there")


def test_a_damaged_model_is_found_before_anything_is_sent(here: Path) -> None:
    shutil.copytree(data_folder() / "models" / "band_gap", here / "gap")
    (here / "gap" / "model.safetensors").write_bytes(b"x")
    done = run("many.jsonl", "--model", "gap", "--scheduler", "tcp://127.0.0.1:1")
    assert "gap/model.safetensors is damaged" in error_line(done)
