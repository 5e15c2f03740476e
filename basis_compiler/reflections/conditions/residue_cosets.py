"""Cosets of sublattices of waves within a periodic set of waves, and congruences that say what a coset is.

The waves modulo all common periods P of the given sets form a finite group Q. The congruences that can occur are
its characters: a.n = r modulo the period. All cosets in Q are intersections of those of single congruences. Sets
of elements of Q are bits of integers.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterable

import numpy as np

from basis_compiler.reflections.conditions.reflection_congruences import Congruence, Gains, simplest_form, spread
from basis_store import TURN
from basis_store.array_types import BoolArray

_LARGE = 64
"""Elements of Q up to which periods along the indices are taken alone."""


def reading_cost(congruence: Congruence) -> int:
    """How hard a congruence is to read, by its left side."""
    used = [abs(entry) for entry in congruence.coefficients if entry]
    return (0, 2, 9, 11)[len(used)] + 2 * sum(entry - 1 for entry in used)


class Cosets:
    """The waves of a class modulo the common periods, of those that the group allows.

    Attributes:
        allowed: the set of those that are allowed.
    """

    def __init__(
        self, period: int, allowed: BoolArray, left: BoolArray, free: tuple[int, ...], general: frozenset[Gains]
    ) -> None:
        """See :class:`residue_rules.Residues`; arrays are flat, ``general`` has rows (g, 0)."""
        waves = np.array(list(itertools.product(range(period), repeat=len(free))))
        weights = period ** np.arange(len(free))[::-1]
        possible = (waves @ np.array(sorted(general))[:, :-1].T % TURN == 0).all(axis=1)
        sets = np.stack([allowed, left, possible], axis=1)
        # 1. Common periods, and the characters that are 1 on them. Periods along the indices are preferred: with
        # others, such as (2, 2, 2), there would be no congruences h=4n.
        steps = np.array([step for step in waves if (sets[(waves + step) % period @ weights] == sets).all()])
        along = steps[(steps != 0).sum(axis=1) < 2]
        size = math.prod(np.gcd.reduce([*column.tolist(), period]) for column in along.T)
        periods = along if size * possible.mean() <= _LARGE else steps
        characters = waves[(waves @ periods.T % period == 0).all(axis=1)]
        # 2. One wave of each class; only those are numbered that the group allows.
        values = waves @ characters.T % period
        _, firsts, classes = np.unique(values, axis=0, return_index=True, return_inverse=True)
        kept = firsts[possible[firsts]]
        number = np.full(len(firsts), -1)
        number[classes.ravel()[kept]] = np.arange(len(kept))
        self._class_of = number[classes.ravel()]
        self._waves, self._weights, self._everything = waves[kept], weights, (1 << len(kept)) - 1
        self.allowed = _bits(allowed[kept])
        self._forbidden = _bits(left[kept] & ~allowed[kept])
        # 3. What single congruences say, the easiest to read first, of high modulus before those of low.
        atoms = {}
        for character, column in zip(characters, values[kept].T, strict=True):
            for value in np.unique(column).tolist():
                element = (*character.tolist(), value)
                modulus, coefficients, remainder = simplest_form(tuple(TURN // period * one for one in element))
                if modulus % 6 or sum(map(bool, coefficients)) == 1:  # others are two congruences
                    atoms[Congruence(spread(coefficients, free, 3), modulus, remainder)] = _bits(column == value)
        self._atoms = sorted(atoms.items(), key=lambda atom: _ease(atom[0]))

    def within(self) -> Iterable[int]:
        """All cosets that hold allowed waves, and none that other conditions leave and that is not allowed."""
        atoms = {atom for _, atom in self._atoms}
        every, new = set(atoms), set(atoms)
        while new:
            new = {one & atom for one in new for atom in atoms} - every - {0}
            every |= new
        return (one for one in sorted(every) if one & self.allowed and not one & self._forbidden)

    def congruences(self, coset: int) -> tuple[Congruence, ...]:
        """Congruences whose common solutions are a coset, among the waves that the group allows."""
        fitting = [(one, atom) for one, atom in self._atoms if not coset & ~atom]
        # 1. The easiest that together are enough, without those that the others make superfluous.
        chosen: dict[Congruence, int] = {}
        for one, atom in fitting:
            if _common(chosen, self._everything) & ~atom:
                chosen[one] = atom
        for one in list(chosen):
            rest = {other: atom for other, atom in chosen.items() if other != one}
            if _common(rest, self._everything) == coset:
                chosen = rest
        # 2. If it takes several, others that are as simple: h,k,l=2n, not just h,k=2n with h+k+l=2n.
        if len(chosen) > 1:
            kinds = {_ease(one)[:-1] for one in chosen}
            alike = {one: atom for one, atom in fitting if _ease(one)[:-1] in kinds}
            # k=4n+2 says k=2n as well.
            largest = {one.coefficients: one.modulus for one in sorted(alike, key=lambda one: one.modulus)}
            chosen = {one: atom for one, atom in alike.items() if one.modulus == largest[one.coefficients]}
        return tuple(sorted(chosen, key=lambda one: (one.modulus, reading_cost(one), _later_indices(one))))

    def permutations(self) -> list[tuple[int, ...]]:
        """All permutations of the indices, if they leave the given sets as they are; else none."""
        orders = list(itertools.permutations(range(self._waves.shape[1])))
        sets = (self.allowed, self._forbidden, self._everything)
        return orders if all(self.permuted(one, order) == one for one in sets for order in orders) else []

    def permuted(self, coset: int, order: tuple[int, ...]) -> int:
        """The set of the waves of a coset with their indices in another order."""
        images = self._class_of[self._waves[:, list(order)] @ self._weights].tolist()
        return sum(1 << image for i, image in enumerate(images) if coset >> i & 1)


def _common(chosen: dict[Congruence, int], everything: int) -> int:
    for atom in chosen.values():
        everything &= atom
    return everything


@functools.cache
def _ease(one: Congruence) -> tuple[int, int, int, tuple[int, ...]]:
    negative = sum(entry < 0 for entry in one.coefficients)
    # In a C lattice k+l=2n is written rather than h+l=2n.
    rank = (0, 0, 1) if one.coefficients == (1, 0, 1) else _later_indices(one)
    return reading_cost(one), -one.modulus, negative, rank


def _later_indices(one: Congruence) -> tuple[int, ...]:
    """Sort by this for h before k before l."""
    return tuple(-entry for entry in one.coefficients)


def _bits(which: BoolArray) -> int:
    return sum(1 << i for i in np.flatnonzero(which).tolist())
