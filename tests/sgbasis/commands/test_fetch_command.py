"""``sgbasis fetch`` as a user runs it: another process, a real server on loopback, the store that ships."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from basis_store import Recipe, open_store, published_stores
from basis_store.files.locations import default_store_path
from basis_store.published.download import compiled_copy, is_whole
from basis_store.published.registry import find_published
from tests.support.store_server import StoreServer, flip_a_bit, serving

FETCH = (sys.executable, "-m", "sgbasis", "fetch")


@pytest.fixture
def server() -> Iterator[StoreServer]:
    published = next(store for store in published_stores() if store.name == "default")
    assert is_whole(default_store_path(), published), (
        "data/default.h5 is not the published one: run `make publish`"
    )
    with serving(published.file, default_store_path().read_bytes()) as server:
        yield server


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def environment(server: StoreServer, cache: Path) -> dict[str, str]:
    chosen = {"SGBASIS_BASE_URL": server.base_url, "SGBASIS_CACHE": str(cache), "NO_PROXY": "127.0.0.1"}
    return os.environ | chosen


def run(
    *arguments: object, environment: dict[str, str], prefix: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    command = [*prefix, *FETCH, *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)


def assert_one_error(done: subprocess.CompletedProcess[str], *words: str, code: int = 1) -> None:
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert done.stderr.startswith("Error: ")
    for word in words:
        assert word in done.stderr


def contents(cache: Path) -> list[str]:
    return sorted(path.name for path in cache.iterdir() if path.name != ".sgbasis-fetch.lock")


def test_the_path_is_all_that_is_printed(server, cache, environment):
    done = run(environment=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{cache / server.file}\n"
    assert Path(done.stdout.strip()).read_bytes() == server.body
    again = run("default", environment=environment)
    assert again.stdout == done.stdout
    assert len(server.asked) == 1


def test_options_come_before_the_environment(server, tmp_path, environment):
    environment |= {"SGBASIS_BASE_URL": "http://127.0.0.1:9/", "SGBASIS_CACHE": str(tmp_path / "unused")}
    done = run("--base-url", server.base_url, "--cache", tmp_path / "here", environment=environment)
    assert done.stdout == f"{tmp_path / 'here' / server.file}\n", done.stderr
    assert not (tmp_path / "unused").exists()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("missing", "answers 404"),
        ("failing", "answers 500"),
        ("corrupted", "damaged or different file"),
        ("dropped", "broke off before all"),
        ("length_too_large", "broke off before all"),
        ("endless", "sends more"),
    ],
)
def test_one_line_says_what_failed_where_and_what_to_do(answer, words, server, cache, environment):
    server.answers = [answer]
    done = run(environment=environment)
    assert_one_error(
        done,
        words,
        f"{server.base_url}{server.file}",
        "--base-url",
        "in seconds: sgbasis fetch default --compile, or ",
        "sgbasis compile --settings all --radius 5 --min-functions 64 --output default.h5",
    )
    assert contents(cache) == []


def test_the_server_is_down_and_the_copy_is_damaged(server, cache, environment):
    run(environment=environment)
    path = cache / server.file
    flip_a_bit(path)
    assert_one_error(
        run("--base-url", "http://127.0.0.1:9", environment=environment),
        "cannot be reached (Connection refused)", f"{path} is damaged and was not used",
    )  # fmt: skip
    done = run(environment=environment)
    assert (done.returncode, path.read_bytes()) == (0, server.body)


def test_a_transient_error_of_the_server_is_not_reported(server, environment):
    server.answers = ["failing", "whole"]
    done = run(environment=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(server.asked) == 2


@pytest.mark.parametrize("name", ["huge", "", "../default"])
def test_unknown_names(name, server, environment):
    done = run(name, environment=environment)
    if name:
        assert_one_error(done, f"no store named '{name}' is published", "default, standard, large")
    assert server.asked == ([] if name else [f"/stores/{server.file}"])


def test_interrupted_half_way(server, cache, environment):
    server.answers = ["stalled"]
    with subprocess.Popen(FETCH, env=environment, stdout=-1, stderr=-1, text=True) as client:
        assert server.half_sent.wait(60)
        client.send_signal(signal.SIGINT)
        stdout, stderr = client.communicate(timeout=60)
    assert client.returncode == 130
    assert stdout == ""
    assert stderr.splitlines() == ["Error: interrupted; nothing was left half-written"]
    assert contents(cache) == []


def test_killed_half_way_then_fetched_again(server, cache, environment):
    server.answers = ["stalled", "whole"]
    with subprocess.Popen(FETCH, env=environment, stdout=-1, stderr=-1) as client:
        assert server.half_sent.wait(60)
        client.kill()
    assert [name for name in contents(cache) if not name.endswith(".part")] == []
    done = run(environment=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert contents(cache) == [server.file]


def test_a_full_disk(server, cache, environment):
    """Simulated by a limit on the size of files, with which a write fails in the same way."""
    limited = ("sh", "-c", 'ulimit -f 64; exec "$@"', "sh")
    done = run(environment=environment, prefix=limited)
    assert_one_error(done, f"into {cache}: File too large", "--cache")
    assert contents(cache) == []


def test_a_cache_that_cannot_be_made(server, tmp_path, environment):
    (tmp_path / "file").write_text("in the way")
    done = run("--cache", tmp_path / "file" / "cache", environment=environment)
    assert_one_error(done, "Not a directory", "SGBASIS_CACHE")
    assert server.asked == []


def test_the_list_needs_no_server_and_shows_what_is_cached(server, cache, environment):
    def listed() -> dict[str, str]:
        done = run("--list", environment=environment)
        assert (done.returncode, done.stderr) == (0, "")
        return {line.split()[0]: line for line in done.stdout.splitlines()}

    before = listed()
    assert list(before) == ["name", *(one.name for one in published_stores()), "cache:"]
    assert " no " in before["default"]
    assert server.asked == []
    run(environment=environment)
    assert " yes " in listed()["default"]
    flip_a_bit(cache / server.file)
    assert " damaged " in listed()["default"]
    assert " no " in listed()["large"]


def test_the_list_takes_no_name(environment):
    done = run("large", "--list", environment=environment)
    assert done.returncode == 2
    assert "--list takes neither" in done.stderr


def test_without_a_server_the_same_content_is_compiled(server, cache, environment):
    """Even where a damaged copy is, and from then on it is found in the cache, also by programs that fetch."""
    offline = environment | {"SGBASIS_BASE_URL": "http://127.0.0.1:9"}
    path = compiled_copy(find_published("default"), cache)
    cache.mkdir()
    path.write_bytes(server.body)
    flip_a_bit(path)
    assert_one_error(run(environment=offline), "cannot be reached (Connection refused)", "--compile")
    done = run("--compile", environment=offline)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{path}\n", "")
    assert [path.name] == contents(cache)
    with open_store(path) as reader:
        assert reader.content_hash == find_published("default").content_hash
    modified = path.stat().st_mtime_ns
    for arguments in (["--compile"], ["default"]):
        assert run(*arguments, environment=offline).stdout == done.stdout
    assert "compiled" in run("--list", environment=offline).stdout
    assert path.stat().st_mtime_ns == modified
    assert server.asked == []


def test_other_content_is_not_taken_for_the_store(cache, environment, monkeypatch):
    from sgbasis.cli import main

    other = replace(find_published("default"), recipe=Recipe(radius=1, min_functions=0, settings=(1,)))
    monkeypatch.setattr("basis_store.published.registry.find_published", lambda _: other)
    result = CliRunner().invoke(main, ["fetch", "--compile", "--cache", str(cache)])
    assert result.exit_code == 1
    assert "what was compiled is not the store 'default': its content is " in result.stderr
    assert contents(cache) == []


@pytest.mark.parametrize("arguments", [["--compile", "--list"], ["--compile", "--base-url", "http://a.b"]])
def test_options_that_exclude_each_other(arguments, environment):
    assert_one_error(run(*arguments, environment=environment), "--compile", code=2)
