"""Every public function that takes a setting takes its name as well, and refuses a bare number."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch

from basis_compiler import (
    compile_setting,
    compile_tensors,
    compile_vector_basis,
    compile_wyckoff_positions,
    dimensions,
    dual_graph,
    fourier_synthesis,
    operations,
    origin_shifts,
    reflection_conditions,
    write_field,
    write_fields,
)
from basis_store import (
    GridField,
    ReflectionData,
    Setting,
    SettingError,
    VectorField,
    WaveIndex,
    cartesian_frame,
    open_store,
    representations,
    waves_within,
)
from runtime import Store, WaveEncoder, expand, load_store, symmetrise, symmetrise_vector_field
from tests.structure.test_public_names import LISTED

STORE: Store = load_store()
WAVES = waves_within("orthogonal", 12)
CUBE = np.eye(3)
FIELD = GridField(np.arange(64.0).reshape(4, 4, 4), CUBE)
ROWS = ReflectionData([[2, 0, 0], [1, 1, 1]], amplitudes=[1.0, 2.0], phases=[0.0, 0.0], cell=[4, 4, 4, 90, 90, 90])


@pytest.fixture(scope="module")
def taking(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Callable[[object], object]]:
    """By public name, a call with whatever names a setting."""
    reader, encoder = open_store(), WaveEncoder(STORE, radius=2)
    file = tmp_path_factory.mktemp("fields") / "w.rf"

    def written(write: Callable[[], None]) -> str:
        write()
        return file.read_text()

    x, crystals = torch.full((1, 3), 0.1), torch.zeros(1, dtype=torch.long)
    return {
        "basis_compiler.operations": operations,
        "basis_compiler.origin_shifts": lambda one: origin_shifts(one).shifts24.tolist(),
        "basis_compiler.reflection_conditions": reflection_conditions,
        "basis_compiler.dimensions": lambda one: dimensions(one, WAVES),
        "basis_compiler.dual_graph": lambda one: sorted(dual_graph(one, WaveIndex(WAVES)).edges),
        "basis_compiler.compile_setting": lambda one: compile_setting(one, radius=2, min_functions=1).digest(),
        "basis_compiler.compile_vector_basis": lambda one: compile_vector_basis(
            one, axial=False, radius=1
        ).coefficients.tolist(),
        "basis_compiler.compile_wyckoff_positions": lambda one: compile_wyckoff_positions([one]).letters.tolist(),
        "basis_compiler.compile_tensors": lambda one: compile_tensors([one]).digest(""),
        "basis_compiler.fourier_synthesis": lambda one: fourier_synthesis(
            ROWS, setting=one, f000=1.0
        ).field.values.tolist(),
        "basis_compiler.write_field": lambda one: written(lambda: write_field(file, FIELD, setting=one)),
        "basis_compiler.write_fields": lambda one: written(lambda: write_fields(file, {"1": FIELD}, setting=one)),
        "basis_store.representations": representations,
        "basis_store.cartesian_frame": lambda one: cartesian_frame(one, CUBE).tolist(),
        "basis_store.StoreReader.read": lambda one: reader.read(one).digest(),
        "basis_store.StoreReader.tensor_basis": lambda one: reader.tensor_basis(one, "ij=ji").array().tolist(),
        "basis_store.StoreReader.wyckoff_positions": lambda one: [
            *map(str, reader.wyckoff_positions(one).values())
        ],
        "basis_store.StoreReader.__contains__": lambda one: one in reader,
        "runtime.expand": lambda one: expand(FIELD, one).coefficients.values.tolist(),
        "runtime.symmetrise": lambda one: symmetrise(FIELD, one).values.tolist(),
        "runtime.symmetrise_vector_field": lambda one: symmetrise_vector_field(
            VectorField((FIELD, FIELD, FIELD)), one, axial=False
        ).field.values.tolist(),
        "runtime.Store.basis": lambda one: STORE.basis(one).setting,
        "runtime.Store.compiled": STORE.compiled,
        "runtime.Store.tensor_basis": lambda one: STORE.tensor_basis(one, "ij=ji").array().tolist(),
        "runtime.Store.wyckoff_positions": lambda one: [*map(str, STORE.wyckoff_positions(one).values())],
        "runtime.Store.__contains__": lambda one: one in STORE,
        "runtime.WaveEncoder.forward": lambda one: encoder(x, [one], crystals).tolist(),
        "runtime.WaveEncoder.plan": lambda one: encoder(x, encoder.plan([one], crystals)).tolist(),
    }


def _callables() -> Iterator[tuple[str, Callable[..., object]]]:
    for name in LISTED:
        module, _, own = name.rpartition(".")
        found = getattr(importlib.import_module(module), own)
        if not inspect.isclass(found):
            yield name, found
            continue
        # Not constructors: a record of a setting holds the setting itself.
        for method in (one for one in vars(found) if not one.startswith("_") or one == "__contains__"):
            if inspect.isfunction(value := vars(found)[method]):
                yield f"{name}.{method}", value


def test_none_is_forgotten(taking: dict[str, Callable[[object], object]]) -> None:
    found = set()
    for name, function in _callables():
        if not callable(function) or name.startswith("sgbasis."):
            continue
        for argument in inspect.signature(function).parameters.values():
            text = str(argument.annotation)
            # Scores are computed for the settings of records.
            if (
                "SettingName" in text
                or "RepresentationName" in text
                or "GroupName" in text
                or ("Setting" in text.replace("CompiledSetting", "") and "evaluate" not in name)
            ):
                found.add(name)
    assert found == set(taking)


@pytest.mark.usefixtures("unchecked")
def test_names_give_what_the_setting_gives(taking: dict[str, Callable[[object], object]]) -> None:
    setting = Setting.from_hall(292)
    assert setting == Setting.standard(62)
    for name, function in taking.items():
        expected = function(setting)
        for text in ("Pnma", "P n m a", "62", "hall:292", "hall:-P 2ac 2n", setting.label):
            assert function(text) == expected, (name, text)
        assert expected is not False, name


@pytest.mark.usefixtures("unchecked")
def test_numbers_and_unknown_names_are_refused(taking: dict[str, Callable[[object], object]]) -> None:
    for name, function in taking.items():
        with pytest.raises(
            SettingError, match=r"give a setting, not 62: for a space group Setting.standard\(62\)"
        ):
            pytest.fail(f"{name}: {function(62)}")
        with pytest.raises(SettingError, match="unknown space-group setting"):
            pytest.fail(f"{name}: {function('Pnmq')}")
