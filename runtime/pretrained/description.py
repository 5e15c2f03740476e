"""``config.json`` of a trained model: architecture, targets, training data, and hashes that protect both files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from basis_store import ModelError, StoreFormatError
from basis_store.files.integrity import parse_version
from runtime.pretrained.domain import Domain
from runtime.targets.parse import parse_target
from runtime.targets.target import Target

FORMAT_NAME = "sgbasis-model"
FORMAT_VERSION = (1, 0)
"""(major, minor). A change of meaning is a new major version; a newer minor one may only add keys."""


@dataclass(frozen=True, kw_only=True)
class ModelDescription:
    """Everything about a model except its weights.

    Attributes:
        architecture: a name in :data:`runtime.ARCHITECTURES`.
        config: its sizes, as plain values.
        targets: what it predicts; names are those of datasets.
        store: content hash of the store it computes with; None for an architecture that needs none.
        domain: what it was trained on.
        training: how it was trained, as plain values, for the model card.
        weights_sha256: of ``model.safetensors``.
        written_by: versions of sgbasis and PyTorch; empty in drafts of this format.
    """

    architecture: str
    config: Mapping[str, Any]
    targets: tuple[Target, ...]
    store: str | None
    domain: Domain
    training: Mapping[str, Any]
    weights_sha256: str
    written_by: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> str:
        """The text of ``config.json``; ends with a SHA-256 of its own content."""
        head = {"format": FORMAT_NAME, "format_version": ".".join(map(str, FORMAT_VERSION))}
        # As JSON returns them: tuples become lists, and keys become text.
        values = json.loads(json.dumps(head | asdict(self), allow_nan=False))
        return json.dumps(values | {"sha256": _digest(values)}, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> ModelDescription:
        """Read ``text`` of ``config.json``: the inverse of :meth:`to_json`.

        Raises:
            ModelError: not the file of a model, a format that this release does not read, or damaged.
        """
        try:
            values = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ModelError(f"damaged, not JSON: {error}") from error
        if not isinstance(values, dict) or values.get("format") != FORMAT_NAME:
            raise ModelError("not that of an sgbasis model")
        try:
            parse_version(
                str(values.get("format_version")), kind="model", reads=FORMAT_VERSION, hint="train it again"
            )
        except StoreFormatError as error:
            raise ModelError(str(error)) from error
        if values.pop("sha256", None) != _digest(values):
            raise ModelError("damaged or edited: its content does not match its own hash")
        try:
            return cls(
                architecture=values["architecture"],
                config=values["config"],
                targets=tuple(parse_target(_with_own_unit(one)) for one in values["targets"]),
                store=values["store"],
                domain=_domain(**values["domain"]),
                training=values["training"],
                weights_sha256=values["weights_sha256"],
                written_by={str(name): str(version) for name, version in values.get("written_by", {}).items()},
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ModelError(f"it lacks what a model needs: {error}") from error


def _with_own_unit(target: Any) -> Any:
    """A target whose unit is that of its values: drafts of this format had ``"log10 GPa"`` beside ``log10``."""
    if isinstance(target, dict) and target.get("log10") is True and isinstance(target.get("unit"), str):
        return target | {"unit": target["unit"].removeprefix("log10 ")}
    return target


def _domain(elements: list[int], groups: list[int], max_sites: int, volume_per_atom: list[float]) -> Domain:
    smallest, largest = volume_per_atom
    return Domain(tuple(elements), tuple(groups), max_sites, (smallest, largest))


def _digest(values: Mapping[str, Any]) -> str:
    """SHA-256 of canonical JSON: line breaks and the order of keys do not matter."""
    text = json.dumps(values, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
