"""The operations of a plane group: those of its space-group setting, without the third coordinate."""

from __future__ import annotations

import numpy as np

from basis_store.errors import CertificateError
from basis_store.groups.low_dimensional.plane_group import PlaneGroup
from basis_store.groups.operations import Operations, check_group


def plane_operations(plane: PlaneGroup, space: Operations) -> Operations:
    """The operations of a plane group, with the characters of those of space; checked to form a group.

    Args:
        plane: the group.
        space: the operations of its :attr:`~PlaneGroup.setting`.

    Raises:
        CertificateError: they move z, or are no group.
    """
    rotations, translations24 = space.rotations, space.translations24
    z = np.array([0, 0, 1])
    kept = (rotations[:, 2] == z).all() and (rotations[:, :, 2] == z).all() and not translations24[:, 2].any()
    if not kept:
        raise CertificateError(f"an operation of {space.setting.label} moves z, so it has no plane group")
    # The order stays: the third row and column are the same in all operations.
    group = Operations(
        setting=plane,
        rotations=np.ascontiguousarray(rotations[:, :2, :2]),
        translations24=np.ascontiguousarray(translations24[:, :2]),
        characters24=space.characters24,
    )
    check_group(group)
    return group
