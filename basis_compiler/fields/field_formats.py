"""Every format that fields are read from and written to, in one table: :data:`FIELD_FORMATS`.

To add a format, add a row and the functions that it names. Files are recognised by their content, and by their
names where contents do not differ; they are written in the format that their name has.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from basis_compiler.fields import ccp4_maps, cube, npz_fields, pscf_fields, vasp_fields, xsf
from basis_compiler.fields.field_file import Declared, FieldFile, FieldFormat, chosen
from basis_compiler.fields.field_text import COMPRESSIONS, read_content
from basis_store.errors import FieldError
from basis_store.fields.grid_field import GridField
from basis_store.files.atomic_write import check_writable, write_atomically
from basis_store.groups.setting import SettingName, as_setting

FIELD_FORMATS = (
    FieldFormat(
        name="npz", endings=(".npz",),
        recognise=npz_fields.is_npz, read=npz_fields.read_npz, write=npz_fields.write_npz,
    ),
    FieldFormat(
        name="CCP4", endings=(".ccp4", ".map", ".mrc"),
        recognise=ccp4_maps.is_ccp4, read=ccp4_maps.read_ccp4, write=ccp4_maps.write_ccp4,
        loses="atoms and the orientation of the cell are not in a map, and its values have 32 bits",
    ),
    FieldFormat(
        name="PSCF", endings=pscf_fields.ENDINGS,
        recognise=pscf_fields.is_pscf, read=pscf_fields.read_pscf, write=pscf_fields.write_pscf,
        loses="atoms, units and the orientation of the cell are not in files of PSCF",
    ),
    FieldFormat(name="XSF", endings=(".xsf",), recognise=xsf.is_xsf, read=xsf.read_xsf, write=xsf.write_xsf),
    FieldFormat(
        name="cube", endings=(".cube", ".cub"), recognise=cube.is_cube, read=cube.read_cube, write=cube.write_cube
    ),
    FieldFormat(
        name="VASP", endings=(".vasp",), words=vasp_fields.WORDS,
        recognise=vasp_fields.is_vasp, read=vasp_fields.read_vasp, write=vasp_fields.write_vasp,
    ),
)  # fmt: skip
"""The first row that recognises the beginning of a file reads it."""

_HEAD = 1 << 16
_COMPRESS = {".gz": lambda content: gzip.compress(content, mtime=0), ".bz2": bz2.compress, ".xz": lzma.compress}


def read_fields(path: str | os.PathLike[str], *, unit: str = "", mesh: tuple[int, ...] = ()) -> FieldFile:
    """All fields of a file, with its cell, atoms, units and notes.

    Args:
        path: a file of VASP (CHGCAR, CHG, PARCHG, LOCPOT, ELFCAR), a cube file, XSF, CCP4 or MRC map, ``.npz`` or
            a file of PSCF (``.rf``, ``.kf``, ``.bf``), perhaps compressed (``.gz``, ``.bz2``, ``.xz``).
        unit: of the values where the file does not say it: ``"e/Angstrom^3"``, ``"e/Bohr^3"``, ``"eV"``,
            ``"Hartree"``, ``"Rydberg"`` or ``"1"``.
        mesh: points along each axis for the coefficients of PSCF, by default those of the calculation.

    Raises:
        FieldError: it is in no format that is read, is cut off or damaged, or is no real periodic field.
        MissingDependencyError: ASE or gemmi, which reads the format, is not installed.
        OSError: there is no such file, or it may not be read.
    """
    found = Path(path)
    content = read_content(found)
    if not content.strip():
        raise FieldError(f"{found}: the file is empty")
    plain = _plain(found)
    head = content[:_HEAD]
    fitting = next((one for one in FIELD_FORMATS if one.recognise(head)), None)
    if fitting is None:
        fitting = format_by_name(plain)
    if fitting is None:
        raise FieldError(f"{found}: not a file of fields that is read: {_known()}")
    try:
        # What overflows by a factor or in a sum is not finite, which GridField says.
        with np.errstate(over="ignore", invalid="ignore"):
            return fitting.read(plain, content, Declared(unit, tuple(mesh)))
    except MemoryError as error:
        raise FieldError(f"{found}: there is not enough memory for it") from error


def read_field(
    path: str | os.PathLike[str], name: str | None = None, *, unit: str = "", mesh: tuple[int, ...] = ()
) -> GridField:
    """One field of a file: the first, or the one of this ``name``; other arguments as for :func:`read_fields`.

    Raises:
        FieldError: there is none of this name, or as :func:`read_fields`.
        OSError: as :func:`read_fields`.
    """
    return chosen(read_fields(path, unit=unit, mesh=mesh), name, str(path))


def write_fields(
    path: str | os.PathLike[str], fields: Mapping[str, GridField], *, setting: SettingName | None = None
) -> None:
    """Write fields in the format of a name, compressed if it ends in ``.gz``, ``.bz2`` or ``.xz``.

    Args:
        path: the file: it appears whole or not at all.
        fields: on one grid, by name; most formats hold several.
        setting: whose functions a ``.bf`` of PSCF has coefficients of; its ``.rf`` and ``.kf`` name it.

    Raises:
        FieldError: the name has no format, or the format cannot hold the fields.
        SettingError: there is no such setting.
        MissingDependencyError: gemmi is needed and not installed.
        OSError: the file cannot be written.
    """
    target = Path(path)
    fitting = format_of_output(target)
    if not fields:
        raise FieldError(f"{target}: there is no field to write")
    check_writable(target)
    compress = _COMPRESS.get(target.suffix.lower())
    content = fitting.write(_plain(target), fields, None if setting is None else as_setting(setting))
    write_atomically(target, compress(content) if compress else content)


def write_field(path: str | os.PathLike[str], field: GridField, *, setting: SettingName | None = None) -> None:
    """Write one ``field`` to ``path``, with its ``setting`` for PSCF; everything else as :func:`write_fields`."""
    write_fields(path, {"total": field}, setting=setting)


def format_of_output(path: Path) -> FieldFormat:
    """The format that fields are written in under this name.

    Raises:
        FieldError: there is none.
    """
    found = format_by_name(_plain(path))
    if found is None:
        raise FieldError(f"{path}: its name says no format of fields: {_known()}")
    return found


def _plain(path: Path) -> str:
    """A name without the ending of its compression."""
    return str(path.with_suffix("")) if path.suffix.lower() in COMPRESSIONS else str(path)


def format_by_name(name: str) -> FieldFormat | None:
    """The format that the name of a file says, or None."""
    last = Path(name).name
    by_ending = (one for one in FIELD_FORMATS if last.lower().endswith(one.endings))
    by_word = (one for one in FIELD_FORMATS if any(word in last.upper() for word in one.words))
    return next(by_ending, None) or next(by_word, None)


def _known() -> str:
    endings = ", ".join(ending for one in FIELD_FORMATS for ending in one.endings)
    return f"{endings}, or CHGCAR, LOCPOT and others of VASP"
