"""Lets the search of the site run from the file system, where browsers allow no workers.

The theme takes a replacement for workers from a network; here it comes from the npm packages of the explorer. A
site that is built without them has no search unless a server shows it.
"""

from __future__ import annotations

from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

SCRIPT = Path(__file__).resolve().parents[2] / "site" / "node_modules" / "iframe-worker" / "shim" / "index.js"
PLACE = "assets/iframe-worker-shim.js"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the script, and have every page load it first, instead of the one from a network."""
    found = SCRIPT.is_file()
    config.extra["polyfills"] = [PLACE] if found else []
    if found:
        files.append(File.generated(config, PLACE, abs_src_path=str(SCRIPT)))
    return files
