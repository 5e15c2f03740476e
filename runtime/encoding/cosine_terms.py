"""Real basis functions as padded sums of cosines: f = sum sqrt(square / count) cos(2 pi (k.x + phase)).

The terms are those of :class:`basis_store.CosineTerms`, one row per function. Padding has square 0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from basis_store import CompiledSetting


def cosine_terms(compiled: CompiledSetting, n_orbits: int) -> dict[str, NDArray[np.integer]]:
    """The terms of the constant, if there is one, and of the first ``n_orbits`` orbits, as buffers of a basis.

    Where ``n_orbits`` ends between the two functions of a pair O, -O, the second is added: the complex form of the
    first needs it. Where the character is complex, each orbit has two rows, sqrt2 Re psi_O and sqrt2 Im psi_O.

    Returns:
        ``_term_waves`` (rows, terms, 3), ``_term_phases24`` and ``_term_squares`` (rows, terms), ``_term_counts``
        (rows, 1); one row per function. Waves of the plane have l = 0.
    """
    if compiled.representation.is_real:
        rows = compiled.n_constants + n_orbits + int(n_orbits > 0 and compiled.parts[n_orbits - 1] == 1)
        terms = compiled.real_functions(rows)
    else:
        rows, terms = 2 * n_orbits, compiled.complex_parts(n_orbits)
    lengths = np.bincount(terms.functions, minlength=rows)
    columns = np.arange(len(terms.functions)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    shape = (rows, int(lengths.max()))
    waves, phases, squares = np.zeros((*shape, 3), np.int64), np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    waves[terms.functions, columns, : terms.waves.shape[1]] = terms.waves
    phases[terms.functions, columns] = terms.phases24
    squares[terms.functions, columns] = terms.numerators[terms.functions]
    return {
        "_term_waves": waves,
        "_term_phases24": phases,
        "_term_squares": squares,
        "_term_counts": terms.orbit_sizes[:, None],
    }
