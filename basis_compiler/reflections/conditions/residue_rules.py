"""Rules for sets of residues of waves, in the notation of International Tables: ``h=2n+1 or h+k+l=4n``.

Given are two sets of waves with a common period, the allowed ones and those that other conditions leave. A rule is
a list of alternatives, each of them congruences that hold together: a coset of a sublattice. Of the waves that
other conditions leave, those of all alternatives together are exactly the allowed ones.

Of all cosets within the allowed waves (residue_cosets.py) those are taken that make up the allowed set and are
easiest to read. In cubic groups an alternative may stand for all that follow by permutations of the indices.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np

from basis_compiler.reflections.conditions.reflection_congruences import (
    Congruence,
    Gains,
    Wave,
    gain_group,
)
from basis_compiler.reflections.conditions.residue_cosets import Cosets, reading_cost
from basis_compiler.reflections.conditions.wave_zones import congruences_text
from basis_store.array_types import BoolArray, IntArray

_MOST = 6
"""Alternatives of a rule."""


@dataclass(frozen=True)
class Alternative:
    """Congruences that hold together.

    Attributes:
        congruences: on all waves where there are none.
        permuted: whether they may hold for the indices in another order instead.
    """

    congruences: tuple[Congruence, ...]
    permuted: bool = False

    def __str__(self) -> str:
        text = congruences_text(self.congruences, " and ")
        return f"{text} in any order" if self.permuted else text


@dataclass(frozen=True, eq=False)
class Residues:
    """Sets of residues modulo ``period`` of the free indices of a class of waves.

    Attributes:
        period: N.
        allowed: (N, ... N) bool.
        left: (N, ... N) bool, which waves other conditions leave; all that are allowed among them.
        gains24: (r, d) of operations that fix the class, what is always required: n.g is a multiple of 24.
        free: which of h, k, l the axes are.
        permutable: whether alternatives may stand for their permutations as well, where both sets allow it.
    """

    period: int
    allowed: BoolArray
    left: BoolArray
    gains24: IntArray
    free: tuple[int, ...]
    permutable: bool = False


def simplest_rule(given: Residues) -> tuple[Alternative, ...] | None:
    """The simplest rule, or None if it would have more than six alternatives."""
    key = (given.period, given.allowed.tobytes(), given.left.tobytes(), given.free, given.permutable)
    general = gain_group(np.column_stack([given.gains24, np.zeros(len(given.gains24), np.int64)]))
    return _simplest_rule(*key, general)


@functools.cache
def _simplest_rule(
    period: int,
    allowed: bytes,
    left: bytes,
    free: tuple[int, ...],
    permutable: bool,
    general: frozenset[Gains],
) -> tuple[Alternative, ...] | None:
    cosets = Cosets(period, np.frombuffer(allowed, np.bool_), np.frombuffer(left, np.bool_), free, general)
    orders = cosets.permutations() if permutable else []
    # 1. Every coset within the allowed waves, and with all its permutations, as the cheapest way to write it.
    found: dict[int, tuple[tuple[int, tuple[Wave, ...]], Alternative]] = {}
    for coset in cosets.within():
        congruences = cosets.congruences(coset)
        closed = functools.reduce(int.__or__, (cosets.permuted(coset, order) for order in orders), coset)
        for one in {coset, closed}:
            written = Alternative(congruences, permuted=one != coset)
            cost = _cost(written), tuple(tuple(-entry for entry in each.coefficients) for each in congruences)
            if one not in found or cost < found[one][0]:
                found[one] = cost, written
    useful = {
        one: (cost[0], written)
        for one, (cost, written) in found.items()
        if not any(one | other == other != one and found[other][0][0] <= cost[0] for other in found)
    }
    # 2. The cheapest that make up all; h+k,h+l,k+l=2n is not stated as two alternatives.
    for one, (_, written) in sorted(useful.items()):
        halves = all(congruence.modulus == 2 for congruence in written.congruences)
        if one & cosets.allowed == cosets.allowed and halves and not written.permuted:
            return (written,)
    chosen = _cheapest_cover(cosets.allowed, {one: cost for one, (cost, _) in useful.items()})
    if chosen is None:
        return None
    return tuple(sorted((useful[one][1] for one in chosen), key=_order))


def _cheapest_cover(wanted: int, costs: dict[int, int]) -> tuple[int, ...] | None:
    """The sets that make up ``wanted`` at the lowest cost, at most six of them; None if there are none."""
    members = {one: [bit for bit in range(one.bit_length()) if one >> bit & 1] for one in costs}
    # What each element costs at least: a bound on the cost of what is missing.
    share: dict[int, float] = {}
    for one, cost in costs.items():
        for bit in members[one]:
            share[bit] = min(share.get(bit, math.inf), cost / (one & wanted).bit_count())
    by_bit = {
        bit: sorted((one for one in costs if one >> bit & 1), key=lambda one: (costs[one], one)) for bit in share
    }
    best: tuple[int, ...] | None = None
    limit = math.inf

    def search(missing: int, chosen: tuple[int, ...], cost: int) -> None:
        nonlocal best, limit
        if not missing:
            best, limit = chosen, cost
            return
        bits = [bit for bit in range(missing.bit_length()) if missing >> bit & 1]
        if len(chosen) == _MOST or cost + sum(share.get(bit, math.inf) for bit in bits) >= limit - 1e-9:
            return
        rarest = min(bits, key=lambda bit: len(by_bit[bit]))
        for one in by_bit[rarest]:
            if cost + costs[one] < limit:
                search(missing & ~one, (*chosen, one), cost + costs[one])

    search(wanted, (), 0)
    return best


def _cost(written: Alternative) -> int:
    """How hard an alternative is to read. The weights choose the wording of International Tables in most cases."""
    return 4 + 4 * written.permuted + sum(map(reading_cost, written.congruences))


def _order(written: Alternative) -> tuple[int, int, tuple[str, ...]]:
    """Alternatives are printed in this order: those of low modulus first, then with few congruences."""
    moduli = max((one.modulus for one in written.congruences), default=1)
    return moduli, len(written.congruences), tuple(map(str, written.congruences))
