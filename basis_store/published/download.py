"""Fetch a published store into a cache folder.

A file is renamed into the cache only after its SHA-256, and then its content hash, are those of the registry.
Until then it is in a folder ``.sgbasis-fetch.*.part`` next to it. A lock on the cache lets one process download
while others wait for its result. Its holder removes all such folders, which only killed processes leave behind;
the operating system releases the lock when its process ends.

Environment: ``SGBASIS_CACHE`` names the cache folder, ``SGBASIS_BASE_URL`` the address of a mirror.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from basis_store.bases.reader import open_store
from basis_store.errors import DownloadError, SgbasisError
from basis_store.files.lock import exclusive_lock
from basis_store.files.regular_file import check_regular, open_regular
from basis_store.published.registry import PublishedStore, find_published, read_registry

BASE_URL_VARIABLE = "SGBASIS_BASE_URL"
CACHE_VARIABLE = "SGBASIS_CACHE"

_PREFIX = ".sgbasis-fetch."


def fetch_store(
    store: str | PublishedStore = "default",
    *,
    base_url: str | None = None,
    cache_folder: str | os.PathLike[str] | None = None,
    progress: bool = False,
) -> Path:
    """Path of a published store in the cache, downloaded unless a good copy is there already.

    Broken connections, server errors (5xx) and files that arrive damaged are tried three times.

    Args:
        store: name of a published store (:func:`basis_store.published_stores`), or the description of one of
            your own.
        base_url: address under which the file lies, http or https; default ``$SGBASIS_BASE_URL``, else the
            address in the registry.
        cache_folder: made when missing; default ``$SGBASIS_CACHE``, else the user's cache folder
            (``~/.cache/sgbasis`` on Linux).
        progress: show a progress bar on standard error, when that is a terminal.

    Returns:
        The absolute path of a file with the registered SHA-256, or of a copy with the registered content that
        ``sgbasis fetch --compile`` made.

    Raises:
        DownloadError: no such name, the server cannot be reached or sends something else, or the cache cannot
            be written. The previous content of the cache is unchanged then.
    """
    registered = isinstance(store, str)
    if isinstance(store, str):
        store = find_published(store)
    folder = cache_location(cache_folder)
    if found := cached_copy(store, folder):
        return found
    target = folder / store.file
    try:
        _fetch(_url(store, base_url), target, store, progress)
    except DownloadError as error:
        # Not the registered file, so if there is one, it is damaged.
        rest = f" ({target} is damaged and was not used)" if target.exists() else ""
        raise DownloadError(
            f"cannot fetch the store {store.name!r}: {error}; {_advice(store, registered)}{rest}"
        ) from error
    except OSError as error:
        raise DownloadError(
            f"cannot fetch the store {store.name!r} into {folder}: {error.strerror or error}; "
            f"choose another folder with --cache or {CACHE_VARIABLE}"
        ) from error
    return target


def cache_location(cache_folder: str | os.PathLike[str] | None = None) -> Path:
    """The cache folder that :func:`fetch_store` uses when given ``cache_folder``; absolute."""
    chosen = cache_folder or os.environ.get(CACHE_VARIABLE)
    if not chosen:
        import pooch  # noqa: PLC0415 - reading a store never needs it

        chosen = pooch.os_cache("sgbasis")
    # A "~" that no shell has expanded (job scripts, .env files); unlike Path.expanduser this never raises.
    return Path(os.path.expanduser(chosen)).absolute()  # noqa: PTH111


def cached_copy(store: PublishedStore, folder: Path) -> Path | None:
    """A good copy in the cache, downloaded or compiled; nothing is created or locked to find it."""
    if is_whole(folder / store.file, store):
        return folder / store.file
    compiled = compiled_copy(store, folder)
    return compiled if compiled.is_file() and _has_content(compiled, store) else None


def compiled_copy(store: PublishedStore, folder: Path) -> Path:
    """Where ``sgbasis fetch --compile`` puts a store: its bytes may differ from the published ones."""
    return folder / f"sgbasis-{store.name}-compiled-{store.content_hash[:12]}.h5"


def _has_content(path: Path, store: PublishedStore) -> bool:
    try:
        with open_store(path) as reader:
            for _ in reader:  # checks the hash of each setting
                pass
            return reader.content_hash == store.content_hash and len(reader.tensors) > 0
    except (SgbasisError, OSError):
        return False


def is_whole(path: Path, store: PublishedStore) -> bool:
    """Whether ``path`` is the published file, byte for byte."""
    if not path.is_file() or path.stat().st_size != store.size:
        return False
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == store.sha256


def _fetch(url: str, target: Path, store: PublishedStore, progress: bool) -> None:
    from basis_store.published.transfer import transfer  # noqa: PLC0415 - imports pooch and requests

    folder = target.parent
    folder.mkdir(parents=True, exist_ok=True)
    with _lock(folder) as alone:
        if is_whole(target, store):  # another process fetched it while this one waited
            return
        if alone:
            for leftover in folder.glob(f"{_PREFIX}*.part"):
                shutil.rmtree(leftover, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=_PREFIX, suffix=".part", dir=folder) as partial:
            path = Path(partial, store.file)
            transfer(url, path, store, progress=progress)
            _check_content(path, store)
            path.replace(target)


def _check_content(path: Path, store: PublishedStore) -> None:
    """Whether a file with the right SHA-256 is a store that this release reads, with the registered content."""
    try:
        with open_store(path) as reader:
            content_hash = reader.content_hash
    except SgbasisError as error:
        raise DownloadError(f"{store.file} is the registered file, but not a store: {error}") from error
    if content_hash != store.content_hash:
        raise DownloadError(f"{store.file} holds the content {content_hash}, not {store.content_hash}")


def _url(store: PublishedStore, base_url: str | None) -> str:
    base_url = base_url or os.environ.get(BASE_URL_VARIABLE) or read_registry().base_url
    if not base_url.startswith(("http://", "https://")):
        raise DownloadError(f"the base URL {base_url} does not start with http:// or https://")
    return f"{base_url.rstrip('/')}/{store.file}"


def _advice(store: PublishedStore, registered: bool) -> str:
    chosen = store.recipe.settings
    settings = ",".join(f"hall:{number}" for number in chosen) if isinstance(chosen, tuple) else chosen
    command = (
        f"sgbasis compile --settings {settings} --radius {store.recipe.radius} "
        f"--min-functions {store.recipe.min_functions} --output {store.name}.h5"
    )
    into_cache = f"sgbasis fetch {store.name} --compile, or " if registered else ""
    return (
        f"compile the same content here, in seconds: {into_cache}{command}; "
        f"or name a mirror with --base-url or {BASE_URL_VARIABLE}, or try later"
    )


@contextlib.contextmanager
def _lock(folder: Path) -> Iterator[bool]:
    """Wait for the lock on the cache; yields False where there are no locks (Windows, some network disks)."""
    path = folder / f"{_PREFIX}lock"
    path.touch()
    check_regular(path)
    with path.open("ab") as file, exclusive_lock(file.fileno(), f"downloads to {folder}") as alone:
        yield alone
