"""From the start of the local server to its end."""

from __future__ import annotations

import signal
import webbrowser
from collections.abc import Callable
from types import FrameType

from basis_store.errors import SgbasisError
from sgbasis.explorer.server.local_server import LocalServer
from sgbasis.explorer.server.server_state import ServerState
from sgbasis.explorer.uploads.upload_process import UploadProcess


def run_server(port: int, *, open_browser: bool, say: Callable[[str], None]) -> None:
    """Serve until Ctrl-C, or until this process is asked to end.

    Args:
        port: 0 for any free one.
        open_browser: whether to open the first page.
        say: prints a line.

    Raises:
        SgbasisError: the port cannot be used, or scripts and styles of the pages are not built.
    """
    signal.signal(signal.SIGTERM, _stop)
    uploads = UploadProcess()
    try:
        with _server(port, uploads) as server:
            say(f"{server.url}  serves the explorer to this machine; Ctrl-C ends it")
            if open_browser and not webbrowser.open(server.url):
                say("No browser was found: open the address yourself.")
            server.serve_forever()
    except KeyboardInterrupt:
        say("The explorer has ended.")
    finally:
        uploads.close()


def _server(port: int, uploads: UploadProcess) -> LocalServer:
    state = ServerState(uploads)
    try:
        return LocalServer(port, state)
    except OSError as error:
        raise SgbasisError(
            f"port {port}: {error.strerror}; choose another one with --port, or leave it out"
        ) from error


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
