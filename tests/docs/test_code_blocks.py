"""Every Python block of the README and the docs runs, top to bottom, in one namespace per page."""

from __future__ import annotations

import doctest
import importlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, blocks, label, private_imports
from tests.support.source_tree import ROOT


@pytest.mark.parametrize("page", PAGES, ids=label)
def test_python_blocks_run(page: Path, tmp_path: Path) -> None:
    found = blocks(page.read_text(encoding="utf-8"), "python")
    if page == ROOT / "README.md":
        assert found, "the README shows how to use it"
    script = "\n".join(found)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", PAGES, ids=label)
def test_python_blocks_import_public_names(page: Path) -> None:
    code = "\n".join(blocks(page.read_text(encoding="utf-8"), "python"))
    assert list(private_imports(code)) == []


@pytest.mark.parametrize("script", sorted((ROOT / "examples").glob("*.py")), ids=label)
def test_examples_import_public_names(script: Path) -> None:
    assert list(private_imports(script.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("from runtime.site_kernels.neighbours import neighbours", ["runtime.site_kernels.neighbours"]),
        ("import basis_store.files.locations", ["basis_store.files.locations"]),
        (
            "def load():\n    from sgbasis.pictures.tensors.tensor_surface import WIDTH",
            ["sgbasis.pictures.tensors.tensor_surface"],
        ),
        ("from runtime import load_store, no_such_name", ["runtime.no_such_name"]),
        ("from tests.support import nye", ["tests.support"]),
        ("import numpy as np\nimport sgbasis\nfrom runtime.testing import assert_invariant", []),
    ],
)
def test_private_imports_are_found(line: str, found: list[str]) -> None:
    assert list(private_imports(line)) == found


@pytest.mark.parametrize("page", PAGES, ids=label)
def test_configurations_are_valid(page: Path) -> None:
    from runtime import TrainingConfig

    # What a page leaves out is given on the command line.
    given = {"data": ["a.h5"], "targets": ["band_gap"], "output": "runs/a"}
    for block in blocks(page.read_text(encoding="utf-8"), "toml"):
        TrainingConfig.from_mapping(given | tomllib.loads(block))


def test_the_shapes_in_the_readme_are_true() -> None:
    import torch

    from runtime import Setting, load_store

    text = re.sub(r" +", " ", (ROOT / "README.md").read_text(encoding="utf-8"))
    basis = load_store().basis(Setting.standard(227))
    x = torch.rand(10, 3)
    assert f"f = basis(x) # {tuple(basis(x).shape)} real" in text
    assert f"basis.gradient(x) # {tuple(basis.gradient(x).shape)};" in text
    assert f"basis.project(x) # {tuple(basis.project(x).shape)} symmetrised plane waves" in text
    assert f"a prefix: {basis.truncate(radius=5).n_functions} functions" in text


def test_readme_commands_exist() -> None:
    from sgbasis.cli import main
    from tests.support.command_line import leaf_commands

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`sgbasis ([\w-]+)", text))
    assert named == set(main.commands)
    assert [one for one in leaf_commands() if f"`sgbasis {one}" not in text] == []
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^make (\w+)", text, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)


@pytest.mark.parametrize("module", ["basis_store", "basis_compiler", "runtime", "sgbasis"])
def test_examples_in_docstrings(module: str) -> None:
    assert doctest.testmod(importlib.import_module(module)).failed == 0
