"""A basis where a compiled setting is needed: one line that says where to get one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import basis_compiler
import runtime
import sgbasis
from basis_store import Setting
from tests.support.crystals.made_records import made_record

SETTING = Setting.standard(62)
RECORD = made_record(SETTING, np.random.default_rng(62))


@pytest.mark.parametrize(
    "function",
    [
        lambda basis: sgbasis.function_picture(basis, 1),
        lambda basis: basis_compiler.trigonometric_form(basis, 1),
        lambda basis: basis_compiler.symbolic_function(basis, 1),
        lambda basis: runtime.neighbours(RECORD, basis, 4.0),
        lambda basis: runtime.cell_atoms(RECORD, basis),
        lambda basis: runtime.structure_factors(RECORD, basis, 1.0),
        lambda basis: runtime.OrbitMoments(1.0, 3, 1)(RECORD, basis),
        lambda basis: runtime.orbit_representatives(basis, RECORD.lattice, 1.0),
        lambda basis: runtime.sites_of_atoms(RECORD, basis, RECORD.coordinates),
    ],
)
def test_a_basis_is_no_compiled_setting(function: Any) -> None:
    for wrong in (runtime.load_store().basis(SETTING), SETTING):
        with pytest.raises(
            TypeError, match=r"a CompiledSetting is needed, such as store.compiled\(setting\), not "
        ):
            function(wrong)
