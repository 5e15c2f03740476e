"""Crystals from CIF text: ASE splits the text into items, which are interpreted here, exactly.

Operations are taken from the file's own list; without one, from its Hall symbol, Hermann-Mauguin symbol or
group number, in this order, and only if that names one setting whose operations fit the cell. Coordinates
are rounded in files, so the images of an atom on a special position do not coincide (tests/regressions/test_11):
images within the tolerance, in Angstrom, are one atom, at their mean; images further apart that still overlap
are an error.

Source: IUCr core dictionary, https://www.iucr.org/resources/cif/dictionaries/cif_core
"""

from __future__ import annotations

import contextlib
import io
import re
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from basis_compiler.crystals.crystal import ELEMENTS, MIN_DISTANCE, Crystal
from basis_compiler.groups.spglib_database import operations
from basis_store import TURN, CrystalError, Setting, SettingError, all_settings
from basis_store.array_types import FloatArray, IntArray

_LENGTHS = ("_cell_length_a", "_cell_length_b", "_cell_length_c")
_ANGLES = ("_cell_angle_alpha", "_cell_angle_beta", "_cell_angle_gamma")
_FRACTIONS = ("_atom_site_fract_x", "_atom_site_fract_y", "_atom_site_fract_z")
_OPERATIONS = (
    "_space_group_symop_operation_xyz", "_space_group_symop.operation_xyz", "_symmetry_equiv_pos_as_xyz",
)  # fmt: skip
_HALL_SYMBOLS = ("_space_group_name_hall", "_symmetry_space_group_name_hall")
_HERMANN_MAUGUIN = ("_space_group_name_h-m_alt", "_symmetry_space_group_name_h-m", "_space_group_name_h-m_full")
_NUMBERS = ("_space_group_it_number", "_symmetry_int_tables_number")
_NOTHING = ("", ".", "?")
_TWO_ORIGINS = frozenset(setting.number for setting in all_settings() if setting.choice.startswith("1"))

Items = Mapping[str, Any]


def parse_cif(text: str, *, name: str, tolerance: float = 0.01) -> list[Crystal]:
    """The crystals of a CIF, one per data block that lists atoms; needs ASE.

    Args:
        text: content of the file.
        name: its name, for messages.
        tolerance: in Angstrom; images of an atom closer than this are one atom.

    Raises:
        CrystalError: not a CIF, no cell, no atoms, partial occupancy, unknown elements or space group, or a
            crystal that :class:`Crystal` rejects.
    """
    from ase.io import cif  # noqa: PLC0415 - heavy and optional

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            blocks: list[Any] = list(cif.parse_cif(io.StringIO(text)))
        except Exception as error:
            if "data_" not in text.lower():
                raise CrystalError(f"{name}: not a CIF: it has no data_ block") from error
            raise CrystalError(f"{name}: not a readable CIF: {_complaint(error, text)}") from error
    crystals = [block for block in blocks if any(_column(block, tag) for tag in _FRACTIONS)]
    if not crystals:
        if any(_LENGTHS[0] in block for block in blocks):
            raise CrystalError(f"{name}: no atoms: the CIF lists no fractional coordinates")
        raise CrystalError(f"{name}: no cell and no atoms: the CIF holds no crystal")
    return [
        _crystal(block, f"{name} (block {block.name})" if len(crystals) > 1 else name, tolerance)
        for block in crystals
    ]


def _reason(error: Exception) -> str:
    return " ".join(str(error).split()) or "it ends where more is needed"


def _complaint(error: Exception, text: str) -> str:
    """The meaning of ASE's error for the items of ``text``."""
    if isinstance(error, IndexError):  # it needed one line more than there is
        lines = text.rstrip().splitlines()
        return (
            f"it breaks off after line {len(lines)} ({lines[-1].strip()[:60]!r}), where the value of an item "
            "or the ';' that closes a text is needed"
        )
    if isinstance(error, AssertionError):  # its only assertion that a text can violate
        return "something else stands before its first data_ block"
    return _reason(error)


def _crystal(block: Items, name: str, tolerance: float) -> Crystal:
    lattice = _lattice(block, name)
    columns = [_column(block, tag) for tag in _FRACTIONS]
    if len({len(column) for column in columns}) != 1:
        raise CrystalError(f"{name}: the atoms do not all have three fractional coordinates")
    listed = np.array([[_number(entry) for entry in column] for column in columns], dtype=np.float64).T
    labels, numbers = _elements(block, name, len(listed))
    _check_occupancies(block, name, labels)
    broken = np.flatnonzero(~np.isfinite(listed).all(axis=1))
    if len(broken):
        raise CrystalError(f"{name}: the coordinates of {labels[broken[0]]} are not numbers")
    rotations, translations24, notes = _operations(block, name, lattice, tolerance)
    found = [
        _orbit(point, rotations, translations24, lattice, tolerance, f"{name}: {label}")
        for label, point in zip(labels, listed, strict=True)
    ]
    orbits = [orbit for orbit, _ in found]
    counts = [len(orbit) for orbit in orbits]
    moved, furthest = max((moved, label) for (_, moved), label in zip(found, labels, strict=True))
    # Rounding in the last of five digits is not worth a note.
    if moved > 1e-4:
        notes.append(
            f"atoms were moved by up to {moved:.4f} Angstrom ({furthest}) onto the special positions that the "
            f"operations of the CIF require (tolerance {tolerance:g})"
        )
    return Crystal(
        lattice=lattice,
        numbers=np.repeat(numbers, counts),
        coordinates=np.concatenate(orbits),
        name=name,
        labels=tuple(label for label, count in zip(labels, counts, strict=True) for _ in range(count)),
        notes=tuple(notes),
    )


