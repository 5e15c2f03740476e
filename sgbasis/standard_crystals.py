"""Crystals of the files that a command is given, in their standard settings; and what could not be read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from basis_store.counted import counted
from basis_store.errors import CrystalError
from sgbasis.echo import echo_line

if TYPE_CHECKING:
    from basis_compiler import Crystal, MagneticCrystal, StandardCrystal


def standard_crystals(
    files: Iterable[Path], *, tolerance: float, max_file_size: int
) -> Iterator[tuple[StandardCrystal, MagneticCrystal | None] | str]:
    """The crystals of all blocks and frames of files; or why not, in one line that names the file.

    Of a magnetic CIF with the moments, and the structure as if there were none.

    Args:
        files: CIF, POSCAR and extended XYZ files, and folders of such files.
        tolerance: in Angstrom, as for :func:`basis_compiler.standardize`.
        max_file_size: in bytes.
    """
    for file in _files(files):
        if isinstance(file, str):
            yield file
            continue
        for found in crystals_of_file(file, tolerance=tolerance, max_file_size=max_file_size):
            yield found if isinstance(found, str) else standardized(found, str(file), tolerance=tolerance)


def _files(paths: Iterable[Path]) -> Iterator[Path | str]:
    """Files; folders as the crystal files in them, or why there are none."""
    from basis_compiler.crystals.formats.folder_contents import folder_files, not_read
    from sgbasis.prediction.inputs import message

    for path in paths:
        try:
            if not path.is_dir():
                yield path
            elif found := folder_files(path):
                yield from found
            else:
                left = not_read(path)
                yield f"{path}: the folder holds no crystal files{f'; {left}' if left else ''}"
        except OSError as error:
            yield message(error, str(path))


def report_not_read(paths: Iterable[Path]) -> None:
    """Print a note for each folder of which subfolders or files are not read.

    Args:
        paths: what a command was given.
    """
    from basis_compiler.crystals.formats.folder_contents import not_read

    for path in paths:
        if left := not_read(path):
            echo_line(f"Note: {path}: {left}", err=True)


def crystals_of_file(
    file: Path, *, tolerance: float, max_file_size: int
) -> Iterator[Crystal | MagneticCrystal | str]:
    """The crystals of all blocks and frames of a file as it gives them; or why not, in one line each."""
    from basis_compiler.crystals.asymmetric_unit import CRYSTAL_ERRORS
    from basis_compiler.crystals.formats.input_text import opened
    from basis_compiler.crystals.magnetic.moment_files import read_plain_or_magnetic
    from sgbasis.prediction.inputs import message

    try:
        with opened(file, limit=max_file_size) as source:
            crystals = read_plain_or_magnetic(source, name=str(file), tolerance=tolerance)
        for found in crystals:
            yield message(found, str(file)) if isinstance(found, CrystalError) else found
    except (*CRYSTAL_ERRORS, OSError) as error:
        yield message(error, str(file))


def standardized(
    found: Crystal | MagneticCrystal, file: str, *, tolerance: float
) -> tuple[StandardCrystal, MagneticCrystal | None] | str:
    """A crystal of ``file`` in its standard setting; or why not, as :func:`standard_crystals`."""
    from basis_compiler import MagneticCrystal, standardize
    from basis_compiler.crystals.asymmetric_unit import CRYSTAL_ERRORS
    from sgbasis.prediction.inputs import message

    try:
        if isinstance(found, MagneticCrystal):
            return standardize(found.crystal, tolerance=tolerance), found
        return standardize(found, tolerance=tolerance), None
    except CRYSTAL_ERRORS as error:
        return message(error, file)


def report_failures(failures: Sequence[str], n_done: int, done: str) -> None:
    """Print one line for each crystal that was left out.

    Args:
        failures: the lines.
        n_done: how many crystals were not left out.
        done: what was done with them: ``"encoded"``.

    Raises:
        CrystalError: there are failures.
    """
    for failure in failures:
        echo_line(failure, err=True)
    if failures:
        of_all = counted(len(failures) + n_done, "crystal")
        rest = f"{len(failures):,} of {of_all} could not be {done}; the others are"
        raise CrystalError(rest if n_done else f"none of {counted(len(failures), 'crystal')} could be {done}")
