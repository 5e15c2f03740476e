"""Invariant tensors of every orientation of every point group, exactly (T8).

In the frame of :func:`basis_store.cartesian_frame` the rotations lie in Q(sqrt3). With y measured in units of
sqrt3 where there are threefold axes along e3, they are rational, so the mean of ``R (x) .. (x) R`` over the group
(the Reynolds projector) is a matrix of integers over one denominator. Its reduced row echelon form is the
normal form of the invariant space. Going back to Cartesian components multiplies a component by sqrt3 for each
index y; the parity of their number is the same along a row, because the mirror image y -> -y of each group is
that group itself and is also its conjugate sqrt3 -> -sqrt3. So the normal form is rational.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence

import numpy as np

from basis_compiler.groups.spglib_database import operations
from basis_compiler.tensors.certificate import prove_tensor_table
from basis_store import CertificateError, Recipe, Setting
from basis_store.array_types import IntArray
from basis_store.groups.group import LatticeFamily
from basis_store.groups.operations import rotation_of_key
from basis_store.groups.representation import RepresentationName, as_representation
from basis_store.tensors.cartesian_frame import frame_directions
from basis_store.tensors.exact_rows import ReducedRows, reduced_rows
from basis_store.tensors.index_symmetry import MAX_RANK
from basis_store.tensors.tensor_table import TensorTable

_Rotations = tuple[bytes, ...]


def compile_tensors(settings: Sequence[RepresentationName]) -> TensorTable:
    """Compile and prove the invariant tensors, rank 1 to 4, polar and axial, of each orientation of ``settings``.

    Args:
        settings: in the order of the store; or their names as :meth:`Setting.parse` reads them; or a
            representation each, whose characters do not matter.

    Raises:
        SettingError: there is no setting of a name, or it is a bare number.
        CertificateError: a space fails its proof; nothing is returned then.
    """
    numbers: dict[tuple[int, _Rotations], int] = {}
    named = [as_representation(setting).space_setting for setting in settings]
    orientations = [numbers.setdefault(_orientation(setting), len(numbers)) for setting in named]
    spaces = [_spaces(y_squared, rotations) for y_squared, rotations in numbers]
    table = TensorTable.from_spaces(orientations, spaces)
    prove_tensor_table(table, named)
    return table


def tensors_of_recipe(recipe: Recipe) -> TensorTable | None:
    """The tensors of a store with this recipe, as :func:`compile_tensors`; None if not of space groups."""
    return compile_tensors(recipe.representation_list) if recipe.groups == "space" else None


def _orientation(setting: Setting) -> tuple[int, _Rotations]:
    """The square of the unit of y, 3 or 1, and the sorted rotations, doubled, in coordinates (x, y / unit, z)."""
    return _doubled_rotations(
        operations(setting).distinct_rotations,
        frame_directions(setting).reciprocal == (1, 1, 1),
        setting.lattice_family,
    )


@functools.cache
def _doubled_rotations(keys: _Rotations, rhombohedral: bool, family: LatticeFamily) -> tuple[int, _Rotations]:
    rotations = np.array([rotation_of_key(key) for key in keys])
    # Columns: the axes of the frame, y in its unit, in terms of a, b, c; in any compatible cell.
    if rhombohedral:  # of a cube: e1 = (a-b)/sqrt2, y = (a+b-2c)/sqrt2, e3 = (a+b+c)/sqrt3
        # e2 sqrt3 = (a+b-2c)/sqrt2. A common factor of e1 and y drops out, and so does that of e3.
        axes, unit = np.array([[1, 1, 1], [-1, 1, 1], [0, -2, 1]]), 3
    elif family == "hexagonal":  # e2 sqrt3 = a + 2b
        axes, unit = np.array([[1, 1, 0], [0, 2, 0], [0, 0, 1]]), 3
    else:
        axes, unit = np.eye(3, dtype=np.int64), 1
    doubled = np.rint(2 * np.linalg.inv(axes) @ rotations @ axes).astype(np.int64)
    if not np.array_equal(axes @ doubled, 2 * rotations @ axes):
        raise CertificateError("a rotation is not rational in its frame")
    return unit, tuple(sorted({one.astype(np.int8).tobytes() for one in doubled}))


def _spaces(y_squared: int, rotations: _Rotations) -> list[ReducedRows]:
    """Normal forms of the invariant spaces: polar of rank 1 to 4, then axial."""
    doubled = np.array([rotation_of_key(key) for key in rotations])
    signs = np.rint(np.linalg.det(doubled) / 8).astype(np.int64)
    spaces: dict[tuple[bool, int], ReducedRows] = {}
    power = np.ones((len(doubled), 1, 1), dtype=np.int64)
    for rank in range(1, MAX_RANK + 1):
        size = 3**rank
        power = np.einsum("gij,gkl->gikjl", power, doubled).reshape(-1, size, size)
        for axial in (False, True):
            # Each column of the projector is an invariant tensor, and they span the space.
            projector = np.tensordot(signs if axial else np.ones_like(signs), power, axes=1)
            spaces[axial, rank] = _cartesian(reduced_rows(projector.T), rank, y_squared)
    return [spaces[key] for key in sorted(spaces)]


def _cartesian(reduced: ReducedRows, rank: int, y_squared: int) -> ReducedRows:
    """The normal form in Cartesian components, from that in components in which y has its own unit."""
    if y_squared == 1:
        return reduced
    powers = _y_counts(rank)
    excess = powers - powers[reduced.pivots][:, None]
    odd = (excess % 2 != 0) & (reduced.rows != 0)
    if odd.any():
        raise CertificateError("an invariant tensor is not rational in its frame")
    # Multiply by sqrt3^excess; subtracting the smallest makes all exponents positive, and reducing undoes that.
    smallest = excess.min(axis=1, keepdims=True, where=reduced.rows != 0, initial=0)
    exponents = np.where(reduced.rows != 0, (excess - smallest) // 2, 0)
    return reduced_rows(reduced.rows * y_squared**exponents)


@functools.cache
def _y_counts(rank: int) -> IntArray:
    """(3^rank,) how many indices of each component are y."""
    return np.array([indices.count(1) for indices in itertools.product(range(3), repeat=rank)])
