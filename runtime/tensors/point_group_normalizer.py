"""The normalizer of a point group: operations that map the group to itself by conjugation.

Where axes were chosen by a convention that cannot be checked afterwards, a tensor is known only up to the
normalizer (International Tables A, section 3.5): the sign of e14 in class -43m, or the names of a and b in class
mm2. The part of it that permutes or reverses the axes of the crystal family is finite, and is used here.
"""

from __future__ import annotations

import itertools

import numpy as np

from basis_store import CompiledSetting, CrystalRecord
from basis_store.array_types import BoolArray, FloatArray
from basis_store.tensors.cartesian_frame import cartesian_frame


def normalizer_cosets(record: CrystalRecord, compiled: CompiledSetting) -> FloatArray:
    """Operations of the crystal family that normalize the point group, one for each coset of the group.

    They are of m-3m for cubic, tetragonal and orthorhombic crystals, of 6/mmm for trigonal and hexagonal ones, and
    reversals of the axes of the reference frame for monoclinic and triclinic ones.

    Args:
        record: the crystal.
        compiled: its setting.

    Returns:
        (c, 3, 3) orthogonal matrices in the record's Cartesian frame; the identity first.
    """
    frame = cartesian_frame(record.setting, record.lattice)
    basis = frame @ record.lattice.T  # columns: cell vectors in the reference frame
    rotations = np.unique(compiled.rotations.astype(np.float64), axis=0)
    group = basis @ rotations @ np.linalg.inv(basis)
    cosets: list[FloatArray] = []
    for operation in _family(record.setting.crystal_system):
        images = operation @ group @ operation.T
        normalizes = _contains(group, images).all()
        known = cosets and _contains(group, np.array(cosets).transpose(0, 2, 1) @ operation).any()
        if normalizes and not known:
            cosets.append(operation)
    return np.asarray(frame.T @ np.array(cosets) @ frame)


def _contains(group: FloatArray, matrices: FloatArray) -> BoolArray:
    """(m,) whether each of ``matrices`` (m, 3, 3) is in ``group`` (g, 3, 3)."""
    # The lattice has the symmetry to a tolerance only; different operations differ by more than 0.5.
    return np.asarray((np.abs(matrices[:, None] - group[None]).max(axis=(2, 3)) < 0.1).any(axis=1))


def _family(crystal_system: str) -> list[FloatArray]:
    """Operations of a crystal family in its reference frame, the identity first."""
    reversals = [np.diag(signs).astype(np.float64) for signs in itertools.product((1, -1), repeat=3)]
    if crystal_system in ("triclinic", "monoclinic"):
        return reversals
    if crystal_system in ("trigonal", "hexagonal"):
        rotations = [_about_z(np.pi / 3 * step) for step in range(6)]
        return [reversal @ rotation for rotation in rotations for reversal in reversals if reversal[0, 0] > 0]
    permutations = [np.eye(3)[list(order)] for order in itertools.permutations(range(3))]
    return [reversal @ permutation for permutation in permutations for reversal in reversals]


def _about_z(angle: float) -> FloatArray:
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]])
