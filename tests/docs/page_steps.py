"""What a reader of a page types, in order, and which files these steps read and write.

``python -m tests.docs.page_steps docs/guides/fields.md`` does all of it in an empty folder, as a reader would.
"""

from __future__ import annotations

import contextlib
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

EXAMPLES = (
    'python -c "import basis_store, shutil; '
    "shutil.copytree(basis_store.data_folder() / 'crystals', 'data/crystals', dirs_exist_ok=True)\""
)
"""The line that gives a reader the example crystals, wherever the package came from."""

_INDENTED = re.compile(r"^((?: {4}\S.*\n)+)", re.MULTILINE)
_COMMAND = re.compile(r"(?:\$ )?((?:sgbasis|python|mkdir|cp|cat|sed|head|zcat|printf|torchrun) .*)")
_WRITTEN = {"-o", "--output", "--plot", "--picture", "--profile", ">"}
_FILE = re.compile(r"(?!\d+\.\d)[\w./*-]*\.(?!\d)\w{1,8}|(?:CHGCAR|LOCPOT|POSCAR)\w*|data/\S+|runs/\S+|[\w.-]+/")
_FILL_IN = re.compile(r"[A-Z][A-Z_]+(?:\.\w+)*/?|\w+://.*")
"""A file of the reader's own, as in FILE.cif, or an address; names of files of VASP are not such."""
_OF_VASP = re.compile(r"(?:CHGCAR|LOCPOT|POSCAR)\w*")


def steps(text: str) -> Iterator[tuple[str, str]]:
    """The Python blocks (``"python"``) and command lines (``"shell"``) of a page in their order."""
    text = text.replace("\\\n", " ")
    places = [(one.start(), one[1], one[2]) for one in re.finditer(r"^```(\w*)\n(.*?)^```", text, re.M | re.S)]
    plain = re.sub(r"^```.*?^```", lambda found: "\n" * len(found[0]), text, flags=re.M | re.S)
    places += [(one.start(), "", one[1]) for one in _INDENTED.finditer(plain)]
    for _, language, code in sorted(places):
        if language == "python":
            yield "python", code
        elif not language:
            for line in code.splitlines():
                if found := _COMMAND.fullmatch(line.strip()):
                    yield "shell", found[1]


def missing_files(text: str) -> Iterator[str]:
    """Files that a command of a page reads, and that no earlier step of the page has made."""
    made: set[str] = set()
    code = ""
    for kind, step in steps(text):
        if kind == "python":
            code += step
            continue
        if step.startswith(EXAMPLES):
            made.add("data/crystals")
            continue
        words = shlex.split(step, comments=True)
        pairs = list(pairwise(words))
        for before, word in pairs:
            is_file = _FILE.fullmatch(word) and not (_FILL_IN.fullmatch(word) and not _OF_VASP.fullmatch(word))
            if is_file and before not in _WRITTEN and not _is_made(word, made, code):
                yield f"{word} of: {step}"
        made |= {word.rstrip("/") for before, word in pairs if before in _WRITTEN}
        if words[:2] == ["sgbasis", "export"]:
            made.add(words[-1])


def _is_made(word: str, made: set[str], code: str) -> bool:
    parts = Path(word).parts
    folders = {"/".join(parts[:n]) for n in range(1, len(parts) + 1)}
    return bool(folders & made) or f'"{word.rstrip("/")}"' in code


def play(text: str) -> None:
    """Do all steps of a page in the folder at hand; Python blocks in one namespace, which ends at an error."""
    namespace: dict[str, object] = {"__name__": "__main__"}
    for kind, step in steps(text):
        if kind == "python":
            exec(step, namespace)
            continue
        print(f"--- {step}", flush=True)
        done = subprocess.run(step, shell=True, check=False, capture_output=True, text=True)
        print((done.stdout + done.stderr)[-700:] if done.returncode else done.stdout[-200:])
        if done.returncode:
            print(f"*** exit code {done.returncode}", flush=True)


if __name__ == "__main__":
    pages = [Path(one).read_text(encoding="utf-8") for one in sys.argv[1:]]
    for page in pages:
        with TemporaryDirectory() as place, contextlib.chdir(place):
            play(page)
