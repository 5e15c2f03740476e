"""A chain of subgroups from the identity to a whole group, each with representatives of its cosets in the next."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from basis_store.array_types import BoolArray


def coset_chain(table: NDArray[np.integer], start: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """For each step from a subgroup H to the next one, representatives r of its cosets "first r, then H" but H.

    Each step is the smallest that there is, so that the numbers of representatives add up to little: to 8 for 192
    operations.

    Args:
        table: (g, g) entry (a, b) is the number of "first b, then a"; operation 0 is the identity.
        start: numbers of operations, with 0, that are the first subgroup.
    """
    inside: BoolArray = np.zeros(len(table), bool)
    inside[list(start)] = True
    chain = []
    while not inside.all():
        smallest = np.ones_like(inside)
        for number in np.flatnonzero(~inside).tolist():
            larger = _generated(table, inside, number)
            if larger.sum() < smallest.sum():
                smallest = larger
            if smallest.sum() == 2 * inside.sum():
                break
        chain.append(_representatives(table, inside, smallest))
        inside = smallest
    return tuple(chain)


def _generated(table: NDArray[np.integer], inside: BoolArray, number: int) -> BoolArray:
    """(g,) the subgroup that a subgroup and one more operation generate."""
    found = inside.copy()
    found[number] = True
    while True:
        members = np.flatnonzero(found)
        larger = found.copy()
        larger[table[np.ix_(members, members)].ravel()] = True
        if np.array_equal(larger, found):
            return found
        found = larger


def _representatives(table: NDArray[np.integer], inside: BoolArray, larger: BoolArray) -> tuple[int, ...]:
    rest, members, found = larger & ~inside, np.flatnonzero(inside), []
    while rest.any():
        first = int(rest.argmax())
        found.append(first)
        rest[table[members, first]] = False
    return tuple(found)
