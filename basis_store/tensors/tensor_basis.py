"""The tensors that a setting allows, for any index symmetry: Neumann's principle as an exact basis (T8)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from basis_store.groups.setting import Setting
from basis_store.tables.html_table import facts_html, symbol_html
from basis_store.tensors.cartesian_frame import frame_directions
from basis_store.tensors.exact_rows import ExactMatrix, IntegerRows, ReducedRows, projector, reduced_rows
from basis_store.tensors.index_symmetry import IndexSymmetry, every_component
from basis_store.tensors.voigt_pattern import pattern_html


@dataclass(frozen=True, eq=False)
class TensorBasis:
    """An exact basis of the tensors that have an index symmetry and are invariant under a point group.

    Components are those in the frame of :func:`basis_store.cartesian_frame`, flattened in lexicographic order:
    xx, xy, xz, yx, and so on; ``3^r`` for rank r. The basis is the reduced row echelon form over the rational
    numbers: basis tensor i is 1 in component ``pivots[i]``, where all others are 0, and so the parameters of a
    tensor are its components at the pivots.

    Attributes:
        setting: the setting, which says how the point group lies in the frame.
        symmetry: the index symmetry.
        pivots: (d,) int64, ascending.
        numerators: (d, 3^r) integers, in lowest terms.
        denominators: (d, 3^r) positive integers.
    """

    setting: Setting
    symmetry: IndexSymmetry
    pivots: NDArray[np.int64]
    numerators: IntegerRows
    denominators: IntegerRows

    def __repr__(self) -> str:
        return (
            f"<TensorBasis {self.symmetry} of {self.setting.point_group} ({self.setting.label}), "
            f"dimension {self.dimension}>"
        )

    def _repr_html_(self) -> str:
        facts = (
            ("point group", symbol_html(f"{self.setting.point_group} ({self.setting.label})")),
            ("frame", self.frame_text),
            ("independent parameters", self.dimension),
            ("pattern", pattern_html(self)),
        )
        return facts_html(f"TensorBasis {self.symmetry}", facts)

    @property
    def dimension(self) -> int:
        """d, the number of independent parameters; 0 if the point group forbids such tensors."""
        return len(self.pivots)

    @property
    def rank(self) -> int:
        """Number of indices."""
        return self.symmetry.rank

    @property
    def frame_text(self) -> str:
        """The frame in words: ``e1 along a, e3 along c*``."""
        return frame_directions(self.setting).text

    @cached_property
    def reduced(self) -> ReducedRows:
        """The basis as integer rows without common divisors, each to be divided by its entry at the pivot."""
        common = np.lcm.reduce(self.denominators, axis=1, keepdims=True)
        return ReducedRows(self.numerators * (common // self.denominators), self.pivots)

    def array(self) -> NDArray[np.float64]:
        """(d, 3, ..., 3) the basis tensors as floating-point numbers."""
        flat = self.numerators.astype(np.float64) / self.denominators.astype(np.float64)
        return flat.reshape(-1, *(3,) * self.rank)

    def orthonormal(self) -> NDArray[np.float64]:
        """(d, 3, ..., 3) an orthonormal basis of the same space: the sum over all indices is the inner product.

        By Gram-Schmidt orthonormalisation in the order of :meth:`array`, so it is deterministic.
        """
        flat = self.array().reshape(self.dimension, 3**self.rank)
        if self.dimension:
            flat = np.linalg.solve(np.linalg.cholesky(flat @ flat.T), flat)
        return flat.reshape(-1, *(3,) * self.rank)

    def projector(self) -> ExactMatrix:
        """The orthogonal projector onto the space, exactly: (3^r, 3^r) integers and one denominator.

        It is the product of the means over the point group and over the index permutations.
        """
        return projector(self.reduced.rows)


def symmetrised_basis(setting: Setting, symmetry: IndexSymmetry, space: ReducedRows) -> TensorBasis:
    """The basis with an index symmetry, from the invariant ``space`` without one.

    Rearranging indices commutes with rotations, so the mean over the rearrangements maps the
    invariant space onto the part that has the symmetry.

    Args:
        setting: whose space it is.
        symmetry: of the same rank, polar or axial, as the space.
        space: normal form of the invariant tensors without index symmetry.
    """
    components = {indices: i for i, indices in enumerate(every_component(symmetry.rank))}
    total = np.zeros_like(space.rows)
    for permutation, sign in symmetry.permutations:
        total += sign * space.rows[:, [components[tuple(c[i] for i in permutation)] for c in components]]
    rows, pivots = reduced_rows(total)
    below = rows[np.arange(len(rows)), pivots][:, None]
    divisors = np.gcd(rows, below)
    numerators, denominators = rows // divisors, below // divisors
    for array in (pivots, numerators, denominators):
        array.setflags(write=False)
    return TensorBasis(setting, symmetry, pivots, numerators, denominators)
