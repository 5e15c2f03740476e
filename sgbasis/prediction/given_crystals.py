"""The crystals that a user gives in Python: paths, objects of other packages, records, or several of these."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from basis_store import CrystalError, CrystalRecord

_ATTRIBUTES = ("get_atomic_numbers", "frac_coords", "lattice_mat")
"""One of which a structure of ASE, pymatgen or JARVIS has, and a collection of them has not."""


def found_crystals(structures: Any, *, tolerance: float, count: int = 1) -> Iterator[tuple[str, CrystalRecord]]:
    """All crystals, each with the file that it came from, or ``""``.

    Args:
        structures: as for :func:`sgbasis.predict`.
        tolerance: in Angstrom, as for :func:`basis_compiler.standardize`.
        count: how many such structures there are; of many, only smaller tolerances are tried for notes.

    Raises:
        CrystalError: a file cannot be read, or holds no ordered crystal.
        OSError: there is no such file.
        TypeError: it is none of these.
    """
    from basis_compiler.crystals.asymmetric_unit import crystal_record
    from basis_compiler.crystals.formats.file_formats import SOURCES, read_crystals
    from basis_compiler.crystals.standardization import standard_description
    from sgbasis.prediction.inputs import other_tolerances, read_inputs

    if isinstance(structures, CrystalRecord):
        yield "", structures
    elif isinstance(structures, str | os.PathLike):
        path = Path(structures)
        path.stat()  # a missing file is an OSError, as elsewhere in Python
        for source, crystal in read_inputs(path, tolerance=tolerance, count=count):
            if isinstance(crystal, str):
                raise CrystalError(crystal)
            yield source, crystal
    elif isinstance(structures, dict) or any(hasattr(structures, one) for one in _ATTRIBUTES):
        for one in read_crystals(structures, tolerance=tolerance):
            standard = standard_description(one, tolerance=tolerance, others=other_tolerances(count))
            yield "", crystal_record(standard)
    elif isinstance(structures, Iterable):
        several = list(structures)
        for one in several:
            yield from found_crystals(one, tolerance=tolerance, count=count - 1 + len(several))
    else:
        raise TypeError(f"{SOURCES} is needed, not {type(structures).__name__}")
