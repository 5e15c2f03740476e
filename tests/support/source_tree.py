"""The source of the packages as data: their files, and all imports in them, late ones included."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("basis_store", "basis_compiler", "runtime", "sgbasis")
_NOT_SOURCE = {"__pycache__", "build", "dist", "node_modules", "site"}
_OUTPUT = ROOT / "runs"


def folders() -> Iterator[Path]:
    """Every folder of the checkout that people read, the root first."""
    waiting = [ROOT]
    while waiting:
        folder = waiting.pop()
        yield folder
        waiting += [one for one in entries(folder) if one.is_dir()]


def entries(folder: Path) -> list[Path]:
    """What a listing of a folder shows, without what is generated."""
    return [
        one
        for one in sorted(folder.iterdir())
        if not one.name.startswith(".")
        and one.name not in _NOT_SOURCE
        and one != _OUTPUT
        and not one.name.endswith((".egg-info", ".pyc"))
        and one.name != "bench.json"
    ]


def files(pattern: str = "*.py") -> list[Path]:
    """The files of the checkout whose name matches."""
    return sorted(one for folder in folders() for one in entries(folder) if one.is_file() and one.match(pattern))


def module_name(path: Path) -> str:
    """``runtime.site_kernels.neighbours`` of ``runtime/site_kernels/neighbours.py``."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@functools.cache
def modules() -> dict[str, Path]:
    """Every module of the packages by its name."""
    return {module_name(path): path for path in files() if path.relative_to(ROOT).parts[0] in PACKAGES}


@functools.cache
def imported_names(path: Path) -> tuple[tuple[str, str], ...]:
    """Pairs (module, name) that a file imports anywhere in it; the name is ``""`` for a whole module."""
    return tuple(_imported_names(path))


def _imported_names(path: Path) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, ""
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield _absolute(path, node), alias.name
        elif isinstance(node, ast.Call) and "import_module" in ast.unparse(node.func):
            for argument in node.args[:1]:
                if isinstance(argument, ast.Constant):
                    yield str(argument.value), ""


def _absolute(path: Path, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    package = path.relative_to(ROOT).parts[: -node.level]
    return ".".join([*package, *([node.module] if node.module else [])])


@functools.cache
def defining_modules(package: str) -> dict[str, str]:
    """The public names of a package and the modules that define them, from its stub."""
    names = {}
    for module, name in imported_names(ROOT / package / "__init__.pyi"):
        names[name] = module
    return names


def imports_of(module: str) -> set[str]:
    """The modules of the packages that a module imports; a re-exported name counts for its own module."""
    found = set()
    for imported, name in imported_names(modules()[module]):
        if imported.split(".")[0] not in PACKAGES:
            continue
        if f"{imported}.{name}" in modules():
            found.add(f"{imported}.{name}")
        elif imported in PACKAGES and name in defining_modules(imported):
            found.add(defining_modules(imported)[name])
        else:
            found.add(imported)
    return found - {module}
