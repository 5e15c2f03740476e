"""How the local server answers a request: pages and their files by GET, uploads by POST, all else by an error."""

from __future__ import annotations

import contextlib
import io
import json
import select
import socket
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import unquote_to_bytes

from sgbasis.explorer.server.deadline_reader import DeadlineReader
from sgbasis.explorer.server.request_checks import host_problem, upload_problem
from sgbasis.explorer.server.served_pages import HTML
from sgbasis.explorer.server.server_state import ServerState
from sgbasis.explorer.server.upload_request import RefusedUploadError, declared_size, kept_file, parameters
from sgbasis.explorer.uploads.upload_process import BusyError

_HEAD_SECONDS = 10.0
"""For the line and the headers of a request."""

_BODY_SECONDS = 60.0
"""For a file."""

_SEND_SECONDS = 30.0
"""For an answer."""

_LINGER_SECONDS = 2.0
"""For what a client still sends when it has its answer: if it is not read, the client may lose the answer."""

_BLOCK = 1 << 16

_MAX_TARGET = 4000
"""Characters of the address of a request."""

UPLOAD = "/upload"

_HEADERS = {
    # Nothing comes from another machine; no other site can frame or read our pages. KaTeX has style attributes.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


_TEXTS: dict[int, str] = {
    HTTPStatus.NOT_FOUND: "There is no such page.",
    HTTPStatus.METHOD_NOT_ALLOWED: "Pages are read here, and files of crystals are sent from the page for them; "
    "nothing else can be done.",
    HTTPStatus.REQUEST_URI_TOO_LONG: "The address is too long.",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "The headers of the request are too long.",
}


class RequestHandler(BaseHTTPRequestHandler):
    """One connection with one request (HTTP/1.0 keeps none open).

    Args:
        state: what all requests share.
        arguments: those of the base class.
    """

    server_version = "sgbasis"
    sys_version = ""
    timeout = _SEND_SECONDS
    path = ""
    _is_unread = False

    def __init__(self, state: ServerState, *arguments: Any) -> None:
        self._state = state
        super().__init__(*arguments)  # answers

    def setup(self) -> None:
        """Read with a deadline."""
        super().setup()
        self._reader = DeadlineReader(self.connection, _HEAD_SECONDS)
        self.rfile = io.BufferedReader(self._reader)

    def handle(self) -> None:
        """Answer; a client that goes away, or is too slow, is no error."""
        with contextlib.suppress(ConnectionError, TimeoutError):
            super().handle()
            if self._is_unread:
                self._read_rest()

    def do_GET(self) -> None:
        """A page, or a file of the pages."""
        if not self._is_for_us():
            return
        path = self._decoded_path()
        found = self._state.pages.find(path) if path is not None else None
        if found is not None:
            self._answer(HTTPStatus.OK, found.content, found.type)
        else:
            self.send_error(HTTPStatus.METHOD_NOT_ALLOWED if path == UPLOAD else HTTPStatus.NOT_FOUND)

    do_HEAD = do_GET  # noqa: N815

    def do_POST(self) -> None:
        """An upload; the answer is what :meth:`UploadProcess.view` returns."""
        self._is_unread = True
        if not self._is_for_us():
            return
        if self._decoded_path() != UPLOAD:
            self.send_error(HTTPStatus.METHOD_NOT_ALLOWED)
            return
        try:
            self._answer_json(HTTPStatus.OK, self._view())
        except RefusedUploadError as refused:
            self._answer_json(refused.status, {"error": str(refused)})
        except BusyError:
            text = "Other files are being read: try again in a few seconds."
            self._answer_json(HTTPStatus.SERVICE_UNAVAILABLE, {"error": text})

    def do_PUT(self) -> None:
        """Not allowed, as everything else."""
        self._is_unread = True
        if self._is_for_us():
            self.send_error(HTTPStatus.METHOD_NOT_ALLOWED)

    do_DELETE = do_PATCH = do_OPTIONS = do_TRACE = do_CONNECT = do_PUT  # noqa: N815

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """A page that says what is wrong; the texts of the base class are left out."""
        self._answer_page(code, _TEXTS.get(code, "This is no request of a browser."))

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the terminal is for errors."""

    def _view(self) -> object:
        if problem := upload_problem(dict(self.headers), self._port(), self._state.token):
            raise RefusedUploadError(HTTPStatus.FORBIDDEN, problem)
        wanted = parameters(self.path.partition("?")[2])
        size = declared_size(self.headers.get("Content-Length"), wanted.name)
        with self._state.upload_place():
            self._reader.extend(_BODY_SECONDS)
            with kept_file(wanted, size, self.rfile.read1) as upload:
                self._is_unread = False
                return self._state.uploads.view(upload, is_wanted=self._is_connected)

    def _is_for_us(self) -> bool:
        problem = host_problem(dict(self.headers), self._port())
        if problem:
            self._answer_page(HTTPStatus.MISDIRECTED_REQUEST, problem)
        return not problem

    def _port(self) -> int:
        return int(self.connection.getsockname()[1])

    def _decoded_path(self) -> str | None:
        """The path of the request; None if it is none."""
        target = self.path.partition("?")[0]
        if len(self.path) > _MAX_TARGET or not target.startswith("/"):
            return None
        try:
            return unquote_to_bytes(target).decode()
        except UnicodeDecodeError:
            return None

    def _answer_page(self, code: int, text: str) -> None:
        self._answer(code, self._state.pages.error_page(code, text), HTML)

    def _answer_json(self, code: int, value: object) -> None:
        self._answer(code, json.dumps(value).encode(), "application/json")

    def _answer(self, code: int, content: bytes, kind: str) -> None:
        self.send_response(code)
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        if code == HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", "POST" if self._decoded_path() == UPLOAD else "GET, HEAD")
        if code == HTTPStatus.SERVICE_UNAVAILABLE:
            self.send_header("Retry-After", "5")
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _is_connected(self) -> bool:
        """Whether the client still waits for its answer."""
        readable, _, _ = select.select([self.connection], [], [], 0)
        try:
            return not readable or bool(self.connection.recv(1, socket.MSG_PEEK))
        except OSError:
            return False

    def _read_rest(self) -> None:
        """Read what the client still sends: a connection that is closed before may lose the answer."""
        self.connection.shutdown(socket.SHUT_WR)
        self._reader.extend(_LINGER_SECONDS)
        while self.rfile.read1(_BLOCK):
            pass
