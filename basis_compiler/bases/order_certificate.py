"""Statement 7 of the certificate: a compiled setting has the order and the normal form of the format.

Orbits follow the first wave of O u -O, O before -O. The waves of O are in store order; those of -O are minus those
of O, one by one. So equal bases have equal hashes.
"""

from __future__ import annotations

import numpy as np

from basis_compiler.bases.wave_listing import IDENTITY, OrbitListing
from basis_compiler.proof import require
from basis_store import TURN, CompiledSetting, Setting
from basis_store.array_types import IntArray
from basis_store.groups.wave_shells import in_store_order


def prove_order(compiled: CompiledSetting, listing: OrbitListing) -> None:
    """Prove the order of orbits and waves, and that of phases.

    Raises:
        CertificateError: naming the setting and what is out of order.
    """
    setting, phases = compiled.setting, compiled.phases24
    require(bool(((phases >= 0) & (phases < TURN)).all()), setting, "a phase does not lie in 0 to 23")
    require(not phases[compiled.orbit_starts[:-1]].any(), setting, "a root has a phase other than 0")
    # Which absent orbits are pairs is not stored.
    opposite = listing.images(-IDENTITY)[listing.starts]
    parts = listing.orbits[opposite] - np.arange(len(opposite))
    n_orbits, n_waves = compiled.n_orbits, len(compiled.waves)
    for orbits, waves in (
        (slice(n_orbits), slice(n_waves)),
        (slice(n_orbits, None), slice(n_waves, None)),
    ):
        codes, norms = listing.codes[waves], listing.norms[waves]
        _prove_order_of_orbits(setting, codes, norms, listing.sizes[orbits], parts[orbits])


def _prove_order_of_orbits(
    setting: Setting, codes: IntArray, norms: IntArray, sizes: IntArray, parts: IntArray
) -> None:
    starts = np.cumsum(sizes) - sizes
    # 1. Each -O is next to its O and as large.
    seconds = np.flatnonzero(parts == -1)
    require(
        bool((np.abs(parts) <= 1).all())
        and np.array_equal(np.flatnonzero(parts == 1) + 1, seconds)
        and np.array_equal(sizes[seconds], sizes[seconds - 1]),
        setting,
        "-O does not follow O",
    )
    # 2. Its waves are minus those of O.
    mirrored = np.repeat(parts == -1, sizes)
    rows = np.flatnonzero(mirrored)
    back = np.repeat(sizes[seconds], sizes[seconds])
    require(
        np.array_equal(codes[rows], -codes[rows - back]),
        setting,
        "the waves of -O are not minus those of O, in order",
    )
    # 3. The waves of O descend, and the first is the first of O u -O.
    upright = np.where(mirrored, -codes, codes)
    inside = np.ones(len(codes), dtype=bool)
    inside[starts] = False
    require(bool((np.diff(upright) < 0)[inside[1:]].all()), setting, "the waves of an orbit are out of order")
    require(
        bool((np.abs(upright) <= np.repeat(upright[starts], sizes)).all()),
        setting,
        "a root is not the first wave of its orbit",
    )
    # 4. The orbits follow their roots.
    heads = np.delete(starts, seconds)
    require(in_store_order(codes[heads], norms[heads]), setting, "the orbits are out of order")
