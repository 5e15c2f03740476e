"""The tensors that a point group allows: a page of text as in Nye's tables, and plain values for JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from basis_store import TensorBasis, pattern_text
from basis_store.tensors.cartesian_frame import frame_directions
from basis_store.tensors.index_symmetry import component_name, every_component
from basis_store.tensors.voigt_pattern import layout_of, matrix_relations, relation_text

_CENTROSYMMETRIC = frozenset(("-1", "2/m", "mmm", "4/m", "4/mmm", "-3", "-3m", "6/m", "6/mmm", "m-3", "m-3m"))
_VOIGT = "1 to 6 are xx yy zz yz xz xy"
_NOTES = {
    "ijk=ikj": f"Columns {_VOIGT}; entries are components, as for the constants e: class 32 has e26 = -e11. "
    "In constants d, columns 4 to 6 are twice the component.",
    "ijkl=jikl=klij": f"Rows and columns {_VOIGT}; entries are components, as for stiffnesses. In the matrix of "
    "compliances, entries with one index of 4 to 6 are twice the component, with two four times.",
    "ijkl=ijlk=jikl": f"Rows and columns {_VOIGT}; entries are components.",
}


def allowed_tensors_page(basis: TensorBasis) -> Iterator[str]:
    """Lines: point group, frame, dimension, the pattern of components, and notes on how to read it."""
    setting = basis.setting
    parity = "axial" if basis.symmetry.axial else "polar"
    rows = {
        "setting": f"{setting.label}  (hall:{setting.hall_number})",
        "point group": f"{setting.point_group}, {setting.crystal_system}",
        "frame": f"{basis.frame_text}, e2 = e3 x e1",
        "tensor": f"{basis.symmetry.text}, {parity}",
        "dimension": str(basis.dimension),
    }
    for name, value in rows.items():
        yield f"{name:<14} {value}"
    yield ""
    yield from pattern_text(basis).splitlines()
    note = _NOTES.get(basis.symmetry.text, "") if basis.dimension else _reason(basis)
    if note:
        yield ""
        yield textwrap.fill(note, 100)


def allowed_tensors_facts(basis: TensorBasis) -> dict[str, Any]:
    """The exact basis, component by component, as plain values for JSON."""
    names = [component_name(indices) for indices in every_component(basis.rank)]
    directions = frame_directions(basis.setting)
    matrix = [[relation_text(one) for one in row] for row in matrix_relations(basis)] if layout_of(basis) else None
    return {
        "number": basis.setting.number,
        "hall_number": basis.setting.hall_number,
        "point_group": basis.setting.point_group,
        "frame": {"e1": directions.direct, "e3": directions.reciprocal, "text": directions.text},
        "formula": basis.symmetry.text,
        "axial": basis.symmetry.axial,
        "dimension": basis.dimension,
        "parameters": [names[pivot] for pivot in basis.pivots.tolist()],
        "basis": [
            {
                name: str(Fraction(int(above), int(below)))
                for name, above, below in zip(names, numerators, denominators, strict=True)
                if above
            }
            for numerators, denominators in zip(basis.numerators, basis.denominators, strict=True)
        ],
        "matrix": matrix,
    }


def _reason(basis: TensorBasis) -> str:
    """Why all components vanish, in a sentence."""
    symmetry, group = basis.symmetry, basis.setting.point_group
    if not symmetry.components:
        return "All components are exactly 0: in three dimensions the index symmetry alone leaves none."
    if group in _CENTROSYMMETRIC and (symmetry.rank % 2 == 1) != symmetry.axial:
        parity = "axial tensors of even rank" if symmetry.axial else "polar tensors of odd rank"
        return f"All components are exactly 0: {group} has the inversion, which reverses {parity}."
    return f"All components are exactly 0: none is invariant under all operations of {group}."
