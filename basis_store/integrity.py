"""The attributes of a store's root, and the hash that protects them (arrays: see :mod:`basis_store.schema`)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

ATTRIBUTES = ("format", "format_version", "recipe", "provenance", "content_sha256")


def attributes_digest(attributes: Mapping[str, str]) -> str:
    """SHA-256 over all root attributes, provenance included."""
    text = "\n".join(f"{name}={attributes[name]}" for name in ATTRIBUTES)
    return hashlib.sha256(text.encode()).hexdigest()
