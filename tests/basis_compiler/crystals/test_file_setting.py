"""The setting of a file's own cell, of crystals that are written in all settings of some groups."""

from __future__ import annotations

import numpy as np
import pytest

from basis_compiler import Crystal, operations, read_crystals, standardize
from basis_compiler.crystals.file_setting import file_setting
from basis_store import TURN, Setting, all_settings
from tests.support.crystals.crystal_inputs import OTHER_CELLS

GROUPS = (2, 13, 48, 62, 68, 155, 227)
"""With several cells, origins and axes, and with and without centrings."""


def crystal_in(setting: Setting, *, times: tuple[int, int, int] = (1, 1, 1), shift: float = 0.0) -> Crystal:
    """A crystal of a general position, described in a setting, in a supercell of it or from another origin."""
    group = operations(setting)
    rotations = group.rotations.astype(float)
    metric = np.mean([r.T @ np.diag([900.0, 1332.0, 1908.0]) @ r for r in rotations], axis=0)
    points = rotations @ [0.09, 0.31, 0.37] + group.translations24 / TURN + shift
    steps = np.array(list(np.ndindex(*times)))
    cell = np.diag(times) @ np.linalg.cholesky(metric)
    places = (points[:, None] + steps).reshape(-1, 3) / times % 1
    return Crystal(lattice=cell, numbers=[14] * len(places), coordinates=places)


@pytest.mark.parametrize("number", GROUPS)
def test_the_setting_of_a_file_is_found(number: int) -> None:
    for setting in (one for one in all_settings() if one.number == number):
        found = file_setting(standardize(crystal_in(setting)))
        assert found is not None
        # 68:1 and 68:1ba-c and the like are the same operations.
        assert found == setting or found.hall_symbol == setting.hall_symbol


def test_cells_and_origins_of_no_setting() -> None:
    setting = Setting.standard(62)
    assert file_setting(standardize(crystal_in(setting, times=(2, 1, 1)))) is None
    assert file_setting(standardize(crystal_in(setting, shift=0.05))) is None
    assert file_setting(standardize(crystal_in(Setting.standard(200), times=(2, 2, 2)))) is None
    # Along a polar axis, and by an allowed origin shift, operations are the same from all origins.
    (wurtzite,) = read_crystals(OTHER_CELLS / "wurtzite_shifted.cif")
    assert file_setting(standardize(wurtzite)) == Setting.standard(186)
    assert file_setting(standardize(crystal_in(setting, shift=0.5))) == setting
