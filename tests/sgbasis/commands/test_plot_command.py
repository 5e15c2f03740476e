"""``sgbasis plot`` as a user runs it, and what the picture is made of."""

from __future__ import annotations

import builtins
import importlib.util
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result

import runtime
from basis_compiler import compile_crystals, read_crystals
from basis_store import MissingDependencyError, Setting, StoreReader, open_store
from sgbasis.cli import main
from sgbasis.pictures.basis_function import HEIGHT, WIDTH, function_picture
from sgbasis.pictures.cell_drawing import drawn_lattice
from sgbasis.pictures.placed_atoms import PlacedAtoms
from sgbasis.pictures.section import Section
from sgbasis.pictures.style import DPI
from sgbasis.pictures.wave_sum import WaveSum
from tests.support.crystals.crystal_inputs import CRYSTALS, OTHER_CELLS

needs_plot = pytest.mark.skipif(
    not (importlib.util.find_spec("matplotlib") and importlib.util.find_spec("skimage")), reason="no extra plot"
)


def plot(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["plot", *map(str, arguments)])


def pixels(png: Path) -> np.ndarray:
    import matplotlib.image

    return matplotlib.image.imread(png)[..., :3]


def assert_one_line(done: Result, *words: str) -> None:
    assert done.exit_code == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1, done.stderr
    for word in words:
        assert word in done.stderr


@needs_plot
@pytest.mark.parametrize("setting", ["230", "194", "1", "146:R"])
def test_picture(tmp_path: Path, setting: str) -> None:
    output = tmp_path / "picture.png"
    done = plot(setting, "--output", output)
    assert done.exit_code == 0, done.output
    assert [path.name for path in tmp_path.iterdir()] == ["picture.png"]
    image = pixels(output)
    assert image.shape == (HEIGHT * DPI, WIDTH * DPI, 3)
    # Both panels show both signs: red and blue areas.
    for panel in np.array_split(image, 2, axis=1):
        redness = panel[..., 0] - panel[..., 2]
        assert (redness > 0.2).mean() > 0.01
        assert (redness < -0.2).mean() > 0.01


@needs_plot
def test_options_and_default_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert plot("227:1", "--section", "x=1/8", "--cells", 2).exit_code == 0
    assert pixels(tmp_path / "227-1-1.png").std() > 0.05


@needs_plot
def test_the_same_picture_twice(reader: StoreReader) -> None:
    compiled = reader.read(Setting.standard(62))
    assert function_picture(compiled, 1) == function_picture(compiled, 1)


@needs_plot
def test_a_function_that_vanishes_on_the_default_plane(reader: StoreReader) -> None:
    # Function 2 of P6_3/mmc is proportional to sin Z, function 5 of P1 to cos Z: neither changes along z = 0.
    assert function_picture(reader.read(Setting.standard(194)), 2).startswith(b"\x89PNG")
    assert function_picture(reader.read(Setting.standard(1)), 5).startswith(b"\x89PNG")


def test_what_is_drawn_is_the_function(store: runtime.Store, reader: StoreReader, setting: Setting) -> None:
    compiled = reader.read(setting)
    points = np.random.default_rng(0).random((5, 3))
    expected = store.basis(setting)(torch.from_numpy(points)).numpy()
    for function in (1, 2, compiled.n_orbits):
        drawn = WaveSum.of(compiled, function)
        values = np.exp(2j * np.pi * points @ drawn.waves.T) @ drawn.coefficients
        np.testing.assert_allclose(values, expected[:, function], atol=1e-12)
        np.testing.assert_allclose(drawn.values(points), expected[:, function], atol=1e-12)


def test_the_cell_that_is_drawn_has_the_symmetry(reader: StoreReader, setting: Setting) -> None:
    compiled = reader.read(setting)
    lattice = drawn_lattice(compiled)
    metric = lattice @ lattice.T
    rotations = compiled.rotations.astype(float)
    np.testing.assert_allclose(np.einsum("gji,jk,gkl->gil", rotations, metric, rotations) - metric, 0, atol=1e-12)
    np.testing.assert_allclose(lattice[2, :2], 0, atol=1e-12)
    assert np.linalg.det(lattice) > 0.3


