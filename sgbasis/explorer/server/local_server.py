"""The server of the explorer, on the loopback interface of this machine."""

from __future__ import annotations

import functools
import threading
from http.server import ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any

from sgbasis.explorer.server.request_handler import RequestHandler
from sgbasis.explorer.server.server_state import ServerState

ADDRESS = "127.0.0.1"

_MAX_CONNECTIONS = 64
"""At a time; further ones are closed."""


class LocalServer(ThreadingHTTPServer):
    """Serves the pages of the explorer until :meth:`shutdown`; uploads are read in a process of their own.

    Args:
        port: 0 for any free one.
        state: what it serves.

    Attributes:
        state: as well.

    Raises:
        OSError: the port is taken, or belongs to the system.
    """

    daemon_threads = True
    request_queue_size = 32

    def __init__(self, port: int, state: ServerState) -> None:
        self.state = state
        self._connections = threading.BoundedSemaphore(_MAX_CONNECTIONS)
        super().__init__((ADDRESS, port), functools.partial(RequestHandler, state))

    @property
    def url(self) -> str:
        """Of its first page."""
        return f"http://{ADDRESS}:{self.server_port}/"

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread, if there are not too many."""
        if self._connections.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer, in the thread."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._connections.release()

    def server_bind(self) -> None:
        """Bind, without the look-up of a name that HTTPServer makes, which may take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = ADDRESS, int(self.server_address[1])
