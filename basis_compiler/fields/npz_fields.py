"""Plain ``.npz`` files of numpy: one array with three axes, ``lattice``, and what else is known.

Keys: ``lattice`` (3, 3) rows in Angstrom; ``density`` in e/Angstrom^3, ``potential`` in eV, or any other name, in
the unit of ``<name>_unit`` (text), with the quantity ``<name>_quantity``; ``species`` (n,) atomic numbers and
``frac_coords`` (n, 3), both or none. What we write has all of them.

An array (3, N1, N2, N3) is a vector field: its Cartesian components are the fields ``<name> x``, ``<name> y`` and
``<name> z``. ``magnetisation`` is in Bohr magnetons per cubic Angstrom.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np

from basis_compiler.fields.cube import UNKNOWN_UNIT
from basis_compiler.fields.field_file import Declared, FieldFile, check_same_cells, grid_field
from basis_compiler.fields.field_text import check_inflation
from basis_compiler.fields.field_units import DENSITY
from basis_store import Setting
from basis_store.array_types import FloatArray
from basis_store.errors import FieldError
from basis_store.fields.grid_field import GridField
from basis_store.fields.vector_field import vector_names, vectors_of

_KNOWN = {
    "density": ("electron density", DENSITY),
    "potential": ("potential", "eV"),
    "magnetisation": ("spin density", DENSITY),
}
_OTHERS = ("lattice", "species", "frac_coords")
_MAX_ARRAYS = 1000


def is_npz(head: bytes) -> bool:
    """Whether this is the beginning of an .npz file."""
    # A ZIP archive whose first member, named from byte 30 on, is an array: other archives are no fields.
    return head.startswith(b"PK\x03\x04") and head[30 : 30 + int.from_bytes(head[26:28], "little")].endswith(
        b".npy"
    )


def read_npz(name: str, content: bytes, declared: Declared) -> FieldFile:
    """The fields of an ``.npz`` file.

    Raises:
        FieldError: it is damaged, has pickled objects, no ``lattice``, or no array with three axes.
    """
    arrays = _arrays(name, content)
    if "lattice" not in arrays:
        raise FieldError(f"{name}: it has no array 'lattice' (3, 3), cell vectors in Angstrom")
    atoms = None
    if "species" in arrays or "frac_coords" in arrays:
        if not {"species", "frac_coords"} <= arrays.keys():
            raise FieldError(f"{name}: 'species' and 'frac_coords' of atoms belong together, and one is missing")
        atoms = (arrays["species"], arrays["frac_coords"])
    notes: list[str] = []
    found = {}
    for key, values in arrays.items():
        is_vector = values.ndim == 4 and len(values) == 3
        if key in _OTHERS or not (values.ndim == 3 or is_vector):
            continue
        own = _KNOWN.get(key)
        if f"{key}_unit" in arrays:
            unit = str(arrays[f"{key}_unit"])[:30]
            own = (str(arrays.get(f"{key}_quantity", own[0] if own else "field"))[:60], unit)
        quantity, unit, more = declared.resolved(name, own, UNKNOWN_UNIT)
        notes += more
        parts = dict(zip(vector_names(key), values, strict=True)) if is_vector else {key: values}
        for part, one in parts.items():
            found[part] = grid_field(name, one, arrays["lattice"], quantity, unit, atoms)
    if not found:
        raise FieldError(f"{name}: it has no array of a field (N1, N2, N3), or of vectors (3, N1, N2, N3)")
    return FieldFile(found, "npz", notes=tuple(dict.fromkeys(notes)))


def _arrays(name: str, content: bytes) -> dict[str, Any]:
    """All arrays of the file, within the limits for files."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            infos = archive.infolist()
            if len(infos) > _MAX_ARRAYS:
                raise FieldError(f"{name}: it has {len(infos)} arrays, more than any file of fields")
            check_inflation(name, len(content), sum(info.file_size for info in infos))
            # A header may declare any shape: room is made only for what the archive holds.
            for info in infos:
                with archive.open(info) as file:
                    _check_header(file, info.file_size, f"{name}: {info.filename}")
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return {key: arrays[key] for key in arrays.files}
    except FieldError:
        raise
    except Exception as error:  # zipfile, zlib, lzma and numpy have a dozen of their own for damaged bytes
        reason = " ".join(str(error).split())[:80]
        raise FieldError(f"{name}: not a readable .npz file ({reason})") from error


def _check_header(file: Any, size: int, name: str) -> None:
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(file)
    count = 1
    for n in shape:
        count *= n
    if dtype.hasobject:
        raise FieldError(f"{name} holds pickled objects, which are not read")
    if count * dtype.itemsize > size:
        raise FieldError(f"{name} is cut off: it declares {count:,} values and has {size:,} bytes")


def write_npz(name: str, fields: Mapping[str, GridField], setting: Setting | None) -> bytes:
    """The bytes of an ``.npz`` file with the same values, cell, atoms and units.

    Raises:
        FieldError: the fields do not go into one file.
    """
    first = check_same_cells(name, fields)
    arrays: dict[str, Any] = {}
    values: dict[str, tuple[FloatArray, GridField]] = {key: (one.values, one) for key, one in fields.items()}
    for key, names in vectors_of(fields).items():
        stacked = np.stack([values.pop(one)[0] for one in names])
        if key in values:
            raise FieldError(f"{name}: no vector field can be called {key!r} there, beside the others")
        values[key] = stacked, fields[names[0]]
    for key, (array, one) in values.items():
        label = key if len(fields) > 1 or key in _KNOWN else _label(one)
        if label in _OTHERS or label in arrays or f"{label}_unit" in fields or f"{label}_quantity" in fields:
            raise FieldError(f"{name}: no field can be called {label!r} there, beside the others")
        arrays |= {label: array, f"{label}_unit": np.array(one.unit)}
        arrays[f"{label}_quantity"] = np.array(one.quantity)
    arrays["lattice"] = first.lattice
    if len(first.elements):
        arrays |= {"species": first.elements, "frac_coords": first.coordinates}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def _label(field: GridField) -> str:
    return {"electron density": "density", "potential": "potential"}.get(field.quantity, "values")
