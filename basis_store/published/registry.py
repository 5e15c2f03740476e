"""The published stores: their names, files, hashes and recipes, as ``data/registry.json`` lists them.

The registry is written by ``python -m basis_compiler.publish_stores`` and read here; it is not edited by hand.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from basis_store.bases.recipe import Recipe
from basis_store.errors import DownloadError
from basis_store.files.locations import data_folder

REGISTRY = "registry.json"
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\.h5")
_SHA256 = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True)
class PublishedStore:
    """A store that can be fetched by name.

    Attributes:
        name: what to give to :func:`basis_store.fetch_store`.
        file: file name on the server and in the cache. It contains the start of the file's hash, so releases
            of sgbasis that publish different files share a server folder and a cache.
        sha256: SHA-256 of the file, hexadecimal.
        size: of the file, in bytes.
        content_hash: SHA-256 of the content, as :attr:`basis_store.StoreReader.content_hash`.
        recipe: how to compile the same content here.
        description: what it is for, in one line.

    Raises:
        ValueError: an entry of another kind; ``file`` is a name without a folder.
    """

    name: str
    file: str
    sha256: str
    size: int
    content_hash: str
    recipe: Recipe
    description: str

    def __post_init__(self) -> None:
        texts = self.name, self.file, self.description
        if not all(isinstance(text, str) and text.isprintable() for text in texts):
            raise ValueError("name, file and description of a published store are printable texts")
        # The file is put into the cache under this name.
        if not _FILE_NAME.fullmatch(self.file):
            raise ValueError(f"{self.file!r} is not the name of an HDF5 file")
        if not all(isinstance(one, str) and _SHA256.fullmatch(one) for one in (self.sha256, self.content_hash)):
            raise ValueError("the hashes of a published store are hexadecimal SHA-256")
        if isinstance(self.size, bool) or not isinstance(self.size, int) or self.size < 1:
            raise ValueError(f"the size of a published store is a number of bytes, not {self.size!r}")


@dataclass(frozen=True, kw_only=True)
class Registry:
    """All published stores and the address of their folder (ends with a slash)."""

    base_url: str
    stores: tuple[PublishedStore, ...]

    def to_json(self) -> str:
        """The text of ``registry.json``."""
        entries = {
            store.name: {
                "description": store.description,
                "file": store.file,
                "bytes": store.size,
                "sha256": store.sha256,
                "content_sha256": store.content_hash,
                "recipe": json.loads(store.recipe.to_json()),
            }
            for store in self.stores
        }
        return json.dumps({"base_url": self.base_url, "stores": entries}, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Registry:
        """Inverse of :meth:`to_json`.

        Raises:
            ValueError, TypeError, KeyError, AttributeError, RecursionError: the text is anything else.
        """
        values = json.loads(text)
        if not re.fullmatch(r"https?://[!-~]+/", values["base_url"]):
            raise ValueError("the address is not one of http or https")
        stores = tuple(
            PublishedStore(
                name=name,
                file=entry["file"],
                sha256=entry["sha256"],
                size=entry["bytes"],
                content_hash=entry["content_sha256"],
                recipe=Recipe.from_json(json.dumps(entry["recipe"])),
                description=entry["description"],
            )
            for name, entry in values["stores"].items()
        )
        return cls(base_url=values["base_url"], stores=stores)


def registry_path() -> Path:
    """Path of the registry that belongs to this release."""
    return data_folder() / REGISTRY


def read_registry() -> Registry:
    """The registry of this release.

    Raises:
        DownloadError: the file is missing or damaged, that is, sgbasis is not installed properly.
    """
    path = registry_path()
    try:
        return Registry.from_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise DownloadError(
            f"{path}, the list of published stores, cannot be read: install sgbasis again"
        ) from error


def published_stores() -> tuple[PublishedStore, ...]:
    """The stores that :func:`basis_store.fetch_store` can fetch, in the order of the registry.

    >>> [store.name for store in published_stores()]
    ['default', 'standard', 'large', 'characters', 'magnetic']
    """
    return read_registry().stores


def find_published(name: str) -> PublishedStore:
    """The published store of that name.

    Raises:
        DownloadError: no store of that name is published; the message lists those that are.
    """
    stores = published_stores()
    for store in stores:
        if store.name == name:
            return store
    raise DownloadError(f"no store named {name!r} is published; there are: {_names(stores)}")


def _names(stores: Iterable[PublishedStore]) -> str:
    return ", ".join(store.name for store in stores)
