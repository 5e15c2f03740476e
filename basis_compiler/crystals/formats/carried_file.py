"""Crystal files for workers that cannot see them: read here, and put down again where they are parsed."""

from __future__ import annotations

import contextlib
import platform
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from basis_compiler.crystals.formats.entries import CrystalFile, Entry, Sample, Unreadable
from basis_store import CompilationError


@dataclass(frozen=True)
class CarriedFile(Entry):
    """A crystal file together with its content; ASE reads files only."""

    file: CrystalFile
    content: bytes

    def samples(self, tolerance: float) -> Iterator[Sample]:
        """The crystals of the file.

        Raises:
            CompilationError: this machine has no room for it.
        """
        with _put_down(self.file.path.name, self.content) as path:
            yield from replace(self.file, path=path).samples(tolerance)


@contextlib.contextmanager
def _put_down(name: str, content: bytes) -> Iterator[Path]:
    with contextlib.ExitStack() as stack:
        try:
            path = Path(stack.enter_context(tempfile.TemporaryDirectory()), name)
            path.write_bytes(content)
        except OSError as error:  # of this machine, and no reason to leave out a crystal
            reason = f"a worker on {platform.node()} cannot write temporary files: {error.strerror}"
            raise CompilationError(reason) from error
        yield path


def carried(entry: Entry) -> Entry:
    """The entry with everything that its crystals are read from."""
    if not isinstance(entry, CrystalFile):
        return entry
    try:
        return CarriedFile(entry.name, entry, entry.path.read_bytes())
    except OSError as error:
        return Unreadable(entry.name, error.strerror or str(error))
