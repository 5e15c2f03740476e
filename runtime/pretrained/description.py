"""``config.json`` of a trained model: architecture, targets, training data, and hashes that protect both files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from basis_store import ModelError, StoreFormatError
from basis_store.files.integrity import parse_version
from basis_store.tables.short_repr import ShortRepr
from runtime.pretrained.domain import Domain
from runtime.targets.parse import from_plain_values, parse_target, shown
from runtime.targets.target import Target

FORMAT_NAME = "sgbasis-model"
FORMAT_VERSION = (1, 0)
"""(major, minor). A change of meaning is a new major version; a newer minor one may only add keys."""


@dataclass(frozen=True, kw_only=True, repr=False)
class ModelDescription(ShortRepr):
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
        calibration: ``sha256`` of ``calibration.safetensors``, and ``coverage``, what was measured of its
            intervals by target (:func:`runtime.pretrained.fit_calibration.measured_coverage`); empty without one.
    """

    architecture: str
    config: Mapping[str, Any]
    targets: tuple[Target, ...]
    store: str | None
    domain: Domain
    training: Mapping[str, Any]
    weights_sha256: str
    written_by: Mapping[str, str] = field(default_factory=dict)
    calibration: Mapping[str, Any] = field(default_factory=dict)

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
            values = json.loads(text, object_pairs_hook=_without_duplicates, parse_constant=_no_number)
            if not isinstance(values, dict) or values.get("format") != FORMAT_NAME:
                raise ModelError("not that of an sgbasis model")
            digest = _digest({key: value for key, value in values.items() if key != "sha256"})
            version = str(values.get("format_version"))[:20]
            parse_version(version, kind="model", reads=FORMAT_VERSION, hint="train it again")
        except StoreFormatError as error:
            raise ModelError(str(error)) from error
        except (ValueError, RecursionError) as error:
            if isinstance(error, ModelError):
                raise
            raise ModelError(f"damaged, not JSON: {' '.join(str(error).split())[:200]}") from error
        if values.get("sha256") != digest:
            raise ModelError("damaged or edited: its content does not match its own hash")
        try:
            return cls._from_values(values)
        except (KeyError, TypeError, ValueError) as error:
            reason = ascii(" ".join(str(error).split()))[1:-1]
            raise ModelError(f"it lacks what a model needs: {reason[:400]}") from error

    @classmethod
    def _from_values(cls, values: Mapping[str, Any]) -> ModelDescription:
        """From the content of ``config.json``; a KeyError, TypeError or ValueError says what is wrong."""
        texts = ["architecture", "weights_sha256", *(["store"] if values["store"] is not None else [])]
        for kind, keys in ((str, texts), (dict, ("config", "domain", "training")), (list, ("targets",))):
            for key in keys:
                if not isinstance(values[key], kind):
                    raise TypeError(f"{key} is {shown(values[key])}")
        written_by = values.get("written_by", {})
        if not isinstance(written_by, dict) or not all(
            isinstance(text, str) and text.isprintable() for pair in written_by.items() for text in pair
        ):
            raise TypeError(f"written_by is {shown(written_by)}")
        calibration = values.get("calibration", {})
        if not isinstance(calibration, dict) or (calibration and not isinstance(calibration.get("sha256"), str)):
            raise TypeError(f"calibration is {shown(calibration)}")
        return cls(
            architecture=values["architecture"],
            config=values["config"],
            targets=tuple(parse_target(_with_own_unit(one)) for one in values["targets"]),
            store=values["store"],
            domain=from_plain_values(Domain, values["domain"], "domain", ModelError),
            training=values["training"],
            weights_sha256=values["weights_sha256"],
            written_by=written_by,
            calibration=calibration,
        )


def _with_own_unit(target: Any) -> Any:
    """A target whose unit is that of its values: drafts of this format had ``"log10 GPa"`` beside ``log10``."""
    if isinstance(target, dict) and target.get("log10") is True and isinstance(target.get("unit"), str):
        return target | {"unit": target["unit"].removeprefix("log10 ")}
    return target


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise ValueError("a key appears twice in one table")
    return values


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number")


def _digest(values: Mapping[str, Any]) -> str:
    """SHA-256 of canonical JSON: line breaks and the order of keys do not matter."""
    text = json.dumps(values, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
