"""``info``, ``verify`` and ``export`` on good and bad input."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import click
import h5py
import numpy as np
import pytest
import torch

from basis_compiler import compile_dataset, compile_tensors
from basis_store import StoreReader, write_store
from basis_store.files.locations import data_folder
from basis_store.version import VERSION
from runtime import Domain, ModelCard, save_pretrained
from tests.support.command_line import PIP, error_line, sgbasis
from tests.support.compiled import changed
from tests.support.tiny_models import tiny_model


def test_info_of_the_default_store(reader: StoreReader) -> None:
    facts = json.loads(sgbasis("info", "--json").stdout)
    assert facts["content_sha256"] == reader.content_hash
    assert facts["settings"] == 530
    assert facts["recipe"] == {"min_functions": 64, "radius": 5, "settings": "all"}
    assert facts["shared_waves"] == {"orthogonal": 514, "hexagonal": 418}
    assert facts["format"] == "1.3"
    assert facts["tensors"] == {"orientations": 45}


def test_info_of_models(tmp_path: Path) -> None:
    shipped = json.loads(sgbasis("info", "band_gap", "--json", cwd=tmp_path).stdout)
    assert shipped["targets"] == {"band_gap": "(eV)"}
    assert (shipped["format"], shipped["architecture"]) == ("1.0", "Ensemble")
    card = ModelCard(name="a", summary="b", sources=[], training="c", figures=[], limits=[])
    domain = Domain((11, 17), (225,), 2, (22.0, 23.0))
    save_pretrained(tiny_model(), tmp_path, card=card.to_markdown(), domain=domain, training={})
    done = sgbasis("info", tmp_path)
    assert re.search(
        rf"^written_by +sgbasis {re.escape(VERSION)}, torch {re.escape(torch.__version__)}$", done.stdout, re.M
    )
    assert (
        "2 elements and 1 space groups, with up to 2 sites and 22.0 to 23.0 cubic Angstrom per atom" in done.stdout
    )
    (tmp_path / "config.json").unlink()
    assert "is not the folder of a model: it has no config.json" in error_line(sgbasis("info", tmp_path))


def test_stores_and_datasets_name_the_version_that_wrote_them(tmp_path: Path) -> None:
    compile_dataset([data_folder() / "crystals" / "nacl.cif"], tmp_path / "one.h5")
    for path, version in ((data_folder() / "default.h5", "1.3"), (tmp_path / "one.h5", "1.0")):
        facts = json.loads(sgbasis("info", path, "--json").stdout)
        assert (facts["format"], facts["written_by"]["sgbasis"]) == (version, VERSION)
    assert sgbasis("--version").stdout == f"sgbasis, version {VERSION}\n"


@pytest.mark.parametrize("command", ["info", "verify"])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "No such file or directory"),
        (b"hello", "is not an sgbasis"),  # info, which reads datasets too, says file
        (b"\x89HDF\r\n\x1a\n" + bytes(100), "is damaged"),
    ],
)
def test_bad_files(command: str, content: bytes | None, message: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.h5"
    if content is not None:
        path.write_bytes(content)
    line = error_line(sgbasis(command, path))
    assert message in line
    assert str(path) in line


def test_verify_refuses_a_store_whose_basis_is_wrong(reader: StoreReader, tmp_path: Path) -> None:
    """All checksums are right and one phase is wrong: only the proof can find it."""
    path = tmp_path / "forged.h5"
    forged = list(reader)
    phases = forged[300].phases24.copy()
    phases[5] = (phases[5] + 12) % 24
    forged[300] = changed(forged[300], phases24=phases)
    write_store(path, forged, reader.recipe, tensors=reader.tensors)
    assert "hall:301) fails its proof" in error_line(sgbasis("verify", path))


def test_verify_refuses_a_store_that_is_not_its_recipe(reader: StoreReader, tmp_path: Path) -> None:
    path = tmp_path / "fewer.h5"
    fewer = list(reader)[:-1]
    write_store(path, fewer, reader.recipe, tensors=compile_tensors([one.setting for one in fewer]))
    assert "does not hold the settings of its recipe" in error_line(sgbasis("verify", path))


def test_newer_format(reader: StoreReader, tmp_path: Path) -> None:
    path = tmp_path / "newer.h5"
    path.write_bytes(reader.path.read_bytes())
    with h5py.File(path, "r+") as file:
        file.attrs["format_version"] = np.bytes_(b"2.0")
    line = error_line(sgbasis("info", path))
    assert "store format 2.0 cannot be read by this release, which reads 1.x: upgrade sgbasis" in line


def test_export(tmp_path: Path) -> None:
    path = tmp_path / "out.npz"
    done = sgbasis("export", "--setting", "hall:525", "--radius", 5, path)
    assert done.returncode == 0, done.stderr
    arrays = np.load(path)
    assert arrays["waves"].shape == (514, 3)
    assert arrays["hall_number"] == 525
    assert arrays["orbit"].min() == -1
    assert arrays["phase24"].dtype == np.int8
    # Constancy along every operation (D3), from the exported arrays alone.
    row = {tuple(k): i for i, k in enumerate(arrays["waves"].tolist())}
    waves, orbit, phase = (arrays[name].astype(int) for name in ("waves", "orbit", "phase24"))
    for rotation, translation in zip(arrays["rotations"].astype(int), arrays["translations24"], strict=True):
        image = np.array([row[tuple(k)] for k in (waves @ rotation).tolist()])
        assert np.array_equal(orbit[image], orbit)
        kept = orbit >= 0
        assert not ((phase + waves @ translation - phase[image]) % 24)[kept].any()
    for number in range(orbit.max() + 1):
        assert phase[np.flatnonzero(orbit == number)].min() == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--setting", "999", "out.npz"], "there is no space group 999"),
        (["--setting", "1", "--radius", "50", "out.npz"], "compiled to radius 5.00 only, not 50"),
        (["--setting", "1", "missing/out.npz"], "missing/out.npz: No such file or directory"),
        (["out.npz"], "Missing option '--setting'"),
        (["--setting", "1", "--store", "none.h5", "out.npz"], "none.h5: No such file or directory"),
    ],
)
def test_export_errors(arguments: list[str], message: str, tmp_path: Path) -> None:
    assert message in error_line(sgbasis("export", *arguments, cwd=tmp_path))
    assert not list(tmp_path.iterdir())


def test_help_and_version() -> None:
    text = sgbasis("--help").stdout
    for command in ("compile", "verify", "info", "show", "tensor", "plot", "export", "encode", "fetch"):
        assert f"\n  {command} " in text
    assert sgbasis("--version").stdout.startswith("sgbasis, version ")
    assert "No such command 'nonsense'" in error_line(sgbasis("nonsense"))


@pytest.mark.parametrize(
    ("missing", "arguments"),
    [
        ("sympy", ["compile", "--settings", "1"]),
        ("networkx", ["compile", "--settings", "1"]),
        ("spglib", ["verify", "data/default.h5"]),
        ("matplotlib", ["plot", "225"]),
        ("skimage", ["plot", "225"]),
        ("gemmi", ["encode", "data/crystals/nacl.cif"]),
        ("ase", ["encode", "tests/basis_compiler/crystals/formats/cases/read/J_lower.vasp"]),
        ("torch", ["encode", "data/crystals/nacl.cif"]),
    ],
)
def test_missing_packages_are_named(missing: str, arguments: list[str], tmp_path: Path) -> None:
    """What a user reads who installed only the base package."""
    arguments = [str(Path(word).resolve()) if "/" in word else word for word in arguments]
    script = (
        f"import sys; sys.modules[{missing!r}] = None\n"
        f"from sgbasis.cli import main; main({arguments!r}, prog_name='sgbasis')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    line = error_line(done)
    name = missing.replace("skimage", "scikit-image")
    assert line == f"sgbasis {arguments[0]} needs {name}, which is not installed: {PIP} {name}"


def test_no_option_takes_what_is_no_number() -> None:
    """Every float option of every command: click's own range accepts nan."""
    from sgbasis.cli import main

    floats = [
        (name, option)
        for name, command in main.commands.items()
        for option in command.params
        if isinstance(option.type, click.types.FloatParamType)
    ]
    assert len(floats) >= 5
    for name, option in floats:
        for value in ("nan", "inf", "-inf"):
            with pytest.raises(click.BadParameter, match=r"is not a finite number|is not in the range"):
                option.type.convert(value, option, None)
                pytest.fail(f"{name} {option.opts[0]} takes {value}")
