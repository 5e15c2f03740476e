"""Pages and tutorials need no package but those that the start page, or a line of their own, installs."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest

from basis_store.extras import EXTRAS
from tests.docs.pages import PAGES, blocks, label
from tests.support.source_tree import PACKAGES, ROOT

START = ROOT / "docs" / "start.md"
SOURCES = sorted((ROOT / "docs" / "tutorials" / "source").glob("*.py"))
_BROUGHT = {"IPython": "notebook", "dask": "distributed"}
"""What comes with a package of another name."""


def _installed() -> set[str]:
    """The packages of ``[all]``, by the names under which they are imported, and those of the base package."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (everything,) = project["optional-dependencies"]["all"]
    extras = re.findall(r"\w+", everything.partition("[")[2])
    base = {re.split(r"\W", one)[0] for one in project["dependencies"]}
    return base | {package for extra in extras for package in EXTRAS[extra]}


def _further(code: str) -> set[str]:
    """The packages, by their names for pip, that code imports beyond the standard library and ``[all]``."""
    given = _installed() | set(PACKAGES) | set(sys.stdlib_module_names)
    modules = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            modules.add(node.module or "")
    tops = {one.partition(".")[0] for one in modules}
    if any(one.startswith("runtime.features.pyg") for one in modules):
        tops.add("torch_geometric")
    if "runtime.testing" in modules:
        tops.add("hypothesis")
    return {_BROUGHT.get(one, one) for one in tops - given}


def _named(text: str) -> set[str]:
    return {one for line in re.findall(r"pip install ([\w. -]+)", text) for one in line.split()}


@pytest.mark.parametrize("page", [page for page in PAGES if page.is_relative_to(ROOT / "docs")], ids=label)
def test_pages_name_the_packages_that_they_import(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert _further("\n".join(blocks(text, "python"))) - _named(text) == set()


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_tutorials_say_at_the_top_what_they_need(source: Path) -> None:
    text = source.read_text(encoding="utf-8")
    needed = " ".join(sorted({"notebook"} | _further(re.sub(r"^!.*", "", text, flags=re.MULTILINE))))
    line = f"# To run it: [the installation](../start.md#install), and `pip install {needed}`."
    assert line in text.split("\n# %%\n")[0].splitlines()


def test_only_the_start_page_and_developers_install_from_a_folder() -> None:
    """A reader of the site has no folder in which ``.[extra]`` means something, and PyPI has no release."""
    allowed = {ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "experiments" / "README.md", START}
    texts = {page: page.read_text(encoding="utf-8") for page in [*PAGES, *SOURCES] if page not in allowed}
    found = re.compile(r"pip install (?:-\S+ )*['\"]?(?:\.\[|sgbasis)")
    assert [label(page) for page, text in texts.items() if found.search(text)] == []


def test_the_start_page_installs_all_with_the_small_build_of_pytorch_first() -> None:
    lines = [line for line in START.read_text(encoding="utf-8").splitlines() if line.startswith("pip install")]
    assert lines[0].startswith("pip install torch --index-url https://download.pytorch.org/whl/cpu")
    assert lines[1] == "pip install '.[all]'"
