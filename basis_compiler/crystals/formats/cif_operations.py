"""Lists of symmetry operations, such as ``x,y,z`` and ``-x,y+1/2,-z+1/2``: read, proved to be a group, named.

A list in a file may be cut off, doubled or mistyped. It counts only if it is closed under composition: a finite
set of invertible maps that is closed is a group. Translations are taken modulo the lattice of the cell, in 24ths.
"""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

import numpy as np
import spglib

from basis_store import CrystalError
from basis_store.array_types import FloatArray, IntArray
from basis_store.groups.operations import TURN

MAX_OPERATIONS = 192
"""Of a space group, modulo the lattice of a conventional cell: those of Fm-3m."""

_PART = r"[-+\s\d./xyzXYZ]+"
_MAX_ENTRY = 8


class OperationList(NamedTuple):
    """A group of operations ``x -> R x + t``, modulo lattice translations.

    Attributes:
        rotations: (g, 3, 3) integers R.
        translations24: (g, 3) t in 24ths, 0 to 23.
        n_repeated: how many lines of the list repeat another.
    """

    rotations: IntArray
    translations24: IntArray
    n_repeated: int = 0

    def as_set(self) -> frozenset[bytes]:
        """The operations without their order, hashable."""
        return frozenset(row.tobytes() for row in _rows(self.rotations, self.translations24))


@functools.lru_cache(maxsize=256)
def listed_operations(texts: tuple[str, ...]) -> OperationList:
    """The operations of a list, each once, in its order.

    Raises:
        CrystalError: a text is no operation, or the operations are no group; does not name the file.
    """
    parsed = [operation_of_text(text) for text in dict.fromkeys(texts)]
    if not all(np.abs(rotation).max() <= _MAX_ENTRY for rotation, _ in parsed):
        raise CrystalError("the symmetry operations are not those of a space group")
    rotations, translations24 = (np.array(part, dtype=np.int64) for part in zip(*parsed, strict=True))
    first = np.sort(np.unique(_rows(rotations, translations24), axis=0, return_index=True)[1])
    rotations, translations24 = rotations[first], translations24[first]
    if len(first) > MAX_OPERATIONS:
        raise CrystalError(
            f"the CIF lists {len(first)} symmetry operations: no space group has more than {MAX_OPERATIONS} in "
            "its conventional cell; describe the crystal in a smaller cell"
        )
    if not _is_closed(rotations, translations24):
        raise CrystalError(
            f"the {len(first)} symmetry operations that the CIF lists are not a group: the list is incomplete or "
            "wrong; complete it, or remove it and name the space group"
        )
    return OperationList(rotations, translations24, len(texts) - len(first))


def operation_of_text(text: str) -> tuple[IntArray, IntArray]:
    """R (3, 3) and t (3,) in 24ths, 0 to 23, of an operation such as ``-x,y+1/2,-z+1/2``.

    Raises:
        CrystalError: it is none; does not name the file.
    """
    import gemmi  # noqa: PLC0415 - optional

    if not re.fullmatch(rf"{_PART}(,{_PART}){{2}}", text):
        raise CrystalError(f"{text!r} is not a symmetry operation of the form x,y,z")
    try:
        operation = gemmi.Op(text)
    except (ValueError, RuntimeError) as error:
        raise CrystalError(f"{text!r} is not a symmetry operation of the form x,y,z: {error}") from error
    rotation = np.array(operation.rot, dtype=np.int64)
    if (rotation % TURN).any() or abs(round(np.linalg.det(rotation / TURN))) != 1:
        raise CrystalError(f"{text!r} is not an operation of a space group")
    return rotation // TURN, np.array(operation.tran, dtype=np.int64) % TURN


def _rows(rotations: IntArray, translations24: IntArray) -> IntArray:
    return np.concatenate([rotations.reshape(-1, 9), translations24], axis=1)


def _is_closed(rotations: IntArray, translations24: IntArray) -> bool:
    known = {row.tobytes() for row in _rows(rotations, translations24)}
    for rotation, translation in zip(rotations, translations24, strict=True):
        shifts = (translations24 @ rotation.T + translation) % TURN
        if any(row.tobytes() not in known for row in _rows(rotation @ rotations, shifts)):
            return False
    return True


def group_number(group: OperationList) -> int:
    """The number, 1 to 230, of the space group that operations form in any cell; 0 if spglib does not find it."""
    return _group_number(group.rotations.tobytes(), group.translations24.tobytes())


@functools.lru_cache(maxsize=256)
def _group_number(rotations: bytes, translations24: bytes) -> int:
    matrices = np.frombuffer(rotations, np.int64).reshape(-1, 3, 3)
    # Without a lattice of the group's own symmetry, spglib misses centrings in cells that are not conventional.
    found = spglib.get_spacegroup_type_from_symmetry(
        matrices.astype(np.intc),
        np.frombuffer(translations24, np.int64).reshape(-1, 3) / TURN,
        lattice=np.linalg.cholesky(_symmetric_metrics(matrices)[0]),
    )
    return 0 if found is None else int(found.number)


def metric_misfit(rotations: IntArray, lattice: FloatArray) -> float:
    """How far, in Angstrom, rotations (g, 3, 3) are from isometries of a cell: the largest change of a vector."""
    metric = lattice @ lattice.T
    change = np.einsum("gji,jk,gkl->gil", rotations, metric, rotations) - metric
    return float(np.abs(change).max() / (2 * np.sqrt(metric.max())))


_METRICS = np.array([
    [[3.0, 0.3, 0.5], [0.3, 4.0, 0.7], [0.5, 0.7, 5.0]],
    [[7.0, -0.9, 1.1], [-0.9, 6.0, 0.4], [1.1, 0.4, 8.0]],
])  # fmt: skip
"""Two metrics without symmetry."""


def _symmetric_metrics(rotations: IntArray) -> FloatArray:
    """(2, 3, 3) metrics that have the symmetry of a group, and no more: averages over it."""
    return np.asarray(np.einsum("gji,mjk,gkl->mil", rotations, _METRICS, rotations) / len(rotations))


def fixed_angles(rotations: IntArray) -> dict[int, float]:
    """The cell angles that rotations (g, 3, 3) fix: 0, 1, 2 for alpha, beta, gamma, in degrees."""
    # An angle that comes out the same from both metrics is fixed.
    means = _symmetric_metrics(rotations)
    lengths = np.sqrt(np.einsum("mii->mi", means))
    cosines = means / (lengths[:, :, None] * lengths[:, None, :])
    pairs = {0: (1, 2), 1: (0, 2), 2: (0, 1)}
    return {
        angle: float(np.degrees(np.arccos(np.rint(2 * cosines[0][pair]) / 2)))
        for angle, pair in pairs.items()
        if abs(cosines[0][pair] - cosines[1][pair]) < 1e-9
    }
