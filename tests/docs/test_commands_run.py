"""A reader of a page has every file that its commands read, and commands that are quick end without an error."""

from __future__ import annotations

import itertools
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.docs.page_steps import EXAMPLES, missing_files
from tests.docs.pages import PAGES, label
from tests.support.source_tree import ROOT

QUICK = {"show", "tensor", "encode", "reflections", "predict", "groups-for"}
FOR_DEVELOPERS = {"reference", "figures"}
"""Folders of pages whose commands are those of a clone."""
READERS = [
    page
    for page in PAGES
    if page.is_relative_to(ROOT / "docs") and page.relative_to(ROOT / "docs").parts[0] not in FOR_DEVELOPERS
]
_FILE = re.compile(r"[\w/*-]+\.(?!\d)\w+|data/\S+")
_NOT_TYPED = re.compile(r"[A-Z]{4,}\S*|\||-|\S+/|--model")
"""A placeholder such as FILE, a pipe, standard input, a folder or a model that a reader has."""
_WRITTEN = {"-o", "--output", "--plot"}


@pytest.mark.parametrize("page", READERS, ids=label)
def test_a_reader_has_the_files_that_commands_read(page: Path) -> None:
    """A page begins in an empty folder: its own steps make the files, or copy the example crystals."""
    assert list(missing_files(page.read_text(encoding="utf-8"))) == []


def test_missing_files_are_found() -> None:
    text = (
        "```\nsgbasis encode a.cif\nsgbasis predict data/crystals -o b.csv\n"
        f"{EXAMPLES}\nsgbasis predict data/crystals/nacl.cif > c.txt   # see d.cif\n"
        "sgbasis field info CHGCAR\nsgbasis encode FILE.cif\n```\n"
        '```python\nwrite("e.cif")\n```\n\n    sgbasis encode e.cif b.csv c.txt --d-min 0.5\n'
        "    sgbasis info runs/x/model\n"
    )
    assert [one.partition(" of: ")[0] for one in missing_files(text)] == [
        "a.cif",
        "data/crystals",
        "CHGCAR",
        "runs/x/model",
    ]


def test_the_line_for_the_example_crystals_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    exec(shlex.split(EXAMPLES)[2], {})
    names = {path.relative_to(ROOT) for path in (ROOT / "data" / "crystals").rglob("*") if path.is_file()}
    assert {one.relative_to(tmp_path) for one in tmp_path.rglob("*") if one.is_file()} == names


def test_quick_commands_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Page by page, in a folder that has ``data/crystals`` and what the page itself has written; each once."""
    from sgbasis.cli import main

    done: set[tuple[str, ...]] = set()
    failed = []
    for number, page in enumerate(PAGES):
        folder = tmp_path / str(number)
        (folder / "data").mkdir(parents=True)
        (folder / "data" / "crystals").symlink_to(ROOT / "data" / "crystals")
        monkeypatch.chdir(folder)
        for words in _commands(page, folder):
            if words in done and not _WRITTEN & set(words):
                continue
            done.add(words)
            result = CliRunner().invoke(main, words)
            if result.exit_code:
                failed.append((label(page), shlex.join(words), result.output[-500:], result.exception))
    assert len(done) > 30
    assert failed == []


def _commands(page: Path, folder: Path) -> Iterator[tuple[str, ...]]:
    """Command lines whose arguments are names of groups, or files that are there when it is their turn."""
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    for line in re.findall(r"(?:^ *(?:\$ )?|`)sgbasis ([a-z][^`\n]*)", text, re.MULTILINE):
        words = shlex.split(line, comments=True)
        pairs = list(itertools.pairwise(words))
        read = [word for before, word in pairs if before not in _WRITTEN and _FILE.fullmatch(word)]
        written = [word for before, word in pairs if before in _WRITTEN]
        if (
            words[0] in QUICK
            and pairs
            and not words[1].startswith("-")  # `sgbasis show --wyckoff` in a sentence
            and not any(_NOT_TYPED.fullmatch(word) for word in words)
            and all((folder / word).exists() for word in read)
            and not any("/" in word for word in written)
        ):
            yield tuple(words)
