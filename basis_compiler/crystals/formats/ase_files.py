"""Read crystals from files (CIF, POSCAR, extended XYZ) and from the objects of ASE and pymatgen.

ASE does the parsing. What it would guess or let pass is an error here, in one line: missing cells, partial
occupancies, dummy atoms, atoms that overlap.
"""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from basis_compiler.crystals.crystal import ELEMENTS, Crystal
from basis_compiler.crystals.formats.cif import parse_cif
from basis_store import CrystalError, MissingDependencyError

_NO_ASE = "reading crystals needs ASE: pip install 'sgbasis[structures]'"
_FORMATS = {"cif": "CIF", "vasp": "POSCAR", "extxyz": "extended XYZ", "xyz": "XYZ"}


def read_crystals(source: object, *, tolerance: float = 0.01) -> list[Crystal]:
    """All crystals of a file, or an object of ASE or pymatgen as a list of one.

    Args:
        source: the path of a CIF, POSCAR or extended XYZ file; an ``ase.Atoms``; a ``pymatgen`` Structure.
        tolerance: in Angstrom; atoms of a CIF this close to a special position of its own operations are put
            on it (0.333 is not 1/3), and a note says by how much. Other sources are taken as they are.

    Returns:
        One crystal per frame or CIF block that holds one, in the order of the file.

    Raises:
        CrystalError: the file cannot be read, or a crystal in it is not one (see :class:`Crystal`), is
            disordered, or is not periodic in three directions.
        MissingDependencyError: ASE is not installed.
        OSError: there is no such file, or it may not be read.
    """
    if isinstance(source, str | os.PathLike):
        return read_file(Path(source), name=str(Path(source)), tolerance=tolerance)
    if hasattr(source, "get_atomic_numbers"):
        return [_from_ase(source, "Atoms")]
    if hasattr(source, "frac_coords") and hasattr(source, "lattice"):
        return [_from_pymatgen(source)]
    raise TypeError(f"a path, an ase.Atoms or a pymatgen Structure is needed, not {type(source).__name__}")


def read_file(path: Path, *, name: str, tolerance: float) -> list[Crystal]:
    """All crystals of a file that messages call ``name``; see :func:`read_crystals`."""
    content = path.read_bytes()
    if not content.strip():
        raise CrystalError(f"{name}: the file is empty")
    try:
        import ase.io  # noqa: PLC0415 - heavy and optional
        from ase.io.formats import filetype  # noqa: PLC0415 - heavy and optional
    except ImportError as error:
        raise MissingDependencyError(_NO_ASE) from error
    if path.suffix.lower() == ".cif":
        return parse_cif(_decoded(content), name=name, tolerance=tolerance)
    with warnings.catch_warnings():
        # ASE warns about what is checked here afterwards; a warning must not end in the user's terminal.
        warnings.simplefilter("ignore")
        try:
            form = filetype(str(path))
        except Exception as error:
            raise CrystalError(f"{name}: {_UNKNOWN_FORMAT}") from error
        if form not in _FORMATS:
            raise CrystalError(f"{name}: {_UNKNOWN_FORMAT}")
        if form == "cif":
            return parse_cif(_decoded(content), name=name, tolerance=tolerance)
        try:
            frames = ase.io.read(path, index=":", format=form)
        except Exception as error:
            message = f"{name}: not a readable {_FORMATS[form]} file (ASE says: {_reason(error)})"
            raise CrystalError(message) from error
    if not frames:
        raise CrystalError(f"{name}: no atoms")
    several = len(frames) > 1
    return [
        _from_ase(atoms, f"{name} (frame {i})" if several else name) for i, atoms in enumerate(frames, start=1)
    ]


def parse_frame(text: str, name: str) -> tuple[Crystal, dict[str, Any]]:
    """The crystal of one frame of an extended XYZ file, and what its comment line says about it; needs ASE.

    Raises:
        CrystalError: it cannot be read, or is no crystal.
        MissingDependencyError: ASE is not installed.
    """
    try:
        from ase.io import extxyz  # noqa: PLC0415 - heavy and optional
    except ImportError as error:
        raise MissingDependencyError(_NO_ASE) from error
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            (atoms,) = extxyz.read_xyz(io.StringIO(text), index=slice(None))
        except Exception as error:
            raise CrystalError(f"{name}: not a readable frame (ASE says: {_reason(error)})") from error
    results = {} if atoms.calc is None else atoms.calc.results
    return _from_ase(atoms, name), atoms.info | results


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:80] or type(error).__name__


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


_UNKNOWN_FORMAT = (
    "not a CIF, POSCAR or extended XYZ file; name it *.cif, POSCAR or *.vasp, *.extxyz, "
    "or convert it with 'ase convert'"
)


def _from_ase(atoms: Any, name: str) -> Crystal:
    lattice = np.asarray(atoms.cell.array, dtype=np.float64)
    if lattice.any() and not all(atoms.pbc):
        raise CrystalError(f"{name}: periodic in {sum(atoms.pbc)} of 3 directions; a crystal needs all three")
    amounts = np.asarray(atoms.arrays.get("occupancy", 1.0), dtype=np.float64).ravel()
    check_occupancies(name, ([(str(symbol), a)] for symbol, a in zip(atoms.symbols, amounts, strict=False)))
    occupancy = atoms.info.get("occupancy")
    if isinstance(occupancy, dict):
        check_occupancies(name, (site.items() for site in occupancy.values() if isinstance(site, dict)))
    # The plain solution, and not ASE's scaled positions, so that a missing cell is reported as one.
    singular = not np.isfinite(lattice).all() or np.linalg.matrix_rank(lattice) < 3
    coordinates = atoms.positions * 0 if singular else np.linalg.solve(lattice.T, atoms.positions.T).T
    return Crystal(lattice=lattice, numbers=atoms.numbers, coordinates=coordinates, name=name)


def _from_pymatgen(structure: Any) -> Crystal:
    name = str(structure.reduced_formula if hasattr(structure, "reduced_formula") else structure.formula)
    check_occupancies(name, ([(str(kind), amount) for kind, amount in site.species.items()] for site in structure))
    if not all(structure.lattice.pbc):
        raise CrystalError(f"{name}: periodic in {sum(structure.lattice.pbc)} of 3 directions")
    symbols = ["H" if site.specie.symbol in ("D", "T") else site.specie.symbol for site in structure]
    return Crystal(
        lattice=structure.lattice.matrix,
        numbers=np.array([ELEMENTS.index(symbol) if symbol in ELEMENTS else 0 for symbol in symbols]),
        coordinates=structure.frac_coords,
        name=name,
    )


def check_occupancies(name: str, sites: Iterable[Iterable[tuple[str, float]]]) -> None:
    """Raise :class:`CrystalError` unless each site holds one element (name, amount) and is full."""
    for site in sites:
        kinds = list(site)
        if len(kinds) != 1 or abs(kinds[0][1] - 1) > 1e-3:
            mixture = ", ".join(f"{kind} {amount:g}" for kind, amount in kinds)
            raise CrystalError(
                f"{name}: partial occupancy ({mixture}): only ordered crystals have a symmetric basis"
            )
