"""Lets the search of the site run from the file system, where browsers allow no workers; and ranks what it finds.

The theme takes a replacement for workers from a network; here it comes from the npm packages of the explorer. A
site that is built without them has no search unless a server shows it.
"""

from __future__ import annotations

from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

SCRIPT = Path(__file__).resolve().parents[2] / "site" / "node_modules" / "iframe-worker" / "shim" / "index.js"
PLACE = "assets/iframe-worker-shim.js"
BOOST = {
    "index.md": 0.3, "tutorials/index.md": 0.3, "guides/": 4.0, "tutorials/": 2.0, "groups/": 2.0, "start.md": 2.0,
    "reference/api": 0.7, "project/": 0.2, "figures/": 0.1,
}  # fmt: skip
"""Factors of the search by how addresses of pages begin, the first that fits: who searches wants to know how to
do something, and lists of links and logs have every word as well."""
EXCLUDED = "models/"
"""Cards of models: seven pages of the same words, found before all others; guides and results lead to them."""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the script, and have every page load it first, instead of the one from a network."""
    found = SCRIPT.is_file()
    config.extra["polyfills"] = [PLACE] if found else []
    if found:
        files.append(File.generated(config, PLACE, abs_src_path=str(SCRIPT)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> None:
    """Tell the search how much pages of this kind count."""
    factors = (factor for start, factor in BOOST.items() if page.file.src_uri.startswith(start))
    excluded = page.file.src_uri.startswith(EXCLUDED)
    page.meta.setdefault("search", {"exclude": True} if excluded else {"boost": next(factors, 1.0)})