@pytest.mark.parametrize("function", [0, -1, 100_000])
def test_no_such_function(tmp_path: Path, function: int) -> None:
    done = plot("225", "--function", function, "--output", tmp_path / "picture.png")
    assert_one_line(done, "225 Fm-3m has functions 1 to", f"not {function}")
    assert not list(tmp_path.iterdir())


def test_output_in_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    assert_one_line(plot("225", "--output", tmp_path / "nowhere" / "picture.png"), "No such file or directory")


@pytest.mark.parametrize("name", ["picture.jpg", "picture"])
def test_only_pictures(tmp_path: Path, name: str) -> None:
    done = plot("225", "--output", tmp_path / name)
    assert done.exit_code == 2
    message = f"{tmp_path / name} does not end in .png, .svg, .pdf, .html"
    assert done.stderr == f"Error: Invalid value for --output: {message}\n"
    assert not list(tmp_path.iterdir())


def test_atoms_are_those_of_the_crystal_in_any_cell() -> None:
    """Generated by the operations, in the cell of the crystal; the same from a primitive cell."""
    with open_store() as store:
        compiled = store.read(Setting.standard(227))
    placed = [
        PlacedAtoms.of(compile_crystals(file)[0], compiled)
        for file in (CRYSTALS / "spinel.cif", OTHER_CELLS / "spinel_primitive.cif")
    ]
    for atoms in placed:
        rounded = np.column_stack([atoms.numbers, (atoms.coordinates % 1).round(4) % 1])
        assert len(np.unique(rounded, axis=0)) == 56
        assert np.bincount(atoms.numbers)[[8, 12, 13]].tolist() == [32, 8, 16]
        np.testing.assert_allclose(atoms.lattice * atoms.unit, 8.08 * np.eye(3), atol=0.01)
        magnesium = atoms.coordinates[atoms.numbers == 12]
        values = WaveSum.of(compiled, 1).values(magnesium)
        np.testing.assert_allclose(values, values[0])  # an invariant function has one value on an orbit
        places, numbers = atoms.in_cells(1)
        assert len(places) > 56 and ((places > -1e-3) & (places < 1.001)).all() and len(numbers) == len(places)


@pytest.mark.parametrize(
    ("setting", "file", "count"),
    [
        ("227:1", CRYSTALS / "spinel.cif", 56),
        ("227:1", OTHER_CELLS / "spinel_primitive.cif", 56),
        ("Pbnm", CRYSTALS / "catio3.cif", 20),
        ("Pcmn", OTHER_CELLS / "catio3_pbnm.cif", 20),
        ("167:R", CRYSTALS / "calcite.cif", 10),
        ("167:H", OTHER_CELLS / "calcite_rhombohedral.cif", 30),
        ("141:1", CRYSTALS / "anatase.cif", 12),
    ],
)
def test_atoms_are_brought_to_the_setting_of_the_function(
    setting: str, file: Path, count: int, reader: StoreReader
) -> None:
    compiled, record = reader.read(Setting.parse(setting)), compile_crystals(file)[0]
    atoms = PlacedAtoms.of(record, compiled)
    volume = np.linalg.det(atoms.lattice * atoms.unit)
    assert len(atoms.numbers) == count
    assert count / volume == pytest.approx(record.multiplicities.sum() / record.volume)
    metric = atoms.lattice @ atoms.lattice.T
    for rotation, shift in zip(compiled.rotations, compiled.translations24 / 24, strict=True):
        np.testing.assert_allclose(rotation.T @ metric @ rotation, metric, atol=1e-6)
        moved = atoms.coordinates @ rotation.T + shift
        apart = moved[:, None] - atoms.coordinates
        near = (np.abs(apart - np.rint(apart)).max(axis=2) < 1e-4) & (atoms.numbers[:, None] == atoms.numbers)
        assert (near.sum(axis=1) == 1).all()


