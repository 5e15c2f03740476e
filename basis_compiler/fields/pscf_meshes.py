"""Which mesh a file of coefficients of PSCF belongs to, and where its rows are in the basis of that mesh.

The file does not say it. The stars at the edge of a mesh are its own, so that the rows of a complete basis fit one
mesh only; it is searched among those that have as many waves.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from basis_compiler.fields.field_text import grid_text
from basis_compiler.fields.pscf_stars import StarBasis, check_cell, check_mesh, star_basis
from basis_compiler.groups.spglib_database import operations
from basis_store import TURN, Operations, Setting
from basis_store.array_types import FloatArray, IntArray
from basis_store.errors import FieldError

_MOST_TRIED = 60
_MOST_LISTED = 200_000
_MOST_ABSENT = 1.6
"""Waves of a mesh, centrings aside, over those that are present: absences of screws and glides lie on planes."""


@dataclass(frozen=True, eq=False)
class StarRows:
    """What the rows of a file say about its functions.

    Attributes:
        waves: (b, 3), 0 beyond the dimensions of the file.
        sizes: (b,) of the stars.
        dimension: of the file.
        setting: of its group.
        lattice: (3, 3) rows.
    """

    waves: IntArray
    sizes: IntArray
    dimension: int
    setting: Setting
    lattice: FloatArray


def field_of_rows(
    rows: StarRows, coefficients: FloatArray, mesh: tuple[int, ...], name: str
) -> tuple[FloatArray, list[str]]:
    """The fields with these coefficients, on the mesh that the rows belong to, or on a given ``mesh``.

    Args:
        rows: of the file.
        coefficients: (b, fields) of its rows.
        mesh: points along each axis; empty: that of the file is found.
        name: of the file, for messages.

    Returns:
        (N1, N2, N3, fields), and notes.

    Raises:
        FieldError: the rows are the basis of no mesh, or do not fit the one given.
    """
    if mesh and len(mesh) != rows.dimension:
        raise FieldError(f"{name}: it has {rows.dimension} dimensions, and the mesh {len(mesh)}")
    group = operations(rows.setting)
    try:
        check_cell(group, rows.lattice)
    except FieldError as error:
        raise FieldError(f"{name}: {error}") from error
    if mesh:
        first, second, third = [*mesh, 1, 1][:3]
        basis = _given_basis(group, (first, second, third), rows, name)
        found, left_out = _placed(rows, coefficients, basis, name, any_alias=False)
        notes = [f"{left_out} rows at the edge of another mesh, or beyond this one, are left out"] * bool(left_out)
    else:
        basis = _own_basis(rows, group, name)
        found, _ = _placed(rows, coefficients, basis, name, any_alias=True)
        notes = [f"its functions are the basis of a mesh of {grid_text(basis.mesh)} points"]
    return np.stack([basis.evaluate(column) for column in found.T], axis=-1), notes


def _given_basis(group: Operations, mesh: tuple[int, int, int], rows: StarRows, name: str) -> StarBasis:
    if min(mesh) < 1:
        raise FieldError(f"{name}: a mesh of {grid_text(mesh)} points is none")
    try:
        return star_basis(group, mesh, rows.lattice)
    except FieldError as error:
        raise FieldError(f"{name}: {error}") from error


def _own_basis(rows: StarRows, group: Operations, name: str) -> StarBasis:
    for candidate in _candidates(rows, group):
        basis = star_basis(group, candidate, rows.lattice)
        if len(basis) == len(rows.sizes) and _fits(rows, basis):
            return basis
    raise FieldError(
        f"{name}: its {len(rows.sizes):,} functions are not the basis of {rows.setting.label} on a mesh that "
        "could be found: give the mesh of the calculation (--mesh 32,32,32)"
    )


def _fits(rows: StarRows, basis: StarBasis) -> bool:
    """Whether the rows are the functions of the basis, in any order, with the sizes of their stars."""
    functions = basis.function[basis.numbers(rows.waves)]
    is_whole = len(np.unique(functions)) == len(functions) and bool((functions >= 0).all())
    return is_whole and np.array_equal(basis.sizes[functions], rows.sizes)


def _candidates(rows: StarRows, group: Operations) -> list[tuple[int, int, int]]:
    """Meshes that may have these rows, the most likely first."""
    # 1. Bounds for each axis: the waves of a mesh of N reach to N/2, and in skew cells not as far as N.
    stars = np.abs(np.einsum("bi,gij->bgj", rows.waves, group.point_group)).max(axis=(0, 1))
    metric = rows.lattice @ rows.lattice.T
    is_right = np.abs(metric - np.diag(np.diag(metric))).max(axis=1) < 1e-9 * metric.max()
    axes = [
        [1] if axis >= rows.dimension else range(2 * m, 2 * m + 3) if right else range(m + 1, 2 * m + 2)
        for axis, (m, right) in enumerate(zip(stars.tolist(), is_right.tolist(), strict=True))
    ]
    # 2. As many waves as the rows have, or a few more for absences.
    least = int(rows.sizes.sum()) * (1 + len(group.centrings24))
    meshes = np.array([mesh for mesh in itertools.islice(itertools.product(*axes), _MOST_LISTED) if min(mesh) > 0])
    if not len(meshes):
        return []
    points = meshes.prod(axis=1)
    near = (points >= least) & (points <= _MOST_ABSENT * least + 64)
    # 3. Those that the group maps to themselves.
    found = []
    for mesh in meshes[near][np.argsort(points[near], kind="stable")].tolist():
        candidate = (mesh[0], mesh[1], mesh[2])
        try:
            check_mesh(group, candidate)
        except FieldError:
            continue
        found.append(candidate)
        if len(found) == _MOST_TRIED:
            break
    return found


def _placed(
    rows: StarRows, coefficients: FloatArray, basis: StarBasis, name: str, *, any_alias: bool
) -> tuple[FloatArray, int]:
    """(functions, fields) coefficients of a basis, and how many rows are left out.

    Left out are rows whose star has another size on the mesh of the basis, or whose wave is longer than its alias
    there, unless ``any_alias`` is as good: the rows are a whole basis that another cell was used to list.
    """
    found = np.zeros((len(basis), coefficients.shape[1]))
    numbers = basis.numbers(rows.waves)
    functions = basis.function[numbers]
    if (functions < 0).any():
        wave = " ".join(str(one) for one in rows.waves[int((functions < 0).argmax()), : rows.dimension])
        raise FieldError(f"{name}: wave {wave} is a systematic absence of {rows.setting.label}")
    phases24, kinds = basis.phase24[numbers], basis.inversion[functions]
    fits = basis.sizes[functions] == rows.sizes
    if not any_alias:
        fits &= (basis.indices[numbers] == rows.waves).all(axis=1)
    left_out, i = 0, 0
    while i < len(numbers):
        function = int(functions[i])
        if kinds[i] == 0:
            # The wave of a row has no negative real part in its own function: the sign follows from its phase.
            is_opposite = TURN // 4 <= phases24[i] < TURN - TURN // 4
            if fits[i]:
                found[function] = -coefficients[i] if is_opposite else coefficients[i]
        else:
            first = function if kinds[i] == 1 else function - 1
            if i + 1 == len(numbers) or functions[i + 1] != 2 * first + 1 - function:
                raise FieldError(f"{name}: row {i + 1} is one of a pair, and the other one does not follow it")
            # The coefficient of its wave in the field is (A - i B) / sqrt(2 size), whichever star is the first
            # here.
            value = (coefficients[i] - 1j * coefficients[i + 1]) * np.exp(-2j * np.pi * phases24[i] / TURN)
            if fits[i]:
                found[first] = value.real
                found[first + 1] = -value.imag if kinds[i] == 1 else value.imag
            left_out += not fits[i]
            i += 1
        left_out += not fits[i]
        i += 1
    return found, left_out
