"""Download one registered file over HTTP with pooch: count and hash its bytes, retry failures that may pass.

Imports pooch, requests and tqdm: download.py imports this file only when there is something to download.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from pathlib import Path
from typing import Any, BinaryIO

import pooch
import requests
from tqdm import tqdm

from basis_store.errors import DownloadError
from basis_store.published.registry import PublishedStore

TRIES = 3
FIRST_WAIT_S = 0.5
TIMEOUT_S = 30
_CHUNK_BYTES = 1 << 16


MIN_BYTES_PER_S, PATIENCE_S = 10_000, 120
"""A download that is slower on average is ended: a server may send a byte now and then for ever."""


def transfer(url: str, path: Path, store: PublishedStore, *, progress: bool) -> None:
    """Download ``url`` to ``path``, which then has the registered size and SHA-256.

    Raises:
        DownloadError: it cannot be downloaded, takes too long, or is another file; the message starts with the
            URL.
        OSError: ``path`` cannot be written.
    """
    # In a thread: no timeout of a connection ends one in which a byte arrives now and then.
    limit = PATIENCE_S + store.size / MIN_BYTES_PER_S
    errors: list[BaseException] = []

    def work() -> None:
        try:
            _transfer(url, path, store, progress=progress)
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(limit)
    if thread.is_alive():
        raise DownloadError(f"{url} has not sent all {store.size} bytes within {limit:.0f} s")
    if errors:
        raise errors[0]


def _transfer(url: str, path: Path, store: PublishedStore, *, progress: bool) -> None:
    disable = None if progress else True  # None: unless standard error is a terminal
    title = f"Fetching {store.name}"
    with tqdm(total=store.size, unit="B", unit_scale=True, desc=title, disable=disable) as bar:
        for attempt in range(1, TRIES + 1):
            try:
                _try_once(url, path, store, bar)
                return
            except _TryError as error:
                if error.final or attempt == TRIES:
                    tries = f" (tried {attempt} times)" if attempt > 1 else ""
                    raise DownloadError(f"{url} {error}{tries}") from error
            time.sleep(FIRST_WAIT_S * 2 ** (attempt - 1))
            bar.reset()


class _TryError(Exception):
    """Why one try failed, to be read after the URL. ``final``: a retry would not help."""

    def __init__(self, reason: str, *, final: bool = False) -> None:
        super().__init__(reason)
        self.final = final


class _Receiver:
    """The file that pooch writes to: counts the bytes, and refuses more of them than the store has."""

    def __init__(self, file: BinaryIO, size: int, bar: Any) -> None:
        self.received = 0
        self.size = size
        self._file = file
        self._bar = bar
        self._digest = hashlib.sha256()

    def write(self, chunk: bytes) -> None:
        self.received += len(chunk)
        if self.received > self.size:
            raise _TryError(f"sends more than the {self.size} bytes of the store")
        self._file.write(chunk)
        self._digest.update(chunk)
        self._bar.update(len(chunk))

    def flush(self) -> None:
        self._file.flush()

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()


def _try_once(url: str, path: Path, store: PublishedStore, bar: Any) -> None:
    answers: list[requests.Response] = []

    # identity: stores are compressed already. The hook: pooch does not close an answer it gives up on.
    def note(answer: requests.Response, **_: object) -> None:
        answers.append(answer)
        # Whatever it would inflate to: nobody asked for it.
        encoding = answer.headers.get("Content-Encoding", "identity")
        if encoding.strip().lower() != "identity":
            raise _TryError(f"sends the file encoded as {encoding[:40]!r}", final=True)

    download = pooch.HTTPDownloader(
        chunk_size=_CHUNK_BYTES,
        timeout=TIMEOUT_S,
        headers={"Accept-Encoding": "identity"},
        hooks={"response": note},
    )
    with path.open("wb") as file:
        receiver = _Receiver(file, store.size, bar)
        try:
            download(url, receiver, None)
        except (requests.RequestException, ValueError) as error:  # ValueError: headers that pooch cannot read
            begun = bool(answers) and answers[-1].status_code == requests.codes.ok
            raise _describe(error, begun=begun, size=store.size) from error
        finally:
            for answer in answers:
                answer.close()
        file.flush()
        os.fsync(file.fileno())
    if receiver.received != store.size:
        raise _TryError(f"sent {receiver.received} bytes instead of {store.size}")
    if receiver.sha256 != store.sha256:
        raise _TryError(f"sent a damaged or different file (SHA-256 {receiver.sha256}, not {store.sha256})")


def _describe(error: requests.RequestException | ValueError, *, begun: bool, size: int) -> _TryError:
    """What went wrong, in words. ``begun``: the server had started to send the file."""
    if isinstance(error, requests.HTTPError) and error.response is not None:
        status = error.response.status_code
        # 4xx is a final answer, except 408 (timeout) and 429 (too many requests).
        final = status < 500 and status not in (408, 429)
        return _TryError(f"answers {status} {error.response.reason}".rstrip(), final=final)
    if begun and isinstance(error, requests.RequestException):
        return _TryError(f"broke off before all {size} bytes had arrived")
    if isinstance(error, requests.Timeout):
        return _TryError(f"does not answer within {TIMEOUT_S} s")
    if isinstance(error, requests.exceptions.SSLError):
        return _TryError(f"cannot be reached securely ({_root_cause(error)})", final=True)
    if isinstance(error, requests.ConnectionError | requests.exceptions.ChunkedEncodingError):
        return _TryError(f"cannot be reached ({_root_cause(error)})")
    return _TryError(f"cannot be fetched ({_root_cause(error)})", final=True)


def _root_cause(error: BaseException) -> str:
    """The innermost reason, which for a refused connection is three exceptions deep."""
    while inner := error.__cause__ or error.__context__:
        error = inner
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