def test_atoms_of_a_file_in_the_setting_stay_where_they_are(reader: StoreReader) -> None:
    (crystal,) = read_crystals(OTHER_CELLS / "catio3_pbnm.cif")
    atoms = PlacedAtoms.of(
        compile_crystals(OTHER_CELLS / "catio3_pbnm.cif")[0], reader.read(Setting.parse("Pbnm"))
    )
    np.testing.assert_allclose(
        np.linalg.norm(atoms.lattice * atoms.unit, axis=1), np.linalg.norm(crystal.lattice, axis=1), rtol=1e-3
    )
    apart = crystal.coordinates[:, None] - atoms.coordinates
    assert (np.abs(apart - np.rint(apart)).max(axis=2).min(axis=1) < 1e-3).all()


@needs_plot
@pytest.mark.parametrize(
    ("setting", "file", "text"),
    [
        ("167:R", "calcite.cif", r"$a = b = c = 6.375$ $\mathrm{\AA}$, $\alpha = \beta = \gamma = 46.1\degree$"),
        ("154", "quartz.cif", r"$a = b = 4.916, c = 5.405$ $\mathrm{\AA}$, $\gamma = 120.0\degree$"),
        ("62", "catio3.cif", r"$a = 5.422, b = 7.651, c = 5.404$ $\mathrm{\AA}$"),
    ],
)
def test_the_cell_is_said_in_short(setting: str, file: str, text: str, reader: StoreReader) -> None:
    record = compile_crystals(CRYSTALS / file)[0]
    assert PlacedAtoms.of(record, reader.read(Setting.parse(setting))).cell_text == text


@needs_plot
def test_atoms_are_drawn(tmp_path: Path) -> None:
    plain, drawn = tmp_path / "plain.png", tmp_path / "drawn.png"
    for output, options in ((plain, ()), (drawn, ("--atoms", CRYSTALS / "nacl.cif"))):
        assert plot("225", *options, "--output", output).exit_code == 0
    assert plain.read_bytes() != drawn.read_bytes()


@pytest.mark.parametrize(
    ("setting", "file", "message"),
    [
        ("225", "quartz.cif", "quartz.cif (154 P3_221) cannot be drawn with 225 Fm-3m: another group; draw 154"),
    ],
)
def test_atoms_of_another_group(setting: str, file: str, message: str, tmp_path: Path) -> None:
    done = plot(setting, "--atoms", CRYSTALS / file, "--output", tmp_path / "picture.png")
    assert_one_line(done, message)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("text", ["w=1/8", "z", "z=", "z=1/0", "z=a", "1/8"])
def test_bad_section(text: str) -> None:
    with pytest.raises(ValueError, match="a section is written z=1/8"):
        Section.parse(text)
    done = plot("225", "--section", text)
    assert done.exit_code == 2
    assert "a section is written z=1/8" in done.stderr


@pytest.mark.parametrize(
    ("text", "section"),
    [
        ("z=1/8", Section(2, Fraction(1, 8))),
        (" x = -0.25", Section(0, Fraction(-1, 4))),
        ("y=1", Section(1, Fraction(1))),
    ],
)
def test_sections(text: str, section: Section) -> None:
    assert Section.parse(text) == section


def test_without_the_extra(reader: StoreReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real_import = builtins.__import__

    def no_matplotlib(name: str, *rest: Any, **named: Any) -> Any:
        if name.startswith("matplotlib"):
            raise ModuleNotFoundError("No module named 'matplotlib'", name="matplotlib")
        return real_import(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", no_matplotlib)
    with pytest.raises(
        MissingDependencyError,
        match=r"^a picture needs matplotlib, which is not installed: .* -m pip install matplotlib$",
    ):
        function_picture(reader.read(Setting.standard(221)), 1)
    output = tmp_path / "picture.png"
    assert_one_line(plot("221", "--output", output), "sgbasis plot needs matplotlib, which is not installed: ")
    assert not output.exists()
