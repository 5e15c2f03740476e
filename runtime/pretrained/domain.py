"""The domain of a training split, and in which respects a crystal lies outside of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from basis_store import CrystalRecord
from runtime.models.formula import symbol


@dataclass(frozen=True)
class Domain:
    """The range of crystals that a training split spans.

    Attributes:
        elements: atomic numbers.
        groups: space-group numbers.
        max_sites: sites of the largest asymmetric unit.
        volume_per_atom: smallest and largest, cubic Angstrom.
    """

    elements: tuple[int, ...]
    groups: tuple[int, ...]
    max_sites: int
    volume_per_atom: tuple[float, float]

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
