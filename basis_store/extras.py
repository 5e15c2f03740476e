"""Packages that are installed only where they are needed, and what to say where one is missing.

The hints name packages, not ``sgbasis[extra]``: they are right for a checkout, a wheel and an index alike.
"""

from __future__ import annotations

import contextlib
import importlib.util
import shlex
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from basis_store.errors import MissingDependencyError

EXTRAS = {
    "compiler": ("sympy", "networkx", "spglib"),
    "runtime": ("torch", "safetensors"),
    "fields": ("torch", "safetensors", "scipy"),
    "train": ("torch", "safetensors", "tensorboard"),
    "hub": ("torch", "safetensors", "huggingface_hub"),
    "structures": ("sympy", "networkx", "spglib", "ase", "gemmi"),
    "pyg": ("torch", "safetensors", "torch_geometric"),
    "plot": ("sympy", "networkx", "spglib", "matplotlib", "skimage", "plotly"),
    "tables": ("pandas", "openpyxl"),
    "dask": ("sympy", "networkx", "spglib", "distributed"),
    "explorer": ("sympy", "networkx", "spglib", "jinja2", "markupsafe"),
    "testing": ("hypothesis",),
}
"""The packages of each extra of ``pyproject.toml``, by the name under which they are imported."""

_NAMES_TO_INSTALL = {"skimage": "scikit-image", "dask": "distributed"}
"""Where they differ from the names to import; dask comes with distributed."""

_OPTIONAL = {package for packages in EXTRAS.values() for package in packages} | _NAMES_TO_INSTALL.keys()


@contextlib.contextmanager
def needed_for(what: str, *extras: str) -> Iterator[None]:
    """Say what to install when an import inside fails because a package of an extra is missing.

    Args:
        what: what needs the package, such as ``"reading CIFs"``.
        extras: of which all packages that are missing are named; by default only the one that was looked for.

    Raises:
        MissingDependencyError: a package of an extra is not installed.
    """
    try:
        yield
    except ImportError as error:
        package = missing_package(error)
        if package is None or (isinstance(error, MissingDependencyError) and not extras):
            raise
        raise MissingDependencyError(missing_text(what, package, extras), name=package) from error


def missing_package(error: ImportError) -> str | None:
    """The package of an extra that an import did not find; None if it failed for another reason."""
    package = (error.name or "").partition(".")[0]
    found = isinstance(error, ModuleNotFoundError | MissingDependencyError) and package in _OPTIONAL
    return package if found else None


def missing_text(what: str, package: str, extras: Iterable[str] = ()) -> str:
    """One line: what needs which packages, and the command that installs them for this Python."""
    missing = [one for extra in extras for one in EXTRAS[extra] if one == package or not _is_installed(one)]
    names = list(dict.fromkeys(_NAMES_TO_INSTALL.get(one, one) for one in (*missing, package)))
    *rest, last = names
    listed = f"{', '.join(rest)} and {last}, which are" if rest else f"{last}, which is"
    pip = f"{shlex.quote(sys.executable)} -m pip" if _is_installed("pip") else "pip"
    return f"{what} needs {listed} not installed: {pip} install {' '.join(names)}"


def lazy_names(
    package: str, get: Callable[[str], Any], names: Callable[[], list[str]], public: list[str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """What ``lazy_loader.attach_stub`` returns, with an error that says what to install."""

    def found(name: str) -> Any:
        extra = "runtime" if package == "runtime" else "structures" if name in _READERS else "compiler"
        with needed_for(f"{package}.{name}", extra):
            return get(name)

    return found, names, public


_READERS = {
    "compile_crystals", "compile_dataset", "read_crystals", "read_field", "read_fields", "read_reflections",
    "write_field", "write_fields",
}  # fmt: skip
"""Public names of the compiler that read or write files of others."""


def _is_installed(package: str) -> bool:
    return importlib.util.find_spec(package) is not None
