"""Prove the orbits of a field: they are compiled in memory, with the certificate of a store, and compared."""

from __future__ import annotations

import math

import numpy as np

from basis_store import CertificateError, FieldCoefficients, ball_norm, wave_norm
from basis_store.groups.wave_shells import CODE

MAX_PROVED_RADIUS = 40
"""268,000 waves: seconds."""


def prove_orbits(field: FieldCoefficients) -> int:
    """Compile the setting as far as the functions of a field reach, prove it (T3), and compare.

    Args:
        field: its roots, sizes, parts and phases are compared.

    Returns:
        The norm up to which they are proved: that of all of them, or of :data:`MAX_PROVED_RADIUS`.

    Raises:
        CertificateError: a function is not one of the setting.
    """
    from basis_compiler import compile_setting

    norms = wave_norm(field.roots, field.setting.lattice_family)
    radius = max(1, math.isqrt(int(norms.max()) // 3) + 1)
    compiled = compile_setting(field.representation, radius=min(radius, MAX_PROVED_RADIUS), min_functions=1)
    limit = ball_norm(min(radius, MAX_PROVED_RADIUS))
    within = (norms > 0) & (norms <= limit)
    order = np.argsort(codes := compiled.roots.astype(np.int64) @ CODE)
    wanted = field.roots[within].astype(np.int64) @ CODE
    rows = order[np.searchsorted(codes, wanted, sorter=order).clip(max=len(order) - 1)]
    pairs = (
        (codes[rows], wanted),
        (compiled.orbit_sizes[rows], field.sizes[within]),
        (compiled.parts[rows], field.parts[within]),
        (compiled.real_phases24[rows], field.real_phases24[within]),
    )
    if not all(np.array_equal(one, other) for one, other in pairs):
        raise CertificateError(f"a function of the field is none of {field.representation.label}")
    return min(limit, int(norms.max()))
