"""Every array of every format in every kind of wrong: hashes are right, so only checks of the content find it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from basis_compiler import compile_crystal, prove_store, read_crystals
from basis_store import DatasetRows, Recipe, SgbasisError, open_crystals, open_store, write_crystals
from basis_store.files.locations import data_folder
from runtime import load_store
from sgbasis.cli import main
from tests.support.compiled import write_compiled
from tests.support.hdf5_forgery import Content, corruptions, odd_attributes, read_content, write_forged

STORE_COMMANDS = (
    ("verify", "{file}"),
    ("info", "{file}"),
    ("show", "2", "--count", "1", "--store", "{file}"),
    ("export", "{file}.npz", "--setting", "2", "--store", "{file}"),
    ("tensor", "2", "elastic", "--store", "{file}"),
    ("show", "2", "--wyckoff", "--store", "{file}"),
)
DATASET_COMMANDS = (("info", "{file}"), ("info", "--json", "{file}"))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Content:
    """Settings with systematic absences, origin shifts and polar directions: no array is empty."""
    path = tmp_path_factory.mktemp("good") / "store.h5"
    write_compiled(path, Recipe(radius=1, min_functions=4, settings=(2, 6, 92)))
    content = read_content(path)
    assert all(array.size for array in content.arrays.values())
    return content


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Content:
    path = tmp_path_factory.mktemp("good") / "dataset.h5"
    crystals = [read_crystals(data_folder() / "crystals" / f"{name}.cif")[0] for name in ("quartz", "rutile")]
    records = [
        compile_crystal(crystal, identifier=f"crystal {i}", targets={"gap": 1.5, "t": np.eye(3)}, split="train")
        for i, crystal in enumerate(crystals)
    ]
    write_crystals(path, records, units={"gap": "eV"}, skipped=[("x", "no cell")], notes=["a note"])
    return read_content(path)


def use_store(path: Path) -> None:
    """The library on all of it."""
    with open_store(path) as reader:
        for setting in reader.settings:
            reader.tensor_basis(setting, "ijkl=jikl=klij")
            reader.wyckoff_positions(setting)
        opened = load_store(path)
        for setting in opened.settings:
            opened.basis(setting)
        prove_store(reader)


def use_dataset(path: Path) -> None:
    """The library on all of it, read whole and in parts."""
    rows = DatasetRows(path)
    rows.check()
    assert len(list(rows.take(0, len(rows)))) == len(list(open_crystals(path)))


def fault(path: Path, use: Callable[[Path], None], commands: tuple[tuple[str, ...], ...]) -> str | None:
    """What a user must not see; None if there is an error of ours everywhere. The first command must fail."""
    try:
        use(path)
        return "the library believes it"
    except SgbasisError as error:
        if "\n" in str(error) or (str(path) not in str(error) and "fails its proof" not in str(error)):
            return f"the library says {error}"
    except Exception as error:
        return f"the library raises {error!r}"
    found = (wrong_end(command, path, must_fail=command is commands[0]) for command in commands)
    return next((problem for problem in found if problem), None)


def wrong_end(command: tuple[str, ...], path: Path, *, must_fail: bool) -> str | None:
    """How a command ends wrongly: with a traceback, with more than one line, or believing the file."""
    done = CliRunner().invoke(main, [word.format(file=path) for word in command])
    if not isinstance(done.exception, SystemExit | None):
        return f"{command[0]} raises {done.exception!r}"
    lines = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    if done.exit_code and len(lines) != 1:
        return f"{command[0]} says {done.stderr}"
    return f"{command[0]} believes it" if must_fail and not done.exit_code else None


def test_good_files_are_believed(store: Content, dataset: Content, tmp_path: Path) -> None:
    """What is written by the forger without a change is right, so that it is the change that is found."""
    for content, use in ((store, use_store), (dataset, use_dataset)):
        write_forged(tmp_path / "good.h5", *content)
        use(tmp_path / "good.h5")


def test_every_array_of_a_store(store: Content, tmp_path: Path) -> None:
    faults, tried = {}, 0
    for name, array in store.arrays.items():
        for kind, wrong in corruptions(array):
            if wrong.tobytes() == array.tobytes() and wrong.shape == array.shape and wrong.dtype == array.dtype:
                continue
            same_form = wrong.shape == array.shape and wrong.dtype == array.dtype
            if name in ("tensors/sha256", "wyckoff/sha256") or (name == "settings/sha256" and same_form):
                continue  # the forger corrects it
            path = tmp_path / "forged.h5"
            path.unlink(missing_ok=True)
            write_forged(path, store.attributes, store.arrays | {name: wrong})
            tried += 1
            if problem := fault(path, use_store, STORE_COMMANDS[: 1 if tried % 5 else None]):
                faults[name, kind] = problem
    assert not faults
    assert tried > 500


ALSO_RIGHT = (("notes/offsets", "longer"), ("targets/gap", "flat"))
"""An empty note more; values of another shape."""


def test_every_array_of_a_dataset(dataset: Content, tmp_path: Path) -> None:
    faults, tried = {}, 0
    for name, array in dataset.arrays.items():
        for kind, wrong in corruptions(array):
            if wrong.tobytes() == array.tobytes() and wrong.shape == array.shape and wrong.dtype == array.dtype:
                continue
            path = tmp_path / "forged.h5"
            path.unlink(missing_ok=True)
            write_forged(path, dataset.attributes, dataset.arrays | {name: wrong})
            tried += 1
            problem = fault(path, use_dataset, DATASET_COMMANDS)
            possible = wrong.shape == array.shape and wrong.dtype == array.dtype
            right = (name, kind) in ALSO_RIGHT or (possible and not outside(name, wrong))
            if problem and not (right and problem == "the library believes it"):
                faults[name, kind] = problem
    assert not faults
    assert tried > 300


def outside(name: str, array: np.ndarray) -> bool:
    """Whether a value is one that no crystal can have."""
    if name.startswith("targets/"):
        return bool(np.isinf(array).any())
    if array.dtype.kind == "f":
        return not bool((np.abs(array) < 1e3).all())
    if name == "sites/numbers":
        return bool(((array < 1) | (array > 118)).any())
    return name.endswith("/offsets") or (
        name in ("crystals/splits", "crystals/hall_numbers", "images/images")
        and bool((array < 0).any() or (array > 530).any())
    )


@pytest.mark.parametrize("kind", ["store", "dataset"])
def test_attributes(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    content: Content = request.getfixturevalue(kind)
    use, commands = (use_store, STORE_COMMANDS[:2]) if kind == "store" else (use_dataset, DATASET_COMMANDS)
    faults = {}
    for name, attributes in odd_attributes(content.attributes):
        path = tmp_path / "forged.h5"
        path.unlink(missing_ok=True)
        write_forged(path, attributes, content.arrays)
        problem = fault(path, use, commands)
        if problem and not (name.startswith("provenance") and problem == "the library believes it"):
            faults[name] = problem
    assert not faults


@pytest.mark.parametrize("kind", ["store", "dataset"])
def test_arrays_that_are_missing_and_others(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    content: Content = request.getfixturevalue(kind)
    use, commands = (use_store, STORE_COMMANDS) if kind == "store" else (use_dataset, DATASET_COMMANDS)
    cases = {f"without {name}": {k: v for k, v in content.arrays.items() if k != name} for name in content.arrays}
    for name in ("extra", "operations/extra", "crystals/extra", "targets/extra", "a/b/c"):
        cases[f"with {name}"] = content.arrays | {name: np.zeros(3)}
    for name in content.arrays:
        cases[f"{name} a group"] = {k: v for k, v in content.arrays.items() if k != name} | {
            f"{name}/x": np.ones(2)
        }
    faults = {}
    for case, arrays in cases.items():
        path = tmp_path / "forged.h5"
        path.unlink(missing_ok=True)
        try:
            write_forged(path, content.attributes, arrays)
        except KeyError:  # the forger needs it for the hashes
            continue
        if problem := fault(path, use, commands):
            faults[case] = problem
    assert not faults
