"""Compile the vector fields with the symmetry of a group, exactly, and prove them (T10).

The coefficient of the root of an orbit O of waves lies in a space V that the operations which fix the root allow;
those of the other waves follow from it. If O = -O, some vectors of V that give real fields are a basis of V, and
each is a function. Otherwise each vector of a basis gives two: twice the real and the imaginary part of its field.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from basis_compiler.bases.cyclotomic import CONJUGATE, TIMES_ZETA
from basis_compiler.vector_fields.vector_certificate import prove_vector_basis
from basis_compiler.vector_fields.vector_gains import VectorGains, vector_gains
from basis_compiler.vector_fields.wave_vectors import allowed_vectors
from basis_store import TURN, VectorBasis, ball_norm, wave_norm, waves_within
from basis_store.array_types import IntArray
from basis_store.errors import CutoffError
from basis_store.groups.representation import RepresentationName
from basis_store.groups.wave_shells import CODE

MAX_VECTOR_RADIUS = 20


class _Functions(NamedTuple):
    """Some functions on one set of waves.

    Attributes:
        waves: (n, 3), the root first.
        coefficients: (f, n, 3, 8).
    """

    waves: IntArray
    coefficients: IntArray


def compile_vector_basis(name: RepresentationName, *, axial: bool, radius: float = 3) -> VectorBasis:
    """Compile and prove the real vector fields of a group up to a radius; see :class:`basis_store.VectorBasis`.

    Args:
        name: a group with its character chi. For a magnetisation the odd fields of a magnetic group,
            ``"62.446:odd"``; for fields that time reversal does not change, such as displacements, the even ones,
            ``"62.446"``, or a space group, ``"Pnma"``.
        axial: whether reflections act with an additional sign: True for a magnetisation, False for displacements,
            polarisations and currents.
        radius: of the ball of waves, as in :class:`basis_store.Recipe`; need not be an integer.

    Raises:
        SettingError: there is no such group or character; grey groups have no odd fields.
        CharacterError: the character is complex.
        CutoffError: the radius is no number from 0 to 20.
        CertificateError: the result fails its proof.
    """
    gains = vector_gains(name, axial=axial)
    norm_limit = ball_norm(radius)
    if radius > MAX_VECTOR_RADIUS:
        raise CutoffError(f"vector fields are compiled up to radius {MAX_VECTOR_RADIUS}, not {radius}")
    family = gains.representation.setting.lattice_family
    waves = np.concatenate([np.zeros((1, 3), np.int64), waves_within(family, norm_limit).astype(np.int64)])
    blocks, done = [], set[int]()
    for root, code in zip(waves, (waves @ CODE).tolist(), strict=True):
        if code not in done:
            block, members = _functions_of_orbit(root, gains)
            done |= members
            blocks.append(block)
    counts = [len(block.coefficients) for block in blocks]
    roots = np.repeat(np.array([block.waves[0] for block in blocks]), counts, axis=0)
    lengths = np.repeat([len(block.waves) for block in blocks], counts)
    basis = VectorBasis(
        representation=gains.representation,
        axial=axial,
        norm_limit=norm_limit,
        roots=roots,
        norms=wave_norm(roots, family),
        functions=np.repeat(np.arange(len(roots)), lengths),
        waves=np.concatenate([np.tile(one.waves, (len(one.coefficients), 1)) for one in blocks]),
        coefficients=np.concatenate([one.coefficients.reshape(-1, 3, 8) for one in blocks]),
    )
    prove_vector_basis(basis)
    return basis


def _functions_of_orbit(root: IntArray, gains: VectorGains) -> tuple[_Functions, set[int]]:
    """The functions on the orbit O of a wave and on -O; and the codes of all waves of O and -O."""
    images = root @ gains.group.rotations
    codes, code = images @ CODE, int(root @ CODE)
    phases24 = gains.phases24(root[None])[0]
    # 1. One operation for each wave of the orbit, the root first, then in store order.
    found, carriers = np.unique(-codes, return_index=True)
    carriers = np.concatenate([carriers[found == -code], carriers[found != -code]])
    members = set((-found).tolist()) | set(found.tolist())
    # 2. The vectors of the root.
    fixing, turning = np.flatnonzero(codes == code), np.flatnonzero(codes == -code)
    opposite = (gains.inverses[turning[0]], int(phases24[turning[0]])) if len(turning) else None
    vectors = allowed_vectors(gains.inverses[fixing], phases24[fixing], opposite)
    # 3. Those of the other waves.
    waves = images[carriers]
    rotated = np.einsum("wij,fjp->fwip", gains.inverses[carriers], vectors)
    coefficients = np.einsum("fwip,wpq->fwiq", rotated, TIMES_ZETA[phases24[carriers]])
    if opposite is not None:
        return _Functions(waves, coefficients), members
    # 4. m + conj(m), and (m - conj(m))/i.
    both = np.stack([coefficients, coefficients @ TIMES_ZETA[-TURN // 4 % TURN]], axis=1).reshape(
        -1, len(waves), 3, 8
    )
    return _Functions(np.concatenate([waves, -waves]), np.concatenate([both, both @ CONJUGATE], axis=1)), members
