"""What an operation does to the coefficients of a vector field (T10).

    m(g x) = s_g R m(x)   <=>   m_{kR} = exp(2 pi i k.t) s_g R^-1 m_k       for all g = (R, t)

s_g = chi(g) for polar fields, chi(g) det(R) for axial ones; chi is real, 1 or -1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from basis_compiler.groups.spglib_database import operations
from basis_store import TURN, CharacterError, Operations, Representation, SettingError
from basis_store.array_types import IntArray
from basis_store.groups.representation import RepresentationName, as_representation


@dataclass(frozen=True, eq=False)
class VectorGains:
    """The operations of a group as they act on vector fields.

    Attributes:
        representation: the group and its character.
        axial: whether reflections act with an additional sign.
        group: its operations.
        inverses: (g, 3, 3) R^-1.
        signs24: (g,) 0 where s_g = 1 and 12 where it is -1.
    """

    representation: Representation
    axial: bool
    group: Operations
    inverses: IntArray
    signs24: IntArray

    def phases24(self, waves: IntArray) -> IntArray:
        """(n, g) the phase of exp(2 pi i k.t) s_g in 24ths, for waves (n, 3)."""
        return np.asarray((waves @ self.group.translations24.T + self.signs24) % TURN)


def vector_gains(name: RepresentationName, *, axial: bool) -> VectorGains:
    """The operations of a group as they act on its vector fields.

    Args:
        name: a group, for fields with chi = 1, or a representation, such as ``"62.446:odd"`` or ``"136:B1g"``.
        axial: whether reflections act with an additional sign, as on magnetisation.

    Raises:
        SettingError: there is no such group or character, or a plane group; grey groups have no odd fields.
        CharacterError: the character is complex.
    """
    representation = as_representation(name)
    if not representation.is_real:
        raise CharacterError(f"{representation.label} has a complex character: no real vector field has it")
    if representation.setting.dimension != 3:
        raise SettingError(f"{representation.label} is a plane group: vector fields are those of space here")
    group = operations(representation)
    determinants = np.rint(np.linalg.det(group.rotations)).astype(np.int64)
    signs24 = (group.characters24 + (TURN // 2 if axial else 0) * (determinants < 0)) % TURN
    return VectorGains(representation, axial, group, group.inverse_rotations, signs24)
