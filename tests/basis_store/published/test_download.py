"""Fetching a store from a real server on loopback with the failures of a bad network."""

from __future__ import annotations

import hashlib
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from basis_store import (
    DownloadError,
    PublishedStore,
    Recipe,
    SgbasisError,
    fetch_store,
    open_store,
    published_stores,
)
from basis_store.files.locations import default_store_path
from basis_store.published.registry import Registry, read_registry
from tests.support.compiled import write_compiled
from tests.support.store_server import StoreServer, flip_a_bit, serving

BROKEN = {
    "missing": "answers 404 Not Found",
    "failing": "answers 500 Internal Server Error (tried 3 times)",
    "corrupted": "sent a damaged or different file",
    "page": "sent 26 bytes instead of",
    "length_too_large": "broke off before all",
    "length_unreadable": "cannot be fetched (invalid literal",
    "dropped": "broke off before all",
    "dropped_without_length": "bytes instead of",
    "endless": "sends more than the",
}


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[PublishedStore, bytes]:
    path = tmp_path_factory.mktemp("small") / "small.h5"
    recipe = Recipe(radius=6, min_functions=8, settings=(1, 525))
    content_hash = write_compiled(path, recipe)
    body = path.read_bytes()
    published = PublishedStore(
        name="small", file="small-1.h5", sha256=hashlib.sha256(body).hexdigest(), size=len(body),
        content_hash=content_hash, recipe=recipe, description="Two settings.",
    )  # fmt: skip
    return published, body


@pytest.fixture
def published(small: tuple[PublishedStore, bytes]) -> PublishedStore:
    return small[0]


@pytest.fixture
def server(small: tuple[PublishedStore, bytes], monkeypatch: pytest.MonkeyPatch) -> Iterator[StoreServer]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr("basis_store.published.transfer.FIRST_WAIT_S", 0)
    with serving(small[0].file, small[1]) as server:
        monkeypatch.setenv("SGBASIS_BASE_URL", server.base_url)
        yield server


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SGBASIS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def visible(cache: Path) -> list[str]:
    """Everything in the cache except the lock, which stays and is empty."""
    return sorted(path.name for path in cache.iterdir() if path.name != ".sgbasis-fetch.lock")


def unused_url() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/"


@pytest.mark.parametrize("answers", [["whole"], ["moved", "whole"], ["failing", "dropped", "whole"]])
def test_a_whole_file_arrives_in_the_cache(answers, published, server, cache):
    server.answers = answers.copy()
    path = fetch_store(published)
    assert path == cache / "small-1.h5"
    assert path.read_bytes() == server.body
    assert len(server.asked) == len(answers)
    assert visible(cache) == ["small-1.h5"]
    with open_store(path) as reader:
        assert reader.content_hash == published.content_hash


@pytest.mark.parametrize(("answer", "reason"), BROKEN.items())
def test_anything_else_is_an_error_and_leaves_nothing(answer, reason, published, server, cache):
    server.answers = [answer]
    with pytest.raises(DownloadError) as caught:
        fetch_store(published)
    assert reason in str(caught.value)
    assert f"{server.base_url}small-1.h5" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert visible(cache) == []


@pytest.mark.parametrize(("answer", "tries"), [("missing", 1), ("failing", 3), ("dropped", 3), ("corrupted", 3)])
def test_only_failures_that_may_pass_are_retried(answer, tries, published, server, cache):
    server.answers = [answer]
    with pytest.raises(DownloadError):
        fetch_store(published)
    assert len(server.asked) == tries


def test_no_server_listens(published, server, cache):
    url = unused_url()
    with pytest.raises(
        DownloadError, match=rf"{url}small-1.h5 cannot be reached \(Connection refused\)"
    ) as caught:
        fetch_store(published, base_url=url)
    assert visible(cache) == []
    # The message names the alternative that needs no network.
    assert "sgbasis compile --settings hall:1,hall:525 --radius 6 --min-functions 8" in str(caught.value)


