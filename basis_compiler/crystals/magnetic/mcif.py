"""Magnetic CIF: crystals with moments and the operations of their magnetic group, by gemmi's parser.

Operations are ``x,y,z,+1`` or ``-x,y+1/2,-z,-1``, the last number being -1 with time reversal; every one is
combined with every centring of a list of its own. They must form a group that the cell allows. Moments are given
for the listed atoms; their images have ``s det(R) R m``. A moment that an operation of its own site changes is an
error if it differs by more than files are rounded, and else becomes the mean over the operations of the site.

gemmi has no magnetic groups and does not generate moments; both is done here. Tags are accepted with a dot or an
underscore, as they have been written since 2012 (magCIF dictionary of the IUCr,
https://www.iucr.org/resources/cif/dictionaries/cif_mag; B. J. Campbell et al., Acta Cryst. B 2024).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence

import numpy as np

from basis_compiler.crystals.crystal import crystals_of_parts
from basis_compiler.crystals.formats.cif import CifCrystal, crystal_of_block
from basis_compiler.crystals.formats.cif_blocks import CifBlock, block_names, cif_blocks, cif_number
from basis_compiler.crystals.formats.cif_operations import OperationList, operation_of_text
from basis_compiler.crystals.formats.cif_symmetry import CifSymmetry
from basis_compiler.crystals.magnetic.magnetic_crystal import MagneticCrystal, MagneticOperationList
from basis_store import TURN, CrystalError
from basis_store.array_types import FloatArray, IntArray

_OPERATIONS = ("_space_group_symop_magn_operation_xyz", "_space_group_symop_magn_xyz")
_CENTRINGS = ("_space_group_symop_magn_centering_xyz",)
_MOMENT_LABEL = "_atom_site_moment_label"
_CRYSTAL_AXES = tuple(tuple(f"_atom_site_moment_crystalaxis_{m}{axis}" for axis in "xyz") for m in ("", "m"))
_CARTESIAN = tuple(f"_atom_site_moment_cartn_{axis}" for axis in "xyz")
_MODULATED = (
    "_space_group_ssg", "_space_group_magn_ssg", "_space_group_symop_ssg", "_space_group_symop_magn_ssg",
    "_atom_site_moment_fourier", "_atom_site_moment_special_func", "_cell_modulation", "_cell_wave_vector",
)  # fmt: skip
_MAGNETIC = re.compile(
    r"^[ \t]*_(space_group_symop[._]magn_|atom_site_moment[._]|space_group[._]magn[._])",
    re.IGNORECASE | re.MULTILINE,
)
_SYMBOLS = {
    "BNS": "_space_group_magn_number_bns",
    "OG": "_space_group_magn_number_og",
}
_IDENTITY = np.array([1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1], dtype=np.int64).tobytes()
_MAX_OPERATIONS = 1536
"""Those of 192 in a cell that the moments make eight times as large."""
_MAX_BLOCKS = 1000
_ROUNDING = 0.02
"""Bohr magneton: what a moment of a file may differ from one that its site allows, and as a part of its size."""


def is_magnetic_cif(text: str) -> bool:
    """Whether a CIF has magnetic operations or moments."""
    return bool(_MAGNETIC.search(text))


def parse_mcif(text: str, *, name: str, tolerance: float = 0.01) -> list[MagneticCrystal | CrystalError]:
    """The magnetic crystals of a magnetic CIF, one per data block with atoms; needs gemmi.

    Args:
        text: content of the file.
        name: its name, for messages.
        tolerance: in Angstrom; images of an atom closer than this are one atom.

    Returns:
        A crystal per block; of several blocks, the error of one that holds none in its place.

    Raises:
        CrystalError: no magnetic operations, operations that are no group, no moments, moments that their sites
            do not allow; an incommensurate structure; or as for other CIFs.
        MissingDependencyError: gemmi is not installed.
    """
    blocks = [
        block
        for block in cif_blocks(text, name=name)
        if isinstance(block, CrystalError) or block.has_tag_beginning("_atom_site_fract")
    ]
    if not blocks:
        raise CrystalError(f"{name}: no atoms: the CIF lists no fractional coordinates")
    if len(blocks) > _MAX_BLOCKS:
        raise CrystalError(f"{name}: it has more than {_MAX_BLOCKS} data blocks with crystals")
    make = functools.partial(_magnetic, tolerance=tolerance)
    return crystals_of_parts(blocks, name, make, block_names(blocks))


def _magnetic(block: CifBlock, name: str, tolerance: float) -> MagneticCrystal:
    if block.has_tag_beginning(*_MODULATED):
        raise CrystalError(
            f"{name}: an incommensurate magnetic structure (superspace group): only commensurate ones are read"
        )
    operations = _listed(block, name)
    spatial = OperationList(operations.rotations, operations.translations24)
    made = crystal_of_block(
        block, CifSymmetry([("magnetic operations that it lists", spatial)]), name=name, tolerance=tolerance
    )
    given = _listed_moments(block, made, name)
    return MagneticCrystal(
        crystal=made.crystal,
        moments=_image_moments(given, made, operations, name, tolerance),
        has_directions=True,
        operations=operations,
        group=next((f"{kind} {text}" for kind, tag in _SYMBOLS.items() if (text := block.first([tag]))), ""),
    )


def _listed(block: CifBlock, name: str) -> MagneticOperationList:
    """All magnetic operations: those of one list with the centrings of the other, each once; proved a group."""
    texts = [tuple(filter(None, block.column(tag))) for tag in _OPERATIONS]
    listed = next(filter(None, texts), ())
    if not listed:
        raise CrystalError(
            f"{name}: no magnetic operations: a magnetic CIF must list them "
            "(_space_group_symop_magn_operation.xyz)"
        )
    centrings = tuple(filter(None, block.column(_CENTRINGS[0]))) or ("x,y,z,+1",)
    if len(listed) * len(centrings) > 2 * _MAX_OPERATIONS:
        raise CrystalError(
            f"{name}: {len(listed)} magnetic operations and {len(centrings)} centrings: at most {_MAX_OPERATIONS} "
            "operations are read"
        )
    found: dict[bytes, None] = {}
    for centring in centrings:
        one, shift, other_sign = _operation(centring, name)
        if (one != np.eye(3, dtype=np.int64)).any():
            raise CrystalError(f"{name}: {centring!r:.60} is no centring: it is not a translation")
        for text in listed:
            rotation, translation, sign = _operation(text, name)
            row = np.concatenate([rotation.ravel(), (translation + shift) % TURN, [sign * other_sign]])
            found[row.tobytes()] = None
    # The identity first: the first image of a listed atom is that atom.
    rows = np.array([np.frombuffer(row, np.int64) for row in sorted(found, key=_IDENTITY.__ne__)])
    if len({row[:12].tobytes() for row in rows}) < len(rows):
        raise CrystalError(
            f"{name}: time reversal alone is one of its magnetic operations (a grey group): no atom has a moment"
        )
    group = MagneticOperationList(rows[:, :9].reshape(-1, 3, 3), rows[:, 9:12], rows[:, 12])
    if len(rows) > _MAX_OPERATIONS or not _is_closed(group):
        raise CrystalError(
            f"{name}: the {len(rows)} magnetic operations that the CIF lists are not a group: the list is "
            "incomplete or wrong"
        )
    return group


def _operation(text: str, name: str) -> tuple[IntArray, IntArray, int]:
    xyz, _, sign = text.replace(" ", "").rpartition(",")
    if sign not in ("+1", "-1", "1"):
        raise CrystalError(
            f"{name}: {text!r:.60} is no magnetic operation of the form x,y,z,+1: time reversal is missing"
        )
    try:
        return *operation_of_text(xyz), int(sign)
    except CrystalError as error:
        raise CrystalError(f"{name}: {error}") from error


def _is_closed(group: MagneticOperationList) -> bool:
    """Whether products are in the list, which makes a finite set of invertible maps a group."""
    rows = _rows(group.rotations, group.translations24, group.time_reversal)
    known = {row.tobytes() for row in rows}
    for rotation, translation, sign in zip(*group, strict=True):
        shifts = (group.translations24 @ rotation.T + translation) % TURN
        products = _rows(rotation @ group.rotations, shifts, sign * group.time_reversal)
        if any(row.tobytes() not in known for row in products):
            return False
    return True


def _rows(rotations: IntArray, translations24: IntArray, time_reversal: IntArray) -> IntArray:
    return np.column_stack([rotations.reshape(-1, 9), translations24, time_reversal]).astype(np.int64)


def _listed_moments(block: CifBlock, made: CifCrystal, name: str) -> FloatArray:
    """(l, 3) the Cartesian moments of the listed atoms, 0 for those that have none in the file."""
    labels = block.column(_MOMENT_LABEL)
    tags: Sequence[str] = next(
        (tags for tags in (*_CRYSTAL_AXES, _CARTESIAN) if all(tag in block.tags for tag in tags)), ()
    )
    if not labels or not tags:
        raise CrystalError(
            f"{name}: no moments: a magnetic CIF lists them by _atom_site_moment.label and "
            "_atom_site_moment.crystalaxis_x, y and z"
        )
    loops = {block.loops[tag] for tag in (_MOMENT_LABEL, *tags)}
    if len(loops) > 1:
        raise CrystalError(f"{name}: the moments and their labels stand in different loops")
    values = np.array([[cif_number(text) for text in block.column(tag)] for tag in tags]).T
    axes = made.crystal.lattice / np.linalg.norm(made.crystal.lattice, axis=1, keepdims=True)
    vectors = values if tags == _CARTESIAN else values @ axes
    moments, seen = np.zeros((len(made.labels), 3)), set()
    for label, vector in zip(labels, vectors, strict=True):
        atoms = [i for i, one in enumerate(made.labels) if one == label]
        if len(atoms) != 1 or label in seen:
            what = "no atom has" if not atoms else "several moments or atoms have"
            raise CrystalError(f"{name}: {what} the label {label!r:.40} of a moment")
        if not np.isfinite(vector).all():
            raise CrystalError(f"{name}: the moment of {label} is no number")
        seen.add(label)
        moments[atoms[0]] = vector
    return moments


def _image_moments(
    given: FloatArray, made: CifCrystal, operations: MagneticOperationList, name: str, tolerance: float
) -> FloatArray:
    """(n, 3) the moments of all atoms."""
    crystal = made.crystal
    turning = crystal.lattice.T @ operations.rotations @ np.linalg.inv(crystal.lattice.T)
    signs = operations.time_reversal * np.rint(np.linalg.det(operations.rotations))
    turning = signs[:, None, None] * turning
    allowed = np.empty_like(given)
    for listed, moment in enumerate(given):
        first = crystal.coordinates[np.flatnonzero(made.listed == listed)[0]]
        # The image by the identity: which of the operations keep it where it is.
        gaps = operations.rotations @ first + operations.translations24 / TURN - first
        own = np.linalg.norm((gaps - np.rint(gaps)) @ crystal.lattice, axis=1) < tolerance
        images = turning[own] @ moment
        changes = np.linalg.norm(images - moment, axis=1)
        worst = int(changes.argmax())
        if changes[worst] > _ROUNDING * max(1.0, float(np.linalg.norm(moment))):
            text = _operation_text(operations, int(np.flatnonzero(own)[worst]))
            raise CrystalError(
                f"{name}: its site does not allow the moment of {made.labels[listed]}: {text} keeps the atom and "
                f"changes its moment by {changes[worst]:.3g} Bohr magneton"
            )
        allowed[listed] = images.mean(axis=0)
    return np.asarray(np.einsum("nij,nj->ni", turning[made.images], allowed[made.listed]))


def _operation_text(operations: MagneticOperationList, index: int) -> str:
    import gemmi  # noqa: PLC0415 - optional

    operation = gemmi.Op()
    operation.rot = (operations.rotations[index] * TURN).tolist()
    operation.tran = operations.translations24[index].tolist()
    return f"{operation.triplet()},{operations.time_reversal[index]:+d}"
