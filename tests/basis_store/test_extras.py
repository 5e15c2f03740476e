"""Optional packages: the table of extras is that of pyproject.toml, and errors name all that is missing."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib

import pytest

from basis_store import MissingDependencyError
from basis_store.extras import EXTRAS, missing_text, needed_for
from basis_store.version import VERSION
from tests.support.command_line import PIP
from tests.support.source_tree import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
BARE = "import sys\nfor name in {names}: sys.modules[name] = None\n{code}"


def requirements(extra: str) -> set[str]:
    """Distributions of an extra, those of the extras that it includes as well."""
    found = set()
    for line in PROJECT["optional-dependencies"][extra]:
        name = re.match(r"[\w-]+", line)[0]
        included = re.match(r"sgbasis\[([\w,]+)\]", line)
        found |= set().union(*map(requirements, included[1].split(","))) if included else {name}
    return found


@pytest.mark.parametrize("extra", PROJECT["optional-dependencies"])
def test_the_extras_are_those_of_the_project(extra: str) -> None:
    if extra in ("all", "dev", "docs"):  # for people, not needed by any code
        assert extra not in EXTRAS
    else:
        assert {name.replace("skimage", "scikit-image") for name in EXTRAS[extra]} == requirements(extra)


def test_the_version_is_written_once() -> None:
    import sgbasis

    assert "version" in PROJECT["dynamic"]
    assert sgbasis.__version__ == VERSION


def test_an_error_names_what_is_missing_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ase", "gemmi", "skimage"):
        monkeypatch.setitem(sys.modules, name, None)
    assert missing_text("this", "gemmi") == f"this needs gemmi, which is not installed: {PIP} gemmi"
    text = "this needs ase, gemmi and scikit-image, which are not installed"
    assert missing_text("this", "skimage", ["structures", "plot"]) == f"{text}: {PIP} ase gemmi scikit-image"
    monkeypatch.setitem(sys.modules, "pip", None)  # environments made by uv have none
    assert missing_text("this", "gemmi").endswith("installed: pip install gemmi")


def test_other_errors_pass() -> None:
    with pytest.raises(ModuleNotFoundError, match="no_such_module"), needed_for("this"):
        import no_such_module  # noqa: F401
    with pytest.raises(ImportError, match="cannot import name"), needed_for("this"):
        from sys import no_such_name
    with pytest.raises(ImportError, match="cannot import name") as caught, needed_for("this"):
        from numpy import no_such_name  # noqa: F401
    assert not isinstance(caught.value, MissingDependencyError)


@pytest.mark.parametrize(
    ("code", "needs"),
    [
        ("import runtime; runtime.load_store", "runtime.load_store needs torch and safetensors, which are"),
        ("from runtime import Basis", "runtime.Basis needs torch and safetensors, which are"),
        ("import runtime.testing", "runtime.testing needs torch and safetensors, which are"),
        (
            "import runtime.features.pyg",
            "runtime.features.pyg needs torch, safetensors and torch_geometric, which are",
        ),
        (
            "from basis_compiler import compile_setting",
            "basis_compiler.compile_setting needs sympy, networkx and spglib",
        ),
        (
            "from basis_compiler import compile_crystals",
            "compile_crystals needs sympy, networkx, spglib, ase and gemmi",
        ),
        ("import sgbasis; sgbasis.load_store()", "runtime.load_store needs torch and safetensors, which are"),
        (
            "import sgbasis; sgbasis.predict('x.cif', 'band_gap')",
            "sgbasis.predict needs sympy, networkx, spglib, ase, gemmi, torch and",
        ),
        (
            "import sgbasis; sgbasis.project_tensor([[1]], 'x.cif')",
            "sgbasis.project_tensor needs sympy, networkx",
        ),
        (
            "import sgbasis; sgbasis.function_picture(None, 1)",
            "a picture needs sympy, networkx, spglib, matplotlib, scikit-image and",
        ),
        ("import sgbasis; sgbasis.Setting.standard(227); sgbasis.open_store()", ""),
    ],
)
def test_imports_say_what_to_install(code: str, needs: str) -> None:
    """As after 'pip install .' without extras."""
    names = sorted({name for packages in EXTRAS.values() for name in packages})
    script = BARE.format(names=names, code=code)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    last = (done.stderr.splitlines() or [""])[-1]
    assert last.startswith("basis_store.errors.MissingDependencyError: ") == bool(needs), done.stderr
    assert needs in last and (not needs or f" not installed: {PIP} " in last)
    assert done.returncode == bool(needs)


def test_the_readme_names_the_extras_of_each_command() -> None:
    from sgbasis import cli

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `sgbasis ([\w-]+)[^|]*\|.*\|([^|]*)\|$", text, re.MULTILINE)
    found: dict[str, set[str]] = {}
    for command, extras in rows:
        found.setdefault(command, set(re.findall(r"\w+", extras)) & EXTRAS.keys())
    assert found == {
        command: set(cli.EXTRAS.get(command, ())) | OPTIONAL.get(command, set()) for command in cli.main.commands
    }


OPTIONAL = {
    "altermagnet": {"plot"},
    "compile": {"dask"},
    "predict": {"dask", "tables", "plot"},
    "reflections": {"plot"},
    "verify": {"fields"},
}
"""What the README lists for an option only."""
