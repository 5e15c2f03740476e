"""One compiled setting as three flat arrays over its waves, for use without this package."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from basis_store.bases.compiled_setting import CompiledSetting
from basis_store.bases.schema import KEYS
from basis_store.groups.wave_shells import store_order, wave_norm


def flat_arrays(compiled: CompiledSetting, *, radius: float | None = None) -> dict[str, NDArray[Any]]:
    """Arrays ``waves``, ``orbit``, ``phase24``, ``rotations``, ``translations24``, ``hall_number``.

    Of a magnetic group ``uni_number`` in place of ``hall_number``, of a plane group ``plane_number``.
    For functions of another character than the trivial one also ``characters24`` (T9).

    Args:
        compiled: the setting.
        radius: only waves of norm up to ``3 radius^2``; default, all that the store has.

    Returns:
        ``waves`` (n, 3) int16 in store order without 0, ``orbit`` (n,) int32 with -1 for systematic absences,
        ``phase24`` (n,) int8 with 0 at each root and for absences.

    Raises:
        CutoffError: ``radius`` lies beyond what is compiled.
    """
    limit = compiled.norm_limit if radius is None else compiled.norm_within(radius)
    waves = np.concatenate([compiled.waves, compiled.absent_waves])
    orbit = np.repeat(np.arange(compiled.n_orbits, dtype=np.int32), compiled.orbit_sizes)
    absent = len(compiled.absent_waves)
    orbit = np.concatenate([orbit, np.full(absent, -1, np.int32)])
    phase24 = np.concatenate([compiled.phases24, np.zeros(absent, np.int8)])
    norms = wave_norm(waves, compiled.setting.lattice_family)
    order = store_order(waves, norms)
    order = order[norms[order] <= limit]
    character = {"characters24": compiled.characters24} if compiled.character else {}
    return {
        "waves": waves[order],
        "orbit": orbit[order],
        "phase24": phase24[order],
        "rotations": compiled.rotations,
        "translations24": compiled.translations24,
        KEYS[compiled.setting.kind].name: np.array(compiled.setting.key),
        **character,
    }
