"""What breaks the process that reads files breaks only one file: time, memory, a crash."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from basis_store import data_folder
from sgbasis.explorer.uploads.upload_parts import Upload
from sgbasis.explorer.uploads.upload_process import UploadProcess

RUTILE = Upload(data_folder() / "crystals/rutile.cif", "rutile.cif", "crystal")
OTHERS: set[object] = set()


@pytest.fixture(scope="module")
def process() -> Iterator[UploadProcess]:
    OTHERS.update(multiprocessing.active_children())
    made = UploadProcess(time_limit=60, memory_limit=200_000_000)
    yield made
    made.close()


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Upload:
    """A file within all limits on texts that keeps its reader busy: 60,000 frames."""
    path = tmp_path_factory.mktemp("slow") / "upload.extxyz"
    path.write_text('1\nLattice="4 0 0 0 4 0 0 0 4" Properties=species:S:1:pos:R:3\nSi 0 0 0\n' * 60_000)
    return Upload(path, "slow.extxyz", "crystal")


def test_a_file_is_read_also_after_one_that_needs_too_much_memory(process: UploadProcess, tmp_path: Path) -> None:
    path = tmp_path / "upload.json"
    path.write_bytes(b'{"columns": [' + b"[]," * 3_200_000 + b"[]]}")
    refused = process.view(Upload(path, "lists.json", "crystal"))
    assert refused["error"] == "lists.json: there is not enough memory for it"
    view = process.view(RUTILE)
    assert view["crystal"]["formula"] == "TiO2" and view["predictions"] and not view["problems"]


def test_what_takes_too_long_is_given_up_and_the_next_file_is_read(
    process: UploadProcess, slow: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(process, "_time_limit", 1.0)
        view = process.view(slow)
    text = view.get("error") or " ".join(view["problems"])
    assert "slow.extxyz" in text and "s were needed" in text
    assert process.view(RUTILE)["predictions"]


def test_a_crash_is_one_line(process: UploadProcess, slow: Upload) -> None:
    (child,) = set(multiprocessing.active_children()) - OTHERS
    timer = threading.Timer(0.3, child.kill)
    timer.start()
    view = process.view(slow)
    timer.join()
    assert "ended" in (view.get("error") or " ".join(view["problems"]))


def test_work_that_nobody_waits_for_is_given_up(process: UploadProcess, slow: Upload) -> None:
    view = process.view(slow, is_wanted=lambda: False)
    assert "crystal" not in view
