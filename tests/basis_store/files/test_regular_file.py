"""Only regular files are opened, and nothing is waited for."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from basis_store.files.regular_file import check_regular, open_regular, read_regular


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    os.mkfifo(tmp_path / "pipe")
    return tmp_path / "pipe"


@pytest.mark.parametrize("function", [check_regular, open_regular, read_regular])
def test_pipes_devices_sockets_and_folders_are_refused_at_once(function, pipe: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(tmp_path / "socket"))
        for path in (pipe, link, tmp_path / "socket", Path("/dev/zero"), Path("/dev/null")):
            with pytest.raises(OSError, match="Not a regular file") as caught:
                function(path)
            assert caught.value.filename == str(path)
    with pytest.raises(IsADirectoryError):
        function(tmp_path)
    with pytest.raises(FileNotFoundError):
        function(tmp_path / "none")


def test_a_file_that_is_replaced_by_a_pipe_after_it_was_checked(pipe: Path, monkeypatch) -> None:
    monkeypatch.setattr("basis_store.files.regular_file.check_regular", lambda path: None)
    with pytest.raises(OSError, match="Not a regular file"):
        open_regular(pipe)


def test_links_to_regular_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    (tmp_path / "link").symlink_to("file")
    assert read_regular(tmp_path / "link") == b"content"
    with open_regular(tmp_path / "link") as file:
        assert file.read(3) == b"con"


def test_a_limit_counts_bytes(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    assert read_regular(tmp_path / "file", limit=5) == b"12345"
    with pytest.raises(OSError, match="larger than"):
        read_regular(tmp_path / "file", limit=4)
