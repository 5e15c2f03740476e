"""Commands that answer at once, and the package itself, import only what they need."""

from __future__ import annotations

import subprocess
import sys

import pytest

from basis_store.files.locations import data_folder

NACL = str(data_folder() / "crystals" / "nacl.cif")
HEAVY = {"torch", "sympy", "scipy", "ase", "pandas", "matplotlib", "pymatgen", "pooch", "requests"}


def loaded_by(*arguments: str) -> set[str]:
    """All modules that are loaded when the command has finished."""
    script = (
        "import sys\n"
        "from sgbasis.cli import main\n"
        f"main({list(arguments)!r}, standalone_mode=False)\n"
        "print('', *sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("arguments", [["--help"], ["show", "225"], ["show", "P4_2/mnm", "--json"], ["info"]])
def test_commands_about_the_store(arguments: list[str]) -> None:
    assert loaded_by(*arguments) & HEAVY == set()


def test_help_needs_nothing_but_click() -> None:
    unneeded = HEAVY | {"numpy", "h5py", "spglib", "networkx", "basis_compiler", "runtime"}
    assert loaded_by("predict", "--help") & unneeded == set()


@pytest.mark.parametrize(
    ("statement", "unneeded"),
    [
        (
            "import sgbasis",
            HEAVY | {"numpy", "h5py", "click", "spglib", "basis_store", "basis_compiler", "runtime"},
        ),
        (
            "from sgbasis import Setting; Setting.standard(227)",
            HEAVY | {"h5py", "click", "basis_compiler", "runtime"},
        ),
        ("from sgbasis import IndexSymmetry, SgbasisError, open_store", HEAVY | {"click", "basis_compiler"}),
        ("from sgbasis import shipped_models; shipped_models()", HEAVY | {"click", "basis_compiler"}),
    ],
)
def test_importing_the_package(statement: str, unneeded: set[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; {statement}; print(*sys.modules)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert set(done.stdout.split()) & unneeded == set()


def test_predict_loads_no_compiler_of_kernels() -> None:
    """The compiler that ships with PyTorch takes longer to import than everything else."""
    loaded = loaded_by("predict", NACL, "--property", "formation_energy")
    assert "torch" in loaded
    unneeded = {
        "torch._dynamo",
        "torch._inductor",
        "triton",
        "pandas",
        "matplotlib",
        "pymatgen",
        "pooch",
        "requests",
    }
    assert loaded & unneeded == set()
