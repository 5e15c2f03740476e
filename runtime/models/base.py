"""The interface of all models: crystals in, physical values out.

    batch = model.prepare(crystals)       all inputs, once: no gradients, no parameters
    values = model(batch.take(rows))      (rows, columns), as learnt

A scalar target has one column, a tensor target one for each component that its index symmetry leaves free.
Training, prediction and evaluation use nothing else of a model.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, NamedTuple, Self

import torch
from torch import Tensor, nn

from basis_store import CrystalArrays, CrystalRecord, CrystalTable, ModelError
from runtime.arrays import building, constant
from runtime.bases.store import Store, load_store
from runtime.models.batch import Batch
from runtime.targets.parse import shown
from runtime.targets.target import Target, columns

MAX_TARGETS = 100

Crystals = CrystalTable | CrystalArrays | Iterable[CrystalRecord]


class Embedding(NamedTuple):
    """What a network makes of p crystals with S sites before its heads.

    Attributes:
        crystals: (p, width) means over atoms.
        sites: (S, width).
    """

    crystals: Tensor
    sites: Tensor


class CrystalModel(nn.Module, ABC):
    """A network that predicts properties of crystals.

    Args:
        config: sizes, of ``config_class``.
        targets: what to predict.
        store: where waves and operations come from; default: the store that ships with the package.

    Attributes:
        store: the store; None for an architecture that needs none.
        targets: what the columns of the output are, see :func:`runtime.columns`.
        target_mean: (columns,) buffer, and
        target_scale: (columns,) buffer: outputs are ``mean + scale * network``; the trainer sets them from the
            training split. The mean of a tensor is isotropic and its scale the same for all its columns.

    Raises:
        ModelError: a target is of a kind that the architecture does not predict, or has the name of another.
    """

    config_class: ClassVar[type[Any]]
    """A frozen dataclass of plain values."""

    kinds: ClassVar[tuple[str, ...]] = ("scalar",)
    """Kinds of targets (:attr:`Target.kind`) that the architecture predicts."""

    uses_store: ClassVar[bool] = True
    """Whether the architecture computes with a store."""

    static_shapes: ClassVar[bool] = False
    """Whether :meth:`network` does the same for all batches of equal shapes, so that CUDA graphs can repeat it."""

    head_names: ClassVar[tuple[str, ...]] = ("head",)
    """The modules that belong to the targets; all others are the body, whatever is predicted."""

    target_mean: Tensor
    target_scale: Tensor
    isotropic: Tensor | None
    store: Store | None

    def __init__(self, config: Any, targets: Sequence[Target], store: Store | None = None) -> None:
        super().__init__()
        names = [target.name for target in targets]
        if not 1 <= len(names) <= MAX_TARGETS or len(set(names)) < len(names):
            raise ModelError(f"a model has 1 to {MAX_TARGETS} targets with different names, not {shown(names)}")
        for target in targets:
            if target.kind not in self.kinds:
                predicted = "s and ".join(self.kinds)
                raise ModelError(
                    f"{type(self).__name__} predicts {predicted}s only: {target.name!r} is a {target.kind}"
                )
        self.config = config
        self.targets = tuple(targets)
        self.store = None
        if self.uses_store:
            self.store = load_store() if store is None else store
        n_columns = sum(target.n_columns for target in targets)
        self.register_buffer("target_mean", torch.zeros(n_columns))
        self.register_buffer("target_scale", torch.ones(n_columns))
        isotropic = None
        if any(target.kind == "tensor" for target in targets):
            parts = [torch.from_numpy(target.isotropic()) for target in targets]
            isotropic = constant(torch.block_diag(*parts))  # type: ignore[no-untyped-call]
        self.register_buffer("isotropic", isotropic, persistent=False)

    @property
    def precision(self) -> torch.dtype:
        """Type of weights and inputs: float32 or float64.

        Raises:
            ModelError: the model was converted to another type, or has no weights.
        """
        if self.target_mean.is_meta:
            raise ModelError('the model has no weights: it is on the device "meta"')
        if self.target_mean.dtype not in (torch.float32, torch.float64):
            found = str(self.target_mean.dtype).removeprefix("torch.")
            raise ModelError(
                f"models are float32 or float64, not {found}, in which distances lose their digits: convert it "
                "back, and use torch.autocast for speed"
            )
        return self.target_mean.dtype

    @abstractmethod
    def prepare(self, crystals: Crystals) -> Batch:
        """All inputs that do not depend on parameters.

        Args:
            crystals: a compiled dataset, its arrays, or records.

        Returns:
            On the device of the model, in its type.
        """

    def prepare_at(self, crystals: CrystalArrays, coordinates: Tensor, lattices: Tensor) -> Batch:
        """:meth:`prepare` with tensors in place of coordinates and lattices, to differentiate by.

        Args:
            crystals: N crystals with S sites.
            coordinates: (S, 3) fractional, float64; those of the crystals, perhaps with a graph.
            lattices: (N, 3, 3) rows in Angstrom; the same.

        Returns:
            As :meth:`prepare`; tensors that depend on these have a graph. Derivatives hold for changes that keep
            the symmetry of the crystal.

        Raises:
            ModelError: the architecture has none.
        """
        raise ModelError(
            f"{type(self).__name__} has no derivatives by positions and strain: use a SiteTransformer"
        )

    @abstractmethod
    def network(self, batch: Any) -> Tensor:
        """The output for ``batch`` before scaling: (crystals, columns) of order one."""

    def embed(self, batch: Any) -> Embedding:
        """What the network makes of crystals and sites before its heads.

        Args:
            batch: of :meth:`prepare`.

        Raises:
            ModelError: the architecture has none.
        """
        raise ModelError(f"{type(self).__name__} has no embedding of sites: use a SiteTransformer")

    def network_and_embedding(self, batch: Any) -> tuple[Tensor, Embedding]:
        """:meth:`network` and :meth:`embed` at once, for what one of them costs where an architecture can.

        Args:
            batch: of :meth:`prepare`.

        Returns:
            (crystals, columns) of order one, and (crystals, width) and (S, width).

        Raises:
            ModelError: as :meth:`embed`.
        """
        return self.network(batch), self.embed(batch)

    @property
    def has_embedding(self) -> bool:
        """Whether the architecture has embeddings: :meth:`embed`."""
        return type(self).embed is not CrystalModel.embed

    def with_embedding(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """What calling the model gives, (crystals, columns), and the embedding of the crystals, (crystals, width).

        Args:
            batch: of :meth:`prepare`.

        Raises:
            ModelError: as :meth:`embed` and :attr:`precision`.
        """
        _ = self.precision
        values, embedding = self.network_and_embedding(batch)
        return self._scaled(values), embedding.crystals

    def forward(self, batch: Batch) -> Tensor:
        """(crystals, columns) in the targets' units.

        Raises:
            ModelError: as :attr:`precision`.
        """
        _ = self.precision
        return self._scaled(self.network(batch))

    def _scaled(self, values: Tensor) -> Tensor:
        """What the network makes, of order one, in the targets' units."""
        mean = self.target_mean
        if self.isotropic is not None:  # in float32, the mean of a tensor is isotropic up to rounding only
            mean = (self.isotropic.double() @ mean.double()).to(mean.dtype)
        return mean + self.target_scale * values

    def with_only(self, index: int) -> Self:
        """A copy, in evaluation mode, that predicts the target number ``index`` alone, with the same weights."""
        with building(self.precision, self.target_mean.device):
            small = type(self)(self.config, [self.targets[index]], self.store)
        small.load_state_dict(self.weights_of(index))
        return small.eval()

    def weights_of(self, index: int) -> dict[str, Tensor]:
        """What a model of one target alone would have as its state: views of this model's weights and buffers.

        Args:
            index: number of the target.

        Returns:
            By name; ``target_mean`` and ``target_scale`` are (columns,) of this target.
        """
        own, row = columns(self.targets)[index], self._head_row(index)
        with torch.random.fork_rng(devices=()), building(self.precision, self.target_mean.device):
            small = type(self)(self.config, [self.targets[index]], self.store)
        whole, chosen = self.state_dict(), {}
        for name, tensor in small.state_dict().items():
            chosen[name] = whole[name]
            if name in ("target_mean", "target_scale"):
                chosen[name] = chosen[name][own]
            for dim, (size, full) in enumerate(zip(tensor.shape, chosen[name].shape, strict=True)):
                if size != full:
                    chosen[name] = chosen[name].narrow(dim, row, 1)
        return chosen

    def heads(self) -> list[nn.Module]:
        """The modules that belong to the targets."""
        return [module for name, module in self.named_children() if name in self.head_names]

    def is_of_head(self, name: str) -> bool:
        """Whether an entry of the state belongs to the targets.

        Args:
            name: of the entry, such as ``"head.0.weight"``.
        """
        return name.split(".", maxsplit=1)[0] in (*self.head_names, "target_mean", "target_scale")

    def _head_row(self, index: int) -> int:
        """Row of a target in the last layers of the network, which all targets of its kind share."""
        return index
