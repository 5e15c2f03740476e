"""Every Python block of the README and the docs runs, top to bottom, in one namespace per page."""

from __future__ import annotations

import doctest
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "data" / "crystals" / "README.md"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_blocks_run(page: Path, tmp_path: Path) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    if page.name == "README.md" and page.parent == ROOT:
        assert blocks, "the README shows how to use it"
    script = "\n".join(blocks)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr


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


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8")):
        assert target.startswith("http") or (page.parent / target).exists(), f"{page.name}: {target}"


def test_readme_commands_exist() -> None:
    from sgbasis.cli import main

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`sgbasis ([\w-]+)", text))
    assert named == set(main.commands)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^make (\w+)", text, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)


@pytest.mark.parametrize("module", ["basis_store", "basis_compiler", "runtime"])
def test_examples_in_docstrings(module: str) -> None:
    assert doctest.testmod(importlib.import_module(module)).failed == 0
