"""Finite groups and subgroups from their generators: the closure under a product."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

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
