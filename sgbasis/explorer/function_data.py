"""The functions of a setting for the browser: the store's integers, as plain values for JSON."""

from __future__ import annotations

from typing import Any

from basis_store import CompiledSetting
from sgbasis.pictures.cell_drawing import drawn_lattice


def function_data(compiled: CompiledSetting, count: int | None = None) -> dict[str, Any]:
    """What ``site/src/functions/waveSum.ts`` reads; f(x) = sqrt(q) sum_k cos(2 pi (k.x + p_k / 24)).

    Args:
        compiled: a setting with real functions.
        count: how many functions, the constant included; default: all.

    Returns:
        ``lattice`` (3 rows), and of all functions, one after the other: ``terms`` (how many cosines each has),
        ``numerators`` and ``sizes`` (q = numerator / size), ``norms``, ``waves`` (three integers a cosine) and
        ``phases24`` (one).
    """
    wanted = compiled.n_functions if count is None else count
    listed = compiled.real_functions(wanted)
    terms = [0] * wanted
    for function in listed.functions.tolist():
        terms[function] += 1
    constants = [0] * compiled.n_constants
    return {
        "label": compiled.label,
        "lattice": drawn_lattice(compiled).round(6).tolist(),
        "terms": terms,
        "numerators": listed.numerators.tolist(),
        "sizes": listed.orbit_sizes.tolist(),
        "norms": (constants + compiled.norms.tolist())[:wanted],
        "waves": listed.waves.reshape(-1).tolist(),
        "phases24": listed.phases24.tolist(),
    }
