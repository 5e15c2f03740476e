"""Cartesian frames of property tensors: rotation, and the frame of the IEEE Standard on Piezoelectricity.

In the IEEE frame (176-1987, section 3.2) a tensor has the form that tables print for its crystal class (Nye 1985,
appendix B).

=====================  ==============================================================================
system                 frame, by the axes of the conventional cell
=====================  ==============================================================================
cubic                  x3 || c, x1 || a
hexagonal, trigonal    x3 || c (hexagonal axes), x1 || a; but x1 perpendicular to b in 312, 31m, -31m and
                       -62m: so 2-fold axes of 32 and -3m are along x1, mirrors of 3m and -6m2 normal to it
tetragonal             x3 || c, x1 || a; but x1 || a + b in -4m2: so 2-fold axes of -42m are along x1
orthorhombic           lengths x3 < x1 < x2; mm2: x3 || the polar axis, then x1 < x2
monoclinic             x2 || the unique axis, x3 || the shorter of the other two; beta is obtuse
triclinic              x3 || the longest axis, x1 in its plane with the shortest, on the side of that
=====================  ==============================================================================

x2 = x3 x x1 always; a left-handed cell is inverted first, which changes no rotation.

The rules determine the frame up to the normalizer of the point group: where a group has more than one equivalent
set of axes (a and -a of P-3m1, a and b of -43m), the frame is one of several, and C14, or e14, changes sign with
it. The standard then fixes signs by those of measured coefficients. The axes of a record are chosen by a rule that
depends on atoms alone, so a crystal has one frame, in every choice of cell.

Tables of calculated tensors differ. The piezoelectric tensors of the Materials Project (M. de Jong et al., Sci.
Data 2 (2015) 150053) are as above in every class that they have. Pymatgen's ``Tensor.get_ieee_rotation`` looks at
lengths of axes, not at the class: x3 is not c where c < a in tetragonal crystals (the Project's elastic
tensors, Sci. Data 2 (2015) 150009, are so), nor the polar axis of mm2; x1 is always a in trigonal and hexagonal
crystals; and beta may be acute. In triclinic crystals the two agree.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from basis_store import CrystalRecord, Setting
from basis_store.array_types import FloatArray
from basis_store.errors import TensorError
from runtime.tensors.voigt import checked, real_array

_ORTHOGONAL = 1e-6
"""Largest entry of R R^T - 1 for which components are still those of one tensor."""


def rotate_tensor(tensor: ArrayLike, matrix: ArrayLike, *, axial: bool = False) -> FloatArray:
    """T'_ij... = R_ip R_jq ... T_pq..., for a tensor of any rank (Nye 1985, section I.4).

    With the axes of a new frame as rows of ``matrix``, these are the components in the new frame; with a rotation
    of the body, they are the components of the rotated body in the old frame.

    Args:
        tensor: (3, ..., 3), all indices; a Voigt form must be expanded first.
        matrix: (3, 3) orthogonal; reflections are allowed.
        axial: whether the tensor in addition changes sign under reflections (such as a gyration tensor).

    Raises:
        TensorError: an axis of the tensor does not have length 3, or the matrix is not orthogonal.
    """
    values = real_array(tensor, "a tensor")
    rotation = checked(matrix, (3, 3), "a rotation")
    if any(length != 3 for length in values.shape):
        raise TensorError(f"a Cartesian tensor has shape (3, ..., 3), not {values.shape}: is it in Voigt's form?")
    deviation = float(np.abs(rotation @ rotation.T - np.eye(3)).max())
    if deviation > _ORTHOGONAL:
        raise TensorError(f"the matrix is not orthogonal: R R^T differs from 1 by up to {deviation:.2g}")
    for axis in range(values.ndim):
        values = np.moveaxis(np.tensordot(rotation, values, axes=(1, axis)), 0, axis)
    return values * np.linalg.det(rotation) if axial else values


def ieee_frame(record: CrystalRecord) -> FloatArray:
    """The IEEE frame of a crystal, from its setting and lattice alone.

    ``rotate_tensor(tensor, ieee_frame(record))`` are the IEEE components of a tensor given in the record's frame.

    Returns:
        (3, 3) rows x1, x2, x3: orthonormal, right-handed, in the Cartesian coordinates of ``record.lattice``.
    """
    lattice = record.lattice * np.sign(np.linalg.det(record.lattice))
    system, setting = record.setting.crystal_system, record.setting
    if system == "triclinic":
        shortest, _, longest = _by_length(lattice)
        return frame_along(longest, shortest)
    if system == "monoclinic":
        return _monoclinic(lattice, setting)
    if system == "orthorhombic":
        return _orthorhombic(lattice, setting)
    if setting.choice == "R":
        # Rhombohedral axes: those of the obverse hexagonal cell are c = a + b + c, a = a - b.
        return frame_along(lattice.sum(axis=0), lattice[0] - lattice[1])
    a, b, c = lattice
    if not _is_rotated(setting):
        return frame_along(c, a)
    return frame_along(c, a + b if system == "tetragonal" else 2 * a + b)


def _is_rotated(setting: Setting) -> bool:
    """Whether x1 lies between a and b, where the class's 2-fold axes are, or normals of its mirrors.

    By the Hermann-Mauguin symbol: after the main axis it names the directions of a, then those in between.
    """
    _, _, along_a, *_ = [*setting.full_symbol.split(), "1"]
    if setting.crystal_system == "trigonal":
        return setting.point_group in ("32", "3m", "-3m") and along_a == "1"
    if setting.point_group in ("-6m2", "-62m"):
        return along_a.startswith("2")
    return setting.point_group in ("-42m", "-4m2") and not along_a.startswith("2")


def _orthorhombic(lattice: FloatArray, setting: Setting) -> FloatArray:
    if setting.point_group != "mm2":
        shortest, middle, _ = _by_length(lattice)
        return frame_along(shortest, middle)
    polar = next(axis for axis, part in enumerate(setting.full_symbol.split()[1:]) if part.startswith("2"))
    return frame_along(lattice[polar], _by_length(np.delete(lattice, polar, axis=0))[0])


def _monoclinic(lattice: FloatArray, setting: Setting) -> FloatArray:
    """With x1 along +a and x3 along +c, x2 = x3 x x1 points along +b of a right-handed cell."""
    unique = "abc".index(setting.choice.lstrip("-")[0])
    c, a = _by_length(np.delete(lattice, unique, axis=0))
    return frame_along(c, a if a @ c <= 0 else -a)


def _by_length(vectors: FloatArray) -> FloatArray:
    """Shortest first; equal ones, up to rounding, in their order."""
    return np.asarray(vectors[np.argsort(np.linalg.norm(vectors, axis=1).round(6), kind="stable")])


def frame_along(third: FloatArray, first: FloatArray) -> FloatArray:
    """x3 along ``third``, x1 in the plane of both, on the side of ``first``."""
    x3 = third / np.linalg.norm(third)
    x1 = first - (first @ x3) * x3
    x1 /= np.linalg.norm(x1)
    return np.array([x1, np.cross(x3, x1), x3])
