"""The nearest tensor that a crystal's symmetry allows (Neumann's principle, T8), in the frame of the crystal."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from basis_store import CrystalRecord, IndexSymmetry, Setting
from basis_store.array_types import FloatArray
from basis_store.errors import TensorError
from basis_store.tensors.cartesian_frame import cartesian_frame
from runtime.bases.store import Store, load_store
from runtime.tensors.elasticity import stability
from runtime.tensors.frames import rotate_tensor
from runtime.tensors.open_operations import open_text
from runtime.tensors.source_frame import other_frames, source_frame
from runtime.tensors.voigt import (
    ASYMMETRY,
    ELASTIC,
    OTHER_ORDERS,
    checked,
    formula_of_shape,
    from_order,
    symmetric_part,
    unfold,
)

_SUSPICIOUS = 0.05
"""Relative distance above which other orders of Voigt's indices are tried."""

_ROUNDING = 1e-12
"""Entries of an orthonormal basis below this are rounding of cell vectors: symmetry allows no such component."""

_MUCH_BETTER = 0.1
"""Another order or frame is reported if the distance falls below this fraction."""


@dataclass(frozen=True, eq=False)
class ProjectedTensor:
    """The nearest tensor that obeys a crystal's symmetry.

    Attributes:
        tensor: (3, ..., 3), all indices, in the frame and unit of the input; exact zeros where nothing is allowed.
        distance: Frobenius norm of input minus ``tensor``, over all indices, in the unit of the input.
        relative_distance: the same relative to the norm of the input, 0 to 1; 0 for an input of zeros.
        basis: (d, 3, ..., 3) orthonormal basis of the tensors that the symmetry allows, in the same frame.
        formula: the index symmetry.
        setting: that of the crystal.
        frame: the Cartesian frame in words, by the cell vectors of the crystal's source.
        notes: sentences for users: on how the crystal was read; an asymmetric input; another order of Voigt's
            indices, or another frame, in which the input obeys the symmetry; what the point group leaves open; a
            stiffness that is not stable.
    """

    tensor: FloatArray
    distance: float
    relative_distance: float
    basis: FloatArray
    formula: str
    setting: Setting
    frame: str
    notes: tuple[str, ...] = ()


def project_tensor(
    tensor: ArrayLike,
    record: CrystalRecord,
    formula: str | None = None,
    *,
    axial: bool = False,
    store: Store | None = None,
) -> ProjectedTensor:
    """Project a property tensor on those that the crystal's point group allows.

    >>> from runtime import project_tensor
    >>> project_tensor(stiffness, record).relative_distance  # doctest: +SKIP
    0.0003

    The bases are the store's, exact; the distance is the smallest possible. Rounding and noise of a calculation
    give relative distances up to a few 1e-2; much larger ones mean that tensor and crystal are in different
    frames.

    Args:
        tensor: full, (3, ..., 3), or in Voigt's form without factors: (6, 6) stiffness, (3, 6) piezoelectric
            e, (6,) symmetric, in the order xx yy zz yz xz xy. In the Cartesian frame of the crystal: that in
            which the lattice vectors of the record are given. A CIF has no Cartesian axes: its a is along x, its b
            in the plane of x and y.
        record: the crystal; for files and objects of ASE and pymatgen there is :func:`sgbasis.project_tensor`.
        formula: index symmetry, such as ``"ij=ji"``; default, by the shape: ``"ij=ji"``, ``"ijk=ikj"`` or
            ``"ijkl=jikl=klij"``.
        axial: whether the tensor in addition changes sign under reflections.
        store: of exact bases; default: the store that ships with the package.

    Raises:
        TypeError: the crystal is no record.
        TensorError: not the shape of a tensor, or not that of the formula.
        FormulaError: the formula cannot be parsed.
        basis_store.SettingError: the store does not hold the record's setting.
    """
    if not isinstance(record, CrystalRecord):
        raise TypeError(
            f"a CrystalRecord is needed, not {type(record).__name__}: for files and objects of ASE and pymatgen "
            "there is sgbasis.project_tensor"
        )
    formula = formula_of_shape(np.shape(tensor)) if formula is None else formula
    values = checked(tensor, np.shape(tensor), "the tensor")
    symmetry = IndexSymmetry.parse(formula, axial=axial)
    is_voigt = values.shape in ((6,), (3, 6), (6, 6))
    full = unfold(values) if is_voigt else values
    if full.shape != (3,) * symmetry.rank:
        raise TensorError(f"{formula} is for tensors of rank {symmetry.rank}, not of shape {values.shape}")
    basis = allowed_basis(record, symmetry, store)
    nearest = nearest_tensor(full, basis)
    distance, norm = float(np.linalg.norm(full - nearest)), float(np.linalg.norm(full))
    relative = distance / norm if norm else 0.0
    return ProjectedTensor(
        tensor=nearest,
        distance=distance,
        relative_distance=relative,
        basis=basis,
        formula=formula,
        setting=record.setting,
        frame=source_frame(record),
        notes=(*record.notes, *_notes(values, full, nearest, basis, record, symmetry, relative)),
    )


