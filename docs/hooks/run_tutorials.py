"""``python docs/hooks/run_tutorials.py [NAME ...]``: run tutorials, and save them as notebooks with their outputs.

The sources are Python files in docs/tutorials/source, so that changes of text and code can be read; cells are
separated by ``# %%``. With ``--check`` they are run and compared with the notebooks, and nothing is written. A
cell that fails ends the run.
"""

from __future__ import annotations

import base64
import io
import os
import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import jupytext
from nbclient import NotebookClient
from nbformat import NotebookNode
from PIL import Image

FOLDER = Path(__file__).resolve().parents[1] / "tutorials"
SECONDS = 300
_PROGRESS = re.compile(r"\d+%\||\[00:00<?")


def source_cells(path: Path) -> NotebookNode:
    """The notebook of a source, without outputs."""
    notebook = jupytext.read(path, fmt="py:percent")
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for number, cell in enumerate(notebook.cells):
        cell.id = str(number)
    return notebook


def executed(path: Path) -> NotebookNode:
    """The notebook of a source with its outputs; it runs in an empty folder."""
    notebook = source_cells(path)
    # Commands of cells are those of this Python.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    with TemporaryDirectory() as folder:
        NotebookClient(notebook, timeout=SECONDS, resources={"metadata": {"path": folder}}).execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.execution_count = None
            cell.outputs = [_small(output) for output in _joined(cell.outputs)]
    return notebook


def _joined(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Outputs with what was printed in one piece, and without progress and warnings of libraries."""
    done: list[NotebookNode] = []
    for output in (one for one in outputs if one.get("name") != "stderr"):
        if done and output.output_type == done[-1].output_type == "stream" and output.name == done[-1].name:
            done[-1].text += output.text
        else:
            done.append(output)
    for output in done:
        if output.output_type == "stream":
            # What a terminal shows at last, without the progress bars that carriage returns replace.
            lines = (line.rsplit("\r", 1)[-1].rstrip() for line in output.text.replace("\r\n", "\n").split("\n"))
            output.text = "\n".join(line for line in lines if not _PROGRESS.search(line)).strip("\n") + "\n"
    return done


def _small(output: NotebookNode) -> NotebookNode:
    """An output whose picture has 256 colours: a quarter of the size, and no difference to see."""
    if "execution_count" in output:
        output.execution_count = None
    data = output.get("data", {})
    if "image/png" in data:
        picture = Image.open(io.BytesIO(base64.b64decode(data["image/png"]))).convert("RGB")
        picture.thumbnail((1100, 1100))
        written = io.BytesIO()
        picture.quantize(256, dither=Image.Dither.NONE).save(written, "PNG", optimize=True)
        data["image/png"] = base64.b64encode(written.getvalue()).decode()
    return output


def main(arguments: list[str]) -> None:
    """Run the tutorials that are named, or all."""
    names = [one for one in arguments if one != "--check"]
    for path in sorted((FOLDER / "source").glob("*.py")):
        if names and path.stem not in names:
            continue
        saved = FOLDER / f"{path.stem}.ipynb"
        if "--check" in arguments and _cells(jupytext.read(saved)) != _cells(source_cells(path)):
            sys.exit(f"{saved.name} does not have the cells of its source; make tutorials")
        notebook = executed(path)
        if "--check" not in arguments:
            jupytext.write(notebook, saved, fmt="ipynb")
            print(saved.name)


def _cells(notebook: NotebookNode) -> list[tuple[str, str]]:
    return [(cell.cell_type, cell.source) for cell in notebook.cells]


if __name__ == "__main__":
    main(sys.argv[1:])
