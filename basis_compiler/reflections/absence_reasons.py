"""Why a reflection is absent, and which operation forbids it.

    centring           R = 1: the lattice has more points than the cell has corners
    glide plane        R is a reflection that fixes k, and k.t is not an integer
    screw axis         R is a rotation that fixes k, and k.t is not an integer
    special position   the group allows it, but the atoms of every site add to 0
    cancellation       the group allows it, but the atoms of different sites add to 0

The first three hold for every crystal of the group (T1); of several reasons the first is given. The last two are
due to where the atoms are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from basis_store import Operations
from basis_store.array_types import FloatArray, IntArray
from basis_store.tables.short_repr import ShortRepr

Reason = Literal["centring", "glide plane", "screw axis", "special position", "cancellation"]

REASONS: tuple[Reason, ...] = get_args(Reason)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Absences(ShortRepr):
    """Unique reflections that are 0.

    Attributes:
        hkl: (m, 3) indices.
        multiplicities: (m,) waves of the orbit.
        d: (m,) spacing in Angstrom.
        reasons: (m,) index into :data:`REASONS`.
        witnesses: (m,) index of the operation of the standard setting that forbids it, or -1.
    """

    hkl: IntArray
    multiplicities: IntArray
    d: FloatArray
    reasons: IntArray
    witnesses: IntArray

    def __len__(self) -> int:
        return len(self.hkl)

    def count(self, reason: Reason) -> int:
        """How many have this reason."""
        return int((self.reasons == REASONS.index(reason)).sum())


def reason_of_operations(group: Operations) -> IntArray:
    """(g,) index into :data:`REASONS`: why an operation forbids waves, where it does."""
    pure = (group.rotations == np.eye(3, dtype=np.int64)).all(axis=(1, 2))
    proper = np.rint(np.linalg.det(group.rotations)) > 0
    return np.where(pure, REASONS.index("centring"), np.where(proper, REASONS.index("screw axis"), 1))


def by_reason(group: Operations) -> tuple[Operations, IntArray]:
    """The operations in the order of their reasons, and (g,) their indices in ``group``."""
    order = np.argsort(reason_of_operations(group), kind="stable")
    return Operations(group.setting, group.rotations[order], group.translations24[order]), order
