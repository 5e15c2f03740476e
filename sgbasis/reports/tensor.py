"""What a predicted or measured property tensor says about a crystal, as lines of text."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from basis_store import CrystalRecord, IndexSymmetry
from basis_store.array_types import FloatArray
from basis_store.datasets.units import in_unit
from basis_store.tensors.index_symmetry import component_name
from runtime.bases.store import Store
from runtime.tensors.dielectric import principal, refractive_index
from runtime.tensors.directions import Extreme
from runtime.tensors.elasticity import ElasticModuli, elastic_moduli, extreme_youngs_moduli, stability
from runtime.tensors.frames import ieee_frame, rotate_tensor
from runtime.tensors.projection import allowed_basis
from runtime.tensors.voigt import (
    VOIGT_ORDER,
    piezoelectric_matrix,
    piezoelectric_tensor,
    stiffness_matrix,
    stiffness_tensor,
)

_ORDER = " ".join(VOIGT_ORDER)
_SAME_FRAME = 1e-4
"""Frames are the same if no entry of the rotation between them is farther than this from the identity."""

_EQUAL = 1e-3
"""Principal values are equal if they differ by less than this fraction of the largest."""

_PARALLEL = np.cos(np.radians(0.2))
"""A direction is named by indices if the cosine of the angle to theirs is at least this."""


def elastic_lines(stiffness: ArrayLike, record: CrystalRecord) -> list[str]:
    """Stiffness in two frames, moduli, stability, anisotropy, and Young's modulus by direction.

    Args:
        stiffness: (6, 6) in Voigt's form or (3, 3, 3, 3), in GPa, in the record's frame.
        record: the crystal.

    Raises:
        TensorError: another shape, entries that are not numbers, or not symmetric.
    """
    full = (
        stiffness_tensor(stiffness) if np.ndim(stiffness) == 2 else stiffness_tensor(stiffness_matrix(stiffness))
    )
    moduli, stable = elastic_moduli(full), stability(full)
    lines = _in_both_frames(f"stiffness in GPa, order {_ORDER}", full, record, _stiffness_lines)
    lines += ["", *_polycrystal_lines(moduli)]
    low, high = stable.eigenvalues[[0, -1]]
    if not stable.is_stable:
        return [
            *lines,
            "",
            f"not mechanically stable: the smallest eigenvalue of the stiffness is {low:.1f} GPa, so some strain "
            "costs no energy; Reuss's and Hill's moduli and Young's modulus by direction have no meaning",
        ]
    softest, stiffest = extreme_youngs_moduli(full)
    return [
        *lines,
        "",
        f"mechanically stable: all eigenvalues of the stiffness are positive, {low:.1f} to {high:.1f} GPa",
        f"universal anisotropy index: {moduli.universal_anisotropy:.2f} (0 is isotropic)",
        f"Young's modulus by direction: {_extreme_text(softest, record)} to {_extreme_text(stiffest, record)}"
        f"{_equivalents_text(record)}",
    ]


def dielectric_lines(tensor: ArrayLike, record: CrystalRecord, *, electronic: bool = False) -> list[str]:
    """A dielectric tensor in two frames, with its principal values and axes.

    Args:
        tensor: (3, 3) symmetric, relative, in the record's frame.
        record: the crystal.
        electronic: whether the ions are held fixed, so that the refractive index follows from it.

    Raises:
        TensorError: another shape, entries that are not numbers, or not symmetric.
    """
    values, axes = principal(tensor)
    name = "electronic dielectric tensor, ions at rest, relative" if electronic else "dielectric tensor, relative"
    lines = _in_both_frames(name, np.asarray(tensor, np.float64), record, matrix_lines)
    lines += ["", "principal values", *_principal_lines(values, axes, record), f"mean: {values.mean():.3f}"]
    if electronic:
        index = refractive_index(tensor)
        exists = np.isfinite(index)
        lines.append(
            f"mean refractive index: {index:.3f}" if exists else "no refractive index: the mean is negative"
        )
    return lines


def piezoelectric_lines(tensor: ArrayLike, record: CrystalRecord, *, store: Store | None = None) -> list[str]:
    """Piezoelectric stress coefficients in two frames, and the largest; or why there are none.

    Args:
        tensor: (3, 6) e_iJ in Voigt's form or (3, 3, 3), in C/m^2, in the record's frame.
        record: the crystal.
        store: where exact bases come from; default, the store that ships.

    Raises:
        TensorError: another shape, entries that are not numbers, or not symmetric.
    """
    full = piezoelectric_tensor(tensor if np.shape(tensor) == (3, 6) else piezoelectric_matrix(tensor))
    if not len(allowed_basis(record, IndexSymmetry.parse("ijk=ikj"), store)):
        group = record.setting.point_group
        reason = "432 leaves no tensor of this kind" if group == "432" else f"{group} has a centre of inversion"
        return [f"not piezoelectric: all coefficients are exactly 0, because {reason}"]
    lines = _in_both_frames(f"piezoelectric e in C/m^2, order {_ORDER}", full, record, _piezoelectric_lines)
    matrix = piezoelectric_matrix(rotate_tensor(full, ieee_frame(record)))
    # The first of those that symmetry makes equal, whatever rounding made of them.
    row, column = np.unravel_index(int(np.abs(matrix).round(9).argmax()), matrix.shape)
    largest = matrix[row, column]
    return [*lines, "", f"largest in the IEEE frame: e{row + 1}{column + 1} = {largest:.3f} C/m^2"]


def matrix_lines(matrix: ArrayLike, decimals: int = 3) -> list[str]:
    """The rows of a matrix, in columns 10 characters wide; numbers that round to 0 have no sign.

    Args:
        matrix: (rows, columns), or (columns,) for one row.
        decimals: digits after the point.
    """
    rounded = np.round(np.asarray(matrix, np.float64), decimals) + 0.0
    return ["".join(f"{value:10.{decimals}f}" for value in row) for row in np.atleast_2d(rounded)]


def matrix_form(tensor: FloatArray, formula: str) -> FloatArray:
    """Voigt's form without factors, (3, 6) or (6, 6), of a tensor with the index symmetry of e or C.

    Args:
        tensor: (3, ..., 3).
        formula: index symmetry; with any other, the tensor is returned as it is. All entries of a matrix are NaN
            if one of the tensor is not finite.
    """
    form = {"ijk=ikj": piezoelectric_matrix, "ijkl=jikl=klij": stiffness_matrix}.get(formula)
    if form is None:
        return tensor
    if not np.isfinite(tensor).all():
        return np.full((3, 6) if formula == "ijk=ikj" else (6, 6), np.nan)
    return form(tensor)


def other_lines(tensor: FloatArray, record: CrystalRecord, symmetry: IndexSymmetry, unit: str) -> list[str]:
    """Any other tensor in two frames: as a matrix where it has that form, else its components that are not 0.

    Args:
        tensor: (3, ..., 3), in the record's frame.
        record: the crystal.
        symmetry: of the indices.
        unit: of the components.
    """
    what = "axial tensor" if symmetry.axial else "tensor"
    if not len(allowed_basis(record, symmetry)):
        return [f"all components are exactly 0: {record.setting.point_group} allows no {what} {symmetry.text}"]

    def write(values: FloatArray) -> list[str]:
        form = matrix_form(values, symmetry.text)
        if form.ndim <= 2:
            return matrix_lines(form)
        smallest = 1e-6 * np.abs(values).max()
        kept = [indices for indices in symmetry.components if abs(values[indices]) > smallest]
        return [f"{component_name(indices):>6}{values[indices]:14.6g}" for indices in kept]

    voigt = f", order {_ORDER}" if 6 in matrix_form(tensor, symmetry.text).shape else ""
    return _in_both_frames(f"{in_unit(f'{what} {symmetry.text}', unit)}{voigt}", tensor, record, write)


def _in_both_frames(
    title: str, full: FloatArray, record: CrystalRecord, write: Callable[[FloatArray], list[str]]
) -> list[str]:
    """A heading and a tensor (3, ..., 3) in the record's frame, then in the IEEE frame if that is another."""
    frame = ieee_frame(record)
    head = f"{title}, in the crystal's own frame"
    if np.abs(frame - np.eye(3)).max() < _SAME_FRAME:
        return [head, *write(full), "which is the IEEE frame"]
    lines = [head, *_own_axes_line(record), *write(full)]
    axes = ", ".join(f"x{i + 1} {_direction_text(axis, record)}" for i, axis in enumerate(frame))
    return [*lines, f"in the IEEE frame: {axes}", *write(rotate_tensor(full, frame))]


