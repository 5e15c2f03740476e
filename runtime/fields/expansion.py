"""Expand a field on a grid in invariant functions, or those with another character, and symmetrise it (T12).

The Fourier coefficients of the grid are averaged over orbits, with the exact phases of T2: a projector. On a grid
that every operation maps to itself the result is the same as averaging over the images of grid points. It costs an
FFT, and one look-up for each wave and rotation that fixes it.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from basis_store import FieldError, GridField, Operations, Representation
from basis_store.array_types import FloatArray, IntArray
from basis_store.fields.cell_change import CellChange
from basis_store.fields.field_coefficients import FieldCoefficients, FieldSource, real_columns
from basis_store.groups.cell_parameters import cell_parameters, symmetry_misfit
from basis_store.groups.group import Group
from basis_store.groups.representation import RepresentationName, as_representation
from basis_store.tables.short_repr import ShortRepr
from runtime.fields.grid_images import largest_difference
from runtime.fields.grid_lattice import GridLattice, compatible_shapes, operations_of, text_of
from runtime.fields.orbit_averages import OrbitAverages
from runtime.fields.orbit_table import OrbitTable
from runtime.fields.primitive_grid import primitive_grid
from runtime.fields.row_average import average_rows, keeps_rows
from runtime.fields.wave_orbits import WaveOrbits

LATTICE_TOLERANCE = 2e-3
"""By which cell vectors may differ, relative to their lengths, from those that the operations preserve."""


@dataclass(frozen=True, repr=False)
class Residual(ShortRepr):
    """The part of a field that is not invariant, or has not the character, at the points of its grid.

    Attributes:
        of_fluctuation: its root mean square over that of the field minus its mean; 0 for a constant field.
        of_norm: its root mean square over that of the field; 0 for a field that is 0.
        largest: its value of largest size, in the unit of the field.
        position: (3,) fractional coordinates in the cell of the field of the grid point where it is that large.
        edge: root mean square of the invariant waves at the edge of the FFT box, over that of the field minus its
            mean. The grid does not tell their sine from their cosine.
    """

    of_fluctuation: float
    of_norm: float
    largest: float
    position: tuple[float, float, float]
    edge: float


class Expansion:
    """The expansion of a field on a grid; made by :func:`expand`.

    Args:
        field: on a grid.
        lattice: what the grid tells apart, under the group.
        representation: the group and its character.
        symmetrised: whether it will be asked for, and is computed at once, in one pass.

    Attributes:
        field: that was expanded.
        representation: whose functions they are: a group and its character, trivial for invariant functions.
        cell: how the cell of the field lies in that of the setting.
        closed: whether every operation maps the grid to itself. Otherwise they act on the Fourier interpolation of
            the field, and waves at the edge of the FFT box, whose sign the grid does not tell, are left out.
    """

    def __init__(
        self, field: GridField, lattice: GridLattice, representation: Representation, *, symmetrised: bool = False
    ) -> None:
        self.field, self.cell, self.representation = field, lattice.cell, representation
        self.closed = lattice.closed
        self._lattice = lattice
        # 1. The spectrum on the grid of a primitive cell, where there is one.
        self._folded = primitive_grid(lattice)
        values = field.values
        if self._folded is not None:
            lattice, values = self._folded.lattice, self._folded.fold(values)
        spectrum = scipy.fft.rfftn(values, norm="forward")
        del values
        # 2. Its averages over the orbits of its waves.
        self._pass, self._table = OrbitAverages(lattice), OrbitTable(lattice)
        target = np.zeros_like(spectrum) if symmetrised else None
        self._edge = self._average(spectrum, target)
        del spectrum
        if target is not None:
            self._pass.half.complete(target)
            vars(self)["symmetrised"] = self._on_grid(target)

    def _average(self, spectrum: NDArray[np.complex128], target: NDArray[np.complex128] | None) -> float:
        """Fill the table, and ``target`` with the images; the mean square of the waves at the edge of the box."""
        edge = 0.0
        for roots in self._table.runs.blocks():
            images = self._pass.images(roots.waves)
            averages = self._pass.gather(images, spectrum)
            tied = roots.ties > 1
            some = tied & roots.kept
            edge += _mean_square(averages[roots.special[some]], roots.orbits.take(some), roots.ties[some])
            kept = roots.kept
            if not self.closed:
                averages[roots.special[tied]] = 0
                kept = kept & ~tied
            if target is not None:
                self._pass.scatter(images, averages, target)
            averages[roots.special] /= roots.ties
            self._table.add(roots._replace(kept=kept), averages)
        return edge

    @functools.cached_property
    def _sorted(self) -> tuple[WaveOrbits, NDArray[np.complex128]]:
        """The orbits, and the coefficients of their roots."""
        return self._table.in_store_order()

    @property
    def setting(self) -> Group:
        """The group, such as the setting of a space group."""
        return self.representation.setting

    @functools.cached_property
    def coefficients(self) -> FieldCoefficients:
        """The coefficients of the functions.

        Raises:
            FieldError: the grid is too coarse for a single function with this character.
        """
        if not len(self._sorted[0].roots):
            raise FieldError(
                f"a grid of {text_of(self.field.shape)} points is too coarse for a function of "
                f"{self.representation.label}: take a finer one"
            )
        columns: dict[str, Any] = real_columns(*self._sorted[0], self._sorted[1])
        return FieldCoefficients(
            setting=self.setting,
            character=self.representation.number,
            lattice=self.cell.setting_lattice(self.field.lattice),
            quantity=self.field.quantity,
            unit=self.field.unit,
            source=FieldSource(
                cell=self.cell,
                shape=self.field.shape,
                elements=self.field.elements,
                coordinates=self.field.coordinates,
            ),
            **columns,
        )

    @functools.cached_property
    def symmetrised(self) -> GridField:
        """The invariant part of the field, or that with the character, on its grid."""
        if keeps_rows(self._lattice):
            return replace(self.field, values=average_rows(self.field.values, self._lattice))
        orbits, coefficients = self._sorted
        return self._on_grid(
            self._pass.spread(orbits.roots, coefficients * self._table.lattice.ties(orbits.roots))
        )

    @functools.cached_property
    def nearest_closed_shape(self) -> tuple[int, int, int] | None:
        """The shape nearest to that of the field that every operation maps to itself; None if none is near."""
        return next(compatible_shapes(self.field.shape, self.cell, self._lattice.group), None)

    def _on_grid(self, spectrum: NDArray[np.complex128]) -> GridField:
        shape = self.field.shape if self._folded is None else self._folded.lattice.shape
        # The same as irfftn, which copies its input.
        planes = scipy.fft.ifft2(spectrum, axes=(0, 1), norm="forward", overwrite_x=True)
        del spectrum
        values: FloatArray = scipy.fft.irfft(planes, n=shape[2], norm="forward", overwrite_x=True)
        del planes
        return replace(self.field, values=values if self._folded is None else self._folded.unfold(values))

    @functools.cached_property
    def residual(self) -> Residual:
        """What symmetrising removes."""
        values, symmetrised = self.field.values, self.symmetrised.values
        mean = values.mean()
        removed = fluctuation = total = largest = 0.0
        where = (0, 0, 0)
        for i, (one, other) in enumerate(zip(values, symmetrised, strict=True)):
            difference = one - other
            removed += float(np.square(difference).sum())
            fluctuation += float(np.square(one - mean).sum())
            total += float(np.square(one).sum())
            j, k = np.unravel_index(np.abs(difference).argmax(), difference.shape)
            if abs(difference[j, k]) > abs(largest):
                largest, where = float(difference[j, k]), (i, int(j), int(k))
        one, two, three = (index / n for index, n in zip(where, self.field.shape, strict=True))
        return Residual(
            of_fluctuation=_ratio(removed, fluctuation),
            of_norm=_ratio(removed, total),
            largest=largest,
            position=(one, two, three),
            edge=_ratio(self._edge * values.size, fluctuation),
        )

    @functools.cached_property
    def spread(self) -> float | None:
        """The largest difference between the values at two grid points that an operation maps to each other.

        In the unit of the field; None if operations do not map the grid to itself. It takes several times as long
        as all the rest.
        """
        return largest_difference(self.field.values, self._lattice) if self.closed else None


def expand(field: GridField, setting: RepresentationName, cell: CellChange | None = None) -> Expansion:
    """Expand a field on a grid in the invariant functions of a setting, or in those with another character.

    Args:
        field: on any grid that the rotations of the setting map to itself.
        setting: a setting, or its name as :meth:`Setting.parse` reads it: its invariant functions. Or a
            representation or its name, such as ``"136:B1g"``, or ``"136.499:odd"`` of a magnetic group.
        cell: how the cell of the field lies in the conventional cell of the setting; default: it is that cell.

    Returns:
        Its ``coefficients``, the field ``symmetrised`` on its grid, and the ``residual``, computed on first use.

    Raises:
        SettingError: there is no setting of this name, or it is a bare number.
        CharacterError: the character is complex.
        FieldError: the cell does not fit the setting, or the grid is not mapped to itself.
    """
    representation = as_representation(setting)
    return Expansion(field, _grid_lattice(field, representation, cell), representation)


def symmetrise(field: GridField, setting: RepresentationName, cell: CellChange | None = None) -> GridField:
    """The invariant part of a field: its average over all operations of a setting, on the same grid.

    With another character the mean of chi(g) f(g x) over the group, the part with f(g x) = chi(g) f(x).

    Args:
        field: on any grid that the rotations of the setting map to itself.
        setting: as for :func:`expand`.
        cell: how the cell of the field lies in the conventional cell of the setting; default: it is that cell.

    Raises:
        As :func:`expand`.
    """
    representation = as_representation(setting)
    lattice = _grid_lattice(field, representation, cell)
    if keeps_rows(lattice):
        return replace(field, values=average_rows(field.values, lattice))
    return Expansion(field, lattice, representation, symmetrised=True).symmetrised


def _grid_lattice(field: GridField, representation: Representation, cell: CellChange | None) -> GridLattice:
    cell = CellChange.conventional() if cell is None else cell
    group = operations_of(representation)
    check_lattice(cell.setting_lattice(field.lattice), group)
    return GridLattice(field.shape, cell, group)


def check_lattice(lattice: FloatArray, group: Operations) -> None:
    """Check that a lattice is one of a setting.

    Args:
        lattice: (3, 3) rows in Angstrom of the conventional cell.
        group: the operations of the setting.

    Raises:
        FieldError: the rotations do not preserve lengths and angles.
    """
    setting = group.setting
    if symmetry_misfit(lattice @ lattice.T, group.point_group) > 2 * LATTICE_TOLERANCE:
        text = " ".join(f"{one:.4g}" for one in cell_parameters(lattice))
        raise FieldError(
            f"a cell of {text} (Angstrom, degrees) is no {setting.crystal_system} cell of {setting.label}: give "
            "the crystal instead of the setting if the cell of the field is not the conventional one"
        )


def _mean_square(averages: NDArray[np.complex128], orbits: WaveOrbits, ties: IntArray) -> float:
    """Of the invariant functions of some orbits at the points of the grid."""
    waves = orbits.sizes * np.where(orbits.paired, 2, 1)
    return float((waves * np.square(np.abs(averages)) / ties).sum())


def _ratio(square: float, other: float) -> float:
    return float(np.sqrt(square / other)) if other > 0 else 0.0
