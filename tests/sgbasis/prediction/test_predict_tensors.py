"""``sgbasis predict`` and ``sgbasis evaluate`` with models of tensors: frames, files, pictures, exact zeros."""

from __future__ import annotations

import csv
import importlib.util
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from basis_compiler import compile_dataset, read_crystals
from runtime.targets.tensor_target import TensorTarget
from runtime.tensors.frames import ieee_frame, rotate_tensor
from runtime.tensors.projection import project_tensor
from runtime.tensors.voigt import stiffness_matrix, stiffness_tensor
from sgbasis import predict
from sgbasis.cli import main
from tests.support.command_line import run_predict
from tests.support.crystals.crystal_inputs import CRYSTALS, OTHER_CELLS, json_record, write_jsonl
from tests.support.crystals.lattices import random_rotation
from tests.support.tiny_models import DIELECTRIC, ELASTIC, ENERGY, PIEZOELECTRIC, save_tiny

needs_plot = pytest.mark.skipif(not importlib.util.find_spec("matplotlib"), reason="no extra plot")

PBNM = OTHER_CELLS / "catio3_pbnm.cif"  # its longest axis is c: not the IEEE frame


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("models")
    gyration = TensorTarget("gyration", symmetry="ij=ji", axial=True)
    third = TensorTarget("third", "pm", symmetry="ijk")
    return {
        "elastic": save_tiny(folder / "elastic", ELASTIC),
        "dielectric": save_tiny(folder / "dielectric", DIELECTRIC),
        "piezoelectric": save_tiny(folder / "piezoelectric", PIEZOELECTRIC),
        "all": save_tiny(folder / "all", ENERGY, ELASTIC, DIELECTRIC, PIEZOELECTRIC),
        "others": save_tiny(folder / "others", gyration, third),
    }


def numbers(lines: list[str]) -> np.ndarray:
    return np.array([[float(word) for word in line.split()] for line in lines])


def test_elastic_tensors_in_both_frames(models: dict[str, Path]) -> None:
    result = run_predict(PBNM, "--model", models["elastic"])
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0].startswith("elastic_tensor of CaTiO3 (62 Pnma), ")
    assert set(lines[1]) == {"-"}
    assert lines[2] == "stiffness in GPa, order xx yy zz yz xz xy, in the crystal's own frame"
    assert lines[3] == "own frame: x along [0 0 1], y along [1 0 0], z along [0 1 0] of the conventional cell"
    assert lines[10].startswith("in the IEEE frame: x1 along [")
    own, ieee = numbers(lines[4:10]), numbers(lines[11:17])
    (found,) = predict(PBNM, models["elastic"])
    np.testing.assert_allclose(own, stiffness_matrix(found.value), atol=0.051)
    rotated = rotate_tensor(found.value, ieee_frame(found.record))
    np.testing.assert_allclose(ieee, stiffness_matrix(rotated), atol=0.051)
    assert np.abs(own - ieee).max() > 0.2
    assert "mechanically stable: all eigenvalues of the stiffness are positive" in result.stdout
    for name in ("bulk modulus K (GPa)", "universal anisotropy index", "Young's modulus by direction"):
        assert name in result.stdout
    assert lines[-2].startswith("note: no training crystal has ")


def test_tensors_rotate_with_the_file(models: dict[str, Path]) -> None:
    """The frame is that of the lattice vectors, whatever it is."""
    (crystal,) = read_crystals(PBNM)
    (expected,) = predict(PBNM, models["elastic"])
    rotation = random_rotation(np.random.default_rng(0))
    ase = pytest.importorskip("ase")
    atoms = ase.Atoms(
        numbers=crystal.numbers, scaled_positions=crystal.coordinates, cell=crystal.lattice @ rotation.T, pbc=True
    )
    (found,) = predict(atoms, models["elastic"])
    np.testing.assert_allclose(found.value, rotate_tensor(expected.value, rotation), atol=1e-3)


def test_a_crystal_in_its_ieee_frame_says_so(models: dict[str, Path]) -> None:
    result = run_predict(CRYSTALS / "quartz.cif", "--model", models["dielectric"])
    assert "electronic dielectric tensor, ions at rest, relative, in the crystal's own frame" in result.stdout
    assert "which is the IEEE frame" in result.stdout
    assert "mean refractive index: " in result.stdout


