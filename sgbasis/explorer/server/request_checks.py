"""Which requests the local server answers: those of its own pages.

The server is for the browser on this machine. Any web page can make that browser send requests to it:

- A page whose name was made to point to 127.0.0.1 (DNS rebinding) sends its own name as Host: refused.
- A page of another site cannot read our pages, so it does not know the token that they hold, and uploads need; its
  Origin is its own, too.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping

TOKEN_HEADER = "X-Sgbasis-Token"


def host_problem(headers: Mapping[str, str], port: int) -> str:
    """What is wrong with the Host of a request; ``""`` if it is one of our names."""
    if headers.get("Host", "") in _names(port):
        return ""
    return f"This server answers to http://127.0.0.1:{port}/ only: open that address."


def upload_problem(headers: Mapping[str, str], port: int, token: str) -> str:
    """Why an upload is not accepted; ``""`` if a page of this server sends it."""
    origins = [f"http://{name}" for name in _names(port)]
    if headers.get("Origin", "") not in origins or headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        return "Files are accepted from the pages of this server only."
    given = headers.get(TOKEN_HEADER, "").encode("utf-8", "replace")
    if not hmac.compare_digest(given, token.encode()):
        return "The page is of an earlier start of this server: load it again."
    return ""


def _names(port: int) -> list[str]:
    names = ("127.0.0.1", "localhost")
    return [f"{name}:{port}" for name in names] + ([*names] if port == 80 else [])
