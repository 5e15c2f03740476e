"""What a listing shows: short folders, short files, and names that mean one thing."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from tests.support.source_tree import PACKAGES, ROOT, entries, files, folders

MAX_ENTRIES = 18
MAX_LINES = 350
WHERE_TOOLS_LOOK = {"CITATION.cff", "mkdocs.yml"}
"""Files in the root that nobody opens there."""

SHARED_NAMES = {
    "__init__": "a package",
    "__main__": "what python -m runs",
    "schema": "which arrays a file has, and its hash",
    "reader": "from a file to objects",
    "writer": "from objects to a file",
    "recipe": "everything that decides the content of a file",
    "compiler": "from tables or files to what a store or dataset holds",
    "certificate": "the exact proof of what the compiler of the same folder made",
}
"""Names that several folders of the packages have, with the one meaning that they have everywhere."""


@pytest.mark.parametrize("folder", list(folders()), ids=lambda folder: str(folder.relative_to(ROOT)))
def test_folders_are_short(folder: Path) -> None:
    assert len([one for one in entries(folder) if one.name not in WHERE_TOOLS_LOOK]) <= MAX_ENTRIES


def test_files_are_short() -> None:
    lengths = {path.relative_to(ROOT): len(path.read_text(encoding="utf-8").splitlines()) for path in files()}
    assert {path: length for path, length in lengths.items() if length > MAX_LINES} == {}


def test_no_two_files_of_the_rooms_share_a_name_with_different_meanings() -> None:
    places = defaultdict(list)
    for path in files():
        if path.relative_to(ROOT).parts[0] in PACKAGES:
            places[path.stem].append(str(path.relative_to(ROOT)))
    shared = {name: where for name, where in places.items() if len(where) > 1 and name not in SHARED_NAMES}
    # A command has the name of what it calls.
    commands = {name for name, where in shared.items() if sum("/commands/" not in one for one in where) == 1}
    assert {name: where for name, where in shared.items() if name not in commands} == {}


def test_no_two_tests_share_a_name() -> None:
    places = defaultdict(list)
    for path in files("test_*.py"):
        places[path.stem].append(str(path.relative_to(ROOT)))
    assert {name: where for name, where in places.items() if len(where) > 1} == {}
