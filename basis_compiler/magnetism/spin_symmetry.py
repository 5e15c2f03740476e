"""Collinear magnets without spin-orbit coupling: ferromagnet, antiferromagnet or altermagnet; the spin splitting.

The operations of the space group of the atoms, moments left out, are sorted by what they do to the moments: keep
all of them, reverse all of them, or neither.

    none reverses them                               ferromagnet, or ferrimagnet if moments have both signs
    a translation or an inversion reverses them      antiferromagnet: both spins have the same energies at every k
    others reverse them, but none of these           altermagnet: energies differ except on nodal surfaces

Source: L. Smejkal, J. Sinova, T. Jungwirth, Phys. Rev. X 12, 031042 and 12, 040501 (2022); D. B. Litvin,
W. Opechowski, Physica 76, 538 (1974) (spin groups).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from basis_compiler.crystals.crystal import Crystal
from basis_compiler.crystals.magnetic.magnetic_crystal import MagneticCrystal, magnetic_crystal
from basis_compiler.crystals.standardization import StandardCrystal, standardize
from basis_compiler.magnetism.spin_laue_group import SpinLaueGroup, spin_laue_group
from basis_compiler.magnetism.spin_pattern import SpinPattern, moment_levels, spin_pattern
from basis_compiler.magnetism.splitting_form import SplittingForm, splitting_form
from basis_store import CrystalError, cartesian_frame
from basis_store.array_types import FloatArray, IntArray
from basis_store.tables.short_repr import ShortRepr

MagnetKind = Literal["ferromagnet", "ferrimagnet", "antiferromagnet", "altermagnet"]
Connection = Literal["translation", "inversion"]

MOMENT_TOLERANCE = 0.02
"""Of the largest moment: moments that differ by less are the same."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class SpinSymmetry(ShortRepr):
    """What the symmetry of a collinear magnet says about the energies of its two spins.

    Attributes:
        standard: the crystal without its moments, in the standard setting of its space group.
        moments: (n,) Bohr magneton along the common axis, for each atom of the crystal's own cell.
        axis: (3,) that axis, a Cartesian unit vector; None if the source gives numbers instead of vectors.
        moment_tolerance: Bohr magneton, by which moments may differ that are the same.
        pattern: the operations that keep or reverse the moments.
        kind: ferro- or ferrimagnet if no operation reverses the moments; antiferromagnet if a translation or an
            inversion does; altermagnet if only others do.
        connected_by: of antiferromagnets, what connects opposite moments: a translation, an inversion, or both.
        laue_group: of altermagnets, the spin Laue group.
        form: of altermagnets, the leading form of the spin splitting.
        notes: sentences for whoever reads the result.
    """

    standard: StandardCrystal
    moments: FloatArray
    axis: FloatArray | None
    moment_tolerance: float
    pattern: SpinPattern
    kind: MagnetKind
    connected_by: tuple[Connection, ...]
    laue_group: SpinLaueGroup | None
    form: SplittingForm | None
    notes: tuple[str, ...]

    @property
    def net_moment(self) -> float:
        """Bohr magneton in the crystal's own cell: the sum of the moments."""
        return float(self.moments.sum())


