"""The vectors that a wave may have as its coefficient, exactly, from the operations that fix the wave (T10).

    V_k = {v: exp(2 pi i k.t) s_g R^-1 v = v for all g with kR = k}

is the image of the projector (1/|S|) sum of these maps over the |S| operations, a matrix over Q(zeta). Where an
operation h takes k to -k, a field is real if and only if v = A v with A v = conj(exp(2 pi i k.t) s_h R^-1 v). A is
an antilinear involution of V_k, so that V_k has a basis of such v: taken from v + A v and i (v - A v).
"""

from __future__ import annotations

import functools

import numpy as np

from basis_compiler.bases.cyclotomic import CONJUGATE, POWERS_OF_ZETA, TIMES_ZETA, IndependentRows, residues
from basis_store import TURN
from basis_store.array_types import IntArray


def allowed_vectors(inverses: IntArray, phases24: IntArray, opposite: tuple[IntArray, int] | None) -> IntArray:
    """(d, 3, 8) a basis of V_k in Z[zeta], without common divisors; real in the sense above where k ~ -k.

    Args:
        inverses: (s, 3, 3) R^-1 of the operations that fix the wave.
        phases24: (s,) the phase of exp(2 pi i k.t) s_g of each of them, in 24ths.
        opposite: R^-1 (3, 3) and the phase of an operation that takes the wave to its opposite, or None.
    """
    other = None if opposite is None else (opposite[0].astype(np.int8).tobytes(), int(opposite[1]))
    return _allowed(inverses.astype(np.int8).tobytes(), phases24.astype(np.int8).tobytes(), other)


@functools.lru_cache(maxsize=1 << 14)
def _allowed(inverses: bytes, phases24: bytes, opposite: tuple[bytes, int] | None) -> IntArray:
    # 1. The columns of the projector, times |S|: the projections of the three axes.
    powers = POWERS_OF_ZETA[np.frombuffer(phases24, np.int8)]
    columns = np.einsum("gij,gp->jip", _matrices(inverses), powers)
    # 2. Candidates: these, or what is real of them and of i times them.
    if opposite is None:
        candidates = columns
    else:
        (matrix,), phase = _matrices(opposite[0]), opposite[1]
        images = np.einsum("ij,njp->nip", matrix, columns) @ TIMES_ZETA[phase] @ CONJUGATE
        candidates = np.stack([columns + images, (columns - images) @ TIMES_ZETA[TURN // 4]], axis=1).reshape(
            -1, 3, 8
        )
    # 3. Those that are independent of the ones before.
    found, chosen = IndependentRows(), []
    for candidate in candidates:
        if candidate.any():
            vector = candidate // np.gcd.reduce(candidate, axis=None)
            if found.add(residues(vector)):
                chosen.append(vector)
    result = np.array(chosen, dtype=np.int64).reshape(-1, 3, 8)
    result.setflags(write=False)
    return result


def _matrices(key: bytes) -> IntArray:
    return np.frombuffer(key, np.int8).reshape(-1, 3, 3).astype(np.int64)
