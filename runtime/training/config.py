"""The configuration of a training run: read from TOML, checked before anything else happens."""

from __future__ import annotations

import dataclasses
import math
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import torch

from basis_store import ModelError, TargetError, TrainingError
from basis_store.files.regular_file import read_regular
from runtime.arrays import building
from runtime.models.architectures import ARCHITECTURES
from runtime.models.base import CrystalModel
from runtime.models.ensemble import AVERAGED, MAX_MEMBERS, check_averageable
from runtime.models.sizes import MAX_PARAMETERS
from runtime.targets.parse import from_plain_values, parse_target, shown
from runtime.targets.target import Target
from runtime.training.initial_model import InitialModel

CENTROSYMMETRIC: frozenset[int] = frozenset(
    number
    for first, last in (
        (2, 2), (10, 15), (47, 74), (83, 88), (123, 142), (147, 148), (162, 167), (175, 176), (191, 194),
        (200, 206), (221, 230),
    )
    for number in range(first, last + 1)
)  # fmt: skip
"""The 92 space groups with inversion (International Tables A: the eleven Laue classes)."""

_COUNTS = ("epochs", "batch_size", "warmup_steps", "patience", "pretraining_steps", "seed", "fold")
_LARGEST = 2**31 - 1
_MAX_CONFIG = 1 << 20
"""Bytes of a configuration."""
_RATE, _FINE_TUNING_RATE = 1e-3, 3e-4
"""Learning rates by default, of random and of trained weights: experiments/README.md."""


