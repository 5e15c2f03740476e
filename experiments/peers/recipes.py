"""How each peer is trained: as its authors did, where they say it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from experiments.peers.cgcnn import CGCNN
from experiments.peers.crystalformer import Crystalformer
from runtime.models.base import CrystalModel
from runtime.targets.target import Target

_MILESTONE = 0.1
"""The learning rate's factor after a milestone."""

_INVERSE_ROOT_STEPS = 4000.0
"""t_0 of the factor sqrt(t_0 / (t_0 + step))."""

_MODULI_BATCH = 64


@dataclass(frozen=True)
class Recipe:
    """Hyper-parameters of a training run.

    Attributes:
        optimizer: ``"sgd"``, with momentum 0.9, or ``"adamw"``.
        learning_rate: at the start.
        schedule: ``"milestone"``: a tenth after 0.8 of the epochs; ``"inverse_root"``: sqrt(4000 / (4000 + step)).
        batch_size: crystals of a step.
        epochs: passes over the training crystals.
        loss: of the standardised value, mean of squares or of absolute errors.
        betas: of AdamW.
        weight_decay: of matrices.
        gradient_norm: the maximum, beyond which gradients are clipped; infinite: they are not.
        averaged: share of the epochs, the last ones, over whose steps weights are averaged; the rate is constant.
        drop_last: whether the last step of an epoch is left out if it is not full.
        whole_steps: whether a step has to be computed at once: batch normalisation.
    """

    optimizer: Literal["sgd", "adamw"]
    learning_rate: float
    schedule: Literal["milestone", "inverse_root"]
    batch_size: int
    epochs: int
    loss: Literal["squared", "absolute"]
    betas: tuple[float, float] = (0.9, 0.999)
    weight_decay: float = 0.0
    gradient_norm: float = float("inf")
    averaged: float = 0.0
    drop_last: bool = False
    whole_steps: bool = False

    def rate(self, step: int, epoch: float) -> float:
        """The learning rate of a step.

        Args:
            step: from 0.
            epoch: its epoch, as a share of all.
        """
        if self.schedule == "milestone":
            return self.learning_rate * (_MILESTONE if epoch >= 0.8 else 1.0)
        return self.learning_rate * math.sqrt(_INVERSE_ROOT_STEPS / (_INVERSE_ROOT_STEPS + step))


def cgcnn(target: Target) -> Recipe:
    """Of the models that Xie and Grossman released: the arguments in their files (github.com/txie-93/cgcnn).

    Args:
        target: what is learnt; gaps have another rate, moduli (logarithms) smaller steps.
    """
    return Recipe(
        optimizer="sgd",
        learning_rate=0.05 if target.name == "band_gap" else 0.02,
        schedule="milestone",
        batch_size=_MODULI_BATCH if target.log10 else 256,
        epochs=1000,
        loss="squared",
        whole_steps=True,
    )


def crystalformer(target: Target) -> Recipe:
    """Of github.com/omron-sinicx/crystalformer for the data sets of the Materials Project.

    Args:
        target: what is learnt; all are learnt alike.
    """
    return Recipe(
        optimizer="adamw",
        learning_rate=5e-4,
        schedule="inverse_root",
        batch_size=128,
        epochs=500,
        loss="absolute",
        betas=(0.9, 0.98),
        weight_decay=1e-5,
        gradient_norm=1.0,
        averaged=0.1,
        drop_last=True,
    )


PEERS: dict[str, tuple[type[CrystalModel], Callable[[Target], Recipe]]] = {
    "CGCNN": (CGCNN, cgcnn),
    "Crystalformer": (Crystalformer, crystalformer),
}
"""Model and recipe of each peer, by name."""
