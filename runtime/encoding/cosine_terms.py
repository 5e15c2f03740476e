"""Real basis functions as padded sums of cosines: f = sum sqrt(square / count) cos(2 pi (k.x + phase)).

Half of the waves suffice: O = -O needs one of each k, -k (square 4); sqrt2 Re and sqrt2 Im of psi_O need the waves
of O alone (square 2), Im with a quarter turn less. Padding has square 0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from basis_store import TURN, CompiledSetting
from basis_store.groups.wave_shells import is_leading


def cosine_terms(compiled: CompiledSetting, n_orbits: int) -> dict[str, NDArray[np.integer]]:
    """The terms of the constant and of the functions of the first ``n_orbits`` orbits, as buffers of a basis.

    Where ``n_orbits`` ends between the two functions of a pair O, -O, the second is added: the complex form of the
    first needs it.

    Returns:
        ``_term_waves`` (rows, terms, 3), ``_term_phases24`` and ``_term_squares`` (rows, terms), ``_term_counts``
        (rows, 1); one row per function.
    """
    # 1. Waves and phases of all terms.
    rows = n_orbits + int(n_orbits > 0 and compiled.parts[n_orbits - 1] == 1)
    starts = compiled.orbit_starts
    orbit = np.repeat(np.arange(rows), compiled.orbit_sizes[:rows])
    part = compiled.parts[orbit]
    waves = compiled.waves[: starts[rows]].astype(np.int64)
    phases = compiled.phases24[: starts[rows]].astype(np.int64) + compiled.real_phases24[orbit]
    # sqrt2 Im psi_O = sum sin(2 pi (k.x + theta)) over O, whose waves and phases are minus those listed for -O.
    sign = np.where(part == -1, -1, 1)
    waves, phases = waves * sign[:, None], phases * sign - np.where(part == -1, 6, 0)
    # 2. One of each k, -k where O = -O; the row and column of each term.
    used = np.flatnonzero(is_leading(waves) | (part != 0))
    used_orbit = orbit[used]
    lengths = np.bincount(used_orbit, minlength=rows)
    column = np.arange(len(used)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    # 3. Padded tables; row 0 is the constant.
    shape = (rows + 1, int(lengths.max(initial=1)))
    terms: dict[str, NDArray[np.integer]] = {
        "_term_waves": np.zeros((*shape, 3), np.int64),
        "_term_phases24": np.zeros(shape, np.int64),
        "_term_squares": np.zeros(shape, np.int64),
        "_term_counts": np.ones((shape[0], 1), np.int64),
    }
    terms["_term_waves"][used_orbit + 1, column] = waves[used]
    terms["_term_phases24"][used_orbit + 1, column] = phases[used] % TURN
    terms["_term_squares"][used_orbit + 1, column] = np.where(part[used] == 0, 4, 2)
    terms["_term_squares"][0, 0] = 1
    terms["_term_counts"][1:, 0] = compiled.orbit_sizes[:rows]
    return terms
