"""What a client sends, read with a deadline: one that sends a byte now and then holds no thread for ever."""

from __future__ import annotations

import io
import socket
import time
from typing import Any


class DeadlineReader(io.RawIOBase):
    """The bytes of a connection.

    Args:
        connection: to read from; its own timeout, for sending, is kept.
        seconds: until everything that is read has to be there.
    """

    def __init__(self, connection: socket.socket, seconds: float) -> None:
        self._connection = connection
        self.extend(seconds)

    def extend(self, seconds: float) -> None:
        """Set the deadline anew, so many seconds from now."""
        self._end = time.monotonic() + seconds

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any) -> int:
        """As of every raw stream; raises TimeoutError after the deadline."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("the client is too slow")
        before = self._connection.gettimeout()
        self._connection.settimeout(left)
        try:
            return self._connection.recv_into(buffer)
        finally:
            self._connection.settimeout(before)