def test_a_silent_server_times_out(published, server, cache, monkeypatch):
    monkeypatch.setattr("basis_store.published.transfer.TIMEOUT_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:  # accepts, and never answers
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(DownloadError, match=r"does not answer within 0\.1 s"):
            fetch_store(published, base_url=url)


def test_a_server_that_stops_half_way_times_out(published, server, cache, monkeypatch):
    monkeypatch.setattr("basis_store.published.transfer.TIMEOUT_S", 0.1)
    server.answers = ["stalled"]
    with pytest.raises(DownloadError, match=f"broke off before all {published.size} bytes"):
        fetch_store(published)
    assert visible(cache) == []


def test_a_server_that_sends_a_byte_now_and_then_is_given_up(published, server, cache, monkeypatch):
    monkeypatch.setattr("basis_store.published.transfer.PATIENCE_S", 0.5)
    monkeypatch.setattr("basis_store.published.transfer.MIN_BYTES_PER_S", 1e9)
    server.answers = ["stalled"]
    with pytest.raises(DownloadError, match="has not sent all"):
        fetch_store(published)
    server.release.set()
    assert visible(cache) == []


def test_a_good_copy_is_used_without_the_network(published, server, cache):
    path = fetch_store(published)
    server.answers = ["corrupted"]
    server.asked.clear()
    (cache / ".sgbasis-fetch.lock").unlink()
    assert fetch_store(published) == path
    assert server.asked == []
    assert [entry.name for entry in cache.iterdir()] == [published.file]  # nothing written: read-only caches work


def test_a_bad_copy_is_replaced_by_a_good_one(published, server, cache):
    path = fetch_store(published)
    flip_a_bit(path)
    assert fetch_store(published) == path
    assert path.read_bytes() == server.body


@pytest.mark.parametrize("answer", ["corrupted", "dropped", "missing"])
def test_a_bad_copy_is_never_used_when_the_download_fails(answer, published, server, cache):
    path = fetch_store(published)
    flip_a_bit(path)
    server.answers = [answer]
    with pytest.raises(DownloadError, match=r"small-1\.h5 is damaged and was not used"):
        fetch_store(published)
    with pytest.raises(DownloadError, match=r"small-1\.h5 is damaged and was not used"):
        fetch_store(published, base_url=unused_url())
    assert visible(cache) == ["small-1.h5"]


def test_a_right_file_with_a_wrong_content_hash_is_refused(published, server, cache):
    with pytest.raises(DownloadError, match="holds the content"):
        fetch_store(replace(published, content_hash="0" * 64))
    assert visible(cache) == []


def test_a_right_file_that_is_not_a_store_is_refused(published, server, cache):
    server.body = b"words"
    words = replace(published, size=5, sha256=hashlib.sha256(b"words").hexdigest())
    with pytest.raises(DownloadError, match="not a store"):
        fetch_store(words)
    assert visible(cache) == []


def test_killed_half_way_then_fetched_again(published, server, cache, tmp_path):
    server.answers = ["stalled", "whole"]
    registry = tmp_path / "registry.json"
    registry.write_text(Registry(base_url=server.base_url, stores=(published,)).to_json())
    program = (
        "import sys, pathlib, basis_store as b; from basis_store.published.registry import Registry;"
        "b.fetch_store(Registry.from_json(pathlib.Path(sys.argv[1]).read_text()).stores[0])"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(registry)]) as client:
        assert server.half_sent.wait(30)
        client.kill()
    assert len(visible(cache)) == 1  # what the killed process left
    assert visible(cache)[0].endswith(".part")
    assert not (cache / published.file).exists()
    path = fetch_store(published)
    assert path.read_bytes() == server.body
    assert visible(cache) == [published.file]