def _lattice(block: Items, name: str) -> FloatArray:
    from ase.geometry import cellpar_to_cell  # noqa: PLC0415 - heavy and optional

    missing = [tag for tag in _LENGTHS if np.isnan(_number(block.get(tag)))]
    if missing:
        raise CrystalError(f"{name}: no cell: {missing[0]} is missing or not a number")
    lengths = [_number(block.get(tag)) for tag in _LENGTHS]
    angles = [_number(block.get(tag, 90.0)) for tag in _ANGLES]
    cosines = np.cos(np.radians(angles))
    squared_volume = 1 - (cosines**2).sum() + 2 * cosines.prod()
    if min(lengths) <= 0 or not squared_volume > 1e-6:
        values = ", ".join(f"{value:g}" for value in lengths + angles)
        raise CrystalError(f"{name}: no cell has the lengths and angles {values}")
    return np.asarray(cellpar_to_cell(lengths + angles), dtype=np.float64)


def _column(block: Items, tag: str) -> list[Any]:
    value = block.get(tag, [])
    return list(value) if isinstance(value, list) else [value]


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else float("nan")


def _elements(block: Items, name: str, count: int) -> tuple[list[str], IntArray]:
    types, labels = _column(block, "_atom_site_type_symbol"), _column(block, "_atom_site_label")
    if not types and not labels:
        raise CrystalError(f"{name}: the atoms have neither _atom_site_type_symbol nor _atom_site_label")
    if any(column and len(column) != count for column in (types, labels)):
        raise CrystalError(f"{name}: the atoms do not all have a label and three coordinates")
    labels = [str(label) for label in labels or types]
    numbers = []
    for i in range(count):
        text = str(types[i]) if types and str(types[i]) not in _NOTHING else labels[i]
        number = _element(text, is_label=not types)
        if number == 0:
            raise CrystalError(f"{name}: {labels[i]!r} is of no known element; give _atom_site_type_symbol")
        numbers.append(number)
    return labels, np.array(numbers, dtype=np.int64)


def _element(text: str, *, is_label: bool) -> int:
    """Atomic number of ``Fe3+``, ``O2-``, ``D`` or a label such as ``Ca1``; 0 when it is not one element."""
    match = re.match(r"[A-Za-z]{1,2}", text)
    if not match:
        return 0
    letters = match[0]
    known = {symbol: number for number, symbol in enumerate(ELEMENTS)} | {"D": 1, "T": 1}
    if len(letters) == 2 and letters.capitalize() in known:
        # The label CO1 may be carbon O1 or cobalt 1; a type symbol CO is cobalt.
        upper = letters.isupper() and is_label and letters[0] in known
        return 0 if upper else known[letters.capitalize()]
    return known.get(letters[0].upper(), 0)


def _check_occupancies(block: Items, name: str, labels: list[str]) -> None:
    for label, value in zip(labels, _column(block, "_atom_site_occupancy"), strict=False):
        occupancy = 1.0 if isinstance(value, str) and value in _NOTHING else _number(value)
        if not abs(occupancy - 1) <= 1e-3:
            raise CrystalError(
                f"{name}: partial occupancy ({label} {value}): only ordered crystals have a symmetric basis"
            )


def _operations(
    block: Items, name: str, lattice: FloatArray, tolerance: float
) -> tuple[IntArray, IntArray, list[str]]:
    texts = [str(entry) for tag in _OPERATIONS for entry in _column(block, tag) if str(entry) not in _NOTHING]
    if texts:
        return *_parsed_operations(texts, name), []
    if any("symop_magn" in tag for tag in block):
        raise CrystalError(f"{name}: magnetic space groups are not read; list the operations of the crystal alone")
    setting = _setting(block, name, lattice, tolerance)
    if setting is None:
        note = "the CIF names no space group; its atoms are taken as the whole cell"
        return np.eye(3, dtype=np.int64)[None], np.zeros((1, 3), np.int64), [note]
    group = operations(setting)
    return group.rotations, group.translations24, []


