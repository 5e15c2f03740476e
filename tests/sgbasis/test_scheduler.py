"""``--scheduler`` on the command line: the same outcome, errors in one line, the cluster left as it was."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from basis_compiler import compile_recipe
from basis_store import Recipe, open_crystals, open_store
from tests.support.command_line import PIP, error_line, sgbasis
from tests.support.crystals.crystal_inputs import CRYSTALS, json_record, write_jsonl
from tests.support.dask_cluster import Cluster, dask_cluster

pytest.importorskip("distributed", reason="distributed is not installed")

LOCAL_CLUSTER = """
from distributed import LocalCluster
if __name__ == "__main__":
    with LocalCluster("127.0.0.1", n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        print(cluster.scheduler_address, flush=True)
        input()
"""


@pytest.fixture
def local_cluster(tmp_path: Path) -> Iterator[Cluster]:
    """A cluster made by a Python program."""
    script = tmp_path / "cluster.py"
    script.write_text(LOCAL_CLUSTER)
    with subprocess.Popen(
        [sys.executable, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as running:
        assert running.stdout is not None
        yield Cluster(running.stdout.readline().decode().strip(), running, tmp_path)
        running.communicate(b"\n", timeout=300)


def test_a_store_from_a_local_cluster(local_cluster: Cluster, tmp_path: Path) -> None:
    path = tmp_path / "store.h5"
    with subprocess.Popen(
        [sys.executable, "-m", "sgbasis", "compile", "-o", path, "--radius", "10", "--settings", "standard",
         "--scheduler", local_cluster.address],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as running:  # fmt: skip
        local_cluster.wait_for_tasks()
        time.sleep(0.5)
        local_cluster.kill_a_worker()
        assert running.poll() is None, "it was killed in the middle of the work"
        printed, errors = running.communicate(timeout=3000)
    assert running.returncode == 0, errors
    assert errors == ""
    assert "Compiled and proved 230 settings in " in printed
    with open_store(path) as store:
        expected = compile_recipe(Recipe(radius=10, settings="standard"), workers=2)
        assert [one.digest() for one in store] == [one.digest() for one in expected]
        assert store.content_hash in printed
    assert local_cluster.is_idle()


# Slow chunks on the workers, so that runs can be interrupted in the middle.
SLOW = """
import time, basis_compiler.datasets.chunks as chunks
if not hasattr(chunks, "quick"):
    chunks.quick = chunks.compile_chunk
def slow(*arguments):
    time.sleep(0.4)
    return chunks.quick(*arguments)
chunks.compile_chunk = slow
"""
SMALL = """
import basis_compiler.datasets.compiler as dataset
dataset._CHUNK = 4
from sgbasis.entry_point import main; main()
"""


@pytest.fixture(scope="module")
def slow_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with dask_cluster(tmp_path_factory.mktemp("slow") / "cluster", preload=SLOW) as running:
        yield running


@pytest.fixture
def many(tmp_path: Path) -> Path:
    return write_jsonl(tmp_path / "many.jsonl", [json_record("quartz", id=f"q{i}", x=i) for i in range(48)])


def small_chunks(*arguments: object) -> list[str]:
    return [sys.executable, "-c", SMALL, "crystals", *map(str, arguments)]


def finished(output: Path, *options: object) -> str:
    """The content hash of a run that ends well."""
    inputs = output.with_name("many.jsonl")
    done = subprocess.run(
        small_chunks(inputs, "-o", output, *options), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return open_crystals(output).content_hash


@contextmanager
def in_the_middle(output: Path, cluster: Cluster) -> Iterator[subprocess.Popen[str]]:
    """A run on the cluster that has finished some of its chunks."""
    with subprocess.Popen(
        small_chunks(output.with_name("many.jsonl"), "-o", output, "--scheduler", cluster.address),
        stderr=subprocess.PIPE, text=True, start_new_session=True,
    ) as running:  # fmt: skip
        deadline = time.monotonic() + 300
        while len(list(output.parent.glob("*.chunks/*/*.h5"))) < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert running.poll() is None
        yield running


def test_a_worker_is_killed(slow_cluster: Cluster, many: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.h5"
    with in_the_middle(output, slow_cluster) as running:
        slow_cluster.kill_a_worker()
        _, errors = running.communicate(timeout=3000)
    assert running.returncode == 0, errors
    assert errors == ""
    assert open_crystals(output).content_hash == finished(tmp_path / "here.h5")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["here.h5", "many.jsonl", "out.h5"]


def test_a_killed_run_is_resumed(slow_cluster: Cluster, many: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.h5"
    with in_the_middle(output, slow_cluster) as running:
        running.kill()
        running.wait()
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.glob("out.h5.chunks/*/*.h5")}
    assert 2 <= len(kept) < 12
    assert slow_cluster.is_idle(), "no task is left"
    with in_the_middle(output, slow_cluster) as running:
        assert {path: path.stat().st_mtime_ns for path in kept} == kept, "finished chunks are not done again"
        assert running.wait(timeout=3000) == 0
    assert open_crystals(output).content_hash == finished(tmp_path / "here.h5")


def test_an_interrupted_run_is_resumed(slow_cluster: Cluster, many: Path, tmp_path: Path) -> None:
    """Ctrl-C ends the run, and not the cluster."""
    output = tmp_path / "out.h5"
    with in_the_middle(output, slow_cluster) as running:
        os.killpg(running.pid, signal.SIGINT)
        _, errors = running.communicate(timeout=300)
    assert running.returncode == 130
    assert errors.splitlines() == [
        f"Run again, the same command resumes with what is in {output}.chunks.",
        "Error: interrupted; nothing was left half-written",
    ]
    assert slow_cluster.is_idle()
    assert finished(output, "--scheduler", slow_cluster.address) == finished(tmp_path / "here.h5")


def test_an_interrupted_compilation(slow_cluster: Cluster, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "sgbasis", "compile", "-o", tmp_path / "store.h5", "--radius", "16",
         "--scheduler", slow_cluster.address],
        stderr=subprocess.PIPE, text=True, start_new_session=True,
    ) as running:  # fmt: skip
        slow_cluster.wait_for_tasks()
        os.killpg(running.pid, signal.SIGINT)
        _, errors = running.communicate(timeout=300)
    assert running.returncode == 130
    assert errors == "Error: interrupted; nothing was left half-written\n"
    assert not list(tmp_path.iterdir())
    assert slow_cluster.is_idle()
    assert len(slow_cluster.run(os.getpid)) == 2


def test_a_scheduler_is_killed(many: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.h5"
    with (
        dask_cluster(tmp_path / "cluster", preload=SLOW) as cluster,
        in_the_middle(output, cluster) as running,
    ):
        cluster.scheduler.kill()
        _, errors = running.communicate(timeout=3000)
        address = cluster.address
    assert running.returncode == 1
    assert errors == (
        f"Error: the Dask cluster at {address} was lost: see the log of its scheduler, then run this again\n"
    )
    assert not output.exists()
    assert len(list(tmp_path.glob("out.h5.chunks/*/*.h5"))) >= 2
    assert finished(output) == finished(tmp_path / "here.h5")


def test_dask_is_not_needed_without_it(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['dask'] = sys.modules['distributed'] = None; from sgbasis.cli import main; main()"
    )
    for command in COMMANDS:
        done = subprocess.run(
            [sys.executable, "-c", code, *command], capture_output=True, text=True, check=False, cwd=tmp_path
        )
        assert done.returncode == 0, done.stderr


COMMANDS = (
    ["compile", "--radius", "1", "--settings", "1", "-o", "out.h5"],
    ["crystals", str(CRYSTALS / "nacl.cif"), "-o", "out.h5"],
    ["predict", str(CRYSTALS / "nacl.cif"), "-o", "out.csv", "--property", "band_gap"],
)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_what_fails_leaves_nothing(command: list[str], tmp_path: Path) -> None:
    done = sgbasis(*command, "--scheduler", "127.0.0.1", cwd=tmp_path)
    assert error_line(done).startswith("there is no Dask scheduler at '127.0.0.1': missing port number")
    assert done.returncode == 1
    done = sgbasis(*command, "--scheduler", "tcp://127.0.0.1:8786", "--workers", "2", cwd=tmp_path)
    assert error_line(done).startswith("--workers counts processes of this machine: give it or --scheduler")
    assert done.returncode == 2
    code = "import sys; sys.modules['distributed'] = None; from sgbasis.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, *command, "--scheduler", "tcp://127.0.0.1:8786"],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    needs = f"sgbasis {command[0]} needs distributed, which is not installed"
    assert error_line(done) == f"{needs}: {PIP} distributed"
    assert not list(tmp_path.iterdir())
