"""The space of a property tensor: its orthonormal components, and how they transform under rotations.

A tensor of rank r with index symmetry, such as "ijkl=jikl=klij", has fewer than 3^r free components. Networks work
with its coordinates in an orthonormal basis (those of Mandel for the usual tensors): lengths are Frobenius norms.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache, cached_property

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from basis_store import CrystalRecord, IndexSymmetry, Setting, TensorError
from basis_store.array_types import FloatArray, IntArray
from basis_store.tensors.cartesian_frame import cartesian_frame
from runtime.bases.store import Store
from runtime.site_kernels.harmonics import harmonic_rotation

_SQUARINGS = 6
"""The projector is the mean to the power 2^6, which leaves only the equivariant part."""


class TensorSpace:
    """All tensors of an index symmetry.

    Args:
        symmetry: of the indices; with its rank, and whether the tensor is axial.

    Attributes:
        symmetry: as given.
        basis: (dimension, 3, ..., 3) float64, orthonormal in the Frobenius product.

    Raises:
        TensorError: there are none but 0.
    """

    def __init__(self, symmetry: IndexSymmetry) -> None:
        if not symmetry.orbits:
            raise TensorError(f"{symmetry.text} leaves no component in three dimensions")
        self.symmetry = symmetry
        self.basis = _orthonormal_basis(symmetry)

    def __len__(self) -> int:
        return len(self.basis)

    @cached_property
    def _rows(self) -> FloatArray:
        return self.basis.reshape(len(self), -1)

    def components(self, tensors: ArrayLike) -> FloatArray:
        """Coordinates of tensors.

        Args:
            tensors: (..., 3, ..., 3); the part that lacks the index symmetry is projected out.

        Returns:
            (..., dimension).
        """
        array = np.asarray(tensors, np.float64)
        flat = array.reshape(*array.shape[: array.ndim - self.symmetry.rank], 3**self.symmetry.rank)
        return np.asarray(flat @ self._rows.T)

    def tensors(self, components: ArrayLike) -> FloatArray:
        """Tensors (..., 3, ..., 3) of ``components`` (..., dimension)."""
        array = np.asarray(components, np.float64)
        return np.asarray((array @ self._rows).reshape(*array.shape[:-1], *(3,) * self.symmetry.rank))

    def rotation(self, rotation: ArrayLike) -> FloatArray:
        """The matrices by which coordinates transform under orthogonal matrices.

        Args:
            rotation: (..., 3, 3) of rotations or rotoinversions.

        Returns:
            (..., dimension, dimension).
        """
        given = np.asarray(rotation, np.float64)
        matrices = given.reshape(-1, 3, 3)
        count, rank = len(matrices), self.symmetry.rank
        rotated = np.broadcast_to(self._rows, (count, *self._rows.shape))
        for axis in range(rank):  # turns one index at a time
            indices = rotated.reshape(count, len(self) * 3**axis, 3, 3 ** (rank - 1 - axis))
            rotated = matrices[:, None] @ indices
        signs = np.rint(np.linalg.det(matrices)) if self.symmetry.axial else np.ones(count)
        found = signs[:, None, None] * (self._rows @ rotated.reshape(count, len(self), 3**rank).swapaxes(1, 2))
        return np.asarray(found.reshape(*given.shape[:-2], len(self), len(self)))

    def isotropic(self, components: ArrayLike) -> FloatArray:
        """The part of ``components`` (..., dimension) that is invariant under all rotations and reflections."""
        if self.parity < 0:
            return np.zeros_like(components)
        parts = isotropic_parts(self, 0)[:, 0].numpy()
        return np.asarray(np.asarray(components, np.float64) @ parts @ parts.T)

    def log10(self, components: ArrayLike) -> FloatArray:
        """The decimal logarithm, as of a symmetric matrix.

        The logarithm transforms as the tensor does and obeys the same point group.

        Args:
            components: (..., dimension).

        Returns:
            (..., dimension), NaN where the matrix is not positive definite.

        Raises:
            TensorError: such tensors are not symmetric matrices.
        """
        return self._of_eigenvalues(np.log10, components)

    def exp10(self, components: ArrayLike) -> FloatArray:
        """The inverse of :meth:`log10`: (..., dimension) from ``components`` (..., dimension) of logarithms."""
        return self._of_eigenvalues(lambda values: 10.0**values, components)

    def _of_eigenvalues(self, function: Callable[[FloatArray], FloatArray], components: ArrayLike) -> FloatArray:
        matrices = np.tensordot(np.asarray(components, np.float64), self.matrices, axes=1)
        finite = np.asarray(np.isfinite(matrices).all(axis=(-1, -2)))
        values, vectors = np.linalg.eigh(np.where(finite[..., None, None], matrices, 0.0))
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            values = function(values)
        found = np.einsum("...ij,...j,...kj->...ik", vectors, values, vectors)
        known = np.isfinite(found).all(axis=(-1, -2)) & finite
        found = np.where(known[..., None, None], found, np.nan)
        return np.asarray(np.tensordot(found, self.matrices, axes=((-2, -1), (1, 2))))

    @cached_property
    def matrices(self) -> FloatArray:
        """The basis as symmetric matrices, orthonormal too: (dimension, 3, 3), or Mandel's (dimension, 6, 6)."""
        if self.symmetry == IndexSymmetry.parse("dielectric"):
            return self.basis
        if self.symmetry == IndexSymmetry.parse("elastic"):
            pairs = TensorSpace(IndexSymmetry.parse("dielectric")).basis
            return np.asarray(np.einsum("aij,dijkl,bkl->dab", pairs, self.basis, pairs))
        raise TensorError(f"a tensor of {self.symmetry} is no symmetric matrix: it has no logarithm")

    @property
    def parity(self) -> int:
        """Factor of every tensor under inversion: 1 or -1."""
        return -1 if (self.symmetry.rank + self.symmetry.axial) % 2 else 1