def test_numbers_and_tensors_together(models: dict[str, Path]) -> None:
    result = run_predict(CRYSTALS / "quartz.cif", "--model", models["all"])
    blocks = result.stdout.split("\n\n")
    assert blocks[0].splitlines()[0].startswith("file ") and "formation_energy_per_atom" in blocks[0]
    titles = [line.split(" of SiO2")[0] for line in result.stdout.splitlines() if " of SiO2 (154 P3_221)" in line]
    assert titles == ["elastic_tensor", "dielectric_electronic", "piezoelectric_tensor"]
    assert "largest in the IEEE frame: e" in result.stdout


def test_piezoelectricity_of_a_centrosymmetric_crystal(models: dict[str, Path], tmp_path: Path) -> None:
    result = run_predict(CRYSTALS / "nacl.cif", "--model", models["piezoelectric"])
    sentence = "not piezoelectric: all coefficients are exactly 0, because m-3m has a centre of inversion"
    assert sentence in result.stdout.splitlines()
    (found,) = predict(CRYSTALS / "nacl.cif", models["piezoelectric"])
    assert found.value.shape == (3, 3, 3) and not found.value.any()
    output = tmp_path / "out.jsonl"
    assert run_predict(CRYSTALS / "nacl.cif", "--model", models["piezoelectric"], "-o", output).exit_code == 0
    assert json.loads(output.read_text())["value"] == np.zeros((3, 6)).tolist()
    assert "-0" not in output.read_text().split('"value"')[1].split("unit")[0]


def test_csv_and_jsonl_hold_matrices(models: dict[str, Path], tmp_path: Path) -> None:
    files = [CRYSTALS / "quartz.cif", PBNM]
    for suffix in ("csv", "jsonl"):
        result = run_predict(*files, "--model", models["all"], "-o", tmp_path / f"out.{suffix}")
        assert result.exit_code == 0, result.output
        assert "8 predictions for 2 crystals" in result.stdout
    table = list(csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text())))
    records = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    expected = [one for file in files for one in predict(file, models["all"])]
    shapes = [(), (6, 6), (3, 3), (3, 6)] * 2
    for row, record, one, shape in zip(table, records, expected, shapes, strict=True):
        assert row["property"] == record["property"] == one.property
        assert row["unit"] == record["unit"] == one.unit
        value = np.array(record["value"])
        assert value.shape == shape
        np.testing.assert_array_equal(json.loads(row["value"]), value)
        whole = stiffness_tensor(value) if shape == (6, 6) else value
        if shape != (3, 6):
            np.testing.assert_allclose(whole, one.value, rtol=1e-5, atol=1e-5 * np.abs(one.value).max())
    assert [one["unit"] for one in records[:4]] == ["eV/atom", "GPa", "1", "C/m^2"]
    assert isinstance(records[0]["notes"], list)


def test_tensors_of_other_kinds(models: dict[str, Path], tmp_path: Path) -> None:
    result = run_predict(CRYSTALS / "quartz.cif", "--model", models["others"])
    assert result.exit_code == 0, result.output
    assert "axial tensor ij=ji (unknown unit), in the crystal's own frame" in result.stdout
    assert "tensor ijk in pm, in the crystal's own frame" in result.stdout
    assert any(line.split()[0] == "xxx" for line in result.stdout.splitlines() if line.strip())
    assert "refractive" not in result.stdout
    result = run_predict(CRYSTALS / "nacl.cif", "--model", models["others"])
    assert "all components are exactly 0: m-3m allows no axial tensor ij=ji" in result.stdout
    output = tmp_path / "out.jsonl"
    assert run_predict(CRYSTALS / "quartz.cif", "--model", models["others"], "-o", output).exit_code == 0
    shapes = [np.shape(json.loads(line)["value"]) for line in output.read_text().splitlines()]
    assert shapes == [(3, 3), (3, 3, 3)]


@needs_plot
@pytest.mark.parametrize("kind", ["elastic", "dielectric"])
def test_a_picture(kind: str, models: dict[str, Path], tmp_path: Path) -> None:
    import matplotlib.image

    output = tmp_path / "out.png"
    result = run_predict(PBNM, "--model", models[kind], "--plot", output)
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1] == f"{output}: written"
    assert output.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    image = matplotlib.image.imread(output)
    assert image.shape[:2] == (900, 1050)
    assert len(np.unique(image.reshape(-1, image.shape[2]), axis=0)) > 100


