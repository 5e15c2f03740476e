"""Crystals as a model reads them: ragged tensors without padding, from which any crystals can be taken."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Self

import numpy as np
import torch
from torch import Tensor

from basis_store.array_types import IntArray
from basis_store.tables.short_repr import ShortRepr

_AXIS, _TARGET, _COUNTED = "axis", "numbers_of", "counts_of"


def per(axis: str, *, numbers_of: str = "", counts_of: str = "") -> Any:
    """A field of a :class:`Batch` with one row for each member of an axis.

    Args:
        axis: ``"crystals"``, or a key of :attr:`Batch.counts`.
        numbers_of: the axis whose members its integers number, if they do: they change when crystals are taken.
        counts_of: the axis whose members its integers count, if they do.
    """
    return dataclasses.field(metadata={_AXIS: axis, _TARGET: numbers_of, _COUNTED: counts_of})


@dataclass(frozen=True, eq=False, repr=False)
class Batch(ShortRepr):
    """Any number of crystals, prepared for a model: a few in a step, all of a split in memory.

    Subclasses are dataclasses whose other fields are made by :func:`per`: tensors, all on one device, or NumPy
    arrays, which stay in the memory of the host. Rows of one crystal follow those of another; nothing is padded.

    Attributes:
        counts: for every axis but ``"crystals"`` the (p,) rows of each crystal; in the memory of the host.
    """

    counts: Mapping[str, IntArray]

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def costs(self) -> IntArray:
        """(p,) how much time and memory each crystal takes, in units of a neighbour."""
        raise NotImplementedError

    @property
    def lengths(self) -> IntArray:
        """(p,) rows of each crystal on the first axis: its sites, say."""
        return next(iter(self.counts.values()))

    @property
    def device(self) -> torch.device:
        """Where the tensors are."""
        return next(value.device for value in vars(self).values() if isinstance(value, Tensor))

    @property
    def n_bytes(self) -> int:
        """Size of all tensors."""
        return sum(value.nbytes for value in vars(self).values() if isinstance(value, Tensor))

    def to(self, device: torch.device | str, dtype: torch.dtype | None = None) -> Self:
        """The same elsewhere.

        Args:
            device: of the tensors.
            dtype: of those that are floating-point numbers; default: as they are.
        """

        def moved(value: Tensor) -> Tensor:
            wanted = dtype if value.is_floating_point() else None
            if torch.device(device).type == "mps" and value.dtype == torch.float64:
                wanted = torch.float32  # mps has no other one; tensor models are refused there
            return value.to(device, wanted, non_blocking=True)

        return self.with_tensors({name: moved(value) for name, value in self.tensors().items()})

    def pin_memory(self) -> Self:
        """The same in memory of the host that is copied to a GPU fastest; DataLoader calls it."""
        return self.with_tensors({name: value.pin_memory() for name, value in self.tensors().items()})

    def take(self, rows: IntArray) -> Self:
        """Some of the crystals; gathered on the device, without waiting for it.

        Args:
            rows: (n,) their numbers, in any order.
        """
        axes = {name: counts[rows] for name, counts in self.counts.items()}
        # 1. One table of integers for the device: for each axis, how many rows each crystal has, and how far they
        #    move. The axis "crystals" has one row for each.
        shifts = {name: self._starts[name][rows] - (np.cumsum(own) - own) for name, own in axes.items()}
        shifts["crystals"] = rows - np.arange(len(rows))
        table = torch.from_numpy(np.stack([*axes.values(), *shifts.values()])).to(self.device, non_blocking=True)
        counts = dict(zip(axes, table, strict=False))
        moves = dict(zip(shifts, table[len(axes) :], strict=True))

        def spread(values: Tensor, axis: str) -> Tensor:
            """(n,) values of crystals for each member of an axis."""
            if axis == "crystals":
                return values
            return torch.repeat_interleave(values, counts[axis], output_size=int(axes[axis].sum()))

        # 2. Which rows these are, and the rows.
        index = {}
        for axis in shifts:
            move = spread(moves[axis], axis)
            index[axis] = torch.arange(len(move), device=move.device) + move
        taken: dict[str, Any] = {}
        for field in dataclasses.fields(self)[1:]:
            value, axis, target = getattr(self, field.name), field.metadata[_AXIS], field.metadata[_TARGET]
            if isinstance(value, np.ndarray):
                taken[field.name] = value[rows]
            else:
                value = value.index_select(0, index[axis])
                taken[field.name] = value - spread(moves[target], axis) if target else value
        return self._replaced(taken, axes)

    def padded(self, sizes: Mapping[str, int]) -> Self:
        """The same with crystals at the end that mean nothing, so that every axis has a given size.

        All padding belongs to the last crystal. Its rows have values of real ones, or 1 where there are none, so
        that nothing is infinite, and its members are evenly divided, so that no part of a GPU has more to do than
        others.

        Args:
            sizes: of every axis, each larger than it is.
        """
        more = {axis: size - self.size(axis) for axis, size in sizes.items()}
        counts = {}
        for axis, own in self.counts.items():
            counts[axis] = np.append(own, np.zeros(more["crystals"], np.int64))
            counts[axis][-1] = more[axis]
        padded: dict[str, Any] = {}
        for field in dataclasses.fields(self)[1:]:
            value, axis = getattr(self, field.name), field.metadata[_AXIS]
            if isinstance(value, np.ndarray):
                padded[field.name] = np.append(value, value[:1].repeat(more[axis], axis=0), axis=0)
                continue
            rows = value[:1] if len(value) else value.new_ones(1, *value.shape[1:])
            rows = rows.expand(more[axis], *value.shape[1:])
            target, counted = field.metadata[_TARGET], field.metadata[_COUNTED]
            if target == "crystals":
                rows = torch.full_like(rows, sizes[target] - 1)
            elif target:
                ranks = torch.arange(more[axis], device=value.device)
                rows = sizes[target] - more[target] + ranks * more[target] // more[axis]
            elif counted:
                rows = torch.full_like(rows, more[counted] // more[axis])
                rows[-1] += more[counted] % more[axis]
            padded[field.name] = torch.cat([value, rows])
        return self._replaced(padded, counts)

    @classmethod
    def join(cls, batches: Sequence[Self]) -> Self:
        """All crystals of several batches.

        Args:
            batches: at least one.
        """
        if len(batches) == 1:
            return batches[0]
        counts = {name: np.concatenate([one.counts[name] for one in batches]) for name in batches[0].counts}
        joined: dict[str, Any] = {}
        for field in dataclasses.fields(cls)[1:]:
            values = [getattr(one, field.name) for one in batches]
            if isinstance(values[0], np.ndarray):
                joined[field.name] = np.concatenate(values)
                continue
            if target := field.metadata[_TARGET]:
                sizes = [one.size(target) for one in batches]
                values = [one + start for one, start in zip(values, np.cumsum([0, *sizes]).tolist(), strict=False)]
            joined[field.name] = torch.cat(values)
        return batches[0]._replaced(joined, counts)

    def size(self, axis: str) -> int:
        """Number of rows of an axis.

        Args:
            axis: ``"crystals"`` or a key of :attr:`counts`.
        """
        return len(self) if axis == "crystals" else int(self.counts[axis].sum())

    def padding(self, axis: str) -> Padding:
        """What makes tables (p, n, ...) of rows of an axis.

        Args:
            axis: a key of :attr:`counts`; n is the largest number of rows of a crystal.
        """
        counts = self.counts[axis]
        crystals = np.repeat(np.arange(len(self)), counts)
        ranks = np.arange(len(crystals)) - np.repeat(self._starts[axis], counts)
        n = int(counts.max(initial=0))
        places = torch.from_numpy(crystals * n + ranks).to(self.device, non_blocking=True)
        return Padding(places, len(self), n)

    @cached_property
    def _starts(self) -> dict[str, IntArray]:
        return {name: np.cumsum(counts) - counts for name, counts in self.counts.items()}

    def tensors(self) -> dict[str, Tensor]:
        """All tensors, (rows, ...), by the names of their fields."""
        return {name: value for name, value in vars(self).items() if isinstance(value, Tensor)}

    def with_tensors(self, tensors: Mapping[str, Tensor]) -> Self:
        """The same crystals with other tensors.

        Args:
            tensors: by the names of their fields, of the same shapes.
        """
        return self._replaced(tensors)

    def _replaced(self, values: Mapping[str, Any], counts: Mapping[str, IntArray] | None = None) -> Self:
        return dataclasses.replace(self, counts=self.counts if counts is None else counts, **values)


class Padding(NamedTuple):
    """Where the rows of an axis are in a table of crystals padded to one length.

    Attributes:
        places: (rows,) crystal * length + rank among the rows of the crystal.
        crystals: p.
        length: n.
    """

    places: Tensor
    crystals: int
    length: int

    def __call__(self, rows: Tensor) -> Tensor:
        """(p, n, ...) of ``rows`` (rows, ...); padding is 0."""
        table = rows.new_zeros(self.crystals * self.length, *rows.shape[1:])
        padded: Tensor = table.index_copy(0, self.places, rows)
        return padded.view(self.crystals, self.length, *rows.shape[1:])