def allowed_tensors(space: TensorSpace, record: CrystalRecord, store: Store) -> FloatArray:
    """Projection on the tensors that a crystal's point group allows, and rotation to the crystal's frame.

    The projection uses the exact basis of the store (T8), given in the reference frame of the setting.

    Args:
        space: of the tensors.
        record: the crystal.
        store: where the basis comes from.

    Returns:
        (dimension, dimension), from coordinates in the reference frame
        (:func:`basis_store.cartesian_frame`) to coordinates in the record's own Cartesian frame;
        both in ``space``.
    """
    frame = cartesian_frame(record.setting, record.lattice)
    (found,) = allowed_in_frames([space], [record.setting], np.zeros(1, np.int64), frame[None], store)
    return np.asarray(found)


def allowed_in_frames(
    spaces: Sequence[TensorSpace], settings: Sequence[Setting], places: IntArray, frames: FloatArray, store: Store
) -> FloatArray:
    """:func:`allowed_tensors` of many crystals and of several kinds of tensors together.

    Args:
        spaces: of the tensors.
        settings: some settings.
        places: (N,) which of them each crystal has.
        frames: (N, 3, 3) :func:`basis_store.cartesian_frame` of each crystal.
        store: where the bases come from.

    Returns:
        (N, D, D) block-diagonal matrices; D is the sum of the dimensions.
    """
    whole = np.zeros((len(frames), *(sum(map(len, spaces)),) * 2))
    start = 0
    for space in spaces:
        rows = [
            space.components(store.tensor_basis(setting, space.symmetry).orthonormal()) for setting in settings
        ]
        projectors = np.array([one.T @ one for one in rows]).reshape(-1, len(space), len(space))
        own = slice(start, start + len(space))
        whole[:, own, own] = space.rotation(frames.swapaxes(1, 2)) @ projectors[places]
        start = own.stop
    return whole


