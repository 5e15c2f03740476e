"""A local server in this process, with one process that reads files, for all tests of this folder."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from sgbasis.explorer import site_writer
from sgbasis.explorer.server import served_pages
from sgbasis.explorer.server.local_server import LocalServer
from sgbasis.explorer.server.server_state import ServerState
from sgbasis.explorer.uploads.upload_process import UploadProcess


@pytest.fixture(scope="session")
def local_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    """A server that runs; where scripts and styles are not built, empty ones are in their place."""
    uploads = UploadProcess()
    with pytest.MonkeyPatch.context() as patch:
        if not (site_writer.ASSETS / "explorer.js").is_file():
            assets: Path = tmp_path_factory.mktemp("assets")
            for name in ("explorer.js", "explorer.css"):
                (assets / name).touch()
            patch.setattr(site_writer, "ASSETS", assets)
            patch.setattr(served_pages, "ASSETS", assets)
        with LocalServer(0, ServerState(uploads)) as server:
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
            thread.start()
            yield server
            server.shutdown()
            thread.join()
    uploads.close()
