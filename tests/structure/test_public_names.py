"""The public names of every package: listed, the same in stub and package, and documented.

To add, rename or remove one, edit the ``__init__.pyi`` of its package (for sgbasis, the ``__init__.py`` as
well) and its line in ``public_names.txt``.
"""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

import sgbasis
from tests.support.docstrings import omissions
from tests.support.source_tree import PACKAGES, defining_modules

LISTED = Path(__file__).with_name("public_names.txt").read_text(encoding="utf-8").split()


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_is_listed(package: str) -> None:
    """Who changes the list changes what users rely on: the change log should mention it."""
    public = [f"{package}.{name}" for name in importlib.import_module(package).__all__]
    assert sorted(public) == [name for name in LISTED if name.startswith(f"{package}.")]


@pytest.mark.parametrize("package", PACKAGES)
def test_the_stub_of_a_package_agrees_with_it(package: str) -> None:
    found = importlib.import_module(package)
    assert sorted(defining_modules(package)) == sorted(found.__all__)
    for name, module in defining_modules(package).items():
        assert getattr(found, name) is getattr(importlib.import_module(module), name), name


def test_the_stub_of_sgbasis_imports_from_the_same_modules() -> None:
    stub = defining_modules("sgbasis")
    assert stub == {name: module for module, names in sgbasis._MODULES.items() for name in names}


@pytest.mark.parametrize("name", LISTED)
def test_public_names_are_documented(name: str) -> None:
    """What it is, every parameter, the errors of ours that it raises, and the shapes of arrays."""
    package, _, own = name.partition(".")
    module = defining_modules(package)[own]
    if module in PACKAGES:  # sgbasis re-exports it
        module = defining_modules(module)[own]
    assert omissions(own, module) == []
