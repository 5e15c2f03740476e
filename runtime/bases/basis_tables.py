"""The integer buffers of a basis, from the columns of a compiled setting."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from basis_store import CompiledSetting
from runtime.encoding.cosine_terms import cosine_terms
from runtime.encoding.routing_matrix import wave_rows


def basis_tables(
    compiled: CompiledSetting, shared_waves: NDArray[np.integer], n_functions: int
) -> dict[str, NDArray[np.integer]]:
    """The integer buffers of a :class:`runtime.Basis`: its first ``n_functions`` functions.

    The constant is one of them, unless the character is not trivial.
    """
    n_orbits = n_functions - compiled.n_constants
    n_waves = int(compiled.orbit_starts[n_orbits])
    constant = np.zeros(compiled.n_constants, np.int64)
    zero = np.zeros((compiled.n_constants, compiled.setting.dimension), np.int64)
    waves = np.concatenate([zero, compiled.waves[:n_waves]])
    counts = np.concatenate([constant + 1, compiled.orbit_sizes[:n_orbits]])
    return {
        "waves": waves,
        "orbits": np.repeat(np.arange(n_functions), counts),
        "phases24": np.concatenate([constant, compiled.phases24[:n_waves]]),
        "counts": counts,
        "parts": np.concatenate([constant, compiled.parts[:n_orbits]]),
        "real_phases24": np.concatenate([constant, compiled.real_phases24[:n_orbits]]),
        "norms": np.concatenate([constant, compiled.norms[:n_orbits]]),
        "rotations": compiled.rotations,
        "translations24": compiled.translations24,
        "characters24": compiled.characters24,
        "shifts24": compiled.shifts24,
        "shift_orders": compiled.shift_orders,
        "shift_directions": compiled.shift_directions,
        "shared_waves": shared_waves,
        "_wave_rows": wave_rows(compiled, waves),
        **cosine_terms(compiled, n_orbits),
    }
