"""A periodic field that is invariant under a group, or has a character, as a PyTorch module.

    f(x) = sum_j b_j f_j(x)

The f_j are the real orthonormal invariant functions of the setting (T2), or those with another real character
(T9); the b_j are learned. So any parameters are a field with the full symmetry, the inner product of two fields is
that of their coefficients, and derivatives and products are exact.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from basis_store import TURN, GridField, Representation
from basis_store.array_types import FloatArray
from basis_store.fields.cell_change import CellChange
from basis_store.fields.coefficient_file import read_coefficients
from basis_store.fields.field_coefficients import FieldCoefficients
from runtime.arrays import constant, points
from runtime.bases.basis import Basis
from runtime.encoding.phase import turns
from runtime.fields.empty_field import empty_field
from runtime.fields.expansion import check_lattice
from runtime.fields.field_waves import field_waves
from runtime.fields.grid_lattice import operations_of
from runtime.fields.grid_spectrum import GridSpectrum, fast_length

if TYPE_CHECKING or "jaxtyping" in sys.modules:  # shapes are for readers and tests; importing stays fast
    from jaxtyping import Float

_CPU_BLOCK, _DEVICE_BLOCK = 1 << 17, 1 << 25
"""Waves times points at a time."""


class InvariantField(nn.Module):
    """A field on the unit cell, invariant under the operations of a setting, or with another real character.

    ``field(x)`` are its values. All coordinates are fractional, in the conventional cell of the setting. Leading
    dimensions of points are free; they are written ``n`` below. Everything is differentiable in the coefficients,
    and what is evaluated at points, in the points as well, to any order.

    Args:
        coefficients: the functions and the initial values of their coefficients.
        values: (M,) coefficients to use instead.
        dtype: of the parameters; default: PyTorch's default type.

    Attributes:
        coefficients: (M,) b, a parameter; function 0 is the constant, if the field is invariant.
        setting: the space-group setting, or a magnetic group.
        representation: the setting with its character; trivial for invariant fields.
        lattice: (3, 3) rows of the conventional cell in Angstrom.
        functions: the functions, as they were given.

    Raises:
        CharacterError: the character is complex.
        FieldError: the functions are not those of the setting, or the cell does not fit it.
        ValueError: there is not one value for each function.
    """

    coefficients: Tensor
    lattice: Tensor
    _waves: Tensor
    _rows: Tensor
    _seconds: Tensor
    _signs: Tensor
    _phases24: Tensor
    _squares: Tensor

    def __init__(
        self, coefficients: FieldCoefficients, values: Tensor | None = None, *, dtype: torch.dtype | None = None
    ) -> None:
        super().__init__()
        if not isinstance(coefficients, FieldCoefficients):
            raise TypeError(f"FieldCoefficients are needed, not {type(coefficients).__name__}")
        self.functions = coefficients
        self.setting, self.representation = coefficients.setting, coefficients.representation
        group = operations_of(self.representation)
        check_lattice(coefficients.lattice, group)
        table = field_waves(coefficients, group)
        for name, array in table._asdict().items():
            self.register_buffer(f"_{name}", constant(array), persistent=False)
        self.register_buffer("lattice", constant(coefficients.lattice), persistent=False)
        if values is None:
            values = constant(coefficients.values, dtype or torch.get_default_dtype())
        if values.shape != (len(coefficients),):
            raise ValueError(f"there are {len(coefficients)} functions, and values of {tuple(values.shape)}")
        self.coefficients = nn.Parameter(values.detach().clone())

    @classmethod
    def from_file(cls, path: str | os.PathLike[str], *, dtype: torch.dtype | None = None) -> InvariantField:
        """The field of a file of coefficients.

        Args:
            path: as ``sgbasis field expand`` writes it.
            dtype: of the parameters; default: PyTorch's default type.

        Raises:
            As :func:`basis_store.read_coefficients`.
        """
        return cls(read_coefficients(path), dtype=dtype)

    @classmethod
    def from_basis(
        cls, basis: Basis, lattice: Float[Tensor, "3 3"] | FloatArray, *, dtype: torch.dtype | None = None
    ) -> InvariantField:
        """A field in the functions of a basis, 0 everywhere at first.

        Args:
            basis: such as ``load_store().basis("227", radius=5)``, or of another real character.
            lattice: (3, 3) rows of the conventional cell in Angstrom.
            dtype: of the parameters; default: PyTorch's default type.

        Raises:
            CharacterError: the character is complex.
            ValueError: the lattice has another shape, or the basis is one function of a pair.
        """
        return cls(empty_field(basis, lattice), dtype=dtype)

    def extra_repr(self) -> str:
        """One line for ``print``."""
        n, m = len(self.coefficients), len(self._waves)
        return f"{self.representation.label}, {n:,} functions, {m:,} pairs of waves"

    def with_coefficients(self, values: Float[Tensor, " functions"]) -> InvariantField:
        """A field in the same functions with other coefficients.

        Args:
            values: (M,); what is computed from the new field is differentiable in them, and they are no parameter.

        Raises:
            ValueError: there is not one value for each function.
        """
        field = InvariantField.__new__(InvariantField)
        nn.Module.__init__(field)
        field.functions, field.setting = self.functions, self.setting
        field.representation = self.representation
        for name, buffer in self.named_buffers():
            field.register_buffer(name, buffer, persistent=False)
        if values.shape != self.coefficients.shape:
            raise ValueError(f"there are {len(self.coefficients)} functions, and values of {tuple(values.shape)}")
        field.register_buffer("coefficients", values)
        return field

    def to_coefficients(self) -> FieldCoefficients:
        """The field as it is now, for :func:`basis_store.write_coefficients`."""
        from dataclasses import replace  # noqa: PLC0415

        return replace(self.functions, values=self.coefficients.detach().cpu().double().numpy())

    def forward(self, x: Float[Tensor, "*n 3"]) -> Float[Tensor, "*n"]:
        """Values at points; (n, 3) -> (n,), in the dtype of ``x``.

        Raises:
            TypeError: ``x`` is neither float32 nor float64.
            ValueError: its last dimension is not 3.
        """
        c = self._spectrum()

        def block(some: Tensor, real: Tensor, imaginary: Tensor) -> Tensor:
            angles = self._angles(some)
            return 2 * (torch.cos(angles) * real - torch.sin(angles) * imaginary).sum(-1)

        return self._in_blocks(x, block, c) + self._mean().to(self._points(x).dtype)

    def gradient(self, x: Float[Tensor, "*n 3"]) -> Float[Tensor, "*n 3"]:
        """Derivatives by Cartesian coordinates at ``x`` (n, 3); (n, 3), in the unit of the field per Angstrom."""
        vectors = self._wave_vectors()

        def block(some: Tensor, real: Tensor, imaginary: Tensor) -> Tensor:
            angles = self._angles(some)
            slopes = -2 * (torch.sin(angles) * real + torch.cos(angles) * imaginary)
            # Sums of products: autocast and TF32 would round a matrix product.
            return torch.stack([(slopes * g).sum(-1) for g in vectors.to(some.dtype).T], dim=-1)

        return self._in_blocks(x, block, self._spectrum(), 3)

    def laplacian(self, x: Float[Tensor, "*n 3"]) -> Float[Tensor, "*n"]:
        """The Laplacian at points ``x`` (n, 3); (n,), in the unit of the field per Angstrom^2."""
        squares = self._wave_vectors().square().sum(-1)

        def block(some: Tensor, real: Tensor, imaginary: Tensor) -> Tensor:
            angles, size = self._angles(some), squares.to(some.dtype)
            return -2 * (size * (torch.cos(angles) * real - torch.sin(angles) * imaginary)).sum(-1)

        return self._in_blocks(x, block, self._spectrum())

    def integral(self) -> Tensor:
        """(), over the conventional cell: its volume times the mean; in the unit of the field times Angstrom^3."""
        volume = torch.linalg.det(self.lattice.double()).abs()
        integral: Tensor = self._mean() * volume.to(self.coefficients.dtype)
        return integral

    def inner(self, other: InvariantField) -> Tensor:
        """(), the mean over the cell of the product of this field and another one in the same functions.

        Raises:
            ValueError: the other field is in other functions.
        """
        same = np.array_equal(self.functions.roots, other.functions.roots)
        if not same or other.representation != self.representation:
            raise ValueError("the inner product is of two fields in the same functions")
        product: Tensor = (self.coefficients * other.coefficients).sum()
        return product

    def norm(self) -> Tensor:
        """(), the root mean square of the field over the cell."""
        norm: Tensor = torch.linalg.vector_norm(self.coefficients)
        return norm

    def dirichlet(self) -> Tensor:
        """(), the mean over the cell of the square of the gradient, per Angstrom^2."""
        squares = self._wave_vectors().square().sum(-1).to(self.coefficients.dtype)
        c = torch.view_as_real(self._spectrum()).square().sum(-1)
        mean: Tensor = 2 * (squares * c).sum()
        return mean

    def on_grid(self, shape: Sequence[int], cell: CellChange | None = None) -> Float[Tensor, "a b c"]:
        """Values on a grid of any cell of the crystal, by FFT; exact at its points, however coarse it is.

        Args:
            shape: (N1, N2, N3).
            cell: of the grid; default: the conventional cell.

        Raises:
            FieldError: lattice translations of the cell are none of the setting, or the shape is none of a grid.
        """
        values: Tensor = GridSpectrum(self._waves, shape, cell).synthesis(self._spectrum()) + self._mean()
        return values

    def project(
        self, values: Float[Tensor, "a b c"], cell: CellChange | None = None
    ) -> Float[Tensor, " functions"]:
        """The coefficients of the part of a field on a grid that has the symmetry of this one, in its functions.

        It is the inverse of :meth:`on_grid` on grids that tell all waves apart (:meth:`resolving_shape`).

        Args:
            values: (N1, N2, N3) on a grid.
            cell: of the grid; default: the conventional cell.

        Returns:
            (M,), differentiable in the values.

        Raises:
            FieldError: as :meth:`on_grid`.
        """
        c = GridSpectrum(self._waves, values.shape, cell).analysis(values)
        c = 2 * self._factors(values.dtype).conj() * c
        found = values.new_zeros(len(self.coefficients)).index_add(0, self._rows, c.real)
        found = found.index_add(0, self._seconds, -self._signs * c.imag)
        if not self.functions.n_constants:
            return found
        mean = torch.zeros_like(found)
        mean[0] = 1
        coefficients: Tensor = found + mean * values.mean()
        return coefficients

    def resolving_shape(self, *others: InvariantField) -> tuple[int, int, int]:
        """A grid of the conventional cell that tells all waves of this field apart, with lengths that suit an FFT.

        Args:
            others: fields of which the product with this one shall be projected on its functions exactly.
        """
        largest = self._largest() * 2 + sum((other._largest() for other in others), start=0 * self._largest())
        one, two, three = (fast_length(n + 1) for n in largest.tolist())
        return one, two, three

    def multiply(self, other: InvariantField) -> InvariantField:
        """The product with an invariant field of the same setting, in the functions of this one.

        It is computed by FFT on a grid that is fine enough for every coefficient to be exact. What the product has
        beyond the functions of this field is left out.

        Raises:
            ValueError: the other field has another setting, or is not invariant.
        """
        if other.representation != Representation(self.setting):
            names = f"{self.representation.label} and {other.representation.label}"
            raise ValueError(
                f"fields of {names} have no product with the symmetry of the first one: the second one has to be "
                "invariant under the same group"
            )
        shape = self.resolving_shape(other)
        return self.with_coefficients(self.project(self.on_grid(shape) * other.on_grid(shape)))

    def grid_field(self, shape: Sequence[int], cell: CellChange | None = None) -> GridField:
        """The same as :meth:`on_grid`, with cell, quantity and unit, for files.

        Args:
            shape: (N1, N2, N3).
            cell: of the grid; default: the conventional cell.

        Raises:
            FieldError: as :meth:`on_grid`.
        """
        values = self.on_grid(shape, cell).detach().cpu().double().numpy()
        lattice = (cell or CellChange.conventional()).lattice_of(self.functions.lattice)
        return GridField(values, lattice, self.functions.quantity, self.functions.unit)

    def _mean(self) -> Tensor:
        return self.coefficients[0] if self.functions.n_constants else self.coefficients.new_zeros(())

    def _spectrum(self) -> Tensor:
        """(n,) c_k of the waves of the table."""
        b = self.coefficients
        imaginary = b[self._seconds] * -self._signs.to(b.dtype)
        c: Tensor = torch.complex(b[self._rows], imaginary) * self._factors(b.dtype)
        return c

    def _factors(self, dtype: torch.dtype) -> Tensor:
        """(n,) w exp(2 pi i q/24)."""
        angles = self._phases24.to(dtype) * (math.tau / TURN)
        return torch.polar(self._squares.to(dtype).rsqrt(), angles)

    def _points(self, x: object) -> Tensor:
        x = points(x, device=self._waves.device)
        if x.device != self._waves.device:
            raise ValueError(f"points are on {x.device}, the field is on {self._waves.device}: move one of them")
        return x

    def _angles(self, some: Tensor) -> Tensor:
        return turns(some, self._waves, torch.zeros_like(self._phases24)) * math.tau

    def _in_blocks(
        self, x: object, function: Callable[[Tensor, Tensor, Tensor], Tensor], c: Tensor, *shape: int
    ) -> Tensor:
        """The sum over waves at some points after others: (n, 3) -> (n, *shape)."""
        x = self._points(x)
        real, imaginary = c.real.to(x.dtype), c.imag.to(x.dtype)
        block = _CPU_BLOCK if x.device.type == "cpu" else _DEVICE_BLOCK
        size = max(1, block // max(1, len(self._waves)))
        parts = [function(some, real, imaginary) for some in torch.split(x.reshape(-1, 3), size)]
        return torch.cat(parts).reshape(*x.shape[:-1], *shape)

    def _wave_vectors(self) -> Tensor:
        """(n, 3) 2 pi G in 1/Angstrom, float64."""
        reciprocal = torch.linalg.inv(self.lattice.double())
        vectors: Tensor = math.tau * (self._waves.to(reciprocal)[:, None, :] * reciprocal).sum(-1)
        return vectors

    def _largest(self) -> Tensor:
        return self._waves.abs().amax(0) if len(self._waves) else torch.zeros(3, dtype=torch.long)
