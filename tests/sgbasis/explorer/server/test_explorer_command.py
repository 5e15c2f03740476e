"""``sgbasis explorer`` from its start to Ctrl-C: one line each, and nothing that stays."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from click.testing import CliRunner

from basis_store import SgbasisError
from sgbasis.cli import main
from sgbasis.explorer import site_writer
from tests.support.command_line import error_line, in_new_process

BUILT = (site_writer.ASSETS / "explorer.js").is_file()


@pytest.mark.skipif(not BUILT, reason="scripts and styles are not built (make site)")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_and_ends(number: int) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "sgbasis", "explorer", "--no-browser"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    assert process.stdout
    line = process.stdout.readline()
    url = line.split()[0]
    assert url.startswith("http://127.0.0.1:") and "Ctrl-C" in line
    with urllib.request.urlopen(f"{url}crystal.html", timeout=120) as answer:
        assert b"drop-zone" in answer.read()
    process.send_signal(number)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out, err) == (0, "The explorer has ended.\n", "")
    with pytest.raises(ProcessLookupError):  # nor has it left a process
        for _ in range(50):
            os.killpg(process.pid, 0)
            time.sleep(0.1)


@pytest.mark.skipif(not BUILT, reason="scripts and styles are not built (make site)")
def test_a_port_that_is_taken_is_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert str(port) in error_line(in_new_process("explorer", "--no-browser", "--port", str(port)))


def test_without_scripts_it_says_how_to_build_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(site_writer, "ASSETS", tmp_path)
    with pytest.raises(SgbasisError, match="npm --prefix site ci"):
        site_writer.check_assets()
    done = CliRunner().invoke(main, ["explorer", "--no-browser"])
    assert done.exit_code == 1 and "pip install '.[all]'" in done.stderr
