"""What all requests to the local server share."""

from __future__ import annotations

import contextlib
import secrets
import threading
from collections.abc import Iterator

from sgbasis.explorer.server.served_pages import ServedPages
from sgbasis.explorer.uploads.upload_process import BusyError, UploadProcess

_MAX_UPLOADS = 4
"""Files that are received or wait to be read at a time."""


class ServerState:
    """What all requests share.

    Args:
        uploads: the process that reads files.

    Attributes:
        token: that a page of this server sends with an upload; new at each start.
        pages: what is served.
        uploads: the process.
    """

    def __init__(self, uploads: UploadProcess) -> None:
        self.token = secrets.token_urlsafe(24)
        self.pages = ServedPages(self.token)
        self.uploads = uploads
        self._places = threading.BoundedSemaphore(_MAX_UPLOADS)

    @contextlib.contextmanager
    def upload_place(self) -> Iterator[None]:
        """One of the places of uploads; raises :class:`BusyError` if all are taken."""
        if not self._places.acquire(blocking=False):
            raise BusyError
        try:
            yield
        finally:
            self._places.release()
