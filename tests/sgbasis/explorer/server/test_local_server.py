"""The local server answers its own pages only: no other hosts, sites, paths, methods, and no slow clients."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import json
import re
import socket
import tempfile
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from basis_store import data_folder
from sgbasis.explorer.server import request_handler
from sgbasis.explorer.server.local_server import LocalServer
from tests.support import hostile_texts

RUTILE = (data_folder() / "crystals/rutile.cif").read_bytes()


def ask(
    server: LocalServer, method: str, path: str, body: bytes | None = None, **headers: str
) -> tuple[int, http.client.HTTPMessage, bytes]:
    connection = http.client.HTTPConnection(*server.server_address[:2], timeout=60)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, named)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def token(server: LocalServer) -> str:
    page = ask(server, "GET", "/crystal.html")[2].decode()
    found = re.search(r'name="sgbasis-token" content="([^"]+)"', page)
    assert found
    return found[1]


def send(server: LocalServer, name: str, body: bytes, query: str = "", **changed: str) -> tuple[int, Any]:
    headers = {"Origin": server.url.rstrip("/"), "X_Sgbasis_Token": token(server)} | changed
    status, _, content = ask(server, "POST", f"/upload?name={quote(name)}{query}", body, **headers)
    return status, json.loads(content)


def raw(server: LocalServer, request: bytes) -> bytes:
    """All that the server answers to these bytes."""
    with socket.create_connection(server.server_address[:2], timeout=30) as connection:
        connection.sendall(request)
        parts = []
        with contextlib.suppress(ConnectionError):
            while part := connection.recv(1 << 16):
                parts.append(part)
    return b"".join(parts)


def kept_files() -> set[Path]:
    return set(Path(tempfile.gettempdir()).glob("sgbasis-explorer-*"))


@pytest.mark.parametrize("path", ["/", "/index.html", "/crystal.html", "/settings/hall-526.html"])
def test_pages_have_no_remote_sources(local_server: LocalServer, path: str) -> None:
    status, headers, content = ask(local_server, "GET", path)
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self';") and "http" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert not re.search(rb"(src|href)=\"(https?:)?//", content)
    assert b"crystal.html" in content
    status, headers, nothing = ask(local_server, "HEAD", path)
    assert (status, nothing, int(headers["Content-Length"])) == (200, b"", len(content))


def test_files_have_their_types(local_server: LocalServer) -> None:
    for path, kind in (("explorer.js", "text/javascript"), ("explorer.css", "text/css")):
        status, headers, _ = ask(local_server, "GET", f"/assets/{path}")
        assert status == 200 and headers["Content-Type"].startswith(kind)
    assert ask(local_server, "GET", "/examples/rutile.cif")[2] == RUTILE


@pytest.mark.parametrize(
    "path",
    [
        "/nothing", "/settings/", "/settings/hall-531.html", "/assets/../__init__.py", "/assets/%2e%2e/x.py",
        "/assets/..%2f__init__.py", "/../../../../etc/passwd", "//etc/passwd", "/assets/explorer.js%00", "/%ff",
        "/examples/../default.h5", "/assets\\..\\__init__.py", "/" + "a" * 5000, "/assets/", "/assets",
    ],
)  # fmt: skip
def test_other_paths_are_no_pages(local_server: LocalServer, path: str) -> None:
    status, _, content = ask(local_server, "GET", path)
    assert status == 404 and b"There is no such page" in content


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "BREW", "get"])
def test_other_methods_are_refused(local_server: LocalServer, method: str) -> None:
    status, headers, content = ask(local_server, method, "/")
    assert status in (405, 501) and b"Traceback" not in content
    assert "Access-Control-Allow-Origin" not in headers
    if status == 405:
        assert headers["Allow"] == "GET, HEAD"


def test_uploads_have_one_address(local_server: LocalServer) -> None:
    assert ask(local_server, "GET", "/upload")[0] == 405
    assert ask(local_server, "POST", "/", b"")[0] == 405


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example:80", ""])
def test_other_hosts_get_no_page(local_server: LocalServer, host: str) -> None:
    """A name that an attacker lets point to this machine is none of ours (DNS rebinding)."""
    status, _, content = ask(local_server, "GET", "/crystal.html", Host=host)
    assert status == 421 and local_server.state.token.encode() not in content
    assert ask(local_server, "POST", "/upload?name=a.cif", RUTILE, Host=host)[0] == 421


@pytest.mark.parametrize(
    "changed",
    [
        {"Origin": "http://evil.example"}, {"Origin": "null"}, {"Origin": ""}, {"X_Sgbasis_Token": "wrong"},
        {"X_Sgbasis_Token": ""}, {"Sec_Fetch_Site": "cross-site"}, {"X_Sgbasis_Token": "\xff"},
    ],
)  # fmt: skip
def test_other_sites_cannot_upload(local_server: LocalServer, changed: dict[str, str]) -> None:
    status, answer = send(local_server, "rutile.cif", RUTILE, **changed)
    assert status == 403 and set(answer) == {"error"}


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01" * 9 + b"\n",
        b"GET http://evil.example/ HTTP/1.0\r\nHost: evil.example\r\n\r\n",
        b"GET /" + b"a" * 70_000 + b" HTTP/1.0\r\n\r\n", b"GET / HTTP/1.0\r\n" + b"A: b\r\n" * 200 + b"\r\n",
        b"GET / HTTP/1.0\r\nA: " + b"b" * 70_000 + b"\r\n\r\n",
    ],
)  # fmt: skip
def test_malformed_requests_end_in_one_page(local_server: LocalServer, request_bytes: bytes) -> None:
    answer = raw(local_server, request_bytes)
    assert b"Traceback" not in answer and b" 200 " not in answer.partition(b"\n")[0]
    assert ask(local_server, "HEAD", "/crystal.html")[0] == 200


def test_an_upload_is_read_shown_under_its_name_and_not_kept(local_server: LocalServer) -> None:
    before = kept_files()
    name = "../../etc/<b>rutile\0\x1b[31m.cif"
    status, view = send(local_server, name, RUTILE)
    assert status == 200 and view["crystal"]["setting"]["number"] == 136 and len(view["predictions"]) == 7
    assert view["crystal"]["name"] == r"<b>rutile\x00\x1b[31m.cif"
    assert kept_files() == before


@pytest.mark.parametrize(
    "query", ["&tolerance=0", "&tolerance=1", "&tolerance=nan", "&tolerance=x", "&number=-1", "&number=1e3"]
)
def test_wrong_parameters_are_refused(local_server: LocalServer, query: str) -> None:
    status, answer = send(local_server, "rutile.cif", RUTILE, query)
    assert status == 400 and "tolerance" in answer["error"]


def hostile_uploads() -> dict[str, bytes]:
    files = hostile_texts.crystal_files() | hostile_texts.json_files()
    wanted = ("million_operations.cif", "expanded.cif", "nul.cif", "wide.vasp", "crowd.xyz", "nested.json")
    return {name: files[name] for name in wanted} | {
        "empty.cif": b"",
        "picture.png": b"\x89PNG\r\n\x1a\n" + bytes(1000),
        "CHGCAR": b"x\n1\n4 0 0\n0 4 0\n0 0 4\nSi\n1\nDirect\n0 0 0\n\n 999999999 9 9\n1 2 3\n",
        "rho.cube": b"a\nb\n1 0 0 0\n2000 1 0 0\n2000 0 1 0\n2000 0 0 1\n14 0 0 0 0\n" + b"1 " * 50,
        "bomb.cif.gz": gzip.compress(bytes(1 << 26), 9) * 4,
        "bomb.cube.gz": gzip.compress(b"1 " * (1 << 26), 9),
        "damaged.cube.xz": b"\xfd7zXZ\x00" + b"\0" * 100,
    }


def test_hostile_uploads_end_in_one_line(local_server: LocalServer) -> None:
    for name, content in hostile_uploads().items():
        status, answer = send(local_server, name, content)
        assert (status, set(answer), answer["problems"]) == (200, {"error", "problems"}, []), name
        assert answer["error"].startswith(f"{name}: ") and answer["error"].isprintable()
        assert "should not happen" not in answer["error"] and tempfile.gettempdir() not in answer["error"]


def test_sizes_are_limited_before_anything_is_read(local_server: LocalServer) -> None:
    before = kept_files()
    status, answer = send(local_server, "large.cif", bytes(100_000_000))
    assert status == 413 and "10 MB" in answer["error"]
    for length in ("100000001", "9" * 400):
        status, answer = send(local_server, "CHGCAR", b"", Content_Length=length)
        assert status == 413 and "100 MB" in answer["error"]
    for length in ("-1", "x", "1_0"):
        assert send(local_server, "a.cif", b"", Content_Length=length)[0] == 411
    assert kept_files() == before


def head(server: LocalServer, length: int) -> bytes:
    address = server.url.rstrip("/")
    return (
        f"POST /upload?name=a.cif HTTP/1.0\r\nHost: {address.removeprefix('http://')}\r\nOrigin: {address}\r\n"
        f"X-Sgbasis-Token: {server.state.token}\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


def test_an_upload_that_breaks_off_leaves_nothing(local_server: LocalServer) -> None:
    before = kept_files()
    with socket.create_connection(local_server.server_address[:2]) as connection:
        connection.sendall(head(local_server, 1000) + b"data_x\n")
    assert send(local_server, "rutile.cif", RUTILE)[0] == 200
    assert kept_files() == before


def test_slow_clients_are_left(local_server: LocalServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """One byte now and then holds no connection beyond the deadline, in the head and in the body."""
    monkeypatch.setattr(request_handler, "_HEAD_SECONDS", 0.5)
    monkeypatch.setattr(request_handler, "_BODY_SECONDS", 0.5)
    for start in (b"GET / HT", head(local_server, 1000)):
        started = time.monotonic()
        with socket.create_connection(local_server.server_address[:2], timeout=10) as connection:
            connection.sendall(start)
            with contextlib.suppress(ConnectionError):
                while time.monotonic() - started < 20:
                    connection.sendall(b"x")
                    time.sleep(0.1)
        assert time.monotonic() - started < 15


def test_many_uploads_at_once_are_read_or_told_to_wait(local_server: LocalServer) -> None:
    answers: list[tuple[int, Any]] = []
    threads = [
        threading.Thread(target=lambda: answers.append(send(local_server, "rutile.cif", RUTILE)))
        for _ in range(12)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert {status for status, _ in answers} == {200, 503}
    for status, answer in answers:
        assert "predictions" in answer if status == 200 else "try again" in answer["error"]


def test_idle_connections_do_not_keep_others_out(local_server: LocalServer) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(50):
            stack.enter_context(socket.create_connection(local_server.server_address[:2]))
        assert ask(local_server, "GET", "/crystal.html")[0] == 200
