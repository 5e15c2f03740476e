"""The reference of every public name: a page for each subject of a package, from the docstrings.

Which names there are is read from the stub of each package, where they lie from the module that each is imported
from, and what a subject is about from the docstring of its folder.
"""

from __future__ import annotations

import ast
import functools
from collections import defaultdict
from typing import Any

import griffe
from docstring_text import markdown
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from stub_names import PACKAGES, ROOT, public_names

FOLDER = "reference/api"

DEEP = {
    "runtime.testing": ("assert_invariant", "coordinates", "settings"),
    "runtime.features.pyg": ("CrystalData", "SgbasisEncoding", "SgbasisPairKernel", "record_to_data"),
}
"""Public modules below the top of a package, and their names."""


def subjects(package: str) -> dict[str, list[str]]:
    """The public names of a package by subject, the folder or file below the package that defines them."""
    found = defaultdict(list)
    for name, module in public_names(package).items():
        own = module.startswith(f"{package}.")
        found[".".join(module.split(".")[:2]) if own else package].append(name)
    return {subject: sorted(names) for subject, names in sorted(found.items())}


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the pages into the navigation, in the place of the entry that names their folder."""
    places: list[Any] = [f"{FOLDER}/index.md"]
    for package in PACKAGES:
        pages = [*subjects(package), *(one for one in DEEP if one.startswith(f"{package}."))]
        places.append({package: [{one: f"{FOLDER}/{one}.md"} for one in sorted(pages)]})
    config.nav = _replaced(config.nav, places)
    return config


def _replaced(nav: Any, places: list[Any]) -> Any:
    if isinstance(nav, list):
        return [_replaced(one, places) for one in nav]
    if isinstance(nav, dict):
        return {name: _replaced(one, places) for name, one in nav.items()}
    return places if nav == FOLDER else nav


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages, and the list of all names."""
    rows = []
    for package in PACKAGES:
        for subject, names in subjects(package).items():
            text = f"# {subject}\n\n{_about(subject)}\n\n"
            if subject == package:
                text += "Names of the other packages that most users need.\n\n"
            text += "\n\n".join(f"::: {package}.{name}" for name in names) + "\n"
            _add(files, config, subject, text)
            rows += [(f"{package}.{name}", subject) for name in names]
    for module, names in DEEP.items():
        _add(files, config, module, f"# {module}\n\n" + "\n\n".join(f"::: {module}.{one}" for one in names) + "\n")
        rows += [(f"{module}.{name}", module) for name in names]
    _add(files, config, "index", _index(rows))
    return files


def _add(files: Files, config: MkDocsConfig, name: str, text: str) -> None:
    files.append(File.generated(config, f"{FOLDER}/{name}.md", content=text))


def _index(rows: list[tuple[str, str]]) -> str:
    lines = [
        "# Public names",
        "",
        "What most users need can be imported from `sgbasis`, whatever package it is defined in.",
        "",
    ]
    for package in PACKAGES:
        lines += [f"## {package}", "", "| name | what it is |", "|---|---|"]
        lines += [
            f"| [`{name.removeprefix(package + '.')}`]({subject}.md#{name}) | {_first_line(name)} |"
            for name, subject in rows
            if name.startswith(f"{package}.")
        ]
        lines.append("")
    return "\n".join(lines)


def _about(subject: str) -> str:
    """The first paragraph of the docstring of a folder or file."""
    path = ROOT.joinpath(*subject.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return markdown((ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").split("\n\n")[0])


def _first_line(name: str) -> str:
    """The first paragraph of the docstring of a public name, for a row of a table."""
    text = _packages()[name].docstring
    return markdown(text.value).split("\n\n")[0].replace("\n", " ").replace("|", "\\|") if text else ""


@functools.cache
def _packages() -> griffe.ModulesCollection:
    """The four packages as they are written: nothing is imported."""
    loader = griffe.GriffeLoader(search_paths=[ROOT])
    for package in PACKAGES:
        loader.load(package)
    loader.resolve_aliases()
    return loader.modules_collection
