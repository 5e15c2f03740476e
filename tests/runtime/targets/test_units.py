"""A model knows the unit of what it predicts, from its data; predictions are values, never logarithms."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from basis_store import TargetError, write_crystals
from basis_store.datasets.units import in_unit, with_unit
from runtime.prediction import predict
from runtime.pretrained.description import ModelDescription
from runtime.pretrained.locate import shipped_models
from runtime.pretrained.pretrained import from_pretrained, open_pretrained
from runtime.targets.parse import parse_target
from runtime.targets.scalar_target import ScalarTarget
from runtime.training.runs.training_run import run_training
from sgbasis.cli import main
from tests.runtime.training.test_training_runs import TINY, configuration
from tests.support.crystals.made_datasets import made_dataset
from tests.support.tiny_models import BULK, tiny_model


class Heard:
    """A display that keeps what is said."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, text: str) -> None:
        self.lines.append(text)

    def bar(self, things: Any, label: str, unit: str) -> Any:
        return things


def dataset(path: Path, unit: str, **changes: Any) -> Path:
    records = made_dataset(path, **changes)
    write_crystals(path, records, units={"stiffness": unit})
    return path


def trained(data: list[Path], output: Path, target: Any) -> tuple[Any, list[str]]:
    config = dataclasses.replace(
        configuration(data[0], output, targets=[target], epochs=1), data=tuple(map(str, data))
    )
    heard = Heard()
    folder = run_training(config, device="cpu", display=heard, on_epoch=lambda _: None)
    return open_pretrained(folder).description, heard.lines


def test_the_unit_is_that_of_the_dataset(tmp_path: Path) -> None:
    data = dataset(tmp_path / "made.h5", "GPa")
    description, said = trained([data], tmp_path / "run", {"name": "stiffness", "log10": True})
    (target,) = description.targets
    assert (target.unit, target.log10, target.physical_unit) == ("GPa", True, "GPa")
    assert not any("unit" in line for line in said if line.startswith("Note: "))
    assert description.training["configuration"]["targets"][0]["unit"] == "GPa"
    card = (tmp_path / "run" / "model" / "README.md").read_text()
    assert "Predicts `stiffness` in GPa of a crystal" in card and " log10 GPa |" in card


def test_an_unknown_unit_is_said_and_stays_unknown(tmp_path: Path) -> None:
    data = dataset(tmp_path / "made.h5", "")
    description, said = trained([data], tmp_path / "run", "stiffness")
    assert description.targets[0].unit == "unknown unit"
    assert said[0].startswith("Note: no dataset states the unit of 'stiffness'")
    card = (tmp_path / "run" / "model" / "README.md").read_text()
    assert "Predicts `stiffness` (unknown unit) of a crystal" in card and "(unknown unit) |" in card


def test_a_configuration_may_state_the_unit_of_data_without(tmp_path: Path) -> None:
    data = dataset(tmp_path / "made.h5", "")
    description, said = trained([data], tmp_path / "run", {"name": "stiffness", "unit": "GPa"})
    assert description.targets[0].unit == "GPa" and not any("unit" in line for line in said)


@pytest.mark.parametrize("units", [("GPa", "MPa"), ("GPa", "")])
def test_datasets_with_different_units_are_refused(units: tuple[str, str], tmp_path: Path) -> None:
    data = [dataset(tmp_path / f"{i}.h5", unit) for i, unit in enumerate(units)]
    with pytest.raises(TargetError, match=r"the datasets have 'stiffness' in different units: .*0\.h5 in 'GPa', "):
        trained(data, tmp_path / "run", "stiffness")


