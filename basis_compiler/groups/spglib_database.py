"""The operations of a group from spglib's database, as exact integers in an order of our own (D1)."""

from __future__ import annotations

import functools
import os

import numpy as np

from basis_store import TURN, CertificateError, MagneticGroup, Operations, PlaneGroup, Setting, check_group
from basis_store.groups.low_dimensional.plane_operations import plane_operations
from basis_store.groups.magnetic.magnetic_operations import magnetic_operations
from basis_store.groups.operations import operation_order
from basis_store.groups.representation import Representation, RepresentationName, as_representation

# Spglib's C library otherwise prints every attempt that fails on the way to a group.
os.environ.setdefault("SPGLIB_WARNING", "OFF")


def operations(setting: RepresentationName) -> Operations:
    """The exact operations of a setting, checked to form a group, with a character that is checked as well.

    Args:
        setting: a setting, or its name as :meth:`Setting.parse` reads it; a magnetic group or a plane group, or
            its name, such as ``"BNS:62.446"`` or ``"plane:17"``; or a representation or its name, such as
            ``"136:B1g"`` or ``"62.446:odd"``.

    Raises:
        SettingError: there is no setting of this name, or it is a bare number.
        CertificateError: the database's entry is not exact in 24ths, or is not a group.
    """
    return _represented(as_representation(setting))


def operations_of(group: Operations | RepresentationName) -> Operations:
    """A group as it is given, or the :func:`operations` of a setting."""
    return group if isinstance(group, Operations) else operations(group)


@functools.cache
def _represented(representation: Representation) -> Operations:
    setting = representation.setting
    if isinstance(setting, MagneticGroup):
        return magnetic_operations(setting, _represented(Representation(setting.setting)), representation.number)
    if isinstance(setting, PlaneGroup):
        return plane_operations(setting, _represented(Representation(setting.setting, representation.number)))
    group = _operations(representation.space_setting)
    if representation.is_trivial:
        return group
    group = representation.operations(group)
    check_group(group)
    return group


@functools.cache
def _operations(setting: Setting) -> Operations:
    import spglib  # noqa: PLC0415 - what computes with operations that a store has needs no database

    database = spglib.get_symmetry_from_database(setting.hall_number)
    if database is None:
        raise CertificateError(f"spglib has no operations for {setting.label}")
    scaled = np.asarray(database["translations"], dtype=np.float64) * TURN
    translations24 = np.rint(scaled).astype(np.int64)
    if np.abs(scaled - translations24).max() > 1e-6:
        raise CertificateError(f"spglib's translations of {setting.label} are not multiples of 1/{TURN}")
    rotations = np.asarray(database["rotations"], dtype=np.int64)
    translations24 %= TURN
    # An order of our own: hashes and witnesses must not depend on spglib's.
    order = operation_order(rotations, translations24)
    group = Operations(setting=setting, rotations=rotations[order], translations24=translations24[order])
    check_group(group)
    return group
