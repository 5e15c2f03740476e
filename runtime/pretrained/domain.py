"""The domain of a training split, and in which respects a crystal lies outside of it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from basis_store import CrystalRecord, ModelError
from basis_store.datasets.formula import symbol
from basis_store.tables.short_repr import ShortRepr
from runtime.targets.parse import shown


@dataclass(frozen=True, repr=False)
class Domain(ShortRepr):
    """The range of crystals that a training split spans.

    Attributes:
        elements: atomic numbers.
        groups: space-group numbers.
        max_sites: sites of the largest asymmetric unit.
        volume_per_atom: smallest and largest, cubic Angstrom.

    Raises:
        ModelError: there are no such crystals.
    """

    elements: tuple[int, ...]
    groups: tuple[int, ...]
    max_sites: int
    volume_per_atom: tuple[float, float]

    def __post_init__(self) -> None:
        ranges = (
            ("elements", self.elements, 1, 118),
            ("groups", self.groups, 1, 230),
            ("max_sites", (self.max_sites,), 1, math.inf),
            ("volume_per_atom", self.volume_per_atom, 0, 1e6),
        )
        for name, values, least, most in ranges:
            if not values or not all(least <= value <= most for value in values):
                raise ModelError(f"{name} of a domain are out of range: {shown(values)}")
        if len(self.volume_per_atom) != 2 or self.volume_per_atom[0] > self.volume_per_atom[1]:
            raise ModelError(f"volume_per_atom is the smallest and the largest, not {shown(self.volume_per_atom)}")

    @classmethod
    def of(cls, records: Iterable[CrystalRecord]) -> Self:
        """The domain of ``records``, of which there is at least one."""
        elements: set[int] = set()
        groups: set[int] = set()
        sites: list[int] = []
        volumes: list[float] = []
        for record in records:
            elements.update(record.numbers.tolist())
            groups.add(record.setting.number)
            sites.append(len(record))
            volumes.append(_volume_per_atom(record))
        return cls(tuple(sorted(elements)), tuple(sorted(groups)), max(sites), (min(volumes), max(volumes)))


def outside_domain(record: CrystalRecord, domain: Domain) -> list[str]:
    """One sentence for each respect in which a crystal lies outside of the domain of a model; often none.

    Args:
        record: the crystal.
        domain: of the model.
    """
    sentences = []
    unseen = sorted(set(record.numbers.tolist()) - set(domain.elements))
    if unseen:
        names = ", ".join(symbol(number) for number in unseen)
        sentences.append(f"no training crystal has {names}")
    if record.setting.number not in domain.groups:
        sentences.append(f"no training crystal has space group {record.setting.number} {record.setting.symbol}")
    if len(record) > domain.max_sites:
        sentences.append(f"its {len(record)} sites are more than the {domain.max_sites} of any training crystal")
    volume, (smallest, largest) = _volume_per_atom(record), domain.volume_per_atom
    if not smallest <= volume <= largest:
        sentences.append(
            f"its volume per atom of {volume:.1f} cubic Angstrom lies outside the range trained on, "
            f"{smallest:.1f} to {largest:.1f}"
        )
    return sentences


def _volume_per_atom(record: CrystalRecord) -> float:
    return record.volume / int(record.multiplicities.sum())