@pytest.mark.parametrize("unit", ["log10 GPa", "log10 1"])
def test_a_unit_is_that_of_the_value(unit: str, tmp_path: Path) -> None:
    with pytest.raises(TargetError, match=f"the unit of 'K' is that of its values, .*, not .*{unit}"):
        parse_target({"name": "K", "unit": unit, "log10": True})
    data = dataset(tmp_path / "made.h5", unit)
    with pytest.raises(TargetError, match="not of their logarithm"):
        trained([data], tmp_path / "run", {"name": "stiffness", "log10": True})
    assert parse_target({"name": "log10(K)", "unit": unit}).unit == unit, (
        "data of logarithms may be learnt as such"
    )


def test_an_option_is_enough(tmp_path: Path) -> None:
    """The whole way of a user: train with --target log10:NAME, then predict in every form."""
    data = dataset(tmp_path / "made.h5", "GPa")
    sizes = tmp_path / "tiny.toml"
    sizes.write_text("[model]\n" + "\n".join(f"{key} = {value}" for key, value in TINY.items()))
    options = ["--data", str(data), "--target", "log10:stiffness", "--epochs", "1", "--device", "cpu"]
    run = CliRunner().invoke(main, ["train", str(sizes), *options, "--output", str(tmp_path / "run")])
    assert run.exit_code == 0, run.output
    folder = tmp_path / "run" / "model"
    crystal = str(shipped_models()["band_gap"].parents[1] / "crystals" / "nacl.cif")
    text = CliRunner().invoke(main, ["predict", crystal, "--model", str(folder)]).stdout.splitlines()[1]
    for ending in ("csv", "jsonl"):
        CliRunner().invoke(
            main, ["predict", crystal, "--model", str(folder), "-o", str(tmp_path / f"out.{ending}")]
        )
    found = json.loads((tmp_path / "out.jsonl").read_text())
    assert found["unit"] == "GPa"
    row = (tmp_path / "out.csv").read_text().splitlines()[1]
    value = f"{found['value']:.6g}"
    assert f"stiffness,{value},GPa," in row and f"  stiffness  {value}  GPa" in text
    # The model's own number is the logarithm.
    model = from_pretrained(folder)
    learnt = model(model.prepare(made_dataset(tmp_path / "again.h5")[:3]))
    values = predict(model, made_dataset(tmp_path / "again.h5")[:3])
    np.testing.assert_allclose(values, 10.0 ** learnt.detach().double().numpy(), rtol=1e-5)


def test_drafts_of_a_description_are_read(tmp_path: Path) -> None:
    """Folders from before units were those of values have ``log10 GPa``."""
    description = open_pretrained("bulk_modulus").description
    values = json.loads(description.to_json())
    assert values["targets"][0]["unit"] == "GPa"
    draft = description.to_json()
    object.__setattr__(description.targets[0], "unit", "log10 GPa")
    draft = description.to_json()
    assert '"unit": "log10 GPa"' in draft
    assert ModelDescription.from_json(draft).targets == (ScalarTarget("bulk_modulus_vrh", "GPa", log10=True),)


def test_models_that_ship_predict_values_in_units() -> None:
    units = {name: open_pretrained(name).description.targets[0].physical_unit for name in shipped_models()}
    assert units == {
        "band_gap": "eV", "bulk_modulus": "GPa", "dielectric_electronic": "1", "elastic_tensor": "GPa",
        "formation_energy": "eV/atom", "piezoelectric_tensor": "C/m^2", "shear_modulus": "GPa",
    }  # fmt: skip


def test_a_logarithm_that_is_too_large_is_infinite_and_one_that_is_too_small_0() -> None:
    model = tiny_model(BULK)
    for logarithm, value in ((400.0, np.inf), (-400.0, 0.0)):
        assert model.targets[0].physical(np.array([[logarithm]])).tolist() == [[value]]


def test_numbers_with_units() -> None:
    assert [with_unit("3", unit) for unit in ("GPa", "1", "unknown unit")] == ["3 GPa", "3", "3 (unknown unit)"]
    assert [in_unit("K", unit) for unit in ("GPa", "1", "unknown unit")] == ["K in GPa", "K", "K (unknown unit)"]
