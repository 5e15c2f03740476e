"""Files of field coefficients: damaged ones give the right output or an error."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import numpy as np

from basis_store import GridField, write_coefficients
from runtime import expand
from tests.campaign.mutations import damaged_bytes
from tests.campaign.sandbox import Run, run_forked
from tests.campaign.subject import Case, Subject, comparable


class DamagedCoefficients(Subject):
    """Every command that reads a file of coefficients."""

    name = "coefficients"
    share = 0.1

    def prepare(self, folder: Path) -> None:
        self._whole = folder / "whole.h5"
        field = GridField(np.random.default_rng(4).normal(size=(8, 8, 8)), 4 * np.eye(3), "potential", "eV")
        write_coefficients(self._whole, expand(field, "198").coefficients)
        shutil.copy(self._whole, folder / "c.h5")
        self._commands = (
            ("info", "c.h5", "--json"),
            ("verify", "c.h5"),
            ("field", "evaluate", "c.h5", "--grid", "6", "6", "6", "-o", "out.xsf"),
            ("field", "evaluate", "c.h5", "--line", "0,0,0", "1/2,1/2,1/2", "-o", "out.csv"),
        )
        self._right = {}
        for command in self._commands:
            done = run_forked(command, folder)
            assert done.exit_code == 0, done.errors
            self._right[command] = (comparable(done.output), _written(folder))

    def case(self, folder: Path, rng: random.Random) -> Case:
        content, damage = damaged_bytes(self._whole.read_bytes(), rng)
        (folder / "c.h5").write_bytes(content)
        command = rng.choice(self._commands)

        def problem(run: Run) -> str:
            if run.exit_code:
                return "half-written output" if _written(folder) else ""
            return "" if (comparable(run.output), _written(folder)) == self._right[command] else "another output"

        return Case(command, damage, problem)


def _written(folder: Path) -> dict[str, bytes]:
    """What a command wrote; it is removed."""
    found = {path.name: path.read_bytes() for path in folder.glob("out.*")}
    for name in found:
        (folder / name).unlink()
    return found
