"""The runtime must not drag in the compiler: no symmetry is searched for at train time."""

from __future__ import annotations

import subprocess
import sys

import pytest

FORBIDDEN = {
    "sympy",
    "networkx",
    "spglib",
    "ase",
    "pymatgen",
    "matplotlib",
    "pooch",
    "requests",
    "basis_compiler",
    "torch_geometric",
}


def loaded_by(code: str) -> set[str]:
    script = f"import sys\nbefore = set(sys.modules)\n{code}\nprint(*(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return {name.split(".")[0] for name in done.stdout.split()}


@pytest.mark.parametrize(
    "code",
    [
        # torch itself imports sympy and networkx in some of its parts: what it loads is not ours.
        "import torch; before = set(sys.modules)\nimport runtime",
        "import torch; before = set(sys.modules)\nimport runtime.plugins",
        "import torch; before = set(sys.modules)\n"
        "from runtime import load_store, Setting; load_store().basis(Setting.standard(227))(torch.rand(2, 3))",
        "import basis_store",
        "from basis_store import Setting, open_store; open_store().read(Setting.standard(1))",
    ],
)
def test_no_compiler_dependency_is_loaded(code: str) -> None:
    assert not loaded_by(code) & FORBIDDEN


def test_plain_import_of_torch_and_runtime_loads_none_either() -> None:
    assert not loaded_by("import runtime") & FORBIDDEN


def test_the_store_does_not_need_torch() -> None:
    assert "torch" not in loaded_by("import basis_store; basis_store.open_store()")


def test_the_command_line_starts_without_heavy_imports() -> None:
    assert not loaded_by("import sgbasis.cli") & (FORBIDDEN | {"torch", "tqdm", "numpy", "h5py"})


def test_opening_a_store_loads_neither_what_writes_nor_what_fetches_one() -> None:
    code = "import basis_store; basis_store.open_store()\nprint(*sys.modules); sys.exit()"
    loaded = set(subprocess.check_output([sys.executable, "-c", f"import sys; {code}"], text=True).split())
    unneeded = {"download", "registry", "writer", "atomic_write", "crystals", "crystal_record"}
    assert not loaded & {f"basis_store.{name}" for name in unneeded}


@pytest.mark.parametrize("name", ["basis_store", "sgbasis"])
def test_what_is_imported_late_is_there(name: str) -> None:
    code = (
        f"import {name} as module\n"
        "assert set(module.__all__) <= set(dir(module))\n"
        "for name in module.__all__: assert getattr(module, name).__module__.startswith(module.__name__), name\n"
        f"from {name} import *\n"
        "assert set(module.__all__) <= set(globals())\n"
        "try: module.nothing\n"
        f"except AttributeError as error: assert str(error) == \"module '{name}' has no attribute 'nothing'\""
    )
    subprocess.run([sys.executable, "-c", code], check=True)
