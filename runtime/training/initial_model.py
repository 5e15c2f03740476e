"""The trained model that a run starts from: what is taken from it, and what starts anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from basis_store import TrainingError
from basis_store.datasets.units import UNKNOWN_UNIT
from runtime.models.architectures import ARCHITECTURES
from runtime.models.base import CrystalModel
from runtime.pretrained.pretrained import Pretrained, open_pretrained
from runtime.targets.parse import from_plain_values, shown
from runtime.targets.target import Target

_FREE = ("dropout",)
"""Entries of an architecture's configuration that change neither the weights nor what they compute."""

_OF_DATA = {"mask_column": "", "up_to_normalizer": False}
"""Attributes of a target that say which values of a dataset are right, and not what a model predicts."""


@dataclass(frozen=True)
class InitialModel:
    """A trained model whose weights are those of a run before its first step.

    Its body (all but the heads) is taken over. A target that it predicts, with the same name, unit, logarithm and
    index symmetry, keeps head, mean and scale as well, so that its predictions are the same. Any other gets a new
    head, and the mean and scale of its training values.

    Attributes:
        name: as in the configuration: of a model that ships, of a folder, or on the Hub.
        pretrained: the model on disk.
    """

    name: str
    pretrained: Pretrained

    @classmethod
    def find(cls, name: str) -> InitialModel:
        """The model with this name.

        Raises:
            ModelError: there is none, or its description is damaged; see :func:`runtime.open_pretrained`.
        """
        return cls(name, open_pretrained(name))

    @property
    def weights_sha256(self) -> str:
        """What identifies it: the hash of its ``model.safetensors``, wherever that lies."""
        return self.pretrained.description.weights_sha256

    def architecture(self, given: str) -> str:
        """The name of its architecture, which is that of the run.

        Args:
            given: in the configuration; ``"auto"``: any.

        Raises:
            TrainingError: it is another one.
        """
        own = self.pretrained.description.architecture
        if own not in ARCHITECTURES:
            raise TrainingError(
                f"{self.name} has the unknown architecture {own!r}; known: {', '.join(ARCHITECTURES)}"
            )
        if given not in ("auto", own):
            raise TrainingError(f"{self.name} is of the architecture {own}, not {given}: leave out one of the two")
        return own

    def sizes(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Its sizes, which are those of the run.

        Args:
            given: in the configuration. Only what does not change the computed function may differ.

        Raises:
            TrainingError: one differs.
        """
        described = self.pretrained.description
        kind = ARCHITECTURES[self.architecture("auto")].config_class
        own = asdict(from_plain_values(kind, described.config, f"configuration of {self.name}", TrainingError))
        for key, value in given.items():
            if key in own and key not in _FREE and value != own[key]:
                raise TrainingError(
                    f"{key} = {shown(value)} contradicts the initial model: {self.name} has "
                    f"{own[key]}; leave it out"
                )
        return own | dict(given)

    def check_groups(self, held_out: tuple[int, ...]) -> None:
        """Check that no held-out space group was trained on.

        Raises:
            TrainingError: one was.
        """
        if seen := set(self.pretrained.description.domain.groups) & set(held_out):
            raise TrainingError(f"{self.name} was trained on group {min(seen)}, which is to be held out")

    def same_target(self, target: Target) -> int | None:
        """Index of its target that is the same quantity; None if it has none.

        A unit that is not known on one side counts as the same.
        """
        for index, own in enumerate(self.pretrained.description.targets):
            unit = "" if {target.unit, own.unit} & {"", UNKNOWN_UNIT} else target.unit
            theirs = own if unit else replace(own, unit="")
            if _quantity(theirs) == _quantity(replace(target, unit=unit)):
                return index
        return None

    def copy_to(self, model: CrystalModel) -> set[int]:
        """Copy body, and heads, means and scales of targets that are the same, into a new model.

        Args:
            model: of its architecture and sizes.

        Returns:
            Numbers of the targets of ``model`` that were taken over.

        Raises:
            ModelError: the weights are damaged.
        """
        source = self.pretrained.load()
        found, own = source.state_dict(), model.state_dict()
        for name, tensor in own.items():
            if not model.is_of_head(name):
                tensor.copy_(found[name])
        same = [self.same_target(target) for target in model.targets]
        for index, other in enumerate(same):
            if other is not None:
                theirs = source.weights_of(other)
                for name, view in model.weights_of(index).items():
                    view.copy_(theirs[name])
        return {index for index, other in enumerate(same) if other is not None}

    def heads_text(self, targets: tuple[Target, ...]) -> str:
        """One line that says which targets keep their head, and why others do not."""
        return "; ".join(self._head_text(target) for target in targets)

    def _head_text(self, target: Target) -> str:
        if self.same_target(target) is not None:
            return f"{target.name} goes on where it is"
        for own in self.pretrained.description.targets:
            if own.name == target.name:
                return f"{target.name} gets a new head, since it is {_words(target)} and not {_words(own)}"
        predicted = ", ".join(own.name for own in self.pretrained.description.targets)
        return f"{target.name} gets a new head (the initial model predicts {predicted})"


def _quantity(target: Target) -> tuple[type[Target], dict[str, Any]]:
    """What decides whether two targets are the same."""
    return type(target), asdict(target) | _OF_DATA | {"symmetry": target.index_symmetry}


def _words(target: Target) -> str:
    """Such as ``the logarithm of a scalar in GPa``."""
    symmetry = asdict(target).get("symmetry", "")
    logarithm, unit = "the logarithm of " * target.log10, f" in {target.unit}" * bool(target.unit)
    return f"{logarithm}a {target.kind}{f' {symmetry}' * bool(symmetry)}{unit}"
