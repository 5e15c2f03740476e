"""What the arrays of a dataset have to satisfy so that every crystal in it is one, as the compiler makes them.

Damage is found by the hash. This is about files whose hash is right and whose content is not, as another program
may have written it. Everything is checked for all crystals at once, without their operations.
"""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from basis_store.array_types import IntArray
from basis_store.datasets.schema import COLUMNS, FIXED_ARRAYS, FOLDS, RAGGED, SPLITS, Arrays
from basis_store.files.stored_arrays import ContentError, StoredArray, check_offsets, check_shapes
from basis_store.groups.setting import all_settings

_FREE = np.nan
_CELLS = {
    "triclinic": ((), (_FREE, _FREE, _FREE)),
    "monoclinic": ((), (0, _FREE, 0)),
    "orthorhombic": ((), (0, 0, 0)),
    "tetragonal": ((1,), (0, 0, 0)),
    "trigonal": ((1,), (-0.5, 0, 0)),
    "hexagonal": ((1,), (-0.5, 0, 0)),
    "cubic": ((1, 2), (0, 0, 0)),
}
"""Standard cells by crystal system: which vectors are as long as a, and the cosines of the angles ab, ac, bc."""
_LETTERS = np.frombuffer(b"abcdefghijklmnopqrstuvwxyzA?", np.uint8)
"""``?`` is an unknown letter."""
_SAME_CELL = 1e-4
_SMALLEST_VOLUME = 0.08
"""Cubic Angstrom per atom. Atoms are at least 0.5 Angstrom apart, and 0.5^3 / sqrt2 = 0.088."""
_SMALLEST_SKEWNESS = 0.02
"""Volume over the product of the lengths: standard cells are not flat."""


def check_arrays(arrays: Arrays) -> None:
    """Check the arrays of some crystals, targets included.

    Args:
        arrays: by their names in the file.

    Raises:
        ContentError: naming the array and what is wrong.
    """
    names = [array for array in (*FIXED_ARRAYS, FOLDS) if array.path in arrays]
    check_shapes(names, {path: len(array) for path, array in arrays.items()})
    halls, splits = arrays["crystals/hall_numbers"].astype(np.int64), arrays["crystals/splits"]
    if ((halls < 1) | (halls > 530)).any() or ((splits < 0) | (splits >= len(SPLITS))).any():
        raise ContentError("it lists a setting, a split or a fold that does not exist")
    for column in (*COLUMNS, FOLDS):
        if column.path in arrays:
            column.check_range(arrays[column.path])
    for path, array in arrays.items():
        if path.startswith("targets/") and np.isinf(array).any():
            raise ContentError(f"{path} holds an infinite value: what is missing is NaN")
    for axis in RAGGED:
        check_offsets(axis, arrays[f"{axis}/offsets"], len(arrays[_first_column(axis).path]))
    if not _facts()["standard"][halls].all():
        raise ContentError("crystals/hall_numbers lists a setting that is not a standard one")
    _check_sites(arrays, halls)
    _check_cells(arrays, halls)


def _first_column(axis: str) -> StoredArray:
    return next(column for column in COLUMNS if column.axis == axis)


@functools.cache
def _facts() -> dict[str, NDArray[np.generic]]:
    """By Hall number, from 0: whether a setting is standard, its number of operations, its crystal system."""
    settings = all_settings()
    systems = list(_CELLS)
    return {
        "standard": np.array([False, *(one.is_standard for one in settings)]),
        "operations": np.array([0, *(one.n_operations for one in settings)]),
        "system": np.array([0, *(systems.index(one.crystal_system) for one in settings)]),
    }


def _check_sites(arrays: Arrays, halls: IntArray) -> None:
    offsets, multiplicities = arrays["sites/offsets"], arrays["sites/multiplicities"].astype(np.int64)
    if not np.diff(offsets).all():
        raise ContentError("sites lists a crystal without sites")
    ends = np.concatenate([[0], np.cumsum(multiplicities)])
    if not np.array_equal(ends[offsets], arrays["images/offsets"]):
        raise ContentError("its images do not fit its multiplicities")
    order = _facts()["operations"][halls].astype(np.int64)
    order_of_site = np.repeat(order, np.diff(offsets))
    if (order_of_site % multiplicities).any():
        raise ContentError("sites/multiplicities has one that does not divide the order of the group")
    images = arrays["images/images"].astype(np.int64)
    if (images >= np.repeat(order_of_site, multiplicities)).any():
        raise ContentError("images/images names an operation that the group does not have")
    first = np.zeros(len(images), bool)
    first[ends[:-1]] = True
    if images[first].any() or (np.diff(images)[~first[1:]] <= 0).any():
        raise ContentError("images/images does not ascend from the identity")
    letters = arrays["sites/wyckoff"].view(np.uint8)
    if not np.isin(letters, _LETTERS).all():
        raise ContentError("sites/wyckoff holds what is no Wyckoff letter")


def _check_cells(arrays: Arrays, halls: IntArray) -> None:
    # 1. Volume: for the atoms, and for the lengths of the vectors.
    lattices = arrays["crystals/lattices"]
    lengths, volumes = np.linalg.norm(lattices, axis=2), np.abs(np.linalg.det(lattices))
    atoms = np.diff(arrays["images/offsets"])
    if (volumes < _SMALLEST_VOLUME * atoms).any() or (volumes < _SMALLEST_SKEWNESS * lengths.prod(axis=1)).any():
        raise ContentError("crystals/lattices has a cell without volume for its atoms")
    # 2. Shape.
    systems = _facts()["system"][halls]
    directions = lattices / lengths[:, :, None]
    cosines = np.stack([(directions[:, i] * directions[:, j]).sum(axis=1) for i, j in ((0, 1), (0, 2), (1, 2))], 1)
    for number, (equal, angles) in enumerate(_CELLS.values()):
        rows = systems == number
        wrong = np.abs(cosines[rows] - angles) > _SAME_CELL  # never where the angle is free
        ratios = lengths[rows][:, list(equal)] / lengths[rows][:, :1]
        if wrong.any() or (np.abs(ratios - 1) > _SAME_CELL).any():
            raise ContentError("crystals/lattices has a cell that its space group does not allow")
    # 3. How it was changed.
    if not np.isin(arrays["crystals/denominators"], (1, 2, 3, 6)).all():
        raise ContentError("crystals/denominators holds a number other than 1, 2, 3 and 6")
    if not _determinants(arrays["crystals/changes_of_basis"]).all():
        raise ContentError("crystals/changes_of_basis has a matrix without inverse")


def _determinants(matrices: NDArray[np.int32]) -> NDArray[np.generic]:
    small = not matrices.size or np.abs(matrices.astype(np.int64)).max() < 1 << 19
    m = matrices.astype(np.int64 if small else object).transpose(1, 2, 0)  # exact: three factors of 20 bits
    return np.asarray(
        m[0, 0] * (m[1, 1] * m[2, 2] - m[1, 2] * m[2, 1])
        - m[0, 1] * (m[1, 0] * m[2, 2] - m[1, 2] * m[2, 0])
        + m[0, 2] * (m[1, 0] * m[2, 1] - m[1, 1] * m[2, 0])
    )
