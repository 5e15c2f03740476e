"""Pages of the checkout that lie outside of docs: where they are on the site, and where links to them lead.

A page under docs links to ``../../CONTRIBUTING.md``, as a forge needs it; on the site that file has another place.
Comments are removed here as well: they mark generated figures, and the Markdown of the site would cut a table at
them. So are the backslashes before ``|`` in code, which a forge needs in tables and this Markdown would print.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]

PLACES = {
    "README.md": "project/readme.md",
    "CHANGELOG.md": "project/changes.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "data/crystals/README.md": "project/example-crystals.md",
    "experiments/README.md": "project/experiments.md",
    **{f"examples/{one.name}": f"project/{one.name}" for one in sorted((ROOT / "examples").glob("*.py"))},
    **{
        f"data/models/{one.name}/README.md": f"models/{one.name}.md"
        for one in sorted((ROOT / "data" / "models").iterdir())
        if one.is_dir()
    },
}
"""From the path in the checkout to that on the site."""

_SOURCES = {place: source for source, place in PLACES.items()}
_FENCED = re.compile(r"(^```.*?^```)", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"<!--(?:(?!-->).)*-->(?:\n(?=\|))?", re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")
_LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(([^)\s]+)\)")

EXPLORER = (
    "<!doctype html><title>Explorer</title><p>The explorer is written here by <code>make site</code>. "
    '<a href="../index.html">Documentation</a></p>'
)
"""Stands where the explorer will be, so that links to it are checked; ``make site`` overwrites it."""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages outside of docs, and a place for the explorer."""
    for source, place in PLACES.items():
        files.append(File.generated(config, place, abs_src_path=str(ROOT / source)))
    files.append(File.generated(config, "explorer/index.html", content=EXPLORER))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Remove comments, and point links to the places that files have on the site."""
    uri = page.file.src_uri
    if uri == "index.md":
        page.meta["hide"] = ["navigation", "toc"]
    origin = _SOURCES.get(uri, f"docs/{uri}")
    parts = _FENCED.split(markdown)
    for at in range(0, len(parts), 2):
        text = _CODE.sub(lambda code: code[0].replace("\\|", "|"), _COMMENT.sub("", parts[at]))
        parts[at] = _LINK.sub(lambda found: _on_the_site(found, origin, uri), text)
    return "".join(parts)


def _on_the_site(found: re.Match[str], origin: str, uri: str) -> str:
    mark, shown, link = found.groups()
    shown = _LINK.sub(lambda inner: _on_the_site(inner, origin, uri), shown)
    path, hash_, anchor = link.partition("#")
    if not path or "://" in path:
        return f"{mark}[{shown}]({link})"
    target = posixpath.normpath(posixpath.join(posixpath.dirname(origin), path))
    if target in PLACES:
        place = PLACES[target]
    elif target.startswith("docs/"):
        place = target.removeprefix("docs/")
        if place.endswith(".ipynb"):
            place = place.removesuffix(".ipynb") + ".md"
    else:
        return shown  # a file that the site does not have
    return f"{mark}[{shown}]({posixpath.relpath(place, posixpath.dirname(uri) or '.')}{hash_}{anchor})"


def on_post_build(config: MkDocsConfig) -> None:
    """Remove what only a server needs: a page for missing pages, whose links start at its root, and a site map."""
    for name in ("404.html", "sitemap.xml", "sitemap.xml.gz"):
        Path(config.site_dir, name).unlink(missing_ok=True)
