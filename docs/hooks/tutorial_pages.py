"""The tutorials as pages: notebooks with the outputs that are saved in them, pictures as files beside the page."""

from __future__ import annotations

import base64
from pathlib import Path

import nbformat
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

FOLDER = Path(__file__).resolve().parents[1] / "tutorials"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add a page for each notebook."""
    for path in sorted(FOLDER.glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        parts = []
        for number, cell in enumerate(notebook.cells):
            if cell.cell_type == "markdown":
                parts.append(cell.source)
                continue
            parts.append(f"```python\n{cell.source}\n```")
            for output in cell.outputs:
                parts.append(
                    _shown(output, f"{path.stem}-{number}", cell.metadata.get("alt", "Output"), files, config)
                )
        note = f'<a class="notebook" href="{path.name}" download>This page as a notebook</a>'
        title, _, rest = parts[0].partition("\n\n")
        parts[:1] = [title, note, rest]
        files.append(File.generated(config, f"tutorials/{path.stem}.md", content="\n\n".join(parts) + "\n"))
    return files


def _shown(output: nbformat.NotebookNode, name: str, alt: str, files: Files, config: MkDocsConfig) -> str:
    """One output as Markdown: a picture, HTML, or text."""
    data = output.get("data", {"text/plain": output.get("text", "")})
    if "image/png" in data:
        place = f"tutorials/{name}.png"
        files.append(File.generated(config, place, content=base64.b64decode(data["image/png"])))
        return f"![{alt}]({name}.png)"
    if "text/html" in data:
        return f'<div class="output">\n{data["text/html"]}\n</div>'
    return f"```{{ .text .output }}\n{data['text/plain'].rstrip()}\n```"
