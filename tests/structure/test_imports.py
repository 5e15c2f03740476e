"""Arrows run one way: compiler -> store <- runtime, the command line above; late imports count as well."""

from __future__ import annotations

import ast

import networkx as nx
import pytest

from tests.support.source_tree import PACKAGES, ROOT, defining_modules, files, imported_names, imports_of, modules

MAY_IMPORT = {
    "basis_store": {"basis_store"},
    "basis_compiler": {"basis_compiler", "basis_store"},
    "runtime": {"runtime", "basis_store"},
    "sgbasis": set(PACKAGES),
}
OFFLINE = {"sympy", "networkx", "spglib", "ase", "gemmi", "distributed", "dask"}
"""Packages of the compiler: whoever loads a store or trains a model needs none of them."""


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_import_what_lies_below_them(package: str) -> None:
    wrong = [
        (name, imported)
        for name in modules()
        for imported in imports_of(name)
        if name.split(".")[0] == package and imported.split(".")[0] not in MAY_IMPORT[package]
    ]
    assert not wrong


@pytest.mark.parametrize("package", ["basis_store", "runtime"])
def test_the_store_and_the_runtime_import_no_package_of_the_compiler(package: str) -> None:
    wrong = [
        (name, imported)
        for name, path in modules().items()
        for imported, _ in imported_names(path)
        if name.split(".")[0] == package and imported.split(".")[0] in OFFLINE
    ]
    assert not wrong


def test_no_module_imports_itself_in_a_circle() -> None:
    graph = nx.DiGraph((name, imported) for name in modules() for imported in imports_of(name))
    circles = [sorted(group) for group in nx.strongly_connected_components(graph) if len(group) > 1]
    assert not circles


def test_nothing_that_ships_imports_tests_benchmarks_or_experiments() -> None:
    others = {"tests", "benchmarks", "experiments", "examples"}
    wrong = [
        (name, imported)
        for name, path in modules().items()
        for imported, _ in imported_names(path)
        if imported.split(".")[0] in others
    ]
    assert not wrong


def test_every_import_of_a_room_is_of_something_that_exists() -> None:
    """Also those in functions, which no other test may run."""
    for path in files():
        for imported, name in imported_names(path):
            package = imported.split(".")[0]
            if package not in PACKAGES:
                continue
            if imported in PACKAGES and name:
                assert name in defining_modules(imported) or f"{imported}.{name}" in modules(), (path, name)
            else:
                assert imported in modules(), (path, imported)


def test_folders_of_a_room_have_a_docstring_and_nothing_else() -> None:
    """An ``__init__`` that imports delays whoever needs one file of the folder, and invites circles."""
    for name, path in modules().items():
        # PyTorch Geometric is optional: its folder is imported by name, and says what to install.
        if path.name != "__init__.py" or name in PACKAGES or name == "runtime.features.pyg":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert ast.get_docstring(tree) and len(tree.body) == 1, path.relative_to(ROOT)
