"""Files of fields on grids: damaged ones give an error or the field that is in them, and nothing half-written."""

from __future__ import annotations

import gzip
import random
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from basis_compiler.fields.field_formats import write_field
from basis_store import GridField
from basis_store.array_types import FloatArray
from tests.campaign.mutations import damaged_bytes, damaged_text
from tests.campaign.sandbox import Run, run_forked
from tests.campaign.subject import Case, Subject

NAMES = ("CHGCAR", "LOCPOT", "a.cube", "a.xsf", "a.ccp4", "a.npz", "a.rf", "a.kf", "a.bf")
_BINARY = ("a.ccp4", "a.npz")
_READ_BY_ASE = ("CHGCAR", "a.cube", "a.xsf")
_SETTING = "Pm-3m"
_LARGEST = 1000
"""Points for each byte of a file, at most: those of a .bf file fill a mesh that it does not state."""


class DamagedFields(Subject):
    """Every command that reads fields on grids, in every format, compressed as well."""

    name = "fields"
    share = 0.1

    def prepare(self, folder: Path) -> None:
        x, y, z = 2 * np.pi * np.indices((6, 6, 6)) / 6
        values = 1 + np.cos(x) + np.cos(y) + np.cos(z) + 0.25 * np.cos(x) * np.cos(y) * np.cos(z)
        atoms = np.array([55, 17]), np.array([[0, 0, 0], [0.5, 0.5, 0.5]])
        self._whole = {}
        for name in NAMES:
            quantity, unit = ("potential", "eV") if name == "LOCPOT" else ("electron density", "e/Angstrom^3")
            field = GridField(values, 4.1 * np.eye(3), quantity, unit, *atoms)
            write_field(folder / name, field, setting=_SETTING if name == "a.bf" else None)
            self._whole[name] = (folder / name).read_bytes()
            (folder / f"whole_{name}").write_bytes(self._whole[name])
            for command in _commands(name):
                done = run_forked(command, folder)
                problem = _problem(done, command, folder, name)
                assert done.exit_code == 0 and not problem, (command, done.errors, problem)
        assert all(_independent(folder / name) is not None for name in _READ_BY_ASE)

    def case(self, folder: Path, rng: random.Random) -> Case:
        name = rng.choice(NAMES)
        damage_it = damaged_bytes if name in _BINARY or rng.random() < 0.1 else damaged_text
        content, damage = damage_it(self._whole[name], rng)
        (folder / f"whole_{name}").write_bytes(self._whole[name])
        given = name
        if rng.random() < 0.1:
            given, content = f"{name}.gz", gzip.compress(content, 1, mtime=0)
            if rng.random() < 0.5:
                content, damage = damaged_bytes(gzip.compress(self._whole[name], 1, mtime=0), rng)
        (folder / given).write_bytes(content)
        command = rng.choice(_commands(given))
        return Case(command, f"{given}: {damage}", lambda run: _problem(run, command, folder, given))


def _commands(name: str) -> tuple[tuple[str, ...], ...]:
    return (
        ("field", "info", name),
        ("field", "convert", name, "-o", "out.npz"),
        ("field", "convert", name, "-o", "out.xsf"),
        ("field", "expand", name, "--symmetry", _SETTING, "-o", "out.h5"),
        ("field", "symmetrise", name, "--symmetry", _SETTING, "-o", "out.npz"),
        ("field", "evaluate", name, "--plane", "1,1,0", "--steps", "9", "-o", "out.csv"),
        ("field", "evaluate", name, "--grid", "5", "5", "5", "-o", "out.npz"),
        ("field", "plot", name, "--line", "0,0,0", "1,1,1", "-o", "out.csv"),
        ("field", "subtract", name, f"whole_{name.removesuffix('.gz')}", "-o", "out.npz"),
    )


def _problem(run: Run, command: Sequence[str], folder: Path, name: str) -> str:
    """What is wrong with what a command wrote; it is removed."""
    written = [path for path in folder.iterdir() if path.name.startswith("out.") or path.suffix == ".tmp"]
    wrong = _wrong_result(run, command, folder / name, written)
    for path in written:
        path.unlink()
    return wrong


def _wrong_result(run: Run, command: Sequence[str], given: Path, written: list[Path]) -> str:
    if run.exit_code:
        return f"half-written {written[0].name}" if written else ""
    for path in written:
        if path.suffix != ".npz":
            continue
        with np.load(path) as arrays:
            if not all(np.isfinite(array).all() for array in arrays.values() if array.dtype.kind == "f"):
                return "a field that is not finite"
            grids = [array for array in arrays.values() if array.ndim == 3]
        if sum(grid.size for grid in grids) > _LARGEST * given.stat().st_size:
            return "more points than the file has room for"
        if "convert" in command and (other := _independent(given)) is not None:
            return _difference(grids[0], other)
    return ""


def _difference(ours: FloatArray, other: FloatArray) -> str:
    """How two readings differ, but for the unit; ``""`` if they do not."""
    if ours.shape == other.shape:
        unit = float((ours * other).sum() / max((ours * ours).sum(), 1e-300))
        if np.allclose(unit * ours, other, atol=1e-4 * float(np.abs(other).max())):
            return ""
    return f"{ours.shape} with the mean {ours.mean():.6g}, independently {other.shape} with {other.mean():.6g}"


def _independent(path: Path) -> FloatArray | None:
    """The first field of a file as ASE reads it; None if it has no opinion."""
    from ase.calculators.vasp import VaspChargeDensity
    from ase.io.cube import read_cube
    from ase.io.xsf import read_xsf

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            if path.name == "CHGCAR":
                return np.asarray(VaspChargeDensity(str(path)).chg[0])
            if path.name == "a.cube":
                with path.open() as file:
                    return np.asarray(read_cube(file)["data"])
            if path.name == "a.xsf":
                with path.open() as file:
                    return np.asarray(read_xsf(file, read_data=True)[0])[:-1, :-1, :-1]  # the end points
        except Exception:  # a reader that gives up, in whichever way, has no opinion
            return None
    return None