def spin_symmetry(
    crystal: MagneticCrystal | Crystal,
    moments: ArrayLike | None = None,
    *,
    tolerance: float = 0.01,
    moment_tolerance: float | None = None,
) -> SpinSymmetry:
    """Classify a collinear magnet by the symmetry of its crystal and moments, without spin-orbit coupling.

    Args:
        crystal: with moments, as :func:`basis_compiler.read_magnetic_crystals` reads it, or without.
        moments: of a crystal without: (n,) or (n, 3) Bohr magneton. Only signs and ratios matter.
        tolerance: in Angstrom, up to which atoms and their images are the same.
        moment_tolerance: in Bohr magneton; moments that differ by less are the same, and smaller ones are 0
            [default: 2 % of the largest].

    Raises:
        CrystalError: there are no moments, they are not collinear, or do not fit the crystal; no group is found.
        RecipeError: the tolerance is not between 0 and 0.25 Angstrom.
    """
    if isinstance(crystal, MagneticCrystal):
        if moments is not None:
            raise CrystalError(f"{crystal.crystal.name}: it has moments already")
        magnet = crystal
    else:
        magnet = magnetic_crystal(crystal, () if moments is None else moments)
    name = magnet.crystal.name
    # 1. The moments along their axis.
    along, axis = _collinear(magnet, moment_tolerance)
    limit = MOMENT_TOLERANCE * float(np.abs(along).max()) if moment_tolerance is None else moment_tolerance
    levels = moment_levels(along, limit, name)
    # 2. The operations that keep and reverse them.
    standard = standardize(magnet.crystal, tolerance=tolerance)
    pattern = spin_pattern(standard, levels)
    keeping, reversing = pattern.rotations_of(1), pattern.rotations_of(-1)
    factors: tuple[tuple[Connection, int], ...] = (("translation", 1), ("inversion", -1))
    connected = tuple(
        what
        for what, factor in factors
        if (reversing == factor * np.eye(3, dtype=np.int64)).all(axis=(1, 2)).any()
    )
    # 3. What follows.
    laue_group = form = None
    if not len(reversing):
        kind: MagnetKind = "ferrimagnet" if levels.min() < 0 < levels.max() else "ferromagnet"
    elif connected:
        kind = "antiferromagnet"
    else:
        kind = "altermagnet"
        laue_group = spin_laue_group(keeping, reversing)
        frame = cartesian_frame(standard.setting, standard.lattice)
        form = splitting_form(laue_group, standard.setting.lattice_family, standard.lattice, frame)
    return SpinSymmetry(
        standard=standard,
        moments=along,
        axis=axis if magnet.has_directions else None,
        moment_tolerance=limit,
        pattern=pattern,
        kind=kind,
        connected_by=connected,
        laue_group=laue_group,
        form=form,
        notes=(*standard.notes, *_notes(kind, along, levels, limit)),
    )


def _collinear(magnet: MagneticCrystal, moment_tolerance: float | None) -> tuple[FloatArray, FloatArray]:
    """(n,) the moments along their common axis, and (3,) that axis; the first moment is positive."""
    moments, name, labels = magnet.moments, magnet.crystal.name, magnet.crystal.labels
    sizes = np.linalg.norm(moments, axis=1)
    largest = float(sizes.max())
    limit = MOMENT_TOLERANCE * largest if moment_tolerance is None else moment_tolerance
    if largest == 0 or largest <= limit:
        raise CrystalError(f"{name}: all moments are 0: it is no magnet")
    axis = np.linalg.svd(moments)[2][0]
    along = moments @ axis
    across = np.linalg.norm(moments - along[:, None] * axis, axis=1)
    worst = int(across.argmax())
    if across[worst] > limit:
        angle = np.degrees(np.arctan2(across[worst], abs(along[worst])))
        raise CrystalError(
            f"{name}: its moments are not collinear: that of {labels[worst]} (atom {worst + 1}) makes {angle:.1f} "
            "degrees with the axis that fits all of them best; only collinear magnets are classified"
        )
    sign = np.sign(along[np.flatnonzero(np.abs(along) > limit)[0]])
    return along * sign, axis * sign


def _notes(kind: MagnetKind, along: FloatArray, levels: IntArray, limit: float) -> list[str]:
    notes = []
    small = np.abs(along[levels == 0])
    if small.size and small.max() > 0:
        notes.append(f"moments up to {small.max():.3g} Bohr magneton were taken as 0 (tolerance {limit:.3g})")
    if kind == "ferrimagnet" and abs(along.sum()) <= limit:
        notes.append("its moments add to 0, but no operation connects those of opposite sign")
    sizes = np.unique(np.abs(levels[levels != 0]))
    means = [np.abs(along[np.abs(levels) == one]).mean() for one in sizes]
    if len(means) > 1 and np.diff(means).min() < 10 * limit:
        notes.append(
            f"moments that differ by {np.diff(means).min():.3g} Bohr magneton were taken as different (tolerance "
            f"{limit:.3g})"
        )
    return notes