@needs_plot
@pytest.mark.parametrize(
    ("files", "model", "name", "code", "message"),
    [
        ([PBNM], "all", "out.png", 2, "one tensor of each crystal, but there are several (elastic_tensor, "),
        ([CRYSTALS / "nacl.cif"], "piezoelectric", "out.png", 1, "coefficient is 0 in every direction"),
        ([PBNM], "others", "out.png", 2, "choose with --property"),
        ([PBNM], "elastic", "out.gif", 2, "out.gif does not end in .png, .svg, .pdf"),
        ([PBNM], "elastic", "absent/out.png", 1, "No such file or directory"),
    ],
)
def test_no_picture(
    files: list[Path], model: str, name: str, code: int, message: str, models: dict[str, Path], tmp_path: Path
) -> None:
    result = run_predict(*files, "--model", models[model], "--plot", tmp_path / name)
    assert result.exit_code == code
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == "" and not list(tmp_path.iterdir())


def test_no_picture_of_a_number(tmp_path: Path) -> None:
    folder = save_tiny(tmp_path / "energy")
    result = run_predict(PBNM, "--model", folder, "--plot", tmp_path / "out.png")
    assert result.exit_code == 2
    assert "--plot draws a tensor, but only numbers are predicted" in result.stderr


@pytest.fixture(scope="module")
def known(models: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Predicted stiffnesses are 1, 1.2, 1.04 and 0.5 times those known."""
    records = []
    for name, factor in {"nacl": 1.0, "quartz": 1 / 1.2, "rutile": 1 / 1.04, "spinel": 2.0}.items():
        (found,) = predict(CRYSTALS / f"{name}.cif", models["elastic"])
        (crystal,) = read_crystals(CRYSTALS / f"{name}.cif")
        matrix = stiffness_matrix(factor * project_tensor(found.value, found.record).tensor)
        # Lattices of JSON records are those of the file, so the frame is the same.
        assert np.allclose(json_record(name)["lattice"], crystal.lattice)
        records.append(json_record(name, targets={"elastic_tensor": matrix.tolist()}, split="val"))
    return write_jsonl(tmp_path_factory.mktemp("data") / "elastic.jsonl", records)


def evaluated(*arguments: object) -> dict[str, Any]:
    result = CliRunner().invoke(main, ["evaluate", *map(str, arguments), "--json"])
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_evaluate_elastic_tensors(models: dict[str, Path], known: Path, tmp_path: Path) -> None:
    compile_dataset([known], tmp_path / "data.h5", units={"elastic_tensor": "GPa"})
    found = evaluated("--model", models["elastic"], "--data", tmp_path / "data.h5")
    assert (found["model"], found["n"], found["unit"]) == (str(models["elastic"]), 4, "GPa")
    # Relative errors are 0, 0.2, 0.04 and 0.5.
    assert (found["ewt25"], found["ewt10"], found["ewt5"]) == (0.75, 0.5, 0.5)
    assert found["relative"] == pytest.approx(0.12, rel=1e-3)
    predictions = [predict(CRYSTALS / f"{name}.cif", models["elastic"])[0] for name in
                   ("nacl", "quartz", "rutile", "spinel")]  # fmt: skip
    errors = [abs(1 - factor) * np.linalg.norm(one.value) for one, factor in
              zip(predictions, (1, 1 / 1.2, 1 / 1.04, 2), strict=True)]  # fmt: skip
    assert found["frobenius"] == pytest.approx(np.mean(errors), rel=1e-3)
    assert found["mae_K"] > 0 and found["mae_G"] > 0 and found["mae_E"] > 0
    # Hill's moduli are homogeneous: a factor of the tensor is one of the moduli.
    assert found["crystal_systems"]["trigonal"]["mae_K"] > 0
    text = CliRunner().invoke(main, ["evaluate", "--model", str(models["elastic"]), "--data", str(known)]).stdout
    assert "within 25 %: 0.750 of the crystals" in text and "MAE of K" in text and "EwT25" in text


def test_evaluate_other_tensors(models: dict[str, Path], tmp_path: Path) -> None:
    lines = write_jsonl(
        tmp_path / "d.jsonl",
        [json_record("nacl", targets={"dielectric_electronic": (2.3 * np.eye(3)).tolist()}),
         json_record("rutile", targets={"dielectric_electronic": (-np.eye(3)).tolist()})],
    )  # fmt: skip
    found = evaluated("--model", models["dielectric"], "--data", lines)
    assert (found["n"], found["left_out"]["not positive"]) == (1, 1)
    assert {"frobenius", "ewt25", "ewt10", "ewt5"} <= set(found) and "mae_K" not in found
