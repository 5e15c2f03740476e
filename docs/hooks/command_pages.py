"""The reference of the command line: every command with its arguments and options."""

from __future__ import annotations

from collections.abc import Iterator

import click
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from sgbasis.cli import main

PLACE = "reference/commands.md"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the page."""
    text = "# Commands\n\nWhat `sgbasis COMMAND --help` prints, for every command.\n\n"
    text += "\n\n".join(_section(name, command) for name, command in _commands("sgbasis", main))
    files.append(File.generated(config, PLACE, content=text + "\n"))
    return files


def _commands(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        for own, one in command.commands.items():
            yield from _commands(f"{name} {own}", one)
    else:
        yield name, command


def _section(name: str, command: click.Command) -> str:
    context = click.Context(command, info_name=name)
    usage = " ".join(command.collect_usage_pieces(context))
    lines = [f"## {name}", "", f"```\n{name} {usage}\n```", "", _paragraphs(command.help or "")]
    rows = [record for one in command.params if (record := one.get_help_record(context))]
    if rows:
        lines += ["", "| option | meaning |", "|---|---|"]
        lines += [f"| {_code(names)} | {_cell(meaning)} |" for names, meaning in rows]
    return "\n".join(lines)


def _paragraphs(text: str) -> str:
    r"""Help as Markdown: a paragraph after click's mark ``\b`` keeps its lines."""
    done = []
    for paragraph in text.replace("\f", "").strip().split("\n\n"):
        if paragraph.startswith("\b"):
            lines = paragraph.removeprefix("\b").strip("\n")
            done.append(f"```\n{lines}\n```")
        else:
            done.append(_text(" ".join(paragraph.split())))
    return "\n\n".join(done)


def _code(names: str) -> str:
    return "`" + names.replace("|", "\\|") + "`"


def _cell(text: str) -> str:
    return _text(" ".join(text.split())).replace("|", "\\|")


def _text(text: str) -> str:
    return text.replace("<", "&lt;").replace("*", "\\*").replace("_", "\\_")
