"""The exact proof of the tensors in a store, from the integer rotations of the space-group tables alone.

Nothing here calls the code that found the tensors. For the settings of a store it proves

  1. the frame: its axes are orthogonal, in a metric that every rotation preserves; the Cartesian rotations,
     computed from that metric in Q(sqrt3), are the same in every other metric that they preserve;
  2. two settings have one orientation if and only if they have the same set of Cartesian rotations;
  3. each space is in normal form: lowest terms, pivots 1, ascending, and alone in their columns;
  4. each of its tensors is invariant under generators of the group, in Q(sqrt3);
  5. there are as many as the trace of the Reynolds projector, (1/|G|) sum det(R)^axial trace(R)^rank, with
     integer rotations: none is missing.

*Proof of 1.* Let F be the axes in the first metric, as rows, and B = L L^T the scalar products of these axes in a
second one, with Cholesky factor L. The axes of the second metric are L^-1 F, because F1 and the plane of F1 and
F2 depend on no metric; the rotations M become L^T M L^-T. Checked is: where B may be off-diagonal, all M act on
both axes by the same sign and on them alone; where some M mixes two axes, B has equal diagonal entries there. So
L, which has the blocks of B, commutes with M.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from basis_compiler.groups.spglib_database import operations
from basis_compiler.proof import require
from basis_store import CertificateError, Setting, StoreReader, TensorTable
from basis_store.array_types import IntArray
from basis_store.groups.operations import rotation_generators, rotation_of_key
from basis_store.tensors.cartesian_frame import frame_directions
from basis_store.tensors.index_symmetry import MAX_RANK

_HEXAGONAL_METRIC = np.array([[2, -1, 0], [-1, 2, 0], [0, 0, 2]])
_CUBIC_METRIC = np.eye(3, dtype=np.int64)  # for all other settings, rhombohedral axes included


class CartesianRotations(NamedTuple):
    """Rotations in Q(sqrt3): twice the matrices are ``rational + sqrt3 irrational``; both (g, 3, 3) integers."""

    rational: IntArray
    irrational: IntArray

    def keys(self) -> frozenset[bytes]:
        """The set of matrices."""
        both = np.concatenate([self.rational, self.irrational], axis=1).astype(np.int8)
        return frozenset(one.tobytes() for one in both)


def prove_tensors(store: StoreReader) -> None:
    """Prove the tensors of a store, exactly.

    Raises:
        CertificateError: naming a setting and the first statement that fails.
        StoreCorruptError: they do not match their hash.
    """
    prove_tensor_table(store.tensors, [one.space_setting for one in store.representations])


def prove_tensor_table(table: TensorTable, settings: Sequence[Setting]) -> None:
    """Prove the tensors of ``settings``, in the order of the table; raises as :func:`prove_tensors`."""
    _prove_shape(table, settings)
    firsts: dict[int, tuple[Setting, frozenset[bytes]]] = {}
    known: dict[frozenset[bytes], int] = {}
    for setting, orientation in zip(settings, table.orientations.tolist(), strict=True):
        keys = cartesian_rotations(setting).keys()
        expected = known.setdefault(keys, len(known))
        require(orientation == expected, setting, "its orientation is not that of its rotations")
        firsts.setdefault(orientation, (setting, keys))
    require(len(firsts) == len(table), settings[-1], "an orientation belongs to no setting")
    for orientation, (setting, _) in firsts.items():
        for rank in range(1, MAX_RANK + 1):
            for axial in (False, True):
                _prove_space(table, orientation, setting, rank, axial)


def cartesian_rotations(setting: Setting) -> CartesianRotations:
    """The distinct rotations of ``setting`` in its Cartesian frame, in the order of the integer ones.

    Raises:
        CertificateError: the frame is not orthogonal, or the rotations depend on the metric.
    """
    keys = operations(setting).distinct_rotations
    frame = frame_directions(setting)
    hexagonal = setting.lattice_family == "hexagonal"
    try:
        return _cartesian(keys, frame.direct, frame.reciprocal, hexagonal)
    except CertificateError as error:
        raise CertificateError(f"{setting.label} (hall:{setting.hall_number}) fails its proof: {error}") from None


@functools.cache
def _cartesian(
    keys: tuple[bytes, ...], direct: tuple[int, ...], reciprocal: tuple[int, ...], hexagonal: bool
) -> CartesianRotations:
    # 1. A metric that every rotation preserves.
    rotations = np.array([rotation_of_key(key) for key in keys])
    metric = _HEXAGONAL_METRIC if hexagonal else _CUBIC_METRIC
    transposed = rotations.transpose(0, 2, 1)
    _hold(np.array_equal(transposed @ metric @ rotations, np.broadcast_to(metric, rotations.shape)), "metric")
    # 2. Orthogonal axes in terms of a, b, c, of any length: e1 = u, e3 = G^-1 w, and e2 = e3 x e1, which is G^-1
    #    times their vector product.
    adjugate = np.rint(np.linalg.inv(metric) * np.linalg.det(metric)).astype(np.int64)
    first, third = np.array(direct), adjugate @ np.array(reciprocal)
    axes = np.stack([first, adjugate @ np.cross(third, first), third])
    products = axes @ metric @ axes.T
    lengths = np.diag(products)  # squares
    orthogonal = np.array_equal(products, np.diag(lengths)) and not (axes[:2] @ np.array(reciprocal)).any()
    _hold(orthogonal and np.linalg.det(axes) > 0, "axes")
    # 3. The rotations along these axes depend on no metric.
    images = axes @ metric @ rotations @ axes.T
    _prove_independence(images, lengths, _metrics(rotations, axes))
    # 4. Their entries: images over the lengths of two axes, twice of which is an integer, or that times sqrt3.
    squares = 4 * images**2
    doubled = np.zeros((2, *images.shape), dtype=np.int64)
    for place in np.argwhere(images).tolist():
        _, row, column = index = tuple(place)
        part, size = _root(int(squares[index]), int(lengths[row] * lengths[column]))
        doubled[part][index] = int(np.sign(images[index])) * size
    return CartesianRotations(*doubled)


def _metrics(rotations: IntArray, axes: IntArray) -> IntArray:
    """(6, 3, 3) a spanning set of the metrics that the rotations preserve, as scalar products of the axes."""
    found = []
    for i in range(3):
        for j in range(i + 1):
            one = np.zeros((3, 3), dtype=np.int64)
            one[i, j] = one[j, i] = 1
            found.append(axes @ (rotations.transpose(0, 2, 1) @ one @ rotations).sum(axis=0) @ axes.T)
    return np.array(found)


def _prove_independence(images: IntArray, lengths: IntArray, metrics: IntArray) -> None:
    """Statement 1 of the head of this module; ``images`` and ``metrics`` still have the lengths of the axes."""
    for i in range(3):
        for j in range(3):
            if i == j:
                continue
            if metrics[:, i, j].any():
                rest = np.delete(images[:, :, [i, j]], [i, j], axis=1)
                same = images[:, i, i] * lengths[j] == images[:, j, j] * lengths[i]
                _hold(not rest.any() and not images[:, i, j].any() and bool(same.all()), "metrics")
            if images[:, i, j].any():
                equal = metrics[:, i, i] * lengths[j] == metrics[:, j, j] * lengths[i]
                _hold(bool(equal.all()), "metrics")


def _root(above: int, below: int) -> tuple[int, int]:
    """sqrt(above / below) as (0, n) for n or (1, n) for n sqrt3."""
    for part, square in enumerate((1, 3)):
        size = math.isqrt(above // (below * square))
        if size * size * square * below == above:
            return part, size
    raise CertificateError("twice a rotation is not in Z[sqrt3]")


def _prove_shape(table: TensorTable, settings: Sequence[Setting]) -> None:
    """The columns fit together, so that the table can be read."""
    sizes, last = table.row_sizes, settings[-1]
    entries = [table.components, table.numerators, table.denominators]
    fits = (
        len(table.orientations) == len(settings)
        and bool((table.dimensions >= 0).all())
        and int(table.dimensions.sum(dtype=np.int64)) == len(sizes)
        and bool((sizes > 0).all())
        and {len(column) for column in entries} == {int(sizes.sum(dtype=np.int64))}
    )
    require(fits, last, "the columns of the tensor table do not fit together")
    starts = np.cumsum(sizes, dtype=np.int64) - sizes
    require(
        bool((table.denominators > 0).all() and table.numerators.all())
        and bool((np.gcd(table.numerators, table.denominators) == 1).all())
        and bool((table.numerators[starts] == 1).all() and (table.denominators[starts] == 1).all()),
        last,
        "a number of the tensor table is not in normal form",
    )
    # Rows of rank r have components 0 to 3^r - 1, in ascending order.
    ranks = np.repeat(np.tile(np.arange(1, MAX_RANK + 1), 2 * len(table)), table.dimensions.ravel())
    row_of_entry = np.repeat(np.arange(len(sizes)), sizes)
    components = table.components.astype(np.int64)
    within = (components >= 0) & (components < 3 ** ranks[row_of_entry])
    ascending = np.diff(components)[np.diff(row_of_entry) == 0] > 0
    require(bool(within.all() and ascending.all()), last, "the components of a tensor are out of order")


def _prove_space(table: TensorTable, orientation: int, setting: Setting, rank: int, axial: bool) -> None:
    rows, pivots = table.space(orientation, rank=rank, axial=axial)
    which = f"{'axial' if axial else 'polar'} tensors of rank {rank}"
    at_pivots = rows[:, pivots]
    normal = bool((np.diff(pivots) > 0).all()) and np.array_equal(at_pivots, np.diag(np.diag(at_pivots)))
    require(normal, setting, f"its {which} are not in normal form")
    rotations = cartesian_rotations(setting)
    keys = operations(setting).distinct_rotations
    for generator in rotation_generators(keys):
        number = keys.index(generator.astype(np.int8).tobytes())
        sign = round(np.linalg.det(generator)) if axial else 1
        image = _rotated(rows, rank, rotations.rational[number], rotations.irrational[number])
        invariant = np.array_equal(image[0], sign * 2**rank * rows) and not image[1].any()
        require(invariant, setting, f"one of its {which} is not invariant")
    dimension = reynolds_trace(np.array([rotation_of_key(key) for key in keys]), rank=rank, axial=axial)
    statement = f"it lists {len(rows)} {which}, the invariant space has {dimension}"
    require(len(rows) == dimension, setting, statement)


def _rotated(rows: IntArray, rank: int, rational: IntArray, irrational: IntArray) -> tuple[IntArray, IntArray]:
    """2^rank times the rotated tensors: the parts in 1 and in sqrt3, (d, 3^rank) each."""
    shape = (len(rows), *(3,) * rank)
    here, there = rows.reshape(shape), np.zeros(shape, dtype=np.int64)
    for axis in range(1, rank + 1):
        rotated = [
            np.moveaxis(np.tensordot(part, matrix, axes=(axis, 1)), -1, axis)
            for part, matrix in ((here, rational), (there, irrational), (here, irrational), (there, rational))
        ]
        here, there = rotated[0] + 3 * rotated[1], rotated[2] + rotated[3]
    return here.reshape(rows.shape), there.reshape(rows.shape)


def reynolds_trace(rotations: IntArray, *, rank: int, axial: bool) -> int:
    """(1/|G|) sum det(R)^axial trace(R)^rank: the dimension of the invariant tensors of a group.

    Args:
        rotations: (g, 3, 3) integers, in any basis.
        rank: number of indices.
        axial: whether the tensors are axial.

    Raises:
        CertificateError: the sum is not a multiple of the order, so that this is no group.
    """
    signs = np.rint(np.linalg.det(rotations)).astype(np.int64) if axial else 1
    total = int((signs * np.trace(rotations, axis1=1, axis2=2) ** rank).sum())
    if total % len(rotations):
        raise CertificateError("the trace of the Reynolds projector is not a whole number")
    return total // len(rotations)


_STATEMENTS = {
    "metric": "a rotation does not preserve the metric of its frame",
    "axes": "the axes of its frame are not orthogonal in every lattice",
    "metrics": "its Cartesian rotations depend on the lattice parameters",
}


def _hold(holds: bool, statement: str) -> None:
    if not holds:
        raise CertificateError(_STATEMENTS[statement])
