"""Tensors as text: matrices in Voigt's notation as in Nye's tables, or the relations between components.

Pairs of symmetric indices are numbered 1 to 6 for xx, yy, zz, yz, xz, xy. An entry of a matrix is a *component* of
the tensor, with no factor: for ijk=ikj as the piezoelectric stress constants e (C/m^2), so that class 32 has
e26 = -e11. The strain constants d gather both components, d26 = d_212 + d_221, and there d26 = -2 d11. Likewise
C66 = (C11 - C12)/2 for stiffnesses, and s66 = 2 (s11 - s12) for compliances.

J. F. Nye, *Physical Properties of Crystals*, Oxford 1957, chapters III, VII and VIII and appendix E.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple, Protocol

from basis_store.tables.html_table import Markup, matrix_html, rows_html
from basis_store.tables.text_table import table_lines
from basis_store.tensors.exact_rows import ReducedRows, reduced_rows
from basis_store.tensors.index_symmetry import IndexSymmetry, Indices, component_name, every_component

VOIGT: tuple[Indices, ...] = ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))
"""xx yy zz yz xz xy."""

_AXES: tuple[Indices, ...] = ((0,), (1,), (2,))
_SHOWN = 12
"""Relations that a notebook lists."""

Relation = dict[str, Fraction]
"""A component as a combination of the named parameters; 0 if empty."""


class InvariantTensors(Protocol):
    """What is needed of a :class:`basis_store.TensorBasis`."""

    @property
    def symmetry(self) -> IndexSymmetry:
        """The index symmetry."""

    @property
    def reduced(self) -> ReducedRows:
        """The basis as integer rows."""


class Layout(NamedTuple):
    """How an index symmetry is written as a matrix: its letter, and the indices of rows and columns."""

    letter: str
    rows: tuple[Indices, ...]
    columns: tuple[Indices, ...]


_LAYOUTS = {
    "i": Layout("T", ((),), _AXES),
    "ij": Layout("T", _AXES, _AXES),
    "ij=ji": Layout("T", _AXES, _AXES),
    "ij=-ji": Layout("T", _AXES, _AXES),
    "ijk=ikj": Layout("e", _AXES, VOIGT),
    "ijkl=jikl=klij": Layout("C", VOIGT, VOIGT),
    "ijkl=ijlk=jikl": Layout("p", VOIGT, VOIGT),
}


def layout_of(basis: InvariantTensors) -> Layout | None:
    """The matrix in which a tensor is written, or None."""
    return layout_of_symmetry(basis.symmetry)


def layout_of_symmetry(symmetry: IndexSymmetry) -> Layout | None:
    """The matrix in which tensors of an index symmetry are written, or None."""
    return _LAYOUTS.get(symmetry.text)


def named_components(symmetry: IndexSymmetry) -> list[tuple[str, Indices]]:
    """Names and indices of the independent components: ``"12"`` or, where there is no matrix, ``"xyz"``."""
    layout = layout_of_symmetry(symmetry)
    if layout is None:
        return [(component_name(indices), indices) for indices in symmetry.components]
    related = {indices: number for number, orbit in enumerate(symmetry.orbits) for indices, _ in orbit}
    found: dict[int, tuple[str, Indices]] = {}
    for i, j in itertools.product(range(len(layout.rows)), range(len(layout.columns))):
        indices = layout.rows[i] + layout.columns[j]
        if indices in related:
            name = f"{i + 1 if len(layout.rows) > 1 else ''}{j + 1}"
            found.setdefault(related[indices], (name, indices))
    return list(found.values())


def matrix_relations(basis: InvariantTensors) -> list[list[Relation]]:
    """The matrix of a tensor that has a :class:`Layout`: each entry as a combination of parameters.

    Parameters are named after the first entry that can be one, line after line; for ijk=ikj 11, 22 and 33 come
    before all others. These are Nye's choices, except for C15, where he takes C25 = -C15.
    """
    layout = _LAYOUTS[basis.symmetry.text]
    places = [(i, j) for i in range(len(layout.rows)) for j in range(len(layout.columns))]
    numbers = {indices: i for i, indices in enumerate(every_component(basis.symmetry.rank))}
    components = [numbers[layout.rows[i] + layout.columns[j]] for i, j in places]
    order = sorted(range(len(places)), key=lambda n: (layout.letter == "e" and places[n][0] != places[n][1], n))
    names = [f"{layout.letter}{i + 1 if len(layout.rows) > 1 else ''}{j + 1}" for i, j in places]
    related = _relations(basis, [components[n] for n in order], [names[n] for n in order])
    entries = dict(zip(order, related, strict=True))
    width = len(layout.columns)
    return [[entries[i * width + j] for j in range(width)] for i in range(len(layout.rows))]


def relation_text(relation: Relation) -> str:
    """``0``, ``C12``, ``-C14``, ``(C11-C12)/2``."""
    if not relation:
        return "0"
    common = math.lcm(*(value.denominator for value in relation.values()))
    text = ""
    for name, value in relation.items():
        size = int(abs(value) * common)
        sign = "-" if value < 0 else "+" if text else ""
        text += sign + (str(size) if size != 1 else "") + name
    if common == 1:
        return text
    return f"({text})/{common}" if len(relation) > 1 else f"{text}/{common}"


def pattern_text(basis: InvariantTensors) -> str:
    """A tensor basis as text, several lines: a matrix in Voigt's notation where there is one, else a list.

    >>> from basis_store import Setting, open_store
    >>> print(pattern_text(open_store().tensor_basis(Setting.standard(221), "dielectric")))
    T11    0    0
      0  T11    0
      0    0  T11
    """
    if layout_of(basis) is None:
        return "\n".join(_component_lines(basis))
    cells = [[relation_text(relation) for relation in row] for row in matrix_relations(basis)]
    return "\n".join(table_lines(cells, left=()))


def pattern_html(basis: InvariantTensors) -> Markup:
    """The same for notebooks."""
    if layout_of(basis) is None:
        lines = _component_lines(basis)
        more = [f"and {len(lines) - _SHOWN} lines more"] if len(lines) > _SHOWN else []
        return rows_html((), [[line] for line in [*lines[:_SHOWN], *more]])
    return matrix_html(
        [Markup(re.sub(r"(?<=[A-Za-z])(\d+)", r"<sub>\1</sub>", relation_text(relation))) for relation in row]
        for row in matrix_relations(basis)
    )


def _relations(basis: InvariantTensors, components: Sequence[int], names: Sequence[str]) -> list[Relation]:
    """``components`` in terms of the first of them that are independent, under their names."""
    rows, pivots = reduced_rows(basis.reduced.rows[:, list(components)])
    return [
        {
            names[pivot]: Fraction(int(row[column]), int(row[pivot]))
            for row, pivot in zip(rows, pivots.tolist(), strict=True)
            if row[column]
        }
        for column in range(len(components))
    ]


def _component_lines(basis: InvariantTensors) -> list[str]:
    """``xxx = -xyy = -yxy``: a line per parameter; then the components that are combinations of several."""
    names = [component_name(indices) for indices in every_component(basis.symmetry.rank)]
    relations = _relations(basis, range(len(names)), names)
    lines = {name: name for relation in relations for name in relation}
    combined = []
    for name, relation in zip(names, relations, strict=True):
        if len(relation) == 1 and name not in lines:
            ((parameter, value),) = relation.items()
            text = name if abs(value) == 1 else relation_text({name: 1 / abs(value)})
            lines[parameter] += f" = {'-' if value < 0 else ''}{text}"
        elif len(relation) > 1:
            combined.append(f"{name} = {relation_text(relation)}")
    zeros = sum(not relation for relation in relations)
    rest = (
        []
        if not zeros
        else ["all components are 0"]
        if not lines
        else ["the other component is 0" if zeros == 1 else f"the other {zeros} components are 0"]
    )
    return [*lines.values(), *combined, *rest]