def _parsed_operations(texts: list[str], name: str) -> tuple[IntArray, IntArray]:
    from ase.spacegroup.spacegroup import parse_sitesym  # noqa: PLC0415 - heavy and optional

    for text in texts:
        if not re.fullmatch(r"[-+\s\d./xyzXYZ]+(,[-+\s\d./xyzXYZ]+){2}", text):
            raise CrystalError(f"{name}: {text!r} is not a symmetry operation of the form x,y,z")
    try:
        rotations, translations = parse_sitesym([text.replace(" ", "") for text in texts])
    except Exception as error:
        raise CrystalError(f"{name}: the symmetry operations cannot be read: {_reason(error)}") from error
    scaled = np.asarray(translations) * TURN
    if np.abs(scaled - np.rint(scaled)).max() > 0.02 or (np.abs(np.linalg.det(rotations)) < 0.5).any():
        raise CrystalError(f"{name}: the symmetry operations are not those of a space group")
    return np.asarray(rotations, dtype=np.int64), np.rint(scaled).astype(np.int64) % TURN


def _setting(block: Items, name: str, lattice: FloatArray, tolerance: float) -> Setting | None:
    """The setting that the CIF names most precisely: Hall symbol, Hermann-Mauguin symbol, number.

    A name that cannot be read is an error even if a less precise one follows: P 2_1/n is not the standard
    setting of number 14.
    """

    def named(tags: tuple[str, ...]) -> str | None:
        texts = (str(block[tag]).strip() for tag in tags if tag in block)
        return next((text for text in texts if text not in _NOTHING), None)

    hall, symbol, number = named(_HALL_SYMBOLS), named(_HERMANN_MAUGUIN), named(_NUMBERS)
    if (text := hall or symbol or number) is None:
        return None
    if hall:
        setting, chosen = _parsed((f"hall:{hall}",)), True
    else:
        # ICSD's endings: S and Z for the first and second origin, H and R for the axes.
        spelled = re.sub(r"(?<=\S)\s*([SZHR])$", lambda m: {"S": ":1", "Z": ":2"}.get(m[1], f":{m[1]}"), text)
        setting = _parsed((text, spelled))
        chosen = ":" in text or (":" in spelled and _parsed((text,)) is None)
    if setting is None:
        raise CrystalError(f"{name}: unknown space group {text!r}; list the operations in the CIF")
    if number and number != str(setting.number):
        raise CrystalError(f"{name}: {text!r} is not the name of space group {number}; list the operations")
    return _fitting(setting, name, lattice, tolerance, chosen=chosen)


def _parsed(texts: tuple[str, ...]) -> Setting | None:
    for text in texts:
        with contextlib.suppress(SettingError):
            return Setting.parse(text)
    return None


def _fitting(setting: Setting, name: str, lattice: FloatArray, tolerance: float, *, chosen: bool) -> Setting:
    """The setting itself, or the rhombohedral one if the cell requires it; never a guess."""
    if setting.number in _TWO_ORIGINS and not chosen:
        raise CrystalError(
            f"{name}: {setting.symbol} has two origin choices and the CIF does not say which: list the "
            f"operations, or write the symbol as '{setting.symbol}:1' or '{setting.symbol}:2'"
        )
    candidates = [setting]
    if setting.choice == "H" and not chosen:
        candidates.append(Setting.parse(f"{setting.number}:R"))
    for candidate in candidates:
        if _metric_misfit(candidate, lattice) <= tolerance:
            return candidate
    raise CrystalError(f"{name}: the cell does not fit the operations of {setting.label}: list them in the CIF")


def _metric_misfit(setting: Setting, lattice: FloatArray) -> float:
    """How far, in Angstrom, the operations are from isometries of the cell (change of the longest vector)."""
    metric = lattice @ lattice.T
    rotations = operations(setting).rotations
    change = np.einsum("gji,jk,gkl->gil", rotations, metric, rotations) - metric
    return float(np.abs(change).max() / (2 * np.sqrt(metric.max())))


def _orbit(
    point: FloatArray,
    rotations: IntArray,
    translations24: IntArray,
    lattice: FloatArray,
    tolerance: float,
    who: str,
) -> tuple[FloatArray, float]:
    """All images (m, 3) of a listed atom in the cell, and how far it was moved in Angstrom."""
    gaps = rotations @ point + translations24 / TURN - point
    gaps -= np.rint(gaps)
    near = np.linalg.norm(gaps @ lattice, axis=1) < tolerance
    shift = gaps[near].mean(axis=0)
    images = rotations @ (point + shift) + translations24 / TURN
    gaps = images[:, None] - images[None]
    gaps -= np.rint(gaps)
    distances = np.linalg.norm(gaps @ lattice, axis=-1)
    same = distances < min(1e-6, tolerance)
    between = distances[~same & (distances < MIN_DISTANCE)]
    if len(between):
        raise CrystalError(
            f"{who} and its copy by symmetry are {between.min():.3f} Angstrom apart: too close for two atoms, too "
            f"far for one at a tolerance of {tolerance:g} Angstrom; give more digits, or a larger tolerance"
        )
    first = np.flatnonzero(same.argmax(axis=1) == np.arange(len(same)))
    return images[first] % 1, float(np.linalg.norm(shift @ lattice))
