"""The spin symmetry of a collinear magnet as readable text, and as facts for JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from basis_compiler import operations
from basis_compiler.crystals.crystal import ELEMENTS
from basis_compiler.magnetism.polynomial_text import form_text
from basis_store import TURN
from basis_store.array_types import FloatArray
from basis_store.counted import counted
from basis_store.printable import printable
from basis_store.tables.text_table import table_lines
from sgbasis.reports.change_of_basis import axes_text, coordinates_text, triplet_text

if TYPE_CHECKING:
    from basis_compiler import SpinSymmetry

_WIDTH, _INDENT = 112, 18
_MANY = 48
"""Operations of one kind that are printed."""


def spin_symmetry_text(found: SpinSymmetry) -> str:
    """What kind of magnet it is, why, the spin splitting, the sites, and the operations."""
    facts = [*_facts(found)]
    lines = [f"{printable(found.standard.crystal.name)}: {_headline(found)}"]
    for name, text in facts:
        lines += textwrap.wrap(
            text, _WIDTH, initial_indent=f"  {name:<{_INDENT - 2}}", subsequent_indent=" " * _INDENT,
            break_long_words=False, break_on_hyphens=False,
        )  # fmt: skip
    return "\n".join([*lines, "", *_site_lines(found)])


def spin_symmetry_facts(found: SpinSymmetry) -> dict[str, Any]:
    """All of it as an object of JSON."""
    standard, pattern, form, group = found.standard, found.pattern, found.form, found.laue_group
    return {
        "name": standard.crystal.name,
        "kind": found.kind,
        "connected_by": list(found.connected_by),
        "setting": standard.setting.label,
        "hall_number": standard.setting.hall_number,
        "axes": axes_text(standard),
        "coordinates": coordinates_text(standard),
        "moments": found.moments.tolist(),
        "axis": None if found.axis is None else found.axis.tolist(),
        "net_moment": found.net_moment,
        "moment_tolerance": found.moment_tolerance,
        "wave": None if form is None else form.wave,
        "laue_group": None if group is None else group.symbol,
        "spin_laue_group": None if group is None else group.spin_symbol,
        "character": None if group is None else group.character,
        "splitting": None
        if form is None
        else {
            "text": form_text(form),
            "degree": form.degree,
            "polynomials": [
                [
                    {"coefficient": term.coefficient, "sqrt3": term.root, "powers": list(term.powers)}
                    for term in terms
                ]
                for terms in form.polynomials
            ],
            "frame": form.frame.tolist(),
            "nodal_normals": form.nodal_normals.tolist(),
            "nodal_planes": [plane_text(normal) for normal in form.nodal_normals_cartesian],
        },
        "lattice24": pattern.lattice24.tolist(),
        "operations": [
            {
                "xyz": triplet_text(rotation, shift24 / TURN, modulo=False),
                "rotation": rotation.tolist(),
                "translation24": shift24.tolist(),
                "sign": int(sign),
            }
            for rotation, shift24, sign in zip(
                pattern.rotations, pattern.translations24, pattern.signs, strict=True
            )
        ],
        "notes": list(found.notes),
    }


def _headline(found: SpinSymmetry) -> str:
    if found.form is not None:
        return f"altermagnet, {found.form.wave} wave"
    if found.connected_by:
        kinds = {"translation": "a translation", "inversion": "an inversion"}
        verb = "connect" if len(found.connected_by) > 1 else "connects"
        return f"antiferromagnet: {' and '.join(kinds[one] for one in found.connected_by)} {verb} opposite spins"
    return found.kind


def _facts(found: SpinSymmetry) -> Iterator[tuple[str, str]]:
    standard, pattern, form, group = found.standard, found.pattern, found.form, found.laue_group
    yield "setting", f"{standard.setting.label}, of the atoms without their moments"
    yield "axes", f"{axes_text(standard)}  (of the setting, in the axes of the file)"
    yield "coordinates", f"{coordinates_text(standard)}  (from those of the file)"
    if found.axis is None:
        yield "spin axis", "none: the source gives one number for each atom"
    else:
        axis = "  ".join(f"{one:.4f}" for one in found.axis + 0.0)
        yield "spin axis", f"{axis}  (Cartesian, in the frame of the file)"
    yield "net moment", f"{found.net_moment + 0.0:.3f} Bohr magneton in the cell of the file"
    if form is not None and group is not None:
        yield "spin Laue group", f"{group.spin_symbol}: {group.character} of {group.symbol}"
        yield "spin splitting", f"E_up - E_down ~ {form_text(form)}  near k = 0, without spin-orbit coupling"
        if len(form.polynomials) > 1:
            yield "", "c1, c2: numbers that the symmetry leaves open"
        yield "k", "kx along a, kz along c*, ky across: axes of the setting, Cartesian"
        planes = [
            f"{plane_text(cartesian)} (normal to [{','.join(map(str, normal))}])"
            for normal, cartesian in zip(form.nodal_normals, form.nodal_normals_cartesian, strict=True)
        ]
        fixed = "fixed by symmetry at all k"
        if len(planes) < form.degree:
            fixed = f"{len(planes) or 'none'} of {form.degree} {fixed}"
        yield "nodal planes", ";  ".join([*planes, fixed])
    elif found.connected_by:
        yield "spin splitting", "none, without spin-orbit coupling: both spins have the same energies at every k"
    else:
        yield "spin splitting", "without nodes that symmetry requires: no operation reverses the moments"
    for name, sign in (("opposite spins", -1), ("equal spins", 1)):
        own = np.flatnonzero(pattern.signs == sign)
        if len(own):
            texts = [
                triplet_text(pattern.rotations[i], pattern.translations24[i] / TURN, modulo=False).replace(" ", "")
                for i in own[:_MANY]
            ]
            more_text = f";  and {len(own) - _MANY} more (--json has all)" if len(own) > _MANY else ""
            yield name, f"{counted(len(own), 'operation')}:  {';  '.join(texts)}{more_text}"
    n_points = 1 + len(operations(standard.setting).centrings24)
    n_primitive = round(n_points * np.linalg.det(pattern.lattice24 / TURN))
    if n_primitive > 1:
        rows = ";  ".join(" ".join(f"{one / TURN:g}" for one in row) for row in pattern.lattice24)
        yield "magnetic cell", f"{n_primitive} times the primitive cell of the atoms:  {rows}  (of the setting)"


def _site_lines(found: SpinSymmetry) -> list[str]:
    standard = found.standard
    rows = [["site", "element", "position", "symmetry", "x", "y", "z", "up", "down", "moment"]]
    for number, site in enumerate(standard.sites, start=1):
        own = found.moments[standard.site_of_atom == number - 1]
        large = own[np.abs(own) > found.moment_tolerance]
        if not len(large):
            continue
        coordinates = [f"{value:.5f}" for value in site.coordinates]
        sizes = sorted({f"{size:.3f}" for size in np.abs(large)})
        moment = sizes[0] if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]}"
        rows.append([
            str(number), ELEMENTS[site.number], f"{site.multiplicity}{site.wyckoff}", site.site_symmetry,
            *coordinates, str(int((large > 0).sum())), str(int((large < 0).sum())), moment,
        ])  # fmt: skip
    return [f"  {line}" for line in table_lines(rows, left=())]


def plane_text(normal: FloatArray) -> str:
    """A plane through k = 0, such as ``kx = 0`` or ``kx + sqrt(3) ky = 0``.

    Args:
        normal: (3,) Cartesian components, whose ratios are integers or square roots of integers.
    """
    large = normal[np.abs(normal) > 1e-9]
    ratios = normal / (np.abs(large).min() * np.sign(large[0]))
    text = ""
    for one, name in zip(ratios, ("kx", "ky", "kz"), strict=True):
        if abs(one) < 1e-9:
            continue
        sign = ("-" if one < 0 else "") if not text else (" - " if one < 0 else " + ")
        text += f"{sign}{_factor(abs(one))}{name}"
    return f"{text} = 0"


def _factor(size: float) -> str:
    if abs(size - 1) < 1e-6:
        return ""
    if abs(size - round(size)) < 1e-6:
        return f"{round(size)} "
    square = size * size
    return f"sqrt({round(square)}) " if abs(square - round(square)) < 1e-6 else f"{size:.4f} "
