"""The operations of a magnetic group, from those of the space group whose cell it has.

Which operations are combined with time reversal is a real character of the operations that are left when time
reversal is left out: -1 on these, 1 on the others.

    type I, II    the operations of the space group
    type III      those, with one of its characters that is 1 on translations, named by its Mulliken symbol
    type IV       those, all without time reversal, and the same after one translation, all with time reversal
"""

from __future__ import annotations

import numpy as np

from basis_store.groups.magnetic.magnetic_group import MagneticGroup
from basis_store.groups.operations import TURN, Operations, check_group, operation_order
from basis_store.groups.representation import Representation


def magnetic_operations(magnetic: MagneticGroup, space: Operations, character: int = 1) -> Operations:
    """The operations of a magnetic group, time reversal left out; checked to form a group.

    Args:
        magnetic: the group.
        space: the operations of its :attr:`~MagneticGroup.setting`.
        character: 1 for c = 12 where they are combined with time reversal, and 0 for c = 0 everywhere. (In types
            I and II both are 0: no operation is combined with it, or every one is there with and without it.)

    Raises:
        CertificateError: they are no group.
    """
    rotations, translations24 = space.rotations, space.translations24
    reversed24 = np.zeros(len(rotations), np.int64)
    if magnetic.odd_character is not None:
        reversed24 = Representation.of(magnetic.setting, magnetic.odd_character).operations(space).characters24
    if magnetic.reversed_translation24 is not None:
        shifted = (translations24 + magnetic.reversed_translation24) % TURN
        rotations, translations24 = np.concatenate([rotations] * 2), np.concatenate([translations24, shifted])
        reversed24 = np.repeat([0, TURN // 2], len(shifted))
    order = operation_order(rotations, translations24)
    group = Operations(
        setting=magnetic,
        rotations=rotations[order],
        translations24=translations24[order],
        characters24=character * reversed24[order],
    )
    check_group(group)
    return group
