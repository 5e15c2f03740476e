"""Crystals from files that ASE parses, and from the objects of ASE and pymatgen.

Whatever ASE would guess or accept silently is an error here, in one line: missing cells, partial occupancies,
dummy atoms, atoms that overlap.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from basis_compiler.crystals.crystal import ORDERED_ONLY, Crystal, crystals_of_parts
from basis_compiler.crystals.formats.element_symbols import element_of_type, unknown_element
from basis_compiler.crystals.formats.text_elements import poscar_with_elements, xyz_frames, xyz_with_elements
from basis_store import CrystalError
from basis_store.extras import needed_for


def require_ase() -> None:
    """Raise :class:`MissingDependencyError` unless ASE is installed."""
    with needed_for("reading crystals"):
        import ase.io  # noqa: F401, PLC0415 - heavy and optional


def detected_format(path: Path) -> str:
    """ASE's name of the format of a file, by its name and content; ``""`` if ASE does not recognise it."""
    from ase.io.formats import filetype  # noqa: PLC0415 - heavy and optional

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return str(filetype(str(path)))
        except Exception:
            return ""


def parse_poscar(text: str, *, name: str, tolerance: float = 0.01) -> list[Crystal]:
    """The crystal of a POSCAR that messages call ``name``; needs ASE; ``tolerance`` does not matter.

    Raises:
        CrystalError: it cannot be read, names no elements, or is no crystal.
        MissingDependencyError: ASE is not installed.
    """
    text, notes = poscar_with_elements(text, name)
    require_ase()
    from ase.io import vasp  # noqa: PLC0415 - heavy and optional

    with warnings.catch_warnings():
        # ASE warns about what is checked here afterwards; a warning must not end in the user's terminal.
        warnings.simplefilter("ignore")
        try:
            atoms = vasp.read_vasp(io.StringIO(text))
        except Exception as error:
            raise CrystalError(f"{name}: not a readable POSCAR file (ASE says: {_reason(error)})") from error
    return [crystal_of_atoms(atoms, name, notes=notes)]


def parse_xyz(text: str, *, name: str, tolerance: float = 0.01) -> list[Crystal | CrystalError]:
    """The crystals of an extended XYZ file that messages call ``name``; needs ASE; ``tolerance`` does not matter.

    Returns:
        A crystal per frame; of several frames, the error of one that holds none in its place.

    Raises:
        CrystalError: it cannot be cut into frames, or its only frame holds no crystal.
        MissingDependencyError: ASE is not installed.
    """
    frames = list(xyz_frames(iter(text.splitlines(keepends=True)), name))
    return crystals_of_parts(frames, name, lambda frame, own: parse_frame(frame, own)[0], frame_names(frames))


def frame_names(frames: Sequence[object]) -> list[str]:
    """What messages call each frame: ``"frame 1"``."""
    return [f"frame {number}" for number in range(1, len(frames) + 1)]


def parse_frame(text: str, name: str) -> tuple[Crystal, dict[str, Any]]:
    """The crystal of one frame of an extended XYZ file, and the metadata of its comment line; needs ASE.

    Raises:
        CrystalError: it cannot be read, or is no crystal.
        MissingDependencyError: ASE is not installed.
    """
    atoms = frame_atoms(text, name)
    results = {} if atoms.calc is None else atoms.calc.results
    return crystal_of_atoms(atoms, name), atoms.info | results


def frame_atoms(text: str, name: str) -> Any:
    """One frame of an extended XYZ file as an ``ase.Atoms``; needs ASE.

    Raises:
        CrystalError: it cannot be read.
        MissingDependencyError: ASE is not installed.
    """
    require_ase()
    from ase.io import extxyz  # noqa: PLC0415 - heavy and optional

    text = xyz_with_elements(text, name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            (atoms,) = extxyz.read_xyz(io.StringIO(text), index=slice(None))
        except Exception as error:
            raise CrystalError(f"{name}: not a readable frame (ASE says: {_reason(error)})") from error
    return atoms


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:80] or type(error).__name__


def crystal_of_atoms(atoms: Any, name: str, *, notes: Iterable[str] = ()) -> Crystal:
    """A crystal from an ``ase.Atoms``; raises :class:`CrystalError`."""
    lattice = np.asarray(atoms.cell.array, dtype=np.float64)
    if lattice.any() and not all(atoms.pbc):
        raise CrystalError(f"{name}: periodic in {sum(atoms.pbc)} of 3 directions; a crystal needs all three")
    amounts = np.asarray(atoms.arrays.get("occupancy", 1.0), dtype=np.float64).ravel()
    check_occupancies(name, ([(str(symbol), a)] for symbol, a in zip(atoms.symbols, amounts, strict=False)))
    occupancy = atoms.info.get("occupancy")
    if isinstance(occupancy, dict):
        check_occupancies(name, (site.items() for site in occupancy.values() if isinstance(site, dict)))
    # Solved here, and not taken from ASE's scaled positions, so that a missing cell is reported as one.
    singular = not np.isfinite(lattice).all() or np.linalg.matrix_rank(lattice) < 3
    coordinates = np.zeros_like(atoms.positions) if singular else np.linalg.solve(lattice.T, atoms.positions.T).T
    return Crystal(lattice=lattice, numbers=atoms.numbers, coordinates=coordinates, name=name, notes=tuple(notes))


def crystal_of_pymatgen(structure: Any) -> Crystal:
    """A crystal from a pymatgen ``Structure``; raises :class:`CrystalError`."""
    name = str(structure.reduced_formula if hasattr(structure, "reduced_formula") else structure.formula)
    check_occupancies(name, ([(str(kind), amount) for kind, amount in site.species.items()] for site in structure))
    if not all(structure.lattice.pbc):
        raise CrystalError(f"{name}: periodic in {sum(structure.lattice.pbc)} of 3 directions")
    # Not site.specie, which pymatgen refuses where an occupancy is 0.9999.
    symbols = [str(next(iter(site.species)).symbol) for site in structure]
    numbers = [element_of_type(symbol) for symbol in symbols]
    if 0 in numbers:
        raise unknown_element(name, numbers.index(0) + 1, symbols[numbers.index(0)])
    return Crystal(
        lattice=structure.lattice.matrix,
        numbers=np.array(numbers),
        coordinates=structure.frac_coords,
        name=name,
    )


def check_occupancies(name: str, sites: Iterable[Iterable[tuple[str, float]]]) -> None:
    """Raise :class:`CrystalError` unless each site holds one element (name, amount) and is full."""
    for site in sites:
        kinds = list(site)
        if len(kinds) != 1 or abs(kinds[0][1] - 1) > 1e-3:
            mixture = ", ".join(f"{kind} {amount:g}" for kind, amount in kinds)
            raise CrystalError(f"{name}: partial occupancy ({mixture}): {ORDERED_ONLY}")
