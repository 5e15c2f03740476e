"""Groups from their generators: finite ones as the closure under a product, lattices as a basis."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

import numpy as np

from basis_store.array_types import IntArray

Element = TypeVar("Element")


def generated_group(
    identity: Element, generators: Iterable[Element], product: Callable[[Element, Element], Element]
) -> set[Element]:
    """All products of ``generators``, the ``identity`` included.

    In a finite group these are closed under inversion as well, since every inverse is a power.

    Args:
        identity: the neutral element.
        generators: hashable elements of one finite group.
        product: associative.
    """
    generators = list(generators)
    elements, frontier = {identity}, [identity]
    while frontier:
        element = frontier.pop()
        for generator in generators:
            if (found := product(element, generator)) not in elements:
                elements.add(found)
                frontier.append(found)
    return elements


def generated_lattice(vectors: IntArray) -> IntArray:
    """(3, 3) the basis of the lattice that integer rows (n, 3) of rank 3 generate, in Hermite normal form.

    It is upper triangular. Diagonal entries are positive; those above them are not negative and smaller.
    """
    rows = [list(map(int, row)) for row in vectors]
    basis: list[list[int]] = []
    for column in range(3):
        # Euclid's algorithm on this column, until one row has a non-zero entry.
        while len(some := [row for row in rows if row[column]]) > 1:
            smallest = min(some, key=lambda row: abs(row[column]))
            for row in some:
                if row is not smallest:
                    factor = row[column] // smallest[column]
                    row[:] = [one - factor * other for one, other in zip(row, smallest, strict=True)]
        (pivot,) = some
        rows.remove(pivot)
        basis.append([-one for one in pivot] if pivot[column] < 0 else pivot)
    for column in (1, 2):
        for above in range(column - 1, -1, -1):
            factor = basis[above][column] // basis[column][column]
            basis[above] = [one - factor * other for one, other in zip(basis[above], basis[column], strict=True)]
    return np.array(basis, dtype=np.int64)
