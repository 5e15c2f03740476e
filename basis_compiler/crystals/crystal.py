"""A crystal as a file gives it: cell, elements and coordinates, checked once, in the file's own frame.

Every :class:`Crystal` has three cell vectors with a volume, known elements, finite coordinates, and no two atoms
(lattice images included) closer than :data:`MIN_DISTANCE`.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from basis_compiler.crystals.reduced_cell import reduced_basis, unimodular_inverse
from basis_store import CrystalError
from basis_store.array_types import FloatArray, IntArray
from basis_store.tables.short_repr import ShortRepr

MIN_DISTANCE = 0.5
"""Angstrom. Atoms closer than this overlap: no bond is shorter (H-H in H2: 0.74)."""

MAX_ATOMS = 5000
"""Of a cell, with all images by symmetry: time and memory grow with the square of their number."""

ORDERED_ONLY = "only ordered crystals have a symmetric basis; make an ordered supercell"
"""Why a crystal whose sites are shared, or not full, is refused."""

ELEMENTS: tuple[str, ...] = tuple(
    re.findall(
        "[A-Z][a-z]?",
        "X H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr "
        "Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu "
        "Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm Bk Cf Es Fm Md No Lr "
        "Rf Db Sg Bh Hs Mt Ds Rg Cn Nh Fl Mc Lv Ts Og",
    )
)
"""Symbols by atomic number; ``ELEMENTS[0]`` is the dummy atom, which no crystal may contain."""

_BLOCK_ELEMENTS = 1 << 21
_MAX_ATOM_VOLUME = 10_000.0
"""Cubic Angstrom: a single atom in a box of 21 Angstrom."""

_MAX_LENGTH = 1e6
"""Angstrom: a tenth of a millimetre."""

_MAX_COORDINATE = 1e6
"""Cells: further away, floats have too few digits left to tell atoms apart."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Crystal(ShortRepr):
    """A periodic crystal in any cell; every atom of the cell is listed.

    Attributes:
        lattice: (3, 3) rows are the cell vectors in Angstrom; they fix the Cartesian frame.
        numbers: (n,) atomic numbers, 1 to 118.
        coordinates: (n, 3) fractional coordinates in ``lattice``, not reduced to the cell.
        name: for messages, such as the file's name.
        labels: (n,) names of the atoms, such as ``"O1"``; default, element and number in the list.
        notes: on how it was read, for users.
        displacements: (n, 3, 3) mean-square displacements U of the atoms in Angstrom^2, in Cartesian coordinates;
            NaN for atoms without; None if the source has none. Only structure factors use them.

    Raises:
        CrystalError: no cell, no volume, no atoms, an unknown element, coordinates that are not finite, or
            atoms closer than 0.5 Angstrom.
    """

    lattice: FloatArray
    numbers: IntArray
    coordinates: FloatArray
    name: str = "crystal"
    labels: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    displacements: FloatArray | None = None

    def __post_init__(self) -> None:
        for field, dtype, shape in (
            ("lattice", np.float64, (3, 3)), ("numbers", np.int64, (-1,)), ("coordinates", np.float64, (-1, 3))
        ):  # fmt: skip
            array = np.array(getattr(self, field), dtype=dtype).reshape(shape)
            array.setflags(write=False)
            object.__setattr__(self, field, array)
        if len(self.numbers) != len(self.coordinates):
            raise ValueError(f"{len(self.numbers)} atomic numbers but {len(self.coordinates)} coordinates")
        if self.displacements is not None and np.shape(self.displacements) != (len(self.numbers), 3, 3):
            raise ValueError(
                f"{len(self.numbers)} atoms, but displacements of shape {np.shape(self.displacements)}"
            )
        _check_cell(self)
        _check_atoms(self)
        if not self.labels:
            labels = tuple(f"{ELEMENTS[number]}{i}" for i, number in enumerate(self.numbers, start=1))
            object.__setattr__(self, "labels", labels)
        _check_distances(self)
        if self.volume > _MAX_ATOM_VOLUME * len(self):
            note = (
                f"its volume per atom of {self.volume / len(self):.3g} cubic Angstrom is that of a gas: are its "
                "lengths in Angstrom?"
            )
            object.__setattr__(self, "notes", (*self.notes, note))

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def volume(self) -> float:
        """Volume of the cell in cubic Angstrom."""
        return float(abs(np.linalg.det(self.lattice)))


_Part = TypeVar("_Part")
_Made = TypeVar("_Made")


def crystals_of_parts(
    parts: Sequence[_Part | CrystalError],
    name: str,
    make: Callable[[_Part, str], _Made],
    own_names: Sequence[str] | None = None,
) -> list[_Made | CrystalError]:
    """The crystal of each part of a file; of several, the error of one that holds none in its place.

    Args:
        parts: blocks or frames; an error stands for one that could not be read.
        name: of the file, for messages.
        make: makes the crystal of a part that messages call by the second argument.
        own_names: what messages add to the name if there are several parts: ``"frame 1"``.

    Raises:
        CrystalError: that of the only part.
    """
    made: list[_Made | CrystalError] = []
    for number, part in enumerate(parts):
        called = name if own_names is None or len(parts) == 1 else f"{name} ({own_names[number]})"
        try:
            if isinstance(part, CrystalError):
                raise part
            made.append(make(part, called))
        except CrystalError as error:
            if len(parts) == 1:
                raise
            made.append(error)
    return made