def allowed_basis(record: CrystalRecord, symmetry: IndexSymmetry, store: Store | None = None) -> FloatArray:
    """Orthonormal basis of the tensors that a crystal allows, in the record's Cartesian frame.

    Args:
        record: the crystal.
        symmetry: of the indices.
        store: of exact bases; default: the store that ships with the package.

    Returns:
        (d, 3, ..., 3).

    Raises:
        basis_store.SettingError: the store does not hold the record's setting.
    """
    store = _default_store() if store is None else store
    exact = store.tensor_basis(record.setting, symmetry).orthonormal()
    back = cartesian_frame(record.setting, record.lattice).T
    # Both frames are right-handed, so that an axial tensor rotates like a polar one.
    rotated = np.array([rotate_tensor(one, back) for one in exact]).reshape(exact.shape)
    # What is 0 by symmetry is exactly 0, also behind a rotation that is exact to 16 digits only.
    rotated[np.abs(rotated) < _ROUNDING] = 0.0
    return rotated


def nearest_tensor(full: FloatArray, basis: FloatArray) -> FloatArray:
    """The projection of a tensor (3, ..., 3) on the span of an orthonormal basis (d, 3, ..., 3)."""
    # Where nothing is allowed, the basis is empty and the sum exactly 0.
    axes = full.ndim
    found = np.asarray(np.tensordot(np.tensordot(basis, full, axes=axes), basis, axes=1)).reshape(full.shape)
    # So are components that no allowed tensor has in this frame; rounding would leave 1e-14 of the others.
    allowed = np.abs(basis).max(axis=0, initial=0.0) > _ROUNDING
    return np.where(allowed, found, 0.0)


def _notes(
    values: FloatArray,
    full: FloatArray,
    nearest: FloatArray,
    basis: FloatArray,
    record: CrystalRecord,
    symmetry: IndexSymmetry,
    relative: float,
) -> Iterator[str]:
    """What else a reader of the result should know."""
    departure = 2 * float(np.abs(full - symmetric_part(full, symmetry.text)).max())
    if departure > ASYMMETRY * float(np.abs(full).max()):
        yield f"not symmetric: entries that {symmetry.text} makes equal differ by up to {departure:.3g}"
    if relative > _SUSPICIOUS:
        order = _order_note(values, basis, relative) if values.shape in ((6,), (3, 6), (6, 6)) else ""
        if note := order or _frame_note(full, basis, record, symmetry, relative):
            yield note
    elif note := open_text(nearest, record, axial=symmetry.axial):
        yield note
    if symmetry == IndexSymmetry.parse(ELASTIC) and not (found := stability(nearest)).is_stable:
        yield (
            f"the nearest stiffness is not that of a stable crystal: its smallest eigenvalue is "
            f"{found.eigenvalues[0]:.3g}"
        )


def _frame_note(
    full: FloatArray, basis: FloatArray, record: CrystalRecord, symmetry: IndexSymmetry, relative: float
) -> str:
    """A sentence if the tensor obeys the symmetry in another usual frame, else ``""``."""
    for text, axes in other_frames(record).items():
        rotated = rotate_tensor(full, axes.T, axial=symmetry.axial)
        other = float(np.linalg.norm(rotated - nearest_tensor(rotated, basis)) / np.linalg.norm(full))
        if other < _MUCH_BETTER * relative:
            return (
                f"read in the frame of {text}, the tensor is {other:.1e} of its norm away from what the symmetry "
                f"allows; in that of the crystal's source, {relative:.1e}: rotate the one or the other"
            )
    return ""


def _order_note(matrix: FloatArray, basis: FloatArray, relative: float) -> str:
    """A sentence if the matrix obeys the symmetry in another usual order of indices, else ``""``."""
    for order, programs in OTHER_ORDERS.items():
        full = unfold(from_order(matrix, order))
        other = float(np.linalg.norm(full - nearest_tensor(full, basis)) / np.linalg.norm(full))
        if other < _MUCH_BETTER * relative:
            return (
                f"read in the order {' '.join(order)} ({programs}), the matrix is {other:.1e} of its norm away "
                f"from what the symmetry allows; in Voigt's xx yy zz yz xz xy, {relative:.1e}: reorder it"
            )
    return ""


@functools.cache
def _default_store() -> Store:
    return load_store()
