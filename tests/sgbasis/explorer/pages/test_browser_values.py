"""What the scripts that ship compute: values, gradients, closed solids."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest

from basis_store import all_settings, open_store, standard_settings
from sgbasis.explorer.function_data import function_data
from sgbasis.pictures.section import default_section
from sgbasis.pictures.wave_sum import WaveSum
from sgbasis.surfaces.surface_source import SurfaceSource
from tests.sgbasis.explorer.pages.explorer_site import in_node, needs_assets, needs_node

pytestmark = [needs_node, needs_assets]

GRID = 6
POINTS = np.random.default_rng(7).random((10, 3)) * 4 - 2


def test_values_of_60_groups_are_those_of_python() -> None:
    cases, expected = [], []
    with open_store() as store:
        for setting in standard_settings()[1::4] + standard_settings()[-3:]:
            compiled = store.read(setting)
            data = function_data(compiled)
            for number in (0, 1, 7, compiled.n_functions - 1):
                cases.append({"data": data, "number": number, "points": POINTS.ravel().tolist(), "n": GRID})
                expected.append(WaveSum.of(compiled, number))
    assert len(cases) >= 4 * 60
    axis = np.arange(GRID) / GRID
    grid = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1)
    for found, function in zip(in_node("values", cases), expected, strict=True):
        assert np.abs(np.array(found["values"]) - function.values(POINTS)).max() < 1e-10
        assert np.abs(np.array(found["gradients"]).reshape(-1, 3) - function.gradient(POINTS)).max() < 1e-9
        # The constant is one wave and its opposite, half each.
        assert np.abs(np.array(found["grid"]).reshape((GRID,) * 3) - function.values(grid)).max() < 1e-10


def test_a_page_shows_the_section_that_plot_takes() -> None:
    cases, expected = [], []
    with open_store() as store:
        for setting in all_settings():
            compiled = store.read(setting)
            # Function 1 of every setting, and another one of some.
            for number in {1, 2 + setting.hall_number % 7} if setting.hall_number % 20 == 6 else {1}:
                cases.append({"data": function_data(compiled, number + 1), "number": number})
                expected.append(default_section(WaveSum.of(compiled, number)))
    found = in_node("section", cases)
    assert [(one["axis"], one["at"]) for one in found] == [(one.axis, float(one.at)) for one in expected]


def test_solids_are_closed_and_have_the_volume_of_those_of_python() -> None:
    trimesh = pytest.importorskip("trimesh")
    wanted = [("1", 3, 0.0), ("19", 2, 0.3), ("62", 5, -0.4), ("167", 1, 0.0), ("194", 4, 0.8), ("214", 1, 0.0),
              ("225", 1, 0.0), ("227", 6, 0.0), ("230", 1, 0.5), ("62", 1, 0.0), ("167", 4, 0.0)]  # fmt: skip
    cells = (1, 1, 2)
    cases, volumes = [], []
    with open_store() as store:
        for name, number, level in wanted:
            compiled = store.read(name)
            case = {
                "data": function_data(compiled),
                "number": number,
                "level": level,
                "cells": cells,
                "points": 35,
            }
            cases.append(case)
            source = SurfaceSource.of_function(compiled, number, 35)
            volumes.append(source.mesh(level, cells, solid=True, below=False).volume)
    for found, volume, case in zip(in_node("stl", cases), volumes, wanted, strict=True):
        mesh = trimesh.load(io.BytesIO(base64.b64decode(found)), file_type="stl")
        assert mesh.is_watertight, case
        assert mesh.is_winding_consistent, case
        assert mesh.volume == pytest.approx(volume, rel=0.01), case


def test_sheets_that_cross_meet_at_their_crossing() -> None:
    """Function 1 of group 62 is 2 cos X cos Z: nodal planes meet in lines, where marching cubes cuts corners."""
    trimesh = pytest.importorskip("trimesh")
    points = 35
    with open_store() as store:
        data = function_data(store.read("62"), 2)
    case = {"data": data, "number": 1, "level": 0, "cells": (1, 1, 1), "points": points}
    mesh = trimesh.load(io.BytesIO(base64.b64decode(in_node("stl", [case])[0])), file_type="stl")
    assert mesh.is_watertight
    x, y, z = np.linalg.solve(np.array(data["lattice"]).T, mesh.vertices.T)
    for at in np.ndindex(2, 2):
        away = np.hypot(x - 1 / 4 - at[0] / 2, z - 1 / 4 - at[1] / 2) * points
        # All along the line, in steps of the grid.
        assert {int(one) for one in np.round(y[away < 0.15] * points)} == set(range(points + 1))