def _own_axes_line(record: CrystalRecord) -> list[str]:
    """Which directions of the conventional cell x, y and z are, where small indices name them."""
    named = [(axis, _named_direction(n, record)) for axis, n in zip("xyz", np.eye(3), strict=True)]
    text = ", ".join(f"{axis} {name}" for axis, name in named if name)
    return [f"own frame: {text} of the conventional cell"] if text else []


def _polycrystal_lines(moduli: ElasticModuli) -> list[str]:
    """A table of the averages of Voigt, Reuss and Hill."""
    averages = (moduli.voigt, moduli.reuss, moduli.hill)
    rows = [
        ("bulk modulus K (GPa)", [one.bulk for one in averages], 1),
        ("shear modulus G (GPa)", [one.shear for one in averages], 1),
        ("Young's modulus E (GPa)", [one.young for one in averages], 1),
        ("Poisson's ratio", [one.poisson for one in averages], 3),
    ]
    lines = [f"{'polycrystal':<24}{'Voigt':>10}{'Reuss':>10}{'Hill':>10}"]
    for name, values, decimals in rows:
        texts = [f"{one:10.{decimals}f}" if np.isfinite(one) else f"{'-':>10}" for one in values]
        lines.append(f"{name:<24}{''.join(texts)}")
    return lines


