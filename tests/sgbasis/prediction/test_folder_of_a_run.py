"""Where the model of a run is, as ``sgbasis predict`` says it."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result

from sgbasis.cli import main
from tests.support.crystals.crystal_inputs import example_path
from tests.support.tiny_models import save_tiny


def predicted(model: Path) -> Result:
    return CliRunner().invoke(main, ["predict", str(example_path("nacl")), "--model", str(model)])


def test_the_folder_of_a_run(tmp_path: Path) -> None:
    folder = save_tiny(tmp_path / "run" / "model")
    done = predicted(tmp_path / "run")
    assert done.exit_code == 1
    assert done.stderr == f"Error: {tmp_path / 'run'} is the folder of a training run: its model is {folder}\n"
