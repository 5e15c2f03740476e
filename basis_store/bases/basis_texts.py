"""A basis in a line, and as a table for notebooks: which group, how many functions, and the first of them."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from basis_store.array_types import Int8Array, Int16Array
from basis_store.counted import counted
from basis_store.groups.representation import Representation
from basis_store.tables.html_table import Markup, facts_html, indices_html, rows_html, symbol_html

_FIRST = 8
"""Functions that are listed."""


class ShownBasis(Protocol):
    """What is needed of a compiled setting; see :class:`basis_store.CompiledSetting`."""

    @property
    def representation(self) -> Representation:
        """The setting and the character."""

    @property
    def n_constants(self) -> int:
        """1 where the constant is a function of the basis."""

    @property
    def orbit_sizes(self) -> Int16Array:
        """(M,) number of waves of each orbit."""

    @property
    def parts(self) -> Int8Array:
        """(M,) which of a pair of orbits it is."""

    @property
    def roots(self) -> Int16Array:
        """(M, 3) the root wave of each orbit."""

    @property
    def norms(self) -> NDArray[np.int64]:
        """(M,) invariant norm of each orbit."""

    @property
    def rotations(self) -> Int8Array:
        """(g, 3, 3) of the operations."""


class BasisTexts:
    """What compiled settings look like in Python and in notebooks."""

    def __repr__(self: ShownBasis) -> str:
        functions = counted(self.n_constants + len(self.orbit_sizes), "function")
        name = type(self).__name__
        return f"<{name} {self.representation.label}, {functions}, {counted(len(self.rotations), 'operation')}>"

    def _repr_html_(self: ShownBasis) -> str:
        return basis_html(self, self.n_constants + len(self.orbit_sizes))


def basis_html(basis: ShownBasis, n_functions: int) -> Markup:
    """A table of facts, and of the first functions.

    Args:
        basis: a compiled setting.
        n_functions: how many of its functions are meant.
    """
    named, orbits = basis.representation, n_functions - basis.n_constants
    facts = (
        ("group", symbol_html(f"{named.setting.label}, {named.setting.name}")),
        ("character", "" if named.is_trivial else named.character),
        ("operations in the cell", len(basis.rotations)),
        ("functions", f"{n_functions:,}{', the constant included' if basis.n_constants else ''}"),
        ("waves", f"{int(basis.orbit_sizes[:orbits].sum()) + basis.n_constants:,}"),
        ("radius of the last orbit", f"{float(np.sqrt(basis.norms[orbits - 1] / 3)):.3f}" if orbits else ""),
    )
    rows = []
    for orbit in range(min(orbits, _FIRST)):
        part = {0: "", 1: "real part", -1: "imaginary part"}[int(basis.parts[orbit])]
        # The second of a pair is made of the orbit before.
        root = basis.roots[orbit - (part == "imaginary part")]
        radius = f"{float(np.sqrt(basis.norms[orbit] / 3)):.3f}"
        shown = indices_html(root.tolist(), "{}"), int(basis.orbit_sizes[orbit]), radius, part
        rows.append((orbit + basis.n_constants, *shown))
    head = ("function", "orbit of", "waves", "radius", "")
    first = rows_html(head, rows, title=f"first functions of {n_functions:,}", left=(1, 4)) if rows else ""
    title = Markup(f"Basis of {symbol_html(named.label)}")
    return Markup(facts_html(title, facts) + first)
