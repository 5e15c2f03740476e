"""The operations of a setting, one of each rotation: what the group is beside its centrings."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from basis_store import CompiledSetting, Setting
from basis_store.array_types import IntArray


class Representatives(NamedTuple):
    """One operation for each of the ``p`` rotations of a point group, the identity first.

    Attributes:
        rotations: (p, 3, 3) R.
        translations24: (p, 3) t in 24ths.
        centrings24: (c, 3) pure translations in 24ths, 0 among them; the group has p c operations.
        products: (p, p) the number of the rotation R_i R_j.
        inversion: the number of the rotation -1, or None.
        half: (h,) numbers of rotations, one of each R, -R, the identity first.
    """

    rotations: IntArray
    translations24: IntArray
    centrings24: IntArray
    products: IntArray
    inversion: int | None
    half: IntArray


_KNOWN: dict[Setting, Representatives] = {}


def representatives(compiled: CompiledSetting) -> Representatives:
    """The operations of a setting, one of each rotation; worked out once."""
    if compiled.setting not in _KNOWN:
        _KNOWN[compiled.setting] = _representatives(compiled)
    return _KNOWN[compiled.setting]


def _representatives(compiled: CompiledSetting) -> Representatives:
    every = compiled.rotations.astype(np.int64)
    first = np.sort(np.unique(_names(every), return_index=True)[1])
    rotations, names = every[first], _names(every[first])
    order = np.argsort(names)
    products = order[np.searchsorted(names[order], _names(rotations[:, None] @ rotations))]
    minus = np.flatnonzero(names == _names(-rotations[0]))
    numbers = np.arange(len(rotations))
    return Representatives(
        rotations=rotations,
        translations24=compiled.translations24[first].astype(np.int64),
        centrings24=compiled.translations24[_names(every) == names[0]].astype(np.int64),
        products=products,
        inversion=int(minus[0]) if len(minus) else None,
        half=numbers[numbers < products[minus[0]]] if len(minus) else numbers,
    )


def _names(rotations: IntArray) -> IntArray:
    """A number for each matrix (.., 3, 3) of -1, 0 and 1."""
    return (rotations.reshape(*rotations.shape[:-2], 9) + 1) @ 3 ** np.arange(9)
