"""Crystals with moments from files: magnetic CIF, extended XYZ with moments, or any crystal file and a text.

The moments of an extended XYZ file, or of an ``ase.Atoms``, are those that were calculated (``magmoms``), or else
the initial ones (``initial_magmoms``): a number or a Cartesian vector for each atom, in Bohr magneton.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from basis_compiler.crystals.crystal import Crystal, crystals_of_parts
from basis_compiler.crystals.formats.ase_files import crystal_of_atoms, frame_atoms, frame_names, parse_xyz
from basis_compiler.crystals.formats.cif import parse_cif
from basis_compiler.crystals.formats.file_formats import decoded, format_of, read_crystals, read_file
from basis_compiler.crystals.formats.input_text import MAX_FILE_SIZE, InputText, opened
from basis_compiler.crystals.formats.text_elements import xyz_frames
from basis_compiler.crystals.magnetic.given_moments import with_moments
from basis_compiler.crystals.magnetic.magnetic_crystal import MagneticCrystal, magnetic_crystal
from basis_compiler.crystals.magnetic.mcif import is_magnetic_cif, parse_mcif
from basis_store import CrystalError
from basis_store.datasets.recipe import check_tolerance

_HOW_TO_GIVE = "give them with --moments, such as --moments 1,-1,0,0 (one for each atom) or Mn=1,-1"


def read_magnetic_crystals(
    source: object,
    moments: str | ArrayLike | None = None,
    *,
    tolerance: float = 0.01,
    max_file_size: int = MAX_FILE_SIZE,
) -> list[MagneticCrystal]:
    """All crystals of a file with their magnetic moments, or an object of ASE or pymatgen as a list of one.

    Args:
        source: the path of a magnetic CIF, of an extended XYZ file with moments, or of any other file that
            :func:`basis_compiler.read_crystals` reads; an object that it reads; a :class:`basis_compiler.Crystal`.
        moments: instead of those of the source: (n,) or (n, 3) Bohr magneton, or a text such as ``"1,-1,0,0"`` or
            ``"Mn=1,-1"``. Needed where the source has none.
        tolerance: in Angstrom, as for :func:`basis_compiler.read_crystals`.
        max_file_size: in bytes; a larger file is refused.

    Raises:
        CrystalError: the source cannot be read or has no moments, or the moments do not fit the crystal: wrong
            counts, no numbers, forbidden by the symmetry of their sites; a magnetic CIF without magnetic
            operations.
        RecipeError: the tolerance is not between 0 and 0.25 Angstrom.
        MissingDependencyError: ASE or gemmi is not installed.
        OSError: there is no such file, or it may not be read.
        TypeError: the source is anything else.
    """
    found = magnetic_crystals_or_errors(source, moments, tolerance=tolerance, max_file_size=max_file_size)
    for one in found:
        if isinstance(one, CrystalError):
            raise one
    return [one for one in found if isinstance(one, MagneticCrystal)]


def magnetic_crystals_or_errors(
    source: object, moments: str | ArrayLike | None, *, tolerance: float, max_file_size: int
) -> Sequence[MagneticCrystal | CrystalError]:
    """As :func:`read_magnetic_crystals`; of several crystals, with the error in the place of one that is none."""
    check_tolerance(tolerance)
    if isinstance(source, str | os.PathLike):
        path = Path(source)
        with opened(path, limit=max_file_size) as file:
            found = _of_file(file, moments, str(path), tolerance)
        return found
    if isinstance(source, Crystal):
        return [_given(source, moments)]
    (crystal,) = read_crystals(source, tolerance=tolerance)  # refuses what is no crystal
    if moments is None and hasattr(source, "get_atomic_numbers"):
        return [_of_atoms(source, crystal)]
    return [_given(crystal, moments)]


def read_plain_or_magnetic(
    file: InputText, *, name: str, tolerance: float
) -> Sequence[MagneticCrystal | Crystal | CrystalError]:
    """All crystals of a file; those of a magnetic CIF with their moments.

    Raises:
        CrystalError: none can be read.
    """
    if format_of(file.path.name).parse is parse_cif:
        text = decoded(file.content(name))
        if is_magnetic_cif(text):
            with np.errstate(all="ignore"):
                return parse_mcif(text, name=name, tolerance=tolerance)
    return read_file(file, name=name, tolerance=tolerance)


def _of_file(
    file: InputText, moments: str | ArrayLike | None, name: str, tolerance: float
) -> Sequence[MagneticCrystal | CrystalError]:
    parse = format_of(file.path.name).parse
    if parse in (parse_cif, parse_xyz):
        text = decoded(file.content(name))
        with np.errstate(all="ignore"):
            if parse is parse_xyz and moments is None and text.strip():
                return _of_frames(text, name)
            if (
                parse is parse_cif
                and (is_magnetic_cif(text) or file.path.suffix.lower() == ".mcif")
                and text.strip()
            ):
                if moments is not None:
                    raise CrystalError(
                        f"{name}: a magnetic CIF has moments: export the crystal structure alone to give others"
                    )
                return parse_mcif(text, name=name, tolerance=tolerance)
    crystals = read_file(file, name=name, tolerance=tolerance)
    if moments is not None and len(crystals) > 1:
        raise CrystalError(f"{name}: it has {len(crystals)} crystals: moments can be given for a file of one")
    return crystals_of_parts(crystals, name, lambda one, _: _given(one, moments))


def _given(crystal: Crystal, moments: str | ArrayLike | None) -> MagneticCrystal:
    if moments is None:
        raise CrystalError(f"{crystal.name}: no magnetic moments: {_HOW_TO_GIVE}")
    return with_moments(crystal, moments) if isinstance(moments, str) else magnetic_crystal(crystal, moments)


def _of_frames(text: str, name: str) -> list[MagneticCrystal | CrystalError]:
    frames = list(xyz_frames(iter(text.splitlines(keepends=True)), name))
    return crystals_of_parts(frames, name, _of_frame, frame_names(frames))


def _of_frame(frame: str, name: str) -> MagneticCrystal:
    atoms = frame_atoms(frame, name)
    return _of_atoms(atoms, crystal_of_atoms(atoms, name))


def _of_atoms(atoms: Any, crystal: Crystal) -> MagneticCrystal:
    """The moments of an ``ase.Atoms`` whose crystal is known."""
    results = {} if atoms.calc is None else atoms.calc.results
    for source in (results, atoms.arrays):
        for key in ("magmoms", "magmom", "initial_magmoms"):
            values = source.get(key)
            if values is not None and np.ndim(values) > 0:
                return magnetic_crystal(crystal, values)
    raise CrystalError(f"{crystal.name}: no magnetic moments (columns magmoms or initial_magmoms): {_HOW_TO_GIVE}")
