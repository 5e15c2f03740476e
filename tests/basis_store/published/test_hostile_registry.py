"""A registry or a server that asks for more than a download."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from basis_store import DownloadError, PublishedStore, Recipe, fetch_store, published_stores
from basis_store.published.registry import registry_path
from tests.support.store_server import serving

ODD = {
    "file": ("../default.h5", "/tmp/x.h5", "a/b.h5", "", "x.txt", ".h5", "a\nb.h5", 1, None, ["a.h5"]),
    "sha256": ("", "x" * 64, "A" * 64, 1, None),
    "content_sha256": ("0" * 63, {}, None),
    "bytes": (0, -1, 1.5, True, "9", None, float("inf")),
    "description": ("\x1b[31mred", 1, None),
    "recipe": ({}, {"radius": 10**9}, None),
}


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in ODD.items() for value in values])
def test_odd_entries_of_the_registry(
    key: str, value: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = json.loads(registry_path().read_text())
    registry["stores"]["default"][key] = value
    refused(json.dumps(registry), tmp_path, monkeypatch)


@pytest.mark.parametrize("base_url", ["file:///etc/", "ftp://x/", "http://a b/", "https://x", "", 1, None])
def test_odd_addresses_of_the_registry(base_url: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    registry = json.loads(registry_path().read_text()) | {"base_url": base_url}
    refused(json.dumps(registry), tmp_path, monkeypatch)
    refused("[" * 100_000, tmp_path, monkeypatch)


def refused(text: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "registry.json").write_text(text)
    monkeypatch.setattr("basis_store.published.registry.registry_path", lambda: folder / "registry.json")
    with pytest.raises(DownloadError, match="install sgbasis again"):
        published_stores()


@pytest.mark.parametrize("answer", ["encoded", "elsewhere"])
def test_answers_that_are_no_file(answer: str, tmp_path: Path) -> None:
    """Content that inflates, and a redirect out of the network."""
    with serving("a.h5", gzip.compress(bytes(10_000_000))) as server:
        server.answers = [answer]
        store = PublishedStore(
            name="a",
            file="a.h5",
            sha256="0" * 64,
            size=10**9,
            content_hash="0" * 64,
            recipe=Recipe(),
            description="",
        )
        with pytest.raises(DownloadError, match=r"sends the file encoded as 'gzip'|cannot be fetched"):
            fetch_store(store, base_url=server.base_url, cache_folder=tmp_path)
        assert len(server.asked) == 1
