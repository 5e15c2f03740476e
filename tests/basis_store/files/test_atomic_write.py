"""Writing a store: the new one appears whole, or the old one stays. With killed processes and a full disk."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from basis_store import Recipe, open_store
from basis_store.files.atomic_write import check_writable, write_atomically
from tests.support.compiled import write_compiled

SMALL = Recipe(radius=2, min_functions=5, settings=(1, 2))
WRITE_FOREVER = """
import sys
from basis_store import Recipe, open_store, write_store

store = open_store(sys.argv[1])
old, tensors = list(store), store.tensors
print("ready", flush=True)
while True:
    write_store(sys.argv[1], old, Recipe(radius=2, min_functions=5, settings=(1, 2)), tensors=tensors)
"""


def test_kill_during_writes_leaves_a_whole_store(tmp_path: Path) -> None:
    path = tmp_path / "store.h5"
    content_hash = write_compiled(path, SMALL)
    for delay in (0.0, 0.003, 0.01, 0.02, 0.035, 0.05):
        with subprocess.Popen([sys.executable, "-c", WRITE_FOREVER, str(path)], stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == b"ready\n"
            time.sleep(delay)
            writer.send_signal(signal.SIGKILL)
            writer.wait()
        store = open_store(path)
        assert store.content_hash == content_hash
        assert len(list(store)) == 2


def test_a_full_disk_keeps_the_old_store(tmp_path: Path) -> None:
    """A file-size limit makes the kernel refuse the write half-way, as a full disk does."""
    path = tmp_path / "store.h5"
    content_hash = write_compiled(path, SMALL)
    script = (
        # Python would also write truncated byte code, which the next process would read.
        "import resource, signal, sys; sys.dont_write_bytecode = True\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "from sgbasis.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "compile", "--settings", "1,2", "--radius", "2", "--output", str(path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert [line for line in done.stderr.splitlines() if "Error" in line] == [f"Error: {path}: File too large"]
    assert "Traceback" not in done.stderr
    assert open_store(path).content_hash == content_hash
    assert list(tmp_path.iterdir()) == [path]


def test_failing_writes_leave_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_atomically(tmp_path / "folder", b"content")
    assert [one.name for one in tmp_path.iterdir()] == ["folder"]


def test_outputs_are_checked_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        check_writable(tmp_path / "missing" / "store.h5")
    with pytest.raises(IsADirectoryError):
        check_writable(tmp_path)
    check_writable(tmp_path / "store.h5")
    assert not list(tmp_path.iterdir())


def test_files_get_ordinary_permissions(tmp_path: Path) -> None:
    mask = os.umask(0o022)
    try:
        write_atomically(tmp_path / "file", b"x")
    finally:
        os.umask(mask)
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o644


def test_links_are_followed(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    target, link = tmp_path / "there" / "file", tmp_path / "link"
    link.symlink_to(Path("there") / "file")
    for content in (b"made", b"replaced"):
        check_writable(link)
        write_atomically(link, content)
        assert target.read_bytes() == content
        assert link.is_symlink() and not target.is_symlink()
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "link", "there"]


@pytest.mark.parametrize("write", [check_writable, lambda path: write_atomically(path, b"content")])
def test_only_files_are_replaced(write: Callable[[Path], None], tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, target in (("link", "pipe"), ("null", "/dev/null"), ("loop", "loop")):
        (tmp_path / name).symlink_to(target)
    before = {path.name: path.lstat().st_ino for path in tmp_path.iterdir()}
    for name in ("pipe", "link", "null"):
        with pytest.raises(OSError, match="Not a file but a device or a pipe") as raised:
            write(tmp_path / name)
        assert raised.value.filename == str(tmp_path / name)
    with pytest.raises(OSError, match="Too many levels of symbolic links"):
        write(tmp_path / "loop")
    assert {path.name: path.lstat().st_ino for path in tmp_path.iterdir()} == before


def test_standard_output_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sgbasis", "export", "--setting", "1", "/dev/stdout"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == "Error: /dev/stdout: Not a file but a device or a pipe: give the name of a file\n"
