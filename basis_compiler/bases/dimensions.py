"""How many invariant functions there are, shell by shell (T3): the trace of the projector onto them.

    dimension of a shell = (1/|G|) sum_g conj(chi(g)) sum_{k: kR = k} exp(2 pi i k.t)

With chi = 1 these are the invariant functions, with another character those that have it (T9).

The sum of 24th roots of unity is computed in Z[zeta_24], so it is exact.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from basis_compiler.bases.cyclotomic import POWERS_OF_ZETA
from basis_compiler.groups.spglib_database import operations_of
from basis_compiler.proof import require
from basis_store import TURN, Operations, wave_norm
from basis_store.array_types import IntArray
from basis_store.groups.representation import RepresentationName
from basis_store.groups.wave_index import dot_columns
from basis_store.groups.wave_shells import CODE


def dimensions(group: Operations | RepresentationName, waves: NDArray[np.integer]) -> dict[int, int]:
    """T3 shell by shell: norm -> dimension of the invariant functions on the ``waves`` of that norm.

    Args:
        group: all operations, modulo lattice translations; or the setting or its name; or a representation, for
            functions with its character instead of invariant ones (T9).
        waves: (n, d), complete shells; d is 3, or 2 for plane groups.

    Raises:
        SettingError: there is no setting of this name, or it is a bare number.
        CertificateError: a sum is not an integer multiple of the group's order.
    """
    group = operations_of(group)
    columns = np.ascontiguousarray(np.asarray(waves).T, dtype=np.int64)
    return dimensions_of_columns(group, columns, wave_norm(np.asarray(waves), group.setting.lattice_family))


def dimensions_of_columns(group: Operations, columns: IntArray, norms: IntArray) -> dict[int, int]:
    """The same as :func:`dimensions` for waves as (d, n) columns and their (n,) norms."""
    code = CODE[: len(columns)]
    codes, residues = dot_columns(columns, code), (columns % TURN).astype(np.int16)
    # counts[s, p]: pairs (g, k) with norm(k) = s, kR = k and k.t - c = p/24 mod 1.
    counts = np.zeros((int(norms.max(initial=0)) + 1) * TURN, dtype=np.int64)
    for rotation, shifts in by_rotation(group):
        fixed = np.flatnonzero(dot_columns(columns, rotation @ code) == codes)
        slots, fixed_residues = norms[fixed] * TURN, residues[:, fixed]
        for translation, character in shifts:
            phases = (dot_columns(fixed_residues, translation) - character) % TURN
            counts += np.bincount(slots + phases, minlength=counts.size)
    sums = counts.reshape(-1, TURN) @ POWERS_OF_ZETA
    require(
        not sums[:, 1:].any() and not (sums[:, 0] % len(group)).any(),
        group.setting,
        "the character sum of T3 is not a whole number",
    )
    return {shell: int(sums[shell, 0]) // len(group) for shell in np.flatnonzero(np.bincount(norms)).tolist()}


def by_rotation(group: Operations) -> list[tuple[IntArray, list[tuple[IntArray, int]]]]:
    """Each distinct rotation with the translation (d,) and c, in 24ths, of every operation that has it."""
    shifts: dict[bytes, list[tuple[IntArray, int]]] = {}
    for rotation, translation, c in zip(group.rotations, group.translations24, group.characters24, strict=True):
        shifts.setdefault(rotation.tobytes(), []).append((translation, int(c)))
    shape = group.rotations.shape[1:]
    return [(np.frombuffer(key, np.int64).reshape(shape), members) for key, members in shifts.items()]
