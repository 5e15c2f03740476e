"""Statement 7 of the certificate: a compiled setting has the order and the normal form of the format.

Orbits follow the first wave of O u -O, O before -O. The waves of O are in store order; those of -O are minus those
of O, one by one. So equal bases have equal hashes. (With a complex character -O may be absent where O is not, T9.)
"""

from __future__ import annotations

import numpy as np

from basis_compiler.bases.wave_listing import OrbitListing
from basis_compiler.proof import require
from basis_store import TURN, CompiledSetting, Representation
from basis_store.array_types import BoolArray, IntArray
from basis_store.groups.wave_shells import in_store_order


def prove_order(compiled: CompiledSetting, listing: OrbitListing) -> None:
    """Prove the order of orbits and waves, and that of phases.

    Raises:
        CertificateError: naming the setting and what is out of order.
    """
    setting, phases = compiled.representation, compiled.phases24
    require(bool(((phases >= 0) & (phases < TURN)).all()), setting, "a phase does not lie in 0 to 23")
    require(not phases[compiled.orbit_starts[:-1]].any(), setting, "a root has a phase other than 0")
    opposite = listing.orbits[listing.images(-listing.identity)[listing.starts]]
    single = opposite == np.arange(len(opposite))
    n_orbits, n_waves = compiled.n_orbits, len(compiled.waves)
    for orbits, waves in (
        (slice(n_orbits), slice(n_waves)),
        (slice(n_orbits, None), slice(n_waves, None)),
    ):
        codes, norms = listing.codes[waves], listing.norms[waves]
        _prove_order_of_orbits(setting, codes, norms, listing.sizes[orbits], single[orbits])


def _prove_order_of_orbits(
    setting: Representation, codes: IntArray, norms: IntArray, sizes: IntArray, single: BoolArray
) -> None:
    starts = np.cumsum(sizes) - sizes
    # 1. The first wave of O u -O is leading, so the sign of its root says which of the two an orbit is.
    signs = np.where(single, 1, np.sign(codes[starts]))
    upright = codes * np.repeat(signs, sizes)
    # 2. The waves of O descend from the first of O u -O; those of -O are minus those of O, one by one.
    inside = np.ones(len(codes), dtype=bool)
    inside[starts] = False
    require(bool((np.diff(upright) < 0)[inside[1:]].all()), setting, "the waves of an orbit are out of order")
    require(
        bool((np.abs(upright) <= np.repeat(upright[starts], sizes)).all()),
        setting,
        "a root is not the first wave of its orbit",
    )
    # 3. The orbits follow their roots, O before -O.
    ranks = 2 * upright[starts] + (signs > 0)
    require(in_store_order(ranks, norms[starts]), setting, "the orbits are out of order")
