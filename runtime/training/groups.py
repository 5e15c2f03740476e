"""Names for sets of space groups, to hold out of training."""

from __future__ import annotations

from collections.abc import Sequence

from basis_store import TrainingError

CENTROSYMMETRIC: frozenset[int] = frozenset(
    number
    for first, last in (
        (2, 2), (10, 15), (47, 74), (83, 88), (123, 142), (147, 148), (162, 167), (175, 176), (191, 194),
        (200, 206), (221, 230),
    )
    for number in range(first, last + 1)
)  # fmt: skip
"""The 92 space groups with inversion (International Tables A: the eleven Laue classes)."""


def parse_groups(groups: str | Sequence[int | str]) -> tuple[int, ...]:
    """Space-group numbers from ``"inversion"`` (all groups that have it), ``"225,227"`` or a list.

    Raises:
        TrainingError: a number that is no space group, or an unknown name.
    """
    if isinstance(groups, str):
        groups = [part.strip() for part in groups.split(",") if part.strip()]
    numbers: set[int] = set()
    for group in groups:
        if group == "inversion":
            numbers |= CENTROSYMMETRIC
        elif str(group).isdecimal() and 1 <= int(group) <= 230:
            numbers.add(int(group))
        else:
            raise TrainingError(f"{group!r} is neither a space-group number (1 to 230) nor 'inversion'")
    return tuple(sorted(numbers))
