"""Matrix forms of property tensors, in the order xx yy zz yz xz xy (Voigt 1910; Nye 1985, chapters VII and VIII).

In Voigt's form the shear entries of some tensors have factors, so that sums over 6 indices are those over 9: none
for stiffness C and the piezoelectric stress tensor e, 2 and 4 for compliance S. Mandel's form (sqrt2 on every
shear index, for all tensors) is orthonormal: norms, eigenvalues and inverses of the matrix are those of the tensor
(S. C. Cowin & M. M. Mehrabadi, Q. J. Mech. Appl. Math. 43 (1990) 15).

All functions take and return plain numbers, in any unit. A tensor is Cartesian, with all its indices 0 to 2. The
index symmetries of the usual property tensors (T8) are named here, too.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from basis_store import IndexSymmetry
from basis_store.array_types import FloatArray
from basis_store.errors import TensorError

SYMMETRIC = "ij=ji"
"""Dielectric tensor, thermal expansion, strain."""

PIEZOELECTRIC = "ijk=ikj"
"""Piezoelectric stress tensor e_ijk: polarisation i, strain jk."""

ELASTIC = "ijkl=jikl=klij"
"""Stiffness and compliance."""

VOIGT_ORDER = ("xx", "yy", "zz", "yz", "xz", "xy")
"""Pairs of axes by Voigt index 1 to 6."""

OTHER_ORDERS: dict[tuple[str, ...], str] = {
    ("xx", "yy", "zz", "xy", "yz", "xz"): "as VASP and LS-DYNA write it",
    ("xx", "yy", "zz", "xy", "xz", "yz"): "as Abaqus writes it",
}
"""Other orders of the six pairs of axes, and the programs that print them."""

ASYMMETRY = 1e-3
"""Deviation from the index symmetry that counts as rounding, relative to the largest entry."""

_FIRST, _SECOND = np.array([["xyz".index(axis) for axis in pair] for pair in VOIGT_ORDER]).T
_INDEX = np.array([[0, 5, 4], [5, 1, 3], [4, 3, 2]])
_SHEAR = np.array([1.0, 1.0, 1.0, 2.0, 2.0, 2.0])
_NONE = np.ones(6)
_SHAPES = {SYMMETRIC: (6,), PIEZOELECTRIC: (3, 6), ELASTIC: (6, 6)}
_RANKS = {SYMMETRIC: 2, PIEZOELECTRIC: 3, ELASTIC: 4}
_NAMES = {
    SYMMETRIC: "a symmetric tensor",
    PIEZOELECTRIC: "a piezoelectric tensor e",
    ELASTIC: "an elastic tensor",
}


def stiffness_tensor(matrix: ArrayLike, *, tolerance: float = ASYMMETRY) -> FloatArray:
    """C_ijkl (3, 3, 3, 3) of a stiffness matrix (6, 6) in Voigt's form; no factors, the same unit.

    Args:
        matrix: (6, 6) symmetric; a small asymmetry is averaged.
        tolerance: largest asymmetry, relative to the largest entry.

    Raises:
        TensorError: another shape, entries that are not numbers, or not symmetric.
    """
    return _unfolded(matrix, ELASTIC, _NONE, tolerance)


def stiffness_matrix(tensor: ArrayLike, *, tolerance: float = ASYMMETRY) -> FloatArray:
    """(6, 6) in Voigt's form of a stiffness tensor; the inverse of :func:`stiffness_tensor`.

    Args:
        tensor: (3, 3, 3, 3).
        tolerance: as for :func:`stiffness_tensor`.

    Raises:
        TensorError: as :func:`stiffness_tensor`.
    """
    return _folded(tensor, ELASTIC, _NONE, tolerance)


def compliance_tensor(matrix: ArrayLike, *, tolerance: float = ASYMMETRY) -> FloatArray:
    """S_ijkl (3, 3, 3, 3) of a compliance matrix (6, 6) in Voigt's form, the inverse of a stiffness matrix.

    S_IJ is 2 S_ijkl where one of I and J is a shear, 4 S_ijkl where both are (Nye 1985, section VIII.2).

    Args:
        matrix: (6, 6) symmetric.
        tolerance: as for :func:`stiffness_tensor`.

    Raises:
        TensorError: as :func:`stiffness_tensor`.
    """
    return _unfolded(matrix, ELASTIC, _SHEAR, tolerance)


def compliance_matrix(tensor: ArrayLike, *, tolerance: float = ASYMMETRY) -> FloatArray:
    """(6, 6) in Voigt's form of a compliance tensor; the inverse of :func:`compliance_tensor`.

    Args:
        tensor: (3, 3, 3, 3).
        tolerance: as for :func:`stiffness_tensor`.

    Raises:
        TensorError: as :func:`stiffness_tensor`.
    """
    return _folded(tensor, ELASTIC, _SHEAR, tolerance)


def piezoelectric_tensor(matrix: ArrayLike) -> FloatArray:
    """e_ijk (3, 3, 3) of piezoelectric stress coefficients e_iJ (3, 6); no factors, such as C/m^2.

    Not for strain coefficients d_iJ, which have a factor of 2 on shears.

    Args:
        matrix: (3, 6).

    Raises:
        TensorError: another shape, or entries that are not numbers.
    """
    return _unfolded(matrix, PIEZOELECTRIC, _NONE, np.inf)


def piezoelectric_matrix(tensor: ArrayLike, *, tolerance: float = ASYMMETRY) -> FloatArray:
    """(3, 6) in Voigt's form of e_ijk = e_ikj; the inverse of :func:`piezoelectric_tensor`.

    Args:
        tensor: (3, 3, 3).
        tolerance: as for :func:`stiffness_tensor`.

    Raises:
        TensorError: as :func:`stiffness_tensor`.
    """
    return _folded(tensor, PIEZOELECTRIC, _NONE, tolerance)


def symmetric_tensor(vector: ArrayLike) -> FloatArray:
    """(3, 3) of the six entries of a symmetric tensor such as a dielectric one; no factors.

    Args:
        vector: (6,).

    Raises:
        TensorError: another shape, or entries that are not numbers.
    """
    return _unfolded(vector, SYMMETRIC, _NONE, np.inf)


def symmetric_vector(tensor: ArrayLike, *, tolerance: float = ASYMMETRY) -> FloatArray:
    """(6,) entries of a symmetric tensor; the inverse of :func:`symmetric_tensor`.

    Args:
        tensor: (3, 3).
        tolerance: as for :func:`stiffness_tensor`.

    Raises:
        TensorError: as :func:`stiffness_tensor`.
    """
    return _folded(tensor, SYMMETRIC, _NONE, tolerance)


def to_mandel(tensor: ArrayLike, *, tolerance: float = ASYMMETRY) -> FloatArray:
    """Mandel's form: (6,), (3, 6) or (6, 6) of a tensor of rank 2, 3 (e_ijk = e_ikj) or 4 (stiffness, compliance).

    Args:
        tensor: (3, 3), (3, 3, 3) or (3, 3, 3, 3).
        tolerance: as for :func:`stiffness_tensor`.

    Raises:
        TensorError: another shape, entries that are not numbers, or not of that index symmetry.
    """
    rank = np.ndim(tensor)
    formula = next((one for one, its in _RANKS.items() if its == rank), None)
    if formula is None:
        raise TensorError(f"Mandel's form is for tensors of rank 2, 3 and 4, not of shape {np.shape(tensor)}")
    return _folded(tensor, formula, np.sqrt(_SHEAR), tolerance)


def from_mandel(array: ArrayLike, *, tolerance: float = ASYMMETRY) -> FloatArray:
    """The tensor (3, 3), (3, 3, 3) or (3, 3, 3, 3) of Mandel's form; the inverse of :func:`to_mandel`.

    Args:
        array: (6,), (3, 6) or (6, 6).
        tolerance: as for :func:`stiffness_tensor`.

    Raises:
        TensorError: another shape, entries that are not numbers, or (6, 6) and not symmetric.
    """
    formula = formula_of_shape(np.shape(array))
    if np.shape(array) != _SHAPES[formula]:
        raise TensorError(f"Mandel's form is (6,), (3, 6) or (6, 6), not {np.shape(array)}")
    return _unfolded(array, formula, np.sqrt(_SHEAR), tolerance)


def formula_of_shape(shape: tuple[int, ...]) -> str:
    """The index symmetry of a tensor, from the shape of its full form or of its Voigt form.

    (3, 3) and (6,) are ``"ij=ji"``, (3, 3, 3) and (3, 6) ``"ijk=ikj"``, (3, 3, 3, 3) and (6, 6)
    ``"ijkl=jikl=klij"``.

    Raises:
        TensorError: another shape.
    """
    for formula, voigt in _SHAPES.items():
        if shape in (voigt, (3,) * _RANKS[formula]):
            return formula
    raise TensorError(
        f"a tensor of shape {shape} is not known: give (3, 3), (3, 3, 3) or (3, 3, 3, 3), or Voigt's (6,), "
        "(3, 6) or (6, 6)"
    )


def symmetric_part(tensor: FloatArray, formula: str) -> FloatArray:
    """The mean of a tensor over the permutations of an index symmetry: the nearest tensor that obeys it.

    Args:
        tensor: (3, ..., 3), one axis for each index of the formula.
        formula: such as ``"ij=ji"``; see :meth:`basis_store.IndexSymmetry.parse`.

    Raises:
        FormulaError: the formula cannot be parsed.
        TensorError: the tensor has another rank than the formula.
    """
    symmetry = IndexSymmetry.parse(formula)
    if tensor.ndim != symmetry.rank:
        raise TensorError(f"{formula} is for tensors of rank {symmetry.rank}, not {tensor.ndim}")
    total = sum(sign * tensor.transpose(order) for order, sign in symmetry.permutations)
    return np.asarray(total / len(symmetry.permutations))


def from_order(matrix: ArrayLike, order: Sequence[str]) -> FloatArray:
    """A matrix whose indices are in ``order``, in Voigt's order xx yy zz yz xz xy.

    Args:
        matrix: (6, 6), (3, 6) or (6,).
        order: six pairs of axes, such as VASP's ``"xx yy zz xy yz xz".split()``; zx is xz.

    Raises:
        TensorError: the order is not one of the six pairs, or the matrix has another shape.
    """
    known = ["".join(sorted(pair)) for pair in order]
    if sorted(known) != sorted(VOIGT_ORDER):
        raise TensorError(f"an order names {' '.join(VOIGT_ORDER)}, each once, not {' '.join(order)}")
    values = real_array(matrix, "a matrix in Voigt's form")
    if values.shape not in ((6,), (3, 6), (6, 6)):
        raise TensorError(f"a matrix in Voigt's form is (6,), (3, 6) or (6, 6), not {values.shape}")
    places = [known.index(pair) for pair in VOIGT_ORDER]
    values = values[..., places]
    return np.asarray(values[places] if values.shape == (6, 6) else values)


def real_array(array: ArrayLike, what: str) -> FloatArray:
    """A copy of an array, a tensor of PyTorch or nested lists in float64; ``what`` names it in messages.

    Raises:
        TensorError: its entries are not real numbers.
    """
    try:
        values = np.asarray(array)
        if values.dtype.kind not in "fiubO" or (values.dtype.kind == "O" and None in values.ravel().tolist()):
            raise TypeError(f"its entries are of type {values.dtype}")
        return values.astype(np.float64)
    except (TypeError, ValueError, RuntimeError) as error:  # ragged lists; tensors with a graph or on a GPU
        reason = " ".join(str(error).split())[:200]
        raise TensorError(f"{what} is not an array of numbers: {reason}") from error


def checked(array: ArrayLike, shape: tuple[int, ...], what: str) -> FloatArray:
    """A copy of an array in float64; ``what`` names it in messages.

    Raises:
        TensorError: of another shape, or with entries that are not finite numbers.
    """
    values = real_array(array, what)
    if values.shape != shape:
        raise TensorError(f"{what} has shape {shape}, not {values.shape}")
    if not np.isfinite(values).all():
        raise TensorError(f"{what} has entries that are not finite numbers")
    return values


def unfold(matrix: FloatArray) -> FloatArray:
    """All indices of (6,), (3, 6) or (6, 6), without factors, checks or averages; (3,) * 2, 3 or 4."""
    if matrix.shape == (6, 6):
        return np.asarray(matrix[_INDEX][:, :, _INDEX])
    return np.asarray(matrix[..., _INDEX])


def _unfolded(matrix: ArrayLike, formula: str, factors: FloatArray, tolerance: float) -> FloatArray:
    values = checked(matrix, _SHAPES[formula], f"{_NAMES[formula]} in matrix form")
    values = values / factors
    if formula == ELASTIC:
        values = values / factors[:, None]
    return _symmetrised(unfold(values), formula, tolerance)


def _folded(tensor: ArrayLike, formula: str, factors: FloatArray, tolerance: float) -> FloatArray:
    full = checked(tensor, (3,) * _RANKS[formula], _NAMES[formula])
    full = _symmetrised(full, formula, tolerance)
    if formula == ELASTIC:
        rows = full[_FIRST, _SECOND][:, _FIRST, _SECOND]
        return np.asarray(rows * factors * factors[:, None])
    return np.asarray(full[..., _FIRST, _SECOND] * factors)


def _symmetrised(full: FloatArray, formula: str, tolerance: float) -> FloatArray:
    average = symmetric_part(full, formula)
    deviation = float(np.abs(full - average).max())
    largest = float(np.abs(full).max())
    if deviation > tolerance * largest:
        raise TensorError(
            f"{_NAMES[formula]} obeys {formula}: this one differs from it by up to {deviation:.3g}, "
            f"{deviation / largest:.2g} of its largest entry (allowed: {tolerance:g})"
        )
    return average
