"""What surfaces are made of: a basis function, or a field, on a grid that is fine enough for triangles."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from basis_store import CompiledSetting, GridField
from basis_store.array_types import FloatArray
from basis_store.errors import FieldError
from basis_store.extras import needed_for
from sgbasis.pictures.cell_drawing import drawn_lattice
from sgbasis.pictures.wave_sum import WaveSum
from sgbasis.surfaces.isosurface import MAX_BLOCK, Evaluate, isosurface
from sgbasis.surfaces.surface_mesh import SurfaceMesh

_BLOCK_ELEMENTS = 1 << 22
_NEARBY = 0.003
"""Of the range of the values: levels that a surface is compared at."""


@dataclass(frozen=True, eq=False)
class SurfaceSource:
    """A periodic function.

    Attributes:
        values: (N1, N2, N3) on a grid of its cell.
        lattice: (3, 3) rows of the cell.
        evaluate: the function itself, if it is known at any point.
    """

    values: FloatArray
    lattice: FloatArray
    evaluate: Evaluate | None = None

    @classmethod
    def of_function(cls, compiled: CompiledSetting, function: int, points: int) -> SurfaceSource:
        """A basis function of a setting, in a cell whose edges have a mean length of 1.

        Args:
            compiled: the setting.
            function: its number, not 0.
            points: of the grid along each axis, at least; more where its waves need them.
        """
        waves = WaveSum.of(compiled, function)
        count = max(points, 8 * waves.max_index)
        _check_size((count,) * 3)
        return cls(waves.grid_values(count), drawn_lattice(compiled), _evaluation(waves))

    @classmethod
    def of_field(cls, field: GridField, points: int) -> SurfaceSource:
        """A field, interpolated by its Fourier series where its grid has fewer ``points`` along an axis.

        Raises:
            MissingDependencyError: scipy is not installed.
        """
        with needed_for("surfaces of fields"):
            from scipy.signal import resample
        values = field.values
        _check_size([max(n, points) for n in field.shape])
        for axis, n in enumerate(field.shape):
            if n < points:
                values = resample(values, points, axis=axis)
        return cls(np.asarray(values), field.lattice)

    def scaled(self, edge: float) -> SurfaceSource:
        """The same function in a cell whose axis a has the length ``edge``."""
        return replace(self, lattice=self.lattice * (edge / float(np.linalg.norm(self.lattice[0]))))

    def block_volume(self, cells: tuple[int, int, int]) -> float:
        """Of a block of cells."""
        return abs(float(np.linalg.det(self.lattice))) * cells[0] * cells[1] * cells[2]

    def mesh(self, level: float, cells: tuple[int, int, int], *, solid: bool, below: bool) -> SurfaceMesh:
        """See :func:`.isosurface`."""
        return isosurface(
            self.values, level, self.lattice, cells=cells, solid=solid, below=below, evaluate=self.evaluate
        )

    def euler_characteristic(self, level: float) -> int:
        """Of the surface in one cell, with opposite faces of the cell joined."""
        return isosurface(self.values, level, self.lattice, solid=False).euler_characteristic

    def is_singular(self, level: float) -> bool:
        """Whether the surface looks different at levels nearby: it crosses or touches itself."""
        reach = _NEARBY * float(np.ptp(self.values))
        near = (level - reach, level + reach)
        if not all(self.values.min() < one < self.values.max() for one in near):
            return True
        return len({self.euler_characteristic(one) for one in (*near, level)}) > 1


def _check_size(shape: tuple[int, ...] | list[int]) -> None:
    if float(np.prod(np.array(shape, dtype=float))) > MAX_BLOCK:
        raise FieldError(f"a grid of {' x '.join(map(str, shape))} points is too large ({MAX_BLOCK:,})")


def _evaluation(waves: WaveSum) -> Evaluate:
    """Values and derivatives along the fractional coordinates, in blocks of bounded memory."""
    slopes = 2j * np.pi * waves.coefficients[:, None] * waves.waves
    columns = np.concatenate([waves.coefficients[:, None], slopes], axis=1)

    def evaluate(points: FloatArray) -> tuple[FloatArray, FloatArray]:
        rows = max(1, _BLOCK_ELEMENTS // len(waves.waves))
        found = np.empty((len(points), 4))
        for start in range(0, len(points), rows):
            phases = np.exp(2j * np.pi * (points[start : start + rows] @ waves.waves.T))
            found[start : start + rows] = (phases @ columns).real
        return found[:, 0], found[:, 1:]

    return evaluate
