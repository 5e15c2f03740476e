"""Division of a dataset into training, validation and test, and into folds, by structure.

Structures are put in an order that only their content and the seed decide, and the order is cut where the shares
are closest to what was asked for. So the outcome depends neither on the order of the inputs nor on their names,
one structure is always on one side, and a crystal that is added moves no more than the structures next to a cut.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from basis_compiler.datasets.structure_groups import StructureGroup, same_structures, structure_groups
from basis_store import CrystalError, CrystalRecipe, CrystalRecord
from basis_store.datasets.schema import SPLITS

_LISTED = 3
"""Structures that a note names."""


def divided(records: Sequence[CrystalRecord], recipe: CrystalRecipe) -> tuple[list[CrystalRecord], list[str]]:
    """The records with the splits and folds that the recipe asks for, and notes.

    Without ``recipe.split`` they keep the splits that they have. Folds are made of all crystals that are not in
    the split ``test``.

    Args:
        records: of the dataset.
        recipe: of the dataset.

    Raises:
        CrystalError: there are fewer structures than parts.
    """
    made, notes = list(records), []
    if not recipe.split:
        notes += _shared_structures(made)
    if not (recipe.split or recipe.folds):
        return made, notes
    # 1. The order of the structures.
    groups = sorted(structure_groups(made), key=lambda group: _place(recipe.seed, group))
    if len(groups) < len(made):
        notes.append(f"split: {len(made)} crystals are {len(groups)} structures, of which each is on one side")

    # 2. Training, validation and test.
    if recipe.split:
        if any(record.split for record in made):
            notes.append("split: the splits of the inputs were replaced by the ones asked for")
        parts = {name: share for name, share in zip(SPLITS[1:], recipe.split, strict=True) if share > 0}
        sizes = [len(group.rows) for group in groups]
        for name, (start, stop) in zip(parts, _cuts(sizes, list(parts.values()), "splits"), strict=True):
            for group in groups[start:stop]:
                for row in group.rows:
                    made[row] = replace(made[row], split=name)

    # 3. Folds of what is not kept apart as test.
    if recipe.folds:
        rows = [kept for group in groups if (kept := [row for row in group.rows if made[row].split != "test"])]
        cuts = _cuts(list(map(len, rows)), [1 / recipe.folds] * recipe.folds, "folds")
        for fold, (start, stop) in enumerate(cuts):
            for row in (row for group in rows[start:stop] for row in group):
                made[row] = replace(made[row], fold=fold)
    return made, notes


def _place(seed: int, group: StructureGroup) -> tuple[str, str]:
    return hashlib.sha256(f"{seed} {group.key}".encode()).hexdigest(), group.key


def _cuts(sizes: Sequence[int], shares: Sequence[float], what: str) -> list[tuple[int, int]]:
    """For each share, start and stop of its groups: no part is empty, and each cut is the best that is left."""
    if len(sizes) < len(shares):
        raise CrystalError(f"{len(shares)} {what} need as many different structures, but there are {len(sizes)}")
    ends = np.cumsum(sizes)
    cuts = [0]
    for number, share in enumerate(np.cumsum(shares)[:-1], start=1):
        first, last = cuts[-1] + 1, len(sizes) - (len(shares) - number)
        cuts.append(first + int(np.abs(ends[first - 1 : last] - share * ends[-1]).argmin()))
    return list(zip(cuts, [*cuts[1:], len(sizes)], strict=True))


def _shared_structures(records: Sequence[CrystalRecord]) -> list[str]:
    """A warning if given splits put one structure on two sides."""
    shared = same_structures(records, [record.split for record in records])
    if not shared:
        return []
    examples = []
    for rows in shared[:_LISTED]:
        first = records[rows[0]]
        other = next(records[row] for row in rows if records[row].split != first.split)
        examples.append(f"{first.identifier} ({first.split}) and {other.identifier} ({other.split})")
    more = " ..." if len(shared) > _LISTED else ""
    return [
        f"split: {len(shared)} structures are in more than one split of the inputs, such as {', '.join(examples)}"
        f"{more}: errors on them are too small; --split divides by structure"
    ]
