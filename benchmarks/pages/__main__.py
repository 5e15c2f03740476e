"""``python -m benchmarks.pages``: write the figures of ``docs/figures`` into the pages and model cards."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from basis_store.files.atomic_write import write_atomically
from basis_store.files.locations import data_folder
from benchmarks.pages.figures import ROOT, read_figures
from benchmarks.pages.fill import filled
from runtime.pretrained.pretrained import open_pretrained
from runtime.training.publish_models import published_card


def pages() -> list[Path]:
    """Every Markdown page with figures, without the model cards."""
    return [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def cards() -> Iterator[tuple[Path, str]]:
    """Every model card that ships, and its text as the ``config.json`` beside it implies."""
    for path in sorted((data_folder() / "models").glob("*/README.md")):
        description = open_pretrained(path.parent).description
        yield path, published_card(path.parent.name, description).to_markdown()


def renewed(figures: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """Pages and cards that differ from their figures, with the right text."""
    for path in pages():
        text = path.read_text(encoding="utf-8")
        try:
            new = filled(text, figures)
        except (KeyError, ValueError) as error:
            raise SystemExit(f"Error: {path.relative_to(ROOT)}: {error.args[0]}") from error
        if new != text:
            yield path, new
    for path, new in cards():
        if new != path.read_text(encoding="utf-8"):
            yield path, new


def main() -> None:
    """Renew the pages, or say which are not up to date."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pages", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a page is not up to date")
    check = parser.parse_args().check
    stale = list(renewed(read_figures()))
    for path, text in stale:
        if not check:
            write_atomically(path, text.encode())
        print(f"{path.relative_to(ROOT)}: {'not up to date' if check else 'written'}")
    if check and stale:
        sys.exit("Error: run python -m benchmarks.pages")


if __name__ == "__main__":
    main()