def check_range(coordinates: FloatArray, name: str) -> None:
    """Raise :class:`CrystalError` if fractional coordinates (n, 3) are too large to be those of atoms."""
    largest = np.abs(coordinates).max(axis=1)
    far = int(largest.argmax())
    if largest[far] > _MAX_COORDINATE:
        raise CrystalError(
            f"{name}: atom {far + 1} is {largest[far]:.3g} cells away from the origin: no crystal has such "
            "coordinates"
        )


def too_many_atoms(name: str, count: int) -> CrystalError:
    """The error for more atoms than :data:`MAX_ATOMS`."""
    return CrystalError(f"{name}: {count} atoms in its cell; at most {MAX_ATOMS} are read: give a primitive cell")


def _check_cell(crystal: Crystal) -> None:
    if not np.isfinite(crystal.lattice).all():
        raise CrystalError(f"{crystal.name}: the cell is not made of numbers")
    if not (largest := float(np.abs(crystal.lattice).max())) < _MAX_LENGTH:
        raise CrystalError(f"{crystal.name}: the cell has a vector of {largest:.3g} Angstrom: no crystal has")
    lengths = np.linalg.norm(crystal.lattice, axis=1)
    if not lengths.any():
        raise CrystalError(f"{crystal.name}: no cell: a crystal needs three cell vectors")
    # Judged in the shortest basis: a skew cell of an ordinary lattice has little volume for its lengths.
    shortest = float(np.linalg.norm(reduced_basis(crystal.lattice)[0], axis=1).min())
    if shortest < MIN_DISTANCE and crystal.volume <= 1e-3 * lengths.prod():
        raise CrystalError(f"{crystal.name}: the cell has no volume: its three vectors lie in one plane")
    # Checked before distances: a cell given in metres has too many images within range.
    if shortest < MIN_DISTANCE:
        raise CrystalError(f"{crystal.name}: the cell repeats each atom after only {shortest:.3f} Angstrom")


def _check_atoms(crystal: Crystal) -> None:
    if not len(crystal):
        raise CrystalError(f"{crystal.name}: no atoms")
    if len(crystal) > MAX_ATOMS:
        raise too_many_atoms(crystal.name, len(crystal))
    unknown = np.flatnonzero((crystal.numbers < 1) | (crystal.numbers >= len(ELEMENTS)))
    if len(unknown):
        raise CrystalError(f"{crystal.name}: atom {unknown[0] + 1} is of no known element; remove dummy atoms")
    broken = np.flatnonzero(~np.isfinite(crystal.coordinates).all(axis=1))
    if len(broken):
        raise CrystalError(f"{crystal.name}: the coordinates of atom {broken[0] + 1} are not numbers")
    check_range(crystal.coordinates, crystal.name)


def _check_distances(crystal: Crystal) -> None:
    found = closest_pair(crystal.lattice, crystal.coordinates, MIN_DISTANCE)
    if found is None:
        return
    one, other, distance = found
    if one == other:
        raise CrystalError(f"{crystal.name}: the cell repeats each atom after only {distance:.3f} Angstrom")
    names = " and ".join(f"{crystal.labels[i]} (atom {i + 1})" for i in (one, other))
    raise CrystalError(
        f"{crystal.name}: {names} overlap: they are {distance:.3f} Angstrom apart, less than {MIN_DISTANCE}; "
        "remove duplicates or disorder"
    )


def closest_pair(lattice: FloatArray, coordinates: FloatArray, cutoff: float) -> tuple[int, int, float] | None:
    """The closest two atoms nearer than ``cutoff``, lattice images included, for any shape of cell.

    Hundreds of atoms are compared in blocks; found are the closest two of the first block that has some.

    Args:
        lattice: (3, 3) rows in Angstrom.
        coordinates: (n, 3) fractional.
        cutoff: Angstrom.

    Returns:
        Two indices (equal for an atom and its own image) and the distance in Angstrom; None when there are none.
    """
    # In the reduced basis few images are near, however skew the cell.
    lattice, change = reduced_basis(lattice)
    coordinates = coordinates @ unimodular_inverse(change)
    # A vector shorter than the cutoff has fractional components below cutoff |G_i|, whatever the shape of the
    # cell; rounding alone would miss images in skew cells (tests/regressions/test_08).
    widths = np.linalg.norm(np.linalg.inv(lattice), axis=0)
    extents = np.floor(cutoff * widths + 0.5).astype(int)
    offsets = np.array(list(itertools.product(*(range(-n, n + 1) for n in extents))), dtype=np.float64)
    rows = max(1, _BLOCK_ELEMENTS // (len(coordinates) * len(offsets)))
    for start in range(0, len(coordinates), rows):
        gaps = coordinates[start : start + rows, None] - coordinates[None, start:]
        gaps -= np.rint(gaps)
        distances = np.linalg.norm((gaps[:, :, None] + offsets) @ lattice, axis=-1)
        own = np.arange(len(distances))
        distances[own, own, len(offsets) // 2] = np.inf
        row, column, _ = np.unravel_index(distances.argmin(), distances.shape)
        smallest = float(distances[row, column].min())
        if smallest < cutoff:
            return start + int(min(row, column)), start + int(max(row, column)), smallest
    return None
