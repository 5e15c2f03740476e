"""The mean of several networks, trained apart: more accurate than each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor, nn

from basis_store import CrystalArrays, ModelError
from runtime.arrays import constant
from runtime.bases.store import Store
from runtime.models.base import CrystalModel, Crystals, Embedding
from runtime.models.batch import Batch
from runtime.models.orbit_transformer import OrbitTransformer
from runtime.models.site_transformer import SiteTransformer
from runtime.models.sizes import check_sizes, size
from runtime.targets.parse import from_plain_values, shown
from runtime.targets.target import Target

MAX_MEMBERS = 16

AVERAGED: dict[str, type[CrystalModel]] = {one.__name__: one for one in (OrbitTransformer, SiteTransformer)}
"""Architectures that an ensemble can have."""

_MEMBERS = "members."


@dataclass(frozen=True)
class EnsembleConfig:
    """What an :class:`Ensemble` is made of.

    Attributes:
        members: number of networks.
        architecture: of all of them, a name in :data:`AVERAGED`.
        model: their sizes, where they differ from the architecture's defaults.

    Raises:
        ModelError: one of these makes no sense.
    """

    members: int = size(2, most=MAX_MEMBERS)
    architecture: str = OrbitTransformer.__name__
    model: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_sizes(self)
        if not isinstance(self.architecture, str) or self.architecture not in AVERAGED:
            raise ModelError(
                f"members of an ensemble are of {' or '.join(AVERAGED)}, not {shown(self.architecture)}"
            )
        if not isinstance(self.model, Mapping):
            raise ModelError(f"the sizes of members of an ensemble are a table, not {shown(self.model)}")
        self.of_member()

    def of_member(self) -> Any:
        """Sizes of one member."""
        kind = AVERAGED[self.architecture].config_class
        return from_plain_values(kind, self.model, f"configuration of {self.architecture}", ModelError)


def check_averageable(targets: Sequence[Target]) -> None:
    """Check that networks can be averaged.

    Args:
        targets: what they predict.

    Raises:
        ModelError: a target is known only up to operations under which networks may choose differently.
    """
    if broken := [target.name for target in targets if not target.has_mean]:
        raise ModelError(
            f"{broken[0]} is known up to the normalizer only: networks learn different ones of its equivalent "
            "values, and their mean is none of them"
        )


class Ensemble(CrystalModel):
    """Means of what several networks of one architecture predict, which see the same inputs.

    ``sgbasis train`` makes them with ``members`` in the configuration: as many training runs with different seeds.
    Their errors are partly independent, so that the mean has smaller ones. Every symmetry of a member is one of
    the mean.

    Args:
        config: sizes.
        targets: what to predict.
        store: where the operations come from; default: the store that ships with the package.

    Raises:
        ModelError: the mean of predictions of a target means nothing: :func:`check_averageable`.
    """

    config_class = EnsembleConfig
    config: EnsembleConfig
    kinds = ("scalar", "tensor")
    static_shapes = True

    def __init__(self, config: EnsembleConfig, targets: Sequence[Target], store: Store | None = None) -> None:
        super().__init__(config, targets, store)
        check_averageable(targets)
        kind, sizes = AVERAGED[config.architecture], config.of_member()
        members = [kind(sizes, targets, self.store) for _ in range(config.members)]
        for member in members:  # outputs of members are used before scaling, so theirs stay 0 and 1
            for name, value in (("target_mean", 0.0), ("target_scale", 1.0)):
                unused = constant(np.full(len(self.target_mean), value), torch.get_default_dtype())
                member.register_buffer(name, unused, persistent=False)
        self.members = nn.ModuleList(members)

    @classmethod
    def of(cls, members: Sequence[CrystalModel]) -> Self:
        """The ensemble of trained networks.

        Args:
            members: of the same architecture, sizes and targets, trained on the same crystals, so that mean and
                scale of the targets are the same.

        Raises:
            ModelError: they are not.
        """
        first = members[0]
        for other in members[1:]:
            if (type(other), other.config, other.targets) != (type(first), first.config, first.targets):
                raise ModelError("the members of an ensemble have the same architecture, sizes and targets")
            scales = (other.target_mean, first.target_mean), (other.target_scale, first.target_scale)
            if not all(torch.allclose(one, same, rtol=1e-6) for one, same in scales):
                raise ModelError("the members of an ensemble are trained on the same crystals")
        config = EnsembleConfig(len(members), type(first).__name__, asdict(first.config))
        made = cls(config, first.targets, first.store)
        made.target_mean.copy_(first.target_mean)
        made.target_scale.copy_(first.target_scale)
        for own, member in zip(made._networks(), members, strict=True):
            own.load_state_dict(member.state_dict(), strict=False)
        return made.eval()

    def prepare(self, crystals: Crystals) -> Batch:
        """As that of a member: all have the same inputs."""
        return self._networks()[0].prepare(crystals)

    def prepare_at(self, crystals: CrystalArrays, coordinates: Tensor, lattices: Tensor) -> Batch:
        """:meth:`prepare` with tensors to differentiate by."""
        return self._networks()[0].prepare_at(crystals, coordinates, lattices)

    def network(self, batch: Batch) -> Tensor:
        """(crystals, columns) of order one."""
        return torch.stack([member.network(batch) for member in self._networks()]).mean(0)

    def network_and_embedding(self, batch: Batch) -> tuple[Tensor, Embedding]:
        """(crystals, columns) of order one, and the embeddings of all members."""
        values, embeddings = zip(
            *(member.network_and_embedding(batch) for member in self._networks()), strict=True
        )
        return torch.stack(values).mean(0), _joined(embeddings)

    def embed(self, batch: Batch) -> Embedding:
        """Embeddings of all members side by side: (p, members * width) and (S, members * width)."""
        return _joined([member.embed(batch) for member in self._networks()])

    def heads(self) -> list[nn.Module]:
        """The modules of all members that belong to the targets."""
        return [head for member in self._networks() for head in member.heads()]

    def is_of_head(self, name: str) -> bool:
        """Whether an entry of the state belongs to the targets."""
        if not name.startswith(_MEMBERS):
            return super().is_of_head(name)
        return self._networks()[0].is_of_head(name.removeprefix(_MEMBERS).split(".", maxsplit=1)[1])

    def _head_row(self, index: int) -> int:
        return self._networks()[0]._head_row(index)

    def _networks(self) -> list[CrystalModel]:
        return [member for member in self.members if isinstance(member, CrystalModel)]


def _joined(embeddings: Sequence[Embedding]) -> Embedding:
    crystals, sites = zip(*embeddings, strict=True)
    return Embedding(torch.cat(crystals, dim=1), torch.cat(sites, dim=1))
