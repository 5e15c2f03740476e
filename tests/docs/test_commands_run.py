"""Commands on the pages that are quick and need nothing but the example crystals end without an error."""

from __future__ import annotations

import itertools
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.docs.pages import PAGES
from tests.support.source_tree import ROOT

QUICK = {"show", "tensor", "encode", "reflections", "predict", "groups-for"}
_FILE = re.compile(r"[\w/*-]+\.(?!\d)\w+|data/\S+")
_NOT_TYPED = re.compile(r"[A-Z]{4,}\S*|\||-|\S+/|--model")
"""A placeholder such as FILE, a pipe, standard input, a folder or a model that a reader has."""
_WRITTEN = {"-o", "--output", "--plot"}


def test_quick_commands_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a folder with the example crystals, under their names and as ``data/crystals``."""
    from sgbasis.cli import main

    shutil.copytree(ROOT / "data" / "crystals", tmp_path, dirs_exist_ok=True)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "crystals").symlink_to(ROOT / "data" / "crystals")
    monkeypatch.chdir(tmp_path)
    commands = sorted(set(_commands(tmp_path)))
    assert len(commands) > 20
    failed = []
    for words in commands:
        done = CliRunner().invoke(main, words)
        if done.exit_code:
            failed.append((shlex.join(words), done.output[-500:], done.exception))
    assert failed == []


def _commands(folder: Path) -> Iterator[tuple[str, ...]]:
    """Command lines whose arguments are names of groups, or files that are there."""
    for page in PAGES:
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
