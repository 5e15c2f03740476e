"""Imports stay light: the runtime never loads the compiler, and no package loads more than it needs.

An older PyTorch than we need is one line that says so.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

COMPILER = {"sympy", "networkx", "spglib", "ase", "basis_compiler"}
FORBIDDEN = COMPILER | {"pymatgen", "matplotlib", "pooch", "requests", "torch_geometric"}
HEAVY = {"torch", "tqdm", "numpy", "h5py"}
PACKAGES = ("basis_store", "basis_compiler", "runtime", "sgbasis")


def loaded_by(code: str) -> set[str]:
    """The top-level packages that ``code`` imports in a fresh interpreter; it may redefine ``before``."""
    script = f"import sys\nbefore = set(sys.modules)\n{code}\nprint(*(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return {name.split(".")[0] for name in done.stdout.split()}


@pytest.mark.parametrize(
    "code",
    [
        # torch itself imports sympy and networkx in some of its parts; only what we load in addition counts.
        "import torch; before = set(sys.modules)\nimport runtime",
        "import torch; before = set(sys.modules)\nfrom runtime import *",
        "import torch; before = set(sys.modules)\nimport runtime.features",
        "import torch; before = set(sys.modules)\n"
        "from runtime import load_store, Setting; load_store().basis(Setting.standard(227))(torch.rand(2, 3))",
        "import basis_store",
        "from basis_store import Setting, open_store; open_store().read(Setting.standard(1))",
    ],
)
def test_no_compiler_dependency_is_loaded(code: str) -> None:
    assert not loaded_by(code) & FORBIDDEN


@pytest.mark.parametrize("name", PACKAGES)
def test_packages_load_nothing_until_a_name_is_used(name: str) -> None:
    loaded = loaded_by(f"import {name}")
    assert name in loaded
    assert not loaded & (FORBIDDEN - {name} | HEAVY)


def test_the_store_does_not_need_torch() -> None:
    assert "torch" not in loaded_by("import basis_store; basis_store.open_store()")


def test_the_command_line_starts_without_heavy_imports() -> None:
    assert not loaded_by("import sgbasis.cli") & (FORBIDDEN | HEAVY)


def test_opening_a_store_loads_no_writer_and_no_download() -> None:
    code = "import basis_store; basis_store.open_store()\nprint(*sys.modules); sys.exit()"
    loaded = set(subprocess.check_output([sys.executable, "-c", f"import sys; {code}"], text=True).split())
    assert "basis_store.bases.reader" in loaded
    unneeded = {"bases.writer", "files.atomic_write", "crystals.reader", "crystals.record"}
    unneeded |= {"published.download", "published.registry"}
    assert not loaded & {f"basis_store.{name}" for name in unneeded}


@pytest.mark.parametrize("name", PACKAGES)
def test_every_public_name_can_be_imported(name: str) -> None:
    # The command line is above the others and exports their names; the runtime exports two names of the store.
    owners = {"sgbasis": PACKAGES, "runtime": ("runtime", "basis_store")}.get(name, (name,))
    missing = (
        f"module {name!r} has no attribute 'nothing'" if name == "sgbasis" else f"No {name} attribute nothing"
    )
    code = (
        f"import {name} as module\n"
        "assert module.__all__\n"
        "assert set(module.__all__) <= set(dir(module))\n"
        "for name in module.__all__:\n"
        "    owner = getattr(getattr(module, name), '__module__', module.__name__)\n"
        f"    assert owner.startswith({owners!r}), name\n"
        f"from {name} import *\n"
        "assert set(module.__all__) <= set(globals())\n"
        "try: module.nothing\n"
        f"except AttributeError as error: assert str(error) == {missing!r}, error\n"
        "else: raise AssertionError"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("version", ["2.5.1+cpu", "1.13.1", "2.6.0a0", "2.13.0+cu130"])
def test_the_version_is_checked(version: str) -> None:
    code = f"import torch; torch.__version__ = {version!r}; from runtime import Basis"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    old = version < "2.6" and not version.startswith("2.13")
    assert (done.returncode != 0) == old
    if old:
        said = f"sgbasis needs PyTorch 2.6 or newer, and {version} is installed: pip install --upgrade torch"
        assert done.stderr.splitlines()[-1] == f"basis_store.errors.MissingDependencyError: {said}"
