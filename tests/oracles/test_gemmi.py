"""gemmi as an independent oracle: operations and systematic absences of all 530 settings."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from basis_compiler import operations
from basis_compiler.bases.phases import forbidding_operations
from basis_store import Setting, StoreReader

gemmi = pytest.importorskip("gemmi", reason="gemmi is not installed")
pytestmark = pytest.mark.oracle

WAVES = np.array([k for k in itertools.product(range(-6, 7), repeat=3) if any(k)])


def test_operations_are_gemmi_s(setting: Setting) -> None:
    group = operations(setting)
    ours = {
        (tuple(rotation.ravel().tolist()), tuple(translation.tolist()))
        for rotation, translation in zip(group.rotations, group.translations24, strict=True)
    }
    assert gemmi.Op.DEN == 24
    theirs = {
        (tuple(entry // 24 for row in op.rot for entry in row), tuple(entry % 24 for entry in op.tran))
        for op in gemmi.symops_from_hall(setting.hall_symbol)
    }
    assert ours == theirs


def test_absences_are_gemmi_s(setting: Setting, reader: StoreReader) -> None:
    """Every wave with |h|, |k|, |l| <= 6: by T1, and as stored within the radius of the store."""
    group = gemmi.symops_from_hall(setting.hall_symbol)
    theirs = np.array([group.is_systematically_absent(k) for k in WAVES.tolist()])
    assert np.array_equal(forbidding_operations(operations(setting), WAVES) >= 0, theirs)
    compiled = reader.read(setting)
    absent = {tuple(k) for k in compiled.absent_waves.tolist()}
    present = {tuple(k) for k in compiled.waves.tolist()}
    for k, expected in zip(WAVES.tolist(), theirs.tolist(), strict=True):
        if tuple(k) in absent or tuple(k) in present:
            assert (tuple(k) in absent) == expected


def test_phases_are_gemmi_s(setting: Setting, reader: StoreReader) -> None:
    """gemmi's phase shifts along each operation, from each root, give the stored coefficients (D3)."""
    compiled = reader.read(setting)
    theta = dict(zip(map(tuple, compiled.waves.tolist()), compiled.phases24.tolist(), strict=True))
    for op in gemmi.symops_from_hall(setting.hall_symbol):
        for root in compiled.roots.tolist():
            # gemmi: F(hR) = F(h) exp(-2 pi i h.t) and phase_shift = -2 pi h.t; our c_k is conjugate to F(k).
            shift = -op.phase_shift(root) / (2 * np.pi) * 24
            assert round(shift) % 24 == theta[tuple(op.apply_to_hkl(root))]