def _orthonormal_basis(symmetry: IndexSymmetry) -> FloatArray:
    """One tensor for each free component, in the order of the components."""
    basis = np.zeros((len(symmetry.orbits), *(3,) * symmetry.rank))
    for row, orbit in zip(basis, symmetry.orbits, strict=True):
        for indices, sign in orbit:
            row[indices] = sign / math.sqrt(len(orbit))
    return basis


def isotropic_parts(space: TensorSpace, degree: int) -> Tensor:
    """All equivariant linear maps from harmonic moments of one degree to a tensor.

    Args:
        space: of the tensor.
        degree: l of the moments.

    Returns:
        (dimension, 2 l + 1, ways) float64: ``parts @ moments`` is equivariant under rotations; under inversion the
        parities have to be compared. The columns of all ways are orthonormal.
    """
    rotations = _generic_rotations()
    rotated = torch.from_numpy(np.stack([space.rotation(rotation.numpy()) for rotation in rotations]))
    return _equivariant_maps(rotated, harmonic_rotation(rotations, degree))


@cache
def couplings(first: int, second: int, degree: int) -> Tensor:
    """Real Clebsch-Gordan coefficients: from moments of two degrees to one of a third.

    Returns:
        (2 l1 + 1, 2 l2 + 1, 2 l + 1).
    """
    rotations = _generic_rotations()
    a, b = harmonic_rotation(rotations, first), harmonic_rotation(rotations, second)
    products = torch.einsum("gij,gkl->gikjl", a, b).reshape(len(a), a.shape[1] * b.shape[1], -1)
    found = _equivariant_maps(products, harmonic_rotation(rotations, degree))
    return found.view(a.shape[1], b.shape[1], 2 * degree + 1)


def _equivariant_maps(to: Tensor, of: Tensor) -> Tensor:
    """All X with ``to[g] X = X of[g]`` for orthogonal representations of all rotations; ``of`` irreducible.

    High powers of the mean of X -> to[g] X of[g]^T over a few generic rotations are the projector on such X. The
    matrices that are projected are fixed, so that equal weights mean the same on every machine.

    Args:
        to: (g, a, a).
        of: (g, b, b).

    Returns:
        (a, b, ways), columns orthonormal.
    """
    a, b = to.shape[1], of.shape[1]
    projector = torch.einsum("gij,gkl->ikjl", to, of).reshape(a * b, a * b) / len(to)
    for _ in range(_SQUARINGS):
        projector = projector @ projector
    ways = round(float(projector.trace()))
    fixed = torch.arange(ways * a * b, dtype=torch.float64, device="cpu").view(ways, a * b).square().mul(0.7).cos()
    # Orthonormal in the order in which they come: the triangular factor of QR with a positive diagonal.
    maps, triangle = torch.linalg.qr((fixed @ projector.T).T)
    maps = maps * triangle.diagonal().sign() * math.sqrt(b)
    result: Tensor = maps.view(a, b, ways)
    return result


def _generic_rotations() -> Tensor:
    """(24, 3, 3) generic rotations: powers of means over them converge fast."""
    counts = torch.arange(24, dtype=torch.float64, device="cpu")
    angles = counts[:, None] ** 2 * torch.tensor([1.1, 0.7, 1.9], dtype=torch.float32, device="cpu")
    cosines, sines = angles.cos(), angles.sin()
    ones, zeros = torch.ones_like(counts), torch.zeros_like(counts)
    rotations = torch.eye(3, dtype=torch.float64, device="cpu")
    for axis in range(3):
        c, s = cosines[:, axis], sines[:, axis]
        about_z = torch.stack([c, -s, zeros, s, c, zeros, zeros, zeros, ones], dim=-1).view(-1, 3, 3)
        order = [(2, 0, 1), (1, 2, 0), (0, 1, 2)][axis]
        rotations = rotations @ about_z[:, order][:, :, order]
    return rotations
