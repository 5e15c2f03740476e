"""spgrep as an independent oracle: invariant tensors of all 32 classes from irreducible representations.

K. Shinohara, A. Togo, I. Tanaka, spgrep, *J. Open Source Softw.* **8** (2023) 5269.
"""

from __future__ import annotations

import numpy as np
import pytest

from basis_compiler import operations
from basis_store import Setting, StoreReader, cartesian_frame
from tests.support.crystals.lattices import cartesian_operations, random_lattice
from tests.support.nye import CLASSES, NyeClass

tensors = pytest.importorskip("spgrep.symmetry.tensor", reason="spgrep is not installed")
pytestmark = pytest.mark.oracle


@pytest.mark.parametrize(("rank", "axial"), [(1, False), (2, False), (3, False), (1, True), (3, True)])
@pytest.mark.parametrize("one", CLASSES, ids=lambda one: one.symbol)
def test_invariant_spaces_are_spgrep_s(one: NyeClass, rank: int, axial: bool, reader: StoreReader) -> None:
    setting = Setting.standard(one.number)
    rotations = operations(setting).point_group
    lattice = random_lattice(setting, np.random.default_rng(one.number))
    frame = cartesian_frame(setting, lattice)
    in_frame = frame @ cartesian_operations(setting, lattice) @ frame.T
    basis = reader.tensor_basis(setting, "ijk"[:rank], axial=axial)
    # spgrep has polar tensors only. An axial one of odd rank is a polar one of the group of the det(R) R.
    signs = np.linalg.det(in_frame)[:, None, None] if axial else 1.0
    # Complex irreps: it counts real ones of complex type twice, and warns of what it then misses.
    theirs = np.array(tensors.get_symmetry_adapted_tensors(in_frame * signs, rotations, rank=rank))
    theirs = theirs.reshape(-1, 3**rank)
    assert len(theirs) == basis.dimension
    if len(theirs):
        ours, _ = np.linalg.qr(basis.array().reshape(len(theirs), -1).T)
        assert np.abs(theirs - theirs @ ours @ ours.T).max() < 1e-8
        assert np.linalg.matrix_rank(theirs) == basis.dimension
