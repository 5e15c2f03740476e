"""Long work in chunks that are kept: it resumes after it was killed, and does nothing twice.

Each finished chunk is a file in a folder next to the output. The folder is named by a key of everything that
decides the content of the chunks, so those of other inputs or options are never taken for them. A chunk is
written in one step; one that is damaged is computed again. At the end the output is put together from the
chunks, and they are removed. So the output depends neither on the number of processes nor on interruptions.

The folder belongs to this user alone (:mod:`basis_compiler.parallel.own_folder`), and to one process at a time:
another one that writes the same output waits, and says so.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from basis_compiler.parallel.own_folder import make_own, own_file, own_folder
from basis_compiler.parallel.parallel_map import numbered, parallel_map
from basis_store.files.atomic_write import write_atomically
from basis_store.files.hdf5_file import provenance

_Task = TypeVar("_Task")
_Result = TypeVar("_Result")


def chunk_folder(output: Path) -> Path:
    """Where the finished chunks of an output are kept: next to the file itself, where links lead."""
    target = Path(os.path.realpath(output))
    return target.with_name(f"{target.name}.chunks")


class ResumableChunks:
    """The chunks of one output; a context that holds their folder and leaves no empty one behind.

    Entering it raises :class:`CompilationError` if the folder is not this user's own.

    Args:
        output: the file to put together.
        count: number of chunks.
        decided_by: texts that decide the content of the chunks, in addition to the versions of the programs.
        ending: of the names of the chunk files.

    Attributes:
        paths: the files of the chunks, in order.
    """

    def __init__(self, output: Path, *, count: int, decided_by: Iterable[str], ending: str = "") -> None:
        digest = hashlib.sha256(f"{provenance()}\n".encode())
        for text in decided_by:
            digest.update(f"{text}\n".encode())
        self._output = Path(os.path.realpath(output))
        self._root = chunk_folder(output)
        self._folder = self._root / digest.hexdigest()[:16]
        self.paths = [self._folder / f"{number:06d}{ending}" for number in range(count)]

    def __enter__(self) -> ResumableChunks:
        with contextlib.ExitStack() as stack:
            stack.enter_context(own_folder(self._root, f"writes {self._output.name}"))
            make_own(self._folder)
            self._lock = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):  # not empty: there is something to resume from
            self._folder.rmdir()
            self._root.rmdir()
        self._lock.close()

    def missing(self, is_whole: Callable[[Path], bool]) -> list[int]:
        """Numbers of the chunks that are not there, or of whose file ``is_whole`` is false."""
        missing = []
        for number, path in enumerate(self.paths):
            if own_file(path) and is_whole(path):
                continue
            path.unlink(missing_ok=True)  # a link would be followed when the chunk is written
            missing.append(number)
        return missing

    def compute(
        self,
        function: Callable[[_Task], _Result],
        tasks: Iterable[tuple[int, _Task]],
        *,
        content: Callable[[_Result], bytes],
        finished: Callable[[int], object],
        workers: int = 1,
        scheduler: str | None = None,
        hint: str,
    ) -> None:
        """Compute chunks and write each of them in one step, in any order.

        Args:
            function: a function of a module, or a ``partial`` of one.
            tasks: number of the chunk and task; taken as they are needed.
            content: of the chunk's file, from what the function returns; called in this process.
            finished: called with the number of each chunk that was written.
            workers: as for :func:`parallel_map`.
            scheduler: as for :func:`parallel_map`.
            hint: as for :func:`parallel_map`.

        Raises:
            CompilationError: as :func:`parallel_map`.
            OSError: a chunk cannot be written.
        """
        results = parallel_map(
            functools.partial(numbered, function), tasks, workers=workers, scheduler=scheduler, hint=hint
        )
        with contextlib.closing(results):
            for number, result in results:
                write_atomically(self.paths[number], content(result))
                finished(number)

    def assemble(self, pieces: Iterable[bytes], path: Path | None = None) -> None:
        """Write pieces, which need not all fit into memory, to the output in one step.

        Args:
            pieces: the content, read from the chunks.
            path: another file in the same folder; default, the output.

        Raises:
            OSError: it cannot be written.
        """
        target = self._output if path is None else path
        part = self._folder / "output"  # on the same disk
        try:
            with part.open("wb") as file:
                file.writelines(pieces)
                file.flush()
                os.fsync(file.fileno())
            part.replace(target)
        except OSError as error:  # a full disk names no file, a rename names two
            part.unlink(missing_ok=True)
            raise type(error)(error.errno, error.strerror, str(target)) from error

    def remove(self) -> None:
        """Remove all finished chunks next to the output, also those of other inputs, and no foreign files."""
        for one in self._root.iterdir():
            if re.fullmatch("[0-9a-f]{16}", one.name) and not one.is_symlink():
                shutil.rmtree(one)
        with contextlib.suppress(OSError):
            self._root.rmdir()
