"""Plane, layer and rod groups against tables of other people, operation by operation, and against spglib.

The operations are those of the Bilbao Crystallographic Server, as Crystalline.jl collected them, in the axes and
with the origin of International Tables A and E.
"""

from __future__ import annotations

import functools
import gzip
import json
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import spglib

from basis_compiler import operations
from basis_compiler.crystals.formats.cif_operations import operation_of_text
from basis_compiler.groups.low_dimensional_table import COLUMNS, low_dimensional_rows
from basis_store import PlaneGroup, Setting, SubperiodicGroup
from basis_store.groups.low_dimensional import low_dimensional_names
from basis_store.groups.low_dimensional.low_dimensional_names import N_GROUPS

pytestmark = pytest.mark.oracle

TABLES = Path(__file__).resolve().parents[3] / "shared" / "oracles" / "crystalline_group_tables.json.gz"
SUBPERIODIC: list[tuple[Literal["layer", "rod"], int]] = [
    *(("layer", number) for number in range(1, 81)),
    *(("rod", number) for number in range(1, 76)),
]


@functools.cache
def tables() -> dict[str, dict[str, list[str]]]:
    if not TABLES.is_file():
        pytest.skip(f"no tables ../shared/oracles/{TABLES.name} next to the checkout")
    found: dict[str, dict[str, list[str]]] = json.loads(gzip.decompress(TABLES.read_bytes()))
    return found


def keys(rotations: np.ndarray, translations24: np.ndarray) -> set[bytes]:
    return {
        np.append(rotation.ravel(), translation % 24).astype(np.int8).tobytes()
        for rotation, translation in zip(rotations, translations24, strict=True)
    }


@pytest.mark.parametrize(("kind", "number"), SUBPERIODIC)
def test_operations_are_those_of_international_tables_e(kind: Literal["layer", "rod"], number: int) -> None:
    listed = [operation_of_text(one) for one in tables()[f"{kind}_groups_{N_GROUPS[kind]}"][str(number)]]
    group = SubperiodicGroup(kind, number)
    setting = operations(Setting.parse(f"{kind}:{number}"))
    # The setting at the origin of the tables: x = y + p, so R (y + p) + t = (R y + t + (R - 1) p) + p.
    origin = np.array(group.origin24)
    moved = setting.translations24 + setting.rotations @ origin - origin
    assert len(listed) == len(setting)
    assert keys(setting.rotations, moved) == keys(*map(np.array, zip(*listed, strict=True)))


@pytest.mark.parametrize("number", range(1, 18))
def test_operations_of_plane_groups_are_those_of_international_tables_a(number: int) -> None:
    listed = [operation_of_text(f"{one},z") for one in tables()["plane_groups_17"][str(number)]]
    plane = PlaneGroup(plane_number=number)
    rotations, translations = map(np.array, zip(*listed, strict=True))
    rotations, translations = rotations[:, :2, :2], translations[:, :2]
    found = operations(plane)
    assert len(found) == len(rotations)
    assert keys(found.rotations, found.translations24) == keys(rotations, translations)


def test_the_table_is_what_its_command_writes() -> None:
    rows = [",".join(COLUMNS), *(",".join(row.values()) for row in low_dimensional_rows(tables()))]
    path = Path(low_dimensional_names.__file__).with_name("low_dimensional_groups.csv")
    assert path.read_text() == "\n".join(rows) + "\n"


@pytest.mark.parametrize("number", range(1, 81))
def test_spglib_finds_the_layer_group_of_a_slab(number: int) -> None:
    group = SubperiodicGroup("layer", number)
    setting = operations(group.setting)
    a, b, angle = 4.1, 5.3, 90.0
    if group.setting.lattice_family == "hexagonal":
        b, angle = a, 120.0
    elif group.setting.crystal_system == "tetragonal":
        b = a
    elif number <= 7:
        angle = 78.0
    across = b * np.array([np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle)), 0])
    lattice = np.array([[a, 0, 0], across, [0, 0, 20.0]])
    points, kinds = [], []
    for kind, x in enumerate([(0.137, 0.081, 0.023), (0.29, 0.21, 0.05), (0.05, 0.33, 0.071)]):
        images = setting.rotations @ np.array(x) + setting.translations24 / 24
        images[:, :2] %= 1
        points.append(np.unique(images.round(6), axis=0))
        kinds += [kind] * len(points[-1])
    cell = lattice, np.concatenate(points), kinds
    # Of some groups spglib finds a subgroup only, until a and b are exchanged (2.8).
    swap = np.array([[0, 1, 0], [1, 0, 0], [0, 0, -1]])
    swapped = (lattice[[1, 0, 2]], cell[1] @ swap, kinds)
    found = [spglib.get_layergroup(one, aperiodic_dir=2, symprec=1e-3) for one in (cell, swapped)]
    assert number in [one.number for one in found]
