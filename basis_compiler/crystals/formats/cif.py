"""Crystals from CIF text: gemmi splits the text into items, which are interpreted here, exactly.

Operations are taken from the file's own list; without one, from its Hall symbol, Hermann-Mauguin symbol or
group number, in this order, and only if that names one setting whose operations fit the cell. Coordinates
are rounded in files, so the images of an atom on a special position do not coincide (tests/regressions/test_11):
images within the tolerance, in Angstrom, are one atom, at their mean; images further apart that still overlap
are an error.

Source: IUCr core dictionary, https://www.iucr.org/resources/cif/dictionaries/cif_core
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from basis_compiler.crystals.crystal import (
    ELEMENTS,
    MAX_ATOMS,
    MIN_DISTANCE,
    ORDERED_ONLY,
    Crystal,
    check_range,
    crystals_of_parts,
)
from basis_compiler.crystals.formats.cif_blocks import CifBlock, block_names, cif_blocks, cif_number
from basis_compiler.crystals.formats.cif_displacements import displacement_tensors
from basis_compiler.crystals.formats.cif_operations import OperationList
from basis_compiler.crystals.formats.cif_symmetry import CifSymmetry, cif_symmetry
from basis_compiler.crystals.formats.element_symbols import element_of_label, element_of_type, is_water_label
from basis_store import CrystalError
from basis_store.array_types import FloatArray, IntArray
from basis_store.groups.operations import TURN

_LENGTHS = ("_cell_length_a", "_cell_length_b", "_cell_length_c")
_ANGLES = ("_cell_angle_alpha", "_cell_angle_beta", "_cell_angle_gamma")
_MIXED = re.compile(r"([A-Z][a-z]?\d*\.\d+[+-]?){2,}|[A-Z][a-z]?(/[A-Z][a-z]?)+")
"""A type symbol of several elements: ``Si0.75Al0.25``, ``Fe/Mn``."""
_FRACTIONS = ("_atom_site_fract_x", "_atom_site_fract_y", "_atom_site_fract_z")
_TYPE, _LABEL, _OCCUPANCY = "_atom_site_type_symbol", "_atom_site_label", "_atom_site_occupancy"
_DUMMY_FLAG, _HYDROGENS = "_atom_site_calc_flag", "_atom_site_attached_hydrogens"
_DISORDER = "_atom_site_disorder_group"
_MAX_LENGTH = 1e6
"""Angstrom. A cell vector is shorter than a tenth of a millimetre."""
_MAX_BLOCKS = 10_000


def parse_cif(text: str, *, name: str, tolerance: float = 0.01) -> list[Crystal | CrystalError]:
    """The crystals of a CIF, one per data block that lists atoms; needs gemmi.

    Args:
        text: content of the file.
        name: its name, for messages.
        tolerance: in Angstrom; images of an atom closer than this are one atom.

    Returns:
        A crystal per block; of several blocks, the error of one that holds none in its place.

    Raises:
        CrystalError: not a CIF, no cell, no atoms, partial occupancy, unknown elements or space group, operations
            that are no group or not that of the space group, or a crystal that :class:`Crystal` rejects.
        MissingDependencyError: gemmi is not installed.
    """
    found: list[CifBlock | CrystalError] = []
    has_cell = False
    for block in cif_blocks(text, name=name):
        if isinstance(block, CrystalError) or block.has_any(_FRACTIONS):
            found.append(block)
        else:
            has_cell = has_cell or block.has_any(_LENGTHS[:1])
        if len(found) > _MAX_BLOCKS:
            raise CrystalError(f"{name}: it has more than {_MAX_BLOCKS} data blocks with crystals")
    if not found and has_cell:
        raise CrystalError(f"{name}: no atoms: the CIF lists no fractional coordinates")
    if not found:
        raise CrystalError(f"{name}: no cell and no atoms: the CIF holds no crystal")
    make = functools.partial(_crystal, tolerance=tolerance)
    return crystals_of_parts(found, name, make, block_names(found))


class CifCrystal(NamedTuple):
    """The crystal of a data block, and where its atoms come from.

    Attributes:
        crystal: with all images of the listed atoms.
        listed: (n,) for each of its atoms, the listed one that it is an image of.
        images: (n,) the first operation of the symmetry that maps that one to it.
        labels: of the listed atoms.
    """

    crystal: Crystal
    listed: IntArray
    images: IntArray
    labels: Sequence[str]


def _crystal(block: CifBlock, name: str, tolerance: float) -> Crystal:
    return crystal_of_block(block, cif_symmetry(block, name=name), name=name, tolerance=tolerance).crystal


def crystal_of_block(block: CifBlock, symmetry: CifSymmetry, *, name: str, tolerance: float) -> CifCrystal:
    """The crystal of a data block whose symmetry is known.

    Args:
        block: the data block.
        symmetry: what it says about its operations.
        name: what to call it in messages.
        tolerance: in Angstrom, as for :func:`parse_cif`.

    Raises:
        CrystalError: as :func:`parse_cif`.
    """
    # 1. The cell and the operations that it allows.
    lattice = _lattice(block, symmetry.fixed_angles(), name)
    group = symmetry.fitting(lattice, name=name, tolerance=tolerance)
    # 2. The listed atoms.
    _check_loop(block, name)
    listed = np.array([[cif_number(text) for text in block.column(tag)] for tag in _FRACTIONS], dtype=np.float64).T
    labels, numbers, notes = _elements(block, name, len(listed))
    _check_sites(block, name, labels)
    broken = np.flatnonzero(~np.isfinite(listed).all(axis=1))
    if len(broken):
        raise CrystalError(f"{name}: the coordinates of {labels[broken[0]]} are not numbers")
    check_range(listed, name)
    tensors, left_out = displacement_tensors(block, labels, lattice, _FRACTIONS[0])
    notes += left_out
    # 3. Their images by symmetry.
    found: list[tuple[FloatArray, float, IntArray]] = []
    count = 0
    for label, point in zip(labels, listed, strict=True):
        found.append(_orbit(point, group, lattice, tolerance, f"{name}: {label}"))
        count += len(found[-1][0])
        if count > MAX_ATOMS:
            at_most = len(listed) * len(group.rotations)
            raise CrystalError(
                f"{name}: {len(listed)} listed atoms and {len(group.rotations)} operations are up to {at_most} "
                f"atoms in the cell; at most {MAX_ATOMS} are read: give a primitive cell"
            )
    orbits = [orbit for orbit, _, _ in found]
    counts = [len(orbit) for orbit in orbits]
    moved, furthest = max((moved, label) for (_, moved, _), label in zip(found, labels, strict=True))
    # Rounding in the last of five digits is not worth a note.
    if moved > 1e-4:
        notes.append(
            f"atoms were moved by up to {moved:.4f} Angstrom ({furthest}) onto the special positions that the "
            f"operations of the CIF require (tolerance {tolerance:g})"
        )
    crystal = Crystal(
        lattice=lattice,
        numbers=np.repeat(numbers, counts),
        coordinates=np.concatenate(orbits),
        name=name,
        labels=tuple(label for label, count in zip(labels, counts, strict=True) for _ in range(count)),
        notes=(*symmetry.notes, *notes),
        displacements=None
        if tensors is None
        else _turned(tensors, [images for *_, images in found], group, lattice),
    )
    listed_of_atom = np.repeat(np.arange(len(listed)), counts)
    return CifCrystal(crystal, listed_of_atom, np.concatenate([images for *_, images in found]), labels)


def _turned(
    tensors: FloatArray, images: Sequence[IntArray], group: OperationList, lattice: FloatArray
) -> FloatArray:
    """The tensors (n, 3, 3) of the listed atoms, for all of their images."""
    rotations = lattice.T @ group.rotations @ np.linalg.inv(lattice.T)
    turned = [
        rotations[own] @ one @ rotations[own].transpose(0, 2, 1) for one, own in zip(tensors, images, strict=True)
    ]
    return np.concatenate(turned)


def _lattice(block: CifBlock, fixed_angles: Mapping[int, float], name: str) -> FloatArray:
    """The rows of the cell: a along x, b in the plane of x and y."""
    lengths = [cif_number(block.first([tag])) for tag in _LENGTHS]
    for tag, length in zip(_LENGTHS, lengths, strict=True):
        if np.isnan(length):
            raise CrystalError(f"{name}: no cell: {tag} is missing or not a number")
    for tag in (*_LENGTHS, *_ANGLES):
        if len(set(block.column(tag))) > 1:
            raise CrystalError(f"{name}: it gives several cells: {tag} has {len(block.column(tag))} values")
    angles = []
    for axis, tag in enumerate(_ANGLES):
        text = block.first([tag])
        angle = cif_number(text) if text else fixed_angles.get(axis, np.nan)
        if np.isnan(angle):
            what = f"{text!r} is not a number" if text else "it is missing, and the symmetry does not fix it"
            raise CrystalError(f"{name}: no cell: {tag}: {what}")
        angles.append(angle)
    if not (all(0 < length < _MAX_LENGTH for length in lengths) and all(0 < angle < 180 for angle in angles)):
        raise _no_such_cell(name, lengths, angles)
    # Exactly 0 for right angles (regression 4).
    cos_alpha, cos_beta, cos_gamma = (0.0 if angle == 90 else math.cos(angle * math.pi / 180) for angle in angles)
    sin_gamma = 1.0 if angles[2] == 90 else math.sin(angles[2] * math.pi / 180)
    depth = (cos_alpha - cos_beta * cos_gamma) / sin_gamma
    squared_height = 1 - cos_beta * cos_beta - depth * depth
    if not squared_height > 1e-12:
        raise _no_such_cell(name, lengths, angles)
    directions = [[1, 0, 0], [cos_gamma, sin_gamma, 0], [cos_beta, depth, math.sqrt(squared_height)]]
    return np.asarray(np.array(lengths)[:, None] * np.array(directions), dtype=np.float64)


def _no_such_cell(name: str, lengths: Sequence[float], angles: Sequence[float]) -> CrystalError:
    values = ", ".join(f"{value:g}" for value in (*lengths, *angles))
    return CrystalError(f"{name}: no cell has the lengths and angles {values}")


def _check_loop(block: CifBlock, name: str) -> None:
    """That the values of an atom stand in one row: rows of different loops may be in different orders."""
    tags = [
        tag
        for tag in (*_FRACTIONS, _TYPE, _LABEL, _OCCUPANCY, _DUMMY_FLAG, _HYDROGENS, _DISORDER)
        if tag in block.tags
    ]
    missing = [tag for tag in _FRACTIONS if tag not in tags]
    if missing:
        raise CrystalError(
            f"{name}: the atoms do not all have three fractional coordinates: {missing[0]} is missing"
        )
    others = [tag for tag in tags if block.loops[tag] != block.loops[tags[0]]]
    if others:
        raise CrystalError(f"{name}: {tags[0]} and {others[0]} stand in different loops: atoms need one loop")


def _elements(block: CifBlock, name: str, count: int) -> tuple[list[str], IntArray, list[str]]:
    types, labels = block.column(_TYPE), block.column(_LABEL)
    if not types and not labels:
        raise CrystalError(f"{name}: the atoms have neither _atom_site_type_symbol nor _atom_site_label")
    shown = [
        label or kind or f"atom {i}"
        for i, (label, kind) in enumerate(zip(labels or types, types or labels, strict=True), 1)
    ]
    numbers = []
    water: dict[str, int] = {}
    for i in range(count):
        kind = types[i] if types else ""
        number = element_of_type(kind) if kind else element_of_label(labels[i] if labels else "")
        if number == 0 and kind and _MIXED.fullmatch(kind):
            raise CrystalError(f"{name}: {shown[i]!r} is a mixed site (type symbol {kind!r}): {ORDERED_ONLY}")
        if number == 0:
            given = f"; its type symbol is {kind!r}" if kind and kind != shown[i] else ""
            raise CrystalError(
                f"{name}: {shown[i]!r} is of no known element{given}; give _atom_site_type_symbol: an element, "
                "isotope or ion"
            )
        if not kind and is_water_label(labels[i]):
            water[labels[i]] = number
        numbers.append(number)
    read_as = ", ".join(f"{label} as {ELEMENTS[number]}" for label, number in water.items())
    notes = [
        f"labels of water and hydroxyl were read by convention ({read_as}): the CIF has no type symbols for them"
    ]
    return shown, np.array(numbers, dtype=np.int64), notes if water else []


def _check_sites(block: CifBlock, name: str, labels: Sequence[str]) -> None:
    for label, text in zip(labels, block.column(_OCCUPANCY), strict=False):
        if text and not abs(cif_number(text) - 1) <= 1e-3:
            raise CrystalError(f"{name}: partial occupancy ({label} {text}): {ORDERED_ONLY}")
    groups = {text: label for label, text in zip(labels, block.column(_DISORDER), strict=False) if text}
    if len(groups) > 1:
        (one, first), (other, second), *_ = groups.items()
        raise CrystalError(
            f"{name}: {first} and {second} are of the alternatives {one} and {other} of a disordered crystal "
            f"({_DISORDER}): {ORDERED_ONLY}"
        )
    for label, text in zip(labels, block.column(_DUMMY_FLAG), strict=False):
        if text.lower() == "dum":
            raise CrystalError(f"{name}: {label} is a dummy site ({_DUMMY_FLAG} {text}); remove it")
    for label, text in zip(labels, block.column(_HYDROGENS), strict=False):
        if text and cif_number(text) != 0:
            raise CrystalError(
                f"{name}: {label} has {text} hydrogen atoms that the CIF does not list ({_HYDROGENS}): add them"
            )


def _orbit(
    point: FloatArray, group: OperationList, lattice: FloatArray, tolerance: float, who: str
) -> tuple[FloatArray, float, IntArray]:
    """All images (m, 3) of a listed atom, how far it was moved in Angstrom, and (m,) the operations to them."""
    if len(group.rotations) == 1:  # the identity alone, as in most calculated crystals
        return point[None] % 1, 0.0, np.zeros(1, np.int64)
    rotations, translations = group.rotations, group.translations24 / TURN
    gaps = rotations @ point + translations - point
    gaps -= np.rint(gaps)
    near = np.linalg.norm(gaps @ lattice, axis=1) < tolerance
    shift = gaps[near].mean(axis=0)
    images = rotations @ (point + shift) + translations
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
    return images[first] % 1, float(np.linalg.norm(shift @ lattice)), first
