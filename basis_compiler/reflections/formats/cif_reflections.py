"""Reflections of a CIF, mmCIF or fcf file: its loops of reflections, its cell and its symmetry.

Measured values come from ``_refln_`` (one line for each unique reflection) or ``_diffrn_refln_`` (every
measurement), in the order F^2, intensity, F; calculated amplitudes and phases from ``_refln_`` as well. The text
of a ``.hkl`` file in ``_shelx_hkl_file`` counts before them, for it has every measurement. Names of mmCIF
(``_refln.F_meas_au``) are the same with a dot.

Source: IUCr core dictionary and PDBx/mmCIF dictionary.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

import numpy as np

from basis_compiler.crystals.formats.cif_blocks import CifBlock, cif_blocks, cif_number
from basis_compiler.crystals.formats.cif_operations import metric_misfit
from basis_compiler.crystals.formats.cif_symmetry import cif_symmetry
from basis_compiler.groups.spglib_database import operations
from basis_compiler.reflections.formats.raw_reflections import MAX_REFLECTIONS, RawReflections
from basis_compiler.reflections.formats.shelx_files import parse_shelx
from basis_store import CrystalError, ReflectionError, all_settings
from basis_store.array_types import FloatArray
from basis_store.counted import counted
from basis_store.reflections.radiation import Radiation
from basis_store.reflections.reflection_data import MAX_VALUE, checked_cell, metric_tensor

_CELL = (
    "_cell_length_a",
    "_cell_length_b",
    "_cell_length_c",
    "_cell_angle_alpha",
    "_cell_angle_beta",
    "_cell_angle_gamma",
)
_WAVELENGTH = ("_diffrn_radiation_wavelength", "_diffrn_radiation_wavelength_wavelength")
_PROBE = ("_diffrn_radiation_probe", "_diffrn_radiation_pdbx_scattering_type", "_diffrn_radiation_type")
_PROBES: Mapping[str, Radiation] = {"x-ray": "xray", "xray": "xray", "neutron": "neutron", "electron": "electron"}
_LINE = re.compile(r"[a-z]{2}[ -]?k\\?[ab]")
"""An X-ray line, as in ``MoK\\a``."""
_ZERO_FACTOR = "_exptl_crystal_f_000"
_EMBEDDED = ("_shelx_hkl_file", "_iucr_refine_reflections_details")
_COLUMNS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "_refln_": {
        "intensity": ("f_squared_meas", "intensity_meas"),
        "intensity sigma": (
            "f_squared_sigma", "f_squared_meas_su", "intensity_sigma", "intensity_u", "intensity_meas_su",
        ),
        "amplitude": ("f_meas", "f_meas_au"),
        "amplitude sigma": ("f_sigma", "f_meas_su", "f_meas_sigma", "f_meas_sigma_au"),
        "calculated": ("f_calc", "f_calc_au"),
        "calculated squared": ("f_squared_calc",),
        "phase": ("phase_calc", "phase_meas"),
        "d": ("d_spacing",),
    },
    "_diffrn_refln_": {
        "intensity": ("intensity_net",),
        "intensity sigma": ("intensity_sigma", "intensity_u", "intensity_net_su"),
    },
}  # fmt: skip
"""For each kind of loop the tags, in lower case, of what rows have; the first that is there counts."""


def parse_cif_reflections(text: str, *, name: str) -> RawReflections:
    """The reflections of the first data block that has some.

    Args:
        text: content of the file.
        name: what messages call it.

    Raises:
        ReflectionError: not a CIF, no block with reflections, or values that are none; names block and row.
    """
    try:
        blocks = list(cif_blocks(text, name=name))
        with_some = [one for one in blocks if isinstance(one, CifBlock) and _kinds(one)]
        if not with_some:
            failed = next((one for one in blocks if isinstance(one, CrystalError)), None)
            raise failed or ReflectionError(
                f"{name}: the CIF lists no reflections (no _refln_ or _diffrn_refln_ loop with intensities or F)"
            )
        raw = _read(with_some[0], name)
        _add_crystal(raw, with_some[0], blocks)
    except CrystalError as error:
        raise ReflectionError(str(error)) from error
    if len(with_some) > 1:
        others = ", ".join(f"data_{one.name}" for one in with_some[1:4])
        raw.notes.append(f"data_{with_some[0].name} is read; there are reflections in {others} as well")
    return raw


def _kinds(block: CifBlock) -> list[str]:
    """What the block has reflections in, what counts most first."""
    found = [tag for tag in _EMBEDDED if tag in block.tags and _embedded(block, tag)]
    for beginning, columns in _COLUMNS.items():
        values = (
            tag
            for one in ("intensity", "amplitude", "calculated", "calculated squared")
            for tag in columns.get(one, ())
        )
        if f"{beginning}index_h" in block.tags and any(beginning + tag in block.tags for tag in values):
            found.append(beginning)
    return found


def _embedded(block: CifBlock, tag: str) -> str:
    text = block.text(tag).lstrip("\n")
    # Some programs write this item for details in words.
    return text if text.strip()[:1] in set("0123456789-") else ""


def _read(block: CifBlock, name: str) -> RawReflections:
    kind = _kinds(block)[0]
    where = f"{name} (data_{block.name})"
    if kind in _EMBEDDED:
        return parse_shelx(_embedded(block, kind), name=f"{where} {kind}")
    # 1. The columns that are there, all of one loop.
    tags = {
        column: next(kind + tag for tag in names if kind + tag in block.tags)
        for column, names in _COLUMNS[kind].items()
        if any(kind + tag in block.tags for tag in names)
    }
    indices = [f"{kind}index_{letter}" for letter in "hkl"]
    for tag in (*indices, *tags.values()):
        if tag not in block.tags:
            raise ReflectionError(f"{where}: {tag} is missing")
        if block.loops[tag] != block.loops[indices[0]]:
            raise ReflectionError(
                f"{where}: {tag} and {indices[0]} stand in different loops: reflections need one loop"
            )
    # 2. Their rows; one without any value is left out.
    raw = RawReflections(where, columns=list(tags), unit="reflection", unmerged=kind == "_diffrn_refln_")
    texts = [block.column(tag, limit=MAX_REFLECTIONS) for tag in (*indices, *tags.values())]
    empty = 0
    for count, row in enumerate(zip(*texts, strict=True), start=1):
        hkl = [cif_number(one) for one in row[:3]]
        values = [_value(one, raw, count, column) for one, column in zip(row[3:], tags, strict=True)]
        if all(
            math.isnan(value) for value, column in zip(values, tags, strict=True) if not column.endswith("sigma")
        ):
            empty += 1
            continue
        raw.add(count, hkl, values)
    if empty:
        raw.notes.append(
            f"{counted(empty, 'reflection')} of {where} without a value {'is' if empty == 1 else 'are'} left out"
        )
    return raw


def _value(text: str, raw: RawReflections, count: int, column: str) -> float:
    value = cif_number(text)
    if text and math.isnan(value):
        raise raw.error(count, f"the {column} {text[:40]!r} is not a number")
    return value


def _add_crystal(raw: RawReflections, block: CifBlock, blocks: Sequence[CifBlock | CrystalError]) -> None:
    """Cell, setting, wavelength and radiation of the block, or of the only other block that has them."""
    if block.has_any(_CELL):
        source = block
    else:
        others = [one for one in blocks if isinstance(one, CifBlock) and one.has_any(_CELL)]
        if len(others) != 1:
            return
        source = others[0]
    raw.cell = _cell(source, raw.name)
    wavelength = cif_number(source.first(_WAVELENGTH))
    raw.wavelength = wavelength if wavelength > 0 and math.isfinite(wavelength) else None
    raw.radiation = _radiation(source)
    raw.setting = _setting(source, raw) if raw.cell is not None else None
    # Raw intensities are on a scale of their own.
    if _kinds(block)[0] == "_refln_":
        raw.f000 = _zero_factor(source, raw)


def _radiation(block: CifBlock) -> Radiation | None:
    text = block.first(_PROBE).strip().lower()
    return "xray" if _LINE.match(text) else _PROBES.get(text)


def _zero_factor(block: CifBlock, raw: RawReflections) -> float | None:
    text = block.first([_ZERO_FACTOR])
    value = cif_number(text) if text else math.nan
    if text and not abs(value) <= MAX_VALUE:
        raw.notes.append(f"_exptl_crystal_F_000 {text[:40]!r} of the CIF is not used: it is not a number")
    return value if abs(value) <= MAX_VALUE else None


def _cell(block: CifBlock, name: str) -> FloatArray | None:
    values = [cif_number(block.first([tag])) if block.first([tag]) else math.nan for tag in _CELL]
    if any(math.isnan(value) for value in values[:3]):
        return None
    angles = [90.0 if math.isnan(value) else value for value in values[3:]]
    try:
        return checked_cell([*values[:3], *angles])
    except ReflectionError as error:
        raise ReflectionError(f"{name}: {error}") from error


def _setting(block: CifBlock, raw: RawReflections) -> int | None:
    """The setting that the block names, if it is one of the 530 and fits the cell; what does not is a note."""
    try:
        symmetry = cif_symmetry(block, name="symmetry")
    except CrystalError as error:
        raw.notes.append(f"the symmetry of the CIF is not used: {error}")
        return None
    cell = raw.cell
    assert cell is not None
    lattice = np.asarray(np.linalg.cholesky(metric_tensor(cell)), dtype=np.float64)
    for _, group in symmetry.candidates:
        if len(group.rotations) > 1 and metric_misfit(group.rotations, lattice) > 0.1:
            continue
        for setting in all_settings():
            own = operations(setting)
            if (
                len(own) == len(group.rotations)
                and group.as_set() == type(group)(own.rotations, own.translations24).as_set()
            ):
                return setting.hall_number
    if block.has_tag_beginning("_space_group", "_symmetry"):
        raw.notes.append(
            "the symmetry of the CIF is not used: it is none of the 530 settings, or its cell does not fit it"
        )
    return None
