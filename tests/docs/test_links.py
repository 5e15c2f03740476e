"""What the pages point to exists: files, headings, names of the packages, commands and their options."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from tests.docs.pages import PAGES, anchors, broken_links, label, missing_names
from tests.support.source_tree import ROOT


@pytest.mark.parametrize("page", PAGES, ids=label)
def test_links_lead_somewhere(page: Path) -> None:
    assert list(broken_links(page)) == []


def test_broken_links_are_found(tmp_path: Path) -> None:
    (tmp_path / "there.md").write_text("# A `T5` heading: it's [here](there.md)\n\n# Twice\n\n# Twice\n")
    page = tmp_path / "page.md"
    page.write_text(
        "# Own\n\n[a](there.md) [b](there.md#a-t5-heading-its-here) [c](there.md#twice-1) [d](#own) [e](https://x.org/y)\n"
        "[f](gone.md) [g](there.md#no-such-heading) [h](#nor-this) [i](there.md#twice-2)\n"
        "```\n# not a heading\n[not](a-link.md)\n```\n[j](#not-a-heading)\n"
    )
    assert list(broken_links(page)) == [
        "gone.md", "there.md#no-such-heading", "#nor-this", "there.md#twice-2", "#not-a-heading",
    ]  # fmt: skip
    assert anchors(page) == {"own"}


@pytest.mark.parametrize("page", PAGES, ids=label)
def test_names_and_paths_exist(page: Path) -> None:
    assert list(missing_names(page.read_text(encoding="utf-8"))) == []


def test_missing_names_are_found() -> None:
    text = (
        "`runtime.Basis`, `runtime.testing`, `basis_store.StoreReader.read`, `data/crystals`, `runs/gap/model`\n"
        "`runtime.Gone`, `sgbasis.no_such.name`, `data/gone.h5`, `basis_store/gone.py`\n"
    )
    assert list(missing_names(text)) == [
        "runtime.Gone",
        "sgbasis.no_such.name",
        "data/gone.h5",
        "basis_store/gone.py",
    ]


@pytest.mark.parametrize("page", PAGES, ids=label)
def test_commands_have_the_options_shown(page: Path) -> None:
    assert list(_wrong_commands(page.read_text(encoding="utf-8"))) == []


def test_wrong_commands_are_found() -> None:
    text = (
        "`sgbasis show 230 --no-such`, `sgbasis gone FILE`\n\n    sgbasis info x.h5 --json    # a comment\n"
        "    sgbasis predict x.cif \\\n      --property band_gap\n`sgbasis encode data/gone.cif`"
    )
    wrong = ["sgbasis show 230 --no-such", "sgbasis gone FILE", "sgbasis encode data/gone.cif"]
    assert list(_wrong_commands(text)) == wrong


def _wrong_commands(text: str) -> list[str]:
    """Command lines on a page whose command, options or files from ``data`` do not exist."""
    from tests.support.command_line import leaf_commands

    commands = leaf_commands()
    wrong = []
    lines = text.replace("\\\n", " ")
    for line in re.findall(r"(?:^ *|`|-m )(sgbasis [a-z][^`\n]*)", lines, re.MULTILINE):
        words = shlex.split(line, comments=True)[1:]
        depth = 2 if " ".join(words[:2]) in commands else 1
        command, arguments = " ".join(words[:depth]), words[depth:]
        options = {"-h", "--help"}
        if command in commands:
            parameters = commands[command].params
            options |= {name for one in parameters if isinstance(one, click.Option) for name in one.opts}
        given = {one.split("=")[0] for one in arguments if re.match(r"--?[a-z]", one)}
        paths = [one for one in arguments if one.startswith("data/") and "<" not in one]
        gone = [one for one in paths if not (ROOT / one).exists()]
        if command not in commands or not given <= options or gone:
            wrong.append(line)
    return wrong