def _stiffness_lines(full: FloatArray) -> list[str]:
    return matrix_lines(stiffness_matrix(full), 1)


def _piezoelectric_lines(full: FloatArray) -> list[str]:
    return matrix_lines(piezoelectric_matrix(full))


def _principal_lines(values: FloatArray, axes: FloatArray, record: CrystalRecord) -> list[str]:
    """Values with their axes; axes that belong to equal values are arbitrary, and are not named."""
    low, middle, high = values
    equal = _EQUAL * np.abs(values).max()
    if high - low <= equal:
        return [f"{middle:10.3f}  in every direction"]
    for unique, others in ((0, (middle + high) / 2), (2, (low + middle) / 2)):
        if np.ptp(np.delete(values, unique)) <= equal:
            axis = _axis_text(axes[unique], record)
            return [f"{values[unique]:10.3f}  {axis}", f"{others:10.3f}  in every direction normal to that"]
    return [f"{value:10.3f}  {_axis_text(axis, record)}" for value, axis in zip(values, axes, strict=True)]


def _extreme_text(extreme: Extreme, record: CrystalRecord) -> str:
    """A value of Young's modulus with its direction; hexagonal crystals have it on a cone around c."""
    where = _axis_text(extreme.direction, record)
    if record.setting.crystal_system == "hexagonal":
        c = record.lattice[2] / np.linalg.norm(record.lattice[2])
        cosine = abs(float(extreme.direction @ c))
        if cosine <= np.sqrt(1 - _PARALLEL**2):
            where = "in every direction normal to [0 0 1]"
        elif cosine < _PARALLEL:
            where = f"at {np.degrees(np.arccos(cosine)):.1f} degrees from [0 0 1] in every azimuth"
    return f"{extreme.value:.1f} GPa {where}"


def _equivalents_text(record: CrystalRecord) -> str:
    """Where other directions have the same value, but no continuum of them."""
    return "" if record.setting.crystal_system in ("triclinic", "hexagonal") else ", and in equivalent directions"


def _axis_text(n: FloatArray, record: CrystalRecord) -> str:
    """The text of n or of -n, whichever has fewer minus signs."""
    return min((_direction_text(n, record), _direction_text(-n, record)), key=lambda text: text.count("-"))


def _direction_text(n: FloatArray, record: CrystalRecord) -> str:
    """``along [1 1 1]`` or ``normal to (1 1 0)`` of the conventional cell; a vector if no small indices fit."""
    vector = ", ".join(f"{value:.3f}" for value in n.round(3) + 0.0)
    return _named_direction(n, record) or f"along x, y, z = {vector}"


def _named_direction(n: FloatArray, record: CrystalRecord) -> str:
    """The first two of these, or nothing."""
    planes = np.asarray(np.linalg.inv(record.lattice).T, np.float64)
    for name, rows in (("along [{}]", record.lattice), ("normal to ({})", planes)):
        if (indices := _indices(n, rows)) is not None:
            return name.format(" ".join(map(str, indices)))
    return ""


def _indices(n: FloatArray, rows: FloatArray, largest: int = 3) -> Sequence[int] | None:
    """The smallest indices, up to ``largest``, with which ``rows`` (3, 3) combine to the direction ``n`` (3,)."""
    for indices in _small_indices(largest):
        vector = np.array(indices) @ rows
        if n @ vector >= _PARALLEL * np.linalg.norm(vector):
            return indices
    return None


def _small_indices(largest: int) -> Iterable[tuple[int, ...]]:
    cube = itertools.product(range(-largest, largest + 1), repeat=3)
    return sorted((one for one in cube if any(one)), key=lambda one: (sum(map(abs, one)), max(map(abs, one))))
