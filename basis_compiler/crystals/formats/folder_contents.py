"""What of a folder is read: its crystal files, not those of its subfolders, and no files of many crystals."""

from __future__ import annotations

import os
from pathlib import Path

from basis_compiler.crystals.formats.file_formats import FORMATS, format_of
from basis_compiler.crystals.formats.id_prop import LISTING
from basis_store.counted import counted

_SHOWN = 3
"""Names of a note."""


def folder_files(folder: Path) -> list[Path]:
    """The crystal files of a folder, sorted by name.

    Pipes, devices and links to nothing are among them, to be reported when they are read.

    Raises:
        OSError: the folder may not be read.
    """
    names = sorted(one.name for one in os.scandir(folder) if not one.is_dir())
    return [folder / name for name in names if format_of(name).in_folders and not name.startswith(".")]


def not_read(folder: Path) -> str:
    """What of a folder is left out, and what to do: one line without the name of the folder; ``""`` if nothing is.

    Args:
        folder: any path; ``""`` if it is no folder, or may not be read.
    """
    folders: list[str] = []
    endings: list[str] = []
    listed = False
    try:
        for one in os.scandir(folder):
            kind = format_of(one.name)
            listed |= one.name == LISTING
            if one.name.startswith("."):
                continue
            if one.is_dir():
                folders.append(one.name)
            elif kind in FORMATS and not kind.in_folders:
                endings.append(next(end for end in kind.endings if one.name.lower().endswith(end)))
    except OSError:
        return ""
    parts = []
    if folders:
        names = ", ".join(sorted(folders)[:_SHOWN]) + (", ..." if len(folders) > _SHOWN else "")
        parts.append(f"{counted(len(folders), 'subfolder')} ({names})")
    if endings and not listed:
        parts.append(f"{counted(len(endings), 'file')} ({', '.join(sorted(set(endings)))})")
    if not parts:
        return ""
    were = "was" if len(folders) + len(endings) * (not listed) == 1 else "were"
    return f"{' and '.join(parts)} {were} not read: give what is to be read by name"
