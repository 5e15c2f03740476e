"""What the arrays of a store have to satisfy so that everything can be computed from them, within bounds.

Damage is found by hashes. This is about files whose hashes are right and whose content is not, as another program
may have written it. That a basis is *true* is for the certificate to prove (``sgbasis verify``); here every index
points at something, every table has a size that its entries fill, and every group is finite.
"""

from __future__ import annotations

import math

import numpy as np

from basis_store.array_types import Int16Array
from basis_store.bases.compiled_setting import CompiledSetting
from basis_store.bases.schema import CHARACTERS, COLUMNS, MAX_OPERATIONS, SHARED_WAVES
from basis_store.files.stored_arrays import ContentError
from basis_store.groups.group import LatticeFamily
from basis_store.groups.wave_shells import CODE, in_store_order, number_of_waves, wave_norm

_MAX_PADDING = 4
"""Entries of a padded table per wave, orbits times the largest size: 2.6 in the smallest balls, less in others."""
_CUBE_PER_BALL = 16
"""Upper bound of the points of a cube per point of the ball that touches its faces, in both lattice families."""


def check_shared_waves(family: LatticeFamily, waves: Int16Array, max_norm: int) -> None:
    """Raise :class:`ContentError` unless ``waves`` (n, d) are the ball of norm ``max_norm`` in store order."""
    norms = wave_norm(waves, family)
    dimension = waves.shape[1]
    complete = len(waves) == number_of_waves(family, max_norm, dimension)
    complete = complete and bool((norms <= max_norm).all() and norms.all())
    if not complete or not in_store_order(waves.astype(np.int64) @ CODE[:dimension], norms):
        raise ContentError(f"{SHARED_WAVES[family].path} is not the ball of its recipe")


def check_setting(compiled: CompiledSetting) -> None:
    """Check one setting as it was read.

    Raises:
        ContentError: naming the setting, the array and what is wrong.
    """
    try:
        for column in (*COLUMNS, CHARACTERS):
            column.check_range(getattr(compiled, column.name))
        _check_operations(compiled)
        _check_orbits(compiled)
        _check_waves(compiled)
    except ContentError as error:
        raise ContentError(f"in {compiled.label} {error}") from None


def _check_operations(compiled: CompiledSetting) -> None:
    rotations = compiled.rotations.astype(np.int64)
    if not 1 <= len(rotations) <= MAX_OPERATIONS:
        raise ContentError(f"operations/rotations lists {len(rotations)} operations")
    unit = np.eye(compiled.setting.dimension)
    if not np.array_equal(rotations[0], unit) or compiled.translations24[0].any():
        raise ContentError("operations/rotations does not begin with the identity")
    # Every crystallographic rotation has order 1, 2, 3, 4 or 6.
    square = rotations @ rotations
    fourth = square @ square
    if not np.array_equal(fourth @ fourth @ fourth, np.broadcast_to(unit, rotations.shape)):
        raise ContentError("operations/rotations has a matrix that is no crystallographic rotation")
    if compiled.characters24[0] or bool(compiled.characters24.any()) != bool(compiled.character):
        raise ContentError("operations/characters24 does not fit settings/characters")
    if len(compiled.witnesses) and compiled.witnesses.max() >= len(rotations):
        raise ContentError("absences/witnesses names an operation that is not listed")
    if max(len(compiled.shift_orders), len(compiled.shift_directions)) > len(unit):
        raise ContentError(f"origin_shifts or origin_directions lists more than {len(unit)}")


def _check_orbits(compiled: CompiledSetting) -> None:
    for name, waves in (("orbit_sizes", "waves"), ("absence_sizes", "absent_waves")):
        if getattr(compiled, name).sum(dtype=np.int64) != len(getattr(compiled, waves)):
            raise ContentError(f"{name} does not fit {waves}")
    sizes, parts = compiled.orbit_sizes, compiled.parts
    if len(sizes) * int(sizes.max(initial=0)) > _MAX_PADDING * len(compiled.waves):
        raise ContentError("orbits/orbit_sizes has a few large orbits among many small ones")
    second = np.flatnonzero(parts == -1)
    if not np.array_equal(np.flatnonzero(parts == 1) + 1, second) or (sizes[second] != sizes[second - 1]).any():
        raise ContentError("orbits/parts does not consist of pairs and single orbits")
    if compiled.real_phases24[parts != 0].any():
        raise ContentError("orbits/real_phases24 gives a phase to an orbit of a pair")
    if not compiled.representation.is_real and (parts.any() or compiled.real_phases24.any()):
        raise ContentError("orbits/parts or real_phases24 speaks of real functions, but the character is complex")


def _check_waves(compiled: CompiledSetting) -> None:
    family, limit, dimension = compiled.setting.lattice_family, compiled.norm_limit, compiled.setting.dimension
    n_waves = len(compiled.waves) + len(compiled.absent_waves)
    # The cube first: counting a ball takes as long as it is large.
    cube = (2 * math.isqrt(limit // 3) + 1) ** dimension
    if cube > _CUBE_PER_BALL * (n_waves + 1) or n_waves != number_of_waves(family, limit, dimension):
        raise ContentError(f"{n_waves} waves are not all up to norm {limit}")
    for waves in (compiled.waves, compiled.absent_waves):
        norms = wave_norm(waves, family)
        if not norms.all() or norms.max(initial=0) > limit:
            raise ContentError(f"a wave is 0 or beyond norm {limit}")
    if (np.diff(compiled.norms) < 0).any():
        raise ContentError("its orbits are not in the order of their norms")
