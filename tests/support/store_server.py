"""A web server on loopback that serves one store and misbehaves on demand."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class StoreServer(ThreadingHTTPServer):
    """Serves ``body`` under ``/stores/<file>``.

    ``answers`` says how, request after request; the last one repeats. ``asked`` lists the paths asked for.
    """

    daemon_threads = True

    def __init__(self, file: str, body: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.file = file
        self.body = body
        self.answers = ["whole"]
        self.asked: list[str] = []
        self.half_sent = threading.Event()
        self.release = threading.Event()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/stores/"


class _Handler(BaseHTTPRequestHandler):
    server: StoreServer

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        answer = self.server.answers.pop(0) if len(self.server.answers) > 1 else self.server.answers[0]
        if self.path != f"/stores/{self.server.file}":
            answer = "missing"
        with contextlib.suppress(ConnectionError):  # clients are killed on purpose
            getattr(self, answer)(self.server.body)

    def whole(self, body: bytes) -> None:
        self._send(body, length=len(body))

    def moved(self, body: bytes) -> None:
        """A redirect, as for GitHub's release downloads; the next answer comes from the new address."""
        self.send_response(302)
        self.send_header("Location", self.path)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def encoded(self, body: bytes) -> None:
        """What nobody asked for: content that is to be inflated."""
        self.send_response(200)
        self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(body)

    def elsewhere(self, body: bytes) -> None:
        """A redirect to a file of the client."""
        self.send_response(302)
        self.send_header("Location", "file:///etc/hostname")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def missing(self, body: bytes) -> None:
        self.send_error(404)

    def failing(self, body: bytes) -> None:
        self.send_error(500)

    def corrupted(self, body: bytes) -> None:
        self._send(_flipped(body), length=len(body))

    def page(self, body: bytes) -> None:
        """A login page of a network: status 200, but not the file."""
        html = b"<html>Please log in</html>"
        self._send(html, length=len(html))

    def length_too_large(self, body: bytes) -> None:
        self._send(body, length=len(body) + 1000)

    def length_unreadable(self, body: bytes) -> None:
        self._send(body, length="many")

    def dropped(self, body: bytes) -> None:
        self._send(body[: len(body) // 2], length=len(body))

    def dropped_without_length(self, body: bytes) -> None:
        self._send(body[: len(body) // 2])

    def endless(self, body: bytes) -> None:
        self._send(body + body)

    def stalled(self, body: bytes) -> None:
        """Half of it, and nothing more until ``release`` is set."""
        self._send(body[: len(body) // 2], length=len(body))
        self.server.half_sent.set()
        self.server.release.wait(60)
        self.wfile.write(body[len(body) // 2 :])

    def _send(self, body: bytes, length: object = None) -> None:
        self.send_response(200)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        pass


def _flipped(body: bytes) -> bytes:
    middle = len(body) // 2
    return body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :]


def flip_a_bit(path: Path) -> None:
    path.write_bytes(_flipped(path.read_bytes()))


@contextlib.contextmanager
def serving(file: str, body: bytes) -> Iterator[StoreServer]:
    with StoreServer(file, body) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.release.set()
            server.shutdown()
            thread.join()
