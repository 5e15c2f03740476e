"""Every tutorial runs, says what its notebook says, and uses public names only."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import private_imports
from tests.support.source_tree import ROOT

TUTORIALS = ROOT / "docs" / "tutorials"
SOURCES = sorted((TUTORIALS / "source").glob("*.py"))
EXTRA_PACKAGES = ("jupytext", "nbclient", "ipykernel", "PIL", "matplotlib", "torch_geometric", "tensorboard")


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_tutorials_run(source: Path) -> None:
    for package in EXTRA_PACKAGES:
        pytest.importorskip(package, reason="tutorials need pip install '.[dev]'")
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / "hooks" / "run_tutorials.py", source.stem, "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_tutorials_import_public_names(source: Path) -> None:
    assert list(private_imports(source.read_text(encoding="utf-8"))) == []


def test_each_tutorial_has_a_notebook_and_a_line_in_the_list() -> None:
    names = [path.stem for path in SOURCES]
    assert [path.stem for path in sorted(TUTORIALS.glob("*.ipynb"))] == names
    index = (TUTORIALS / "index.md").read_text(encoding="utf-8")
    assert [name for name in names if f"({name}.ipynb)" not in index] == []


def test_commands_in_notebooks_have_shown_something() -> None:
    for path in TUTORIALS.glob("*.ipynb"):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "code" and "".join(cell["source"]).startswith("!sgbasis"):
                texts = ["".join(one.get("text", "a picture")).strip() for one in cell["outputs"]]
                assert texts and all(texts), (path.name, cell["source"])


def test_notebooks_name_no_folder_of_a_machine() -> None:
    for path in TUTORIALS.glob("*.ipynb"):
        text = path.read_text(encoding="utf-8")
        assert [one for one in (str(ROOT), "/tmp/", "/home/", "site-packages") if one in text] == [], path.name