@dataclass(frozen=True)
class TrainingConfig:
    """A training run. Relative paths are relative to where the command runs.

    Attributes:
        data: compiled datasets (``sgbasis crystals``); their rows are concatenated.
        targets: what to learn; several share one network, and a crystal that lacks one still trains the others.
        output: folder for checkpoints, logs and the model.
        architecture: a name in :data:`runtime.ARCHITECTURES`; ``"auto"``: that of ``initial``, or else
            OrbitTransformer.
        model: sizes of the architecture, where they differ from its defaults. With ``initial`` they are those of
            the initial model, and no other ones may be given.
        target_weights: relative weight of each target's loss; default: equal.
        fold: of datasets with folds, the number of the one that is kept apart as the test; the next one is for
            validation, and the model is trained on the others. -1: the splits train and val are used.
        initial: name or folder of a trained model to start from: it is fine-tuned. Targets that it predicts keep
            their heads, means and scales; others get new ones. ``""``: start from random weights.
        freeze: train the heads of the initial model only; its body keeps its weights, and its dropout is off.
        hold_out_groups: space groups whose crystals are excluded from training: numbers, or ``"inversion"``.
        epochs: passes over the training split.
        batch_size: crystals per step, over all processes.
        learning_rate: the maximum; linear warm-up, then cosine decay to 1/1000 of it. Default: 1e-3; 3e-4 with
            ``initial``, unless ``freeze`` is set.
        warmup_steps: at most a tenth of all steps.
        weight_decay: of matrices; not of embeddings, gains and biases.
        gradient_norm: the maximum, beyond which gradients are clipped.
        averaging: decay of the exponential moving average of weights, which is validated and saved.
        patience: epochs without a lower validation loss until the run stops; 0: never.
        pretraining_steps: of the architecture's own pretraining, if it has one.
        members: networks, each trained with a seed of its own, whose mean the model predicts
            (:class:`runtime.Ensemble`).
        seed: of weights, order and dropout. Equal seeds give equal results on equal machines.
    """

    data: tuple[str, ...]
    targets: tuple[Target, ...]
    output: str
    architecture: str = "auto"
    model: Mapping[str, Any] = field(default_factory=dict)
    target_weights: tuple[float, ...] = ()
    initial: str = ""
    fold: int = -1
    freeze: bool = False
    hold_out_groups: tuple[int, ...] = ()
    epochs: int = 60
    batch_size: int = 64
    learning_rate: float | None = None
    warmup_steps: int = 1000
    weight_decay: float = 0.01
    gradient_norm: float = 1.0
    averaging: float = 0.999
    patience: int = 0
    pretraining_steps: int = 0
    members: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.data:
            raise TrainingError("no data to train on: give at least one compiled dataset")
        if not self.targets:
            raise TrainingError("nothing to learn: give at least one target")
        self._fill_in()
        if self.architecture not in ARCHITECTURES:
            raise TrainingError(
                f"unknown architecture {shown(self.architecture)}; known: {', '.join(ARCHITECTURES)}"
            )
        if self.target_weights and len(self.target_weights) != len(self.targets):
            raise TrainingError(f"{len(self.target_weights)} target_weights for {len(self.targets)} targets")
        if not all(self.data) or not self.output:
            raise TrainingError("the names of data and output are not empty")
        self._check_numbers()
        self._check_members()
        self.model_config()

    def _check_numbers(self) -> None:
        for name in ("epochs", "batch_size", "learning_rate", "gradient_norm"):
            if not 0 < getattr(self, name) < math.inf:  # nan is neither
                raise TrainingError(f"{name} must be positive, not {shown(getattr(self, name))}")
        for name in ("warmup_steps", "weight_decay", "patience", "pretraining_steps", "seed"):
            if not 0 <= getattr(self, name) < math.inf:
                raise TrainingError(f"{name} is not negative, but {shown(getattr(self, name))}")
        if self.fold < -1:
            raise TrainingError(f"folds are numbered from 0: there is no fold {shown(self.fold)}")
        for name in _COUNTS:
            if getattr(self, name) > _LARGEST:
                raise TrainingError(f"{name} is at most {_LARGEST:,}, not {shown(getattr(self, name))}")
        if not all(0 < weight < math.inf for weight in self.target_weights):
            raise TrainingError(f"target_weights are positive numbers, not {shown(self.target_weights)}")
        if not 0 <= self.averaging < 1:
            raise TrainingError(f"averaging lies between 0 and 1, not {shown(self.averaging)}")

    def _check_members(self) -> None:
        if not 1 <= self.members <= MAX_MEMBERS:
            raise TrainingError(f"members are 1 to {MAX_MEMBERS} networks, not {shown(self.members)}")
        if self.members > 1 and (self.architecture not in AVERAGED or self.initial):
            raise TrainingError(
                f"only networks of {' and '.join(AVERAGED)} that start from random weights have several members: "
                "remove members, architecture or initial"
            )
        if self.members > 1:
            try:
                check_averageable(self.targets)
            except ModelError as error:
                raise TrainingError(f"{error}: remove members") from error

    def _fill_in(self) -> None:
        """Replace defaults that depend on other entries, so that a configuration says everything about its run."""
        architecture, sizes = self.architecture, self.model
        if self.initial:
            if self.pretraining_steps:
                raise TrainingError("the initial model replaces pretraining: remove pretraining_steps or initial")
            start = InitialModel.find(self.initial)
            start.check_groups(self.hold_out_groups)
            architecture, sizes = start.architecture(self.architecture), start.sizes(self.model)
        else:
            if self.freeze:
                raise TrainingError("freeze trains the heads of a trained model only: give initial as well")
            architecture = "OrbitTransformer" if architecture == "auto" else architecture
        default = _FINE_TUNING_RATE if self.initial and not self.freeze else _RATE
        rate = default if self.learning_rate is None else self.learning_rate
        for name, value in (("architecture", architecture), ("model", sizes), ("learning_rate", rate)):
            object.__setattr__(self, name, value)

    def model_config(self) -> Any:
        """The architecture's configuration, with its defaults."""
        kind = ARCHITECTURES[self.architecture].config_class
        what = f"model configuration of {self.architecture}"
        return from_plain_values(kind, self.model, what, TrainingError)

    def new_model(self) -> CrystalModel:
        """A model of this architecture with randomly initialised weights.

        Raises:
            TrainingError: its sizes make it too large.
        """
        kind, sizes = ARCHITECTURES[self.architecture], self.model_config()
        with building(torch.get_default_dtype(), "meta"):  # counts them without their memory
            count = sum(parameter.numel() for parameter in kind(sizes, self.targets).parameters())
        if count > MAX_PARAMETERS:
            raise TrainingError(
                f"the model would have {count:,} parameters, and {MAX_PARAMETERS:,} are the limit: choose smaller "
                "sizes"
            )
        return kind(sizes, self.targets)

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Self:
        """A configuration from the content of a TOML file.

        Args:
            values: by the names of the attributes.

        Raises:
            TrainingError: an unknown key, a value of the wrong type, or one that makes no sense.
        """
        values = dict(values)
        if "targets" in values:
            if not isinstance(values["targets"], Sequence) or isinstance(values["targets"], str):
                raise TrainingError(f"targets are a list, not {shown(values['targets'])}")
            try:
                values["targets"] = tuple(parse_target(one) for one in values["targets"])
            except TargetError as error:
                raise TrainingError(str(error)) from error
        if "hold_out_groups" in values:
            values["hold_out_groups"] = parse_groups(values["hold_out_groups"])
        if isinstance(values.get("data"), str):
            values["data"] = [values["data"]]
        return from_plain_values(cls, values, "training configuration", TrainingError)

    @classmethod
    def from_toml(cls, path: Path, **overrides: Any) -> Self:
        """A configuration from a file.

        Args:
            path: of a TOML file.
            overrides: replace its entries.

        Raises:
            TrainingError: as :meth:`from_mapping`, or not a TOML file; names the file.
        """
        try:
            return cls.from_mapping({**_read_toml(path), **overrides})
        except TrainingError as error:
            raise TrainingError(f"{path}: {error}") from error

    def to_mapping(self) -> dict[str, Any]:
        """Plain values, as :meth:`from_mapping` reads them."""
        return dataclasses.asdict(self)


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(read_regular(path, limit=_MAX_CONFIG).decode())
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, deep nesting
        raise TrainingError(f"not a TOML file: {' '.join(str(error).split())[:200]}") from error


def parse_groups(groups: str | Sequence[int | str]) -> tuple[int, ...]:
    """Space-group numbers from ``"inversion"`` (all groups that have it), ``"225,227"`` or a list.

    Raises:
        TrainingError: a number that is not one of a space group, or an unknown name.
    """
    if isinstance(groups, str):
        groups = [part.strip() for part in groups.split(",") if part.strip()]
    numbers: set[int] = set()
    if not isinstance(groups, Sequence):
        raise TrainingError(f"hold_out_groups are a list of numbers, or 'inversion', not {shown(groups)}")
    for group in groups:
        if group == "inversion":
            numbers |= CENTROSYMMETRIC
        elif isinstance(group, str) and re.fullmatch("[0-9]{1,3}", group) and 1 <= int(group) <= 230:
            numbers.add(int(group))
        elif isinstance(group, int) and not isinstance(group, bool) and 1 <= group <= 230:
            numbers.add(group)
        else:
            raise TrainingError(f"{shown(group)} is neither a space-group number (1 to 230) nor 'inversion'")
    return tuple(sorted(numbers))
