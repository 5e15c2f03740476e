"""What a training run is, as plain data: read from TOML, checked before anything else happens."""

from __future__ import annotations

import dataclasses
import math
import tomllib
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, TypeVar, get_args, get_origin

from basis_store import TrainingError
from runtime.models.architectures import ARCHITECTURES
from runtime.models.base import Target
from runtime.training.groups import parse_groups

T = TypeVar("T")


@dataclass(frozen=True)
class TrainingConfig:
    """A training run. Relative paths are relative to where the command runs.

    Attributes:
        data: compiled datasets (``sgbasis crystals``); their rows are put together.
        targets: what to learn; several share one network, and a crystal without one of them trains the others.
        output: folder for checkpoints, logs and the model.
        architecture: a name in :data:`runtime.models.ARCHITECTURES`.
        model: the architecture's own configuration, where it is not the default.
        target_weights: relative weight of each target's loss; default: equal.
        initial: folder or name of a trained model whose weights to start from, where they fit.
        hold_out_groups: space groups of which no crystal is trained on: numbers, or ``"inversion"``.
        epochs: passes over the training split.
        batch_size: crystals per step, over all processes.
        learning_rate: greatest; linear warm-up, then cosine decay to 1/1000 of it.
        warmup_steps: at most a tenth of all steps.
        weight_decay: of matrices; not of embeddings, gains and offsets.
        gradient_norm: greatest.
        averaging: decay of the exponential moving average of weights, which is what is validated and kept.
        patience: epochs without a better validation error until the run stops; default: never.
        pretraining_steps: of the architecture's own pretraining, if it has one.
        seed: of weights, order and dropout. Equal seeds give equal results on equal machines.
        pair_budget: cost of what is worked on at once, see :func:`runtime.prediction.batches`; bounds memory.
    """

    data: tuple[str, ...]
    targets: tuple[Target, ...]
    output: str
    architecture: str = "OrbitTransformer"
    model: Mapping[str, Any] = field(default_factory=dict)
    target_weights: tuple[float, ...] = ()
    initial: str = ""
    hold_out_groups: tuple[int, ...] = ()
    epochs: int = 60
    batch_size: int = 64
    learning_rate: float = 1e-3
    warmup_steps: int = 1000
    weight_decay: float = 0.01
    gradient_norm: float = 1.0
    averaging: float = 0.999
    patience: int = 0
    pretraining_steps: int = 0
    seed: int = 0
    pair_budget: int = 32_000

    def __post_init__(self) -> None:
        if not self.data:
            raise TrainingError("no data to train on: give at least one compiled dataset")
        if not self.targets:
            raise TrainingError("nothing to learn: give at least one target")
        if self.architecture not in ARCHITECTURES:
            raise TrainingError(f"unknown architecture {self.architecture!r}; known: {', '.join(ARCHITECTURES)}")
        if self.target_weights and len(self.target_weights) != len(self.targets):
            raise TrainingError(f"{len(self.target_weights)} target_weights for {len(self.targets)} targets")
        for name in ("epochs", "batch_size", "learning_rate", "gradient_norm", "pair_budget"):
            if not 0 < getattr(self, name) < math.inf:  # nan is neither
                raise TrainingError(f"{name} must be positive, not {getattr(self, name)}")
        if not 0 <= self.averaging < 1:
            raise TrainingError(f"averaging lies between 0 and 1, not {self.averaging}")
        self.model_config()

    def model_config(self) -> Any:
        """The architecture's configuration, whole."""
        kind = ARCHITECTURES[self.architecture].config_class
        return _build(kind, self.model, f"model configuration of {self.architecture}")

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Self:
        """From what a TOML file holds.

        Raises:
            TrainingError: an unknown key, a value of the wrong type, or one that makes no sense.
        """
        values = dict(values)
        if "targets" in values:
            entries = [{"name": one} if isinstance(one, str) else one for one in values["targets"]]
            values["targets"] = tuple(_build(Target, entry, "target") for entry in entries)
        if "hold_out_groups" in values:
            values["hold_out_groups"] = parse_groups(values["hold_out_groups"])
        if isinstance(values.get("data"), str):
            values["data"] = [values["data"]]
        return _build(cls, values, "training configuration")

    @classmethod
    def from_toml(cls, path: Path, **overrides: Any) -> Self:
        """From a file; keyword arguments replace its entries.

        Raises:
            TrainingError: as :meth:`from_mapping`, or not a TOML file; names the file.
        """
        try:
            return cls.from_mapping({**tomllib.loads(path.read_text()), **overrides})
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise TrainingError(f"{path} is not a TOML file: {error}") from error
        except TrainingError as error:
            raise TrainingError(f"{path}: {error}") from error

    def to_mapping(self) -> dict[str, Any]:
        """Plain values, as :meth:`from_mapping` reads them."""
        return dataclasses.asdict(self)


def _build(kind: type[T], values: Mapping[str, Any], what: str) -> T:
    """A dataclass from plain values: unknown keys, missing keys and wrong types are one-line errors."""
    hints = typing.get_type_hints(kind)
    fields = {one.name: one for one in dataclasses.fields(kind)}  # type: ignore[arg-type]
    if unknown := [key for key in values if key not in fields]:
        raise TrainingError(f"unknown key {unknown[0]!r} in the {what}; known: {', '.join(fields)}")
    required = [
        name for name, one in fields.items()
        if one.default is dataclasses.MISSING and one.default_factory is dataclasses.MISSING
    ]  # fmt: skip
    if missing := [name for name in required if name not in values]:
        raise TrainingError(f"the {what} lacks {missing[0]!r}; it needs {', '.join(required)}")
    checked = {key: _checked(value, hints[key], f"{key} in the {what}") for key, value in values.items()}
    return kind(**checked)


def _checked(value: Any, hint: Any, what: str) -> Any:
    if get_origin(hint) is tuple:
        if not isinstance(value, list | tuple):
            raise TrainingError(f"{what} is a list, not {value!r}")
        return tuple(_checked(entry, get_args(hint)[0], what) for entry in value)
    if get_origin(hint) is not None:
        if not isinstance(value, Mapping):
            raise TrainingError(f"{what} is a table, not {value!r}")
        return dict(value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, hint) or (hint is not bool and isinstance(value, bool)):
        raise TrainingError(f"{what} is {'a number' if hint in (int, float) else 'text'}, not {value!r}")
    return value