def test_concurrent_clients_share_one_download(published, server, cache):
    server.answers = ["stalled"]
    with ThreadPoolExecutor(4) as pool:
        paths = [pool.submit(fetch_store, published) for _ in range(4)]
        assert server.half_sent.wait(30)
        server.release.set()
        assert {path.result() for path in paths} == {cache / published.file}
    assert len(server.asked) == 1


def test_a_download_in_progress_is_not_removed(published, server, cache):
    """Leftovers are removed under the lock only, so a second client does not remove the download of the first."""
    server.answers = ["stalled", "whole"]
    first = threading.Thread(target=fetch_store, args=(published,))
    first.start()
    assert server.half_sent.wait(30)
    second = threading.Thread(target=fetch_store, args=(replace(published, file="other.h5"),), daemon=True)
    server.file = "other.h5"
    second.start()
    second.join(0.2)
    assert second.is_alive()  # it waits
    server.release.set()
    first.join()
    second.join()
    assert visible(cache) == ["other.h5", published.file]


def test_without_locks_it_still_works(published, server, cache, monkeypatch):
    def no_locks(*_: object) -> None:
        raise OSError("no locks available")

    monkeypatch.setattr("fcntl.flock", no_locks)
    assert fetch_store(published).read_bytes() == server.body


def test_a_cache_that_cannot_be_written(published, server, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DownloadError, match=r"Not a directory; choose another folder with --cache"):
        fetch_store(published, cache_folder=tmp_path / "file" / "cache")
    assert server.asked == []


def test_arguments_come_before_the_environment(published, server, cache, tmp_path, monkeypatch):
    monkeypatch.setenv("SGBASIS_BASE_URL", unused_url())
    path = fetch_store(published, base_url=server.base_url, cache_folder=tmp_path / "elsewhere")
    assert path == tmp_path / "elsewhere" / published.file
    assert not cache.exists()


def test_a_tilde_that_no_shell_expanded_is_the_home_folder(published, server, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert fetch_store(published, cache_folder="~/stores") == tmp_path / "stores" / published.file


def test_the_user_cache_folder_is_the_default(published, server, tmp_path, monkeypatch):
    monkeypatch.delenv("SGBASIS_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert fetch_store(published) == tmp_path / "sgbasis" / published.file


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "stores/", "file:///tmp/"])
def test_other_addresses_are_refused(url, published, cache):
    with pytest.raises(DownloadError, match="does not start with http"):
        fetch_store(published, base_url=url)
    assert not cache.exists()


def test_unknown_names_list_the_known_ones(cache):
    with pytest.raises(
        DownloadError, match=r"no store named 'huge' is published; there are: default, standard, large"
    ):
        fetch_store("huge")


def test_errors_are_those_of_the_project_and_of_the_library():
    assert issubclass(DownloadError, SgbasisError)
    assert issubclass(DownloadError, OSError)


def test_importing_the_store_imports_no_network():
    program = (
        "import basis_store, sgbasis.cli, sys;"
        "assert not {'pooch', 'requests', 'urllib3', 'tqdm'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_the_registry_is_that_of_the_store_that_ships():
    """Fails when data/default.h5 was compiled without publishing: run ``make publish``, commit data/."""
    entry = next(store for store in published_stores() if store.name == "default")
    path = default_store_path()
    with open_store(path) as reader:
        found = (path.stat().st_size, reader.content_hash, reader.recipe)
    assert found == (entry.size, entry.content_hash, entry.recipe)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == entry.sha256


def test_the_registry_round_trips_through_its_text():
    registry = read_registry()
    assert Registry.from_json(registry.to_json()) == registry


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"base_url": "", "stores": {"a": {}}}'])
def test_a_damaged_registry_is_reported(text, tmp_path, monkeypatch):
    (tmp_path / "registry.json").write_text(text)
    monkeypatch.setattr("basis_store.published.registry.registry_path", lambda: tmp_path / "registry.json")
    with pytest.raises(DownloadError, match="install sgbasis again"):
        published_stores()
