"""The runtime must not drag in the compiler: no symmetry is searched for at train time."""

from __future__ import annotations

import subprocess
import sys

import pytest

FORBIDDEN = {"sympy", "networkx", "spglib", "ase", "pymatgen", "matplotlib", "pooch", "requests", "basis_compiler"}


def loaded_by(code: str) -> set[str]:
    script = f"import sys\nbefore = set(sys.modules)\n{code}\nprint(*(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return {name.split(".")[0] for name in done.stdout.split()}


@pytest.mark.parametrize(
    "code",
    [
        # torch itself imports sympy and networkx in some of its parts: what it loads is not ours.
        "import torch; before = set(sys.modules)\nimport runtime",
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
    assert not loaded_by("import sgbasis.cli") & (FORBIDDEN | {"torch", "tqdm"})
