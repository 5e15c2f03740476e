"""Crystals to the records of datasets: the standard setting, its sites, and operations that generate all atoms."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from basis_compiler.crystals.crystal import Crystal
from basis_compiler.crystals.formats.entries import Entry, RawCrystal
from basis_compiler.crystals.formats.file_formats import read_crystals
from basis_compiler.crystals.formats.input_text import MAX_FILE_SIZE
from basis_compiler.crystals.standardization import StandardCrystal, standard_description
from basis_compiler.groups.spglib_database import operations
from basis_store import TURN, CertificateError, CrystalError, CrystalRecord

CRYSTAL_ERRORS = (
    CrystalError, CertificateError, np.linalg.LinAlgError, OverflowError, MemoryError, RecursionError,
)  # fmt: skip
"""Errors of a single crystal that is read and compiled: a batch continues with the others."""

_SAME = 1e-3
"""Angstrom. Sites lie on their special positions up to rounding, and atoms are far apart."""


def compile_crystals(
    source: object, *, tolerance: float = 0.01, max_file_size: int = MAX_FILE_SIZE
) -> list[CrystalRecord]:
    """Records of all crystals of a file, or of an object of ASE or pymatgen.

    Args:
        source: as for :func:`read_crystals`.
        tolerance: in Angstrom, as for :func:`standardize`.
        max_file_size: in bytes, as for :func:`read_crystals`.

    Raises:
        CrystalError: as :func:`read_crystals` and :func:`standardize` do.
    """
    crystals = read_crystals(source, tolerance=tolerance, max_file_size=max_file_size)
    return [compile_crystal(crystal, tolerance=tolerance) for crystal in crystals]


Details = Callable[[RawCrystal], tuple[Mapping[str, ArrayLike], str] | None]


def compile_entry(
    entry: Entry,
    *,
    tolerance: float,
    details: Details = lambda crystal: ({}, ""),
    others: Sequence[float] = (),
) -> Iterator[tuple[str, CrystalRecord | Exception]]:
    """Every crystal of an entry with its identifier: its record, or the error that it ended with.

    Args:
        entry: of a source.
        tolerance: in Angstrom, as for :func:`standardize`.
        details: the targets and the split for the record of a crystal, or None to leave it out; default: none.
        others: multiples of the tolerance that are tried for notes, as for :func:`standard_description`.
    """
    try:
        # Values beyond the range of floats are found by the checks that follow; numpy must not report them too.
        with np.errstate(all="ignore"):
            for crystal in entry.crystals(tolerance):
                try:
                    if (found := details(crystal)) is None:
                        continue
                    standard = standard_description(crystal.build(), tolerance=tolerance, others=others)
                    targets, split = found
                    record = crystal_record(standard, identifier=crystal.identifier, targets=targets, split=split)
                    yield crystal.identifier, record
                except CRYSTAL_ERRORS as error:
                    yield crystal.identifier, error
    except (*CRYSTAL_ERRORS, OSError) as error:
        yield entry.name, error


def compile_crystal(
    crystal: Crystal,
    *,
    identifier: str | None = None,
    targets: Mapping[str, ArrayLike] | None = None,
    split: str = "",
    tolerance: float = 0.01,
) -> CrystalRecord:
    """Transform a crystal to its standard setting and reduce it to its asymmetric unit.

    Args:
        crystal: in any cell.
        identifier: of the record; default, the name of the crystal.
        targets: its properties, by name: numbers or arrays of numbers (...); NaN for missing.
        split: ``"train"``, ``"val"``, ``"test"`` or ``""``.
        tolerance: in Angstrom, as for :func:`standardize`.

    Raises:
        CrystalError: as :func:`standardize` does.
    """
    return crystal_record(
        standard_description(crystal, tolerance=tolerance), identifier=identifier, targets=targets, split=split
    )


def crystal_record(
    standard: StandardCrystal,
    *,
    identifier: str | None = None,
    targets: Mapping[str, ArrayLike] | None = None,
    split: str = "",
) -> CrystalRecord:
    """The record of a crystal that is in its standard setting already; arguments as of :func:`compile_crystal`.

    Raises:
        CrystalError: the number of atoms of a site differs from its multiplicity.
    """
    return CrystalRecord(
        identifier=standard.crystal.name if identifier is None else identifier,
        setting=standard.setting,
        lattice=standard.lattice,
        change_of_basis=standard.change_of_basis,
        denominator=standard.denominator,
        origin_shift=standard.origin_shift,
        numbers=np.array([site.number for site in standard.sites], np.uint8),
        coordinates=standard.coordinates,
        multiplicities=np.array([site.multiplicity for site in standard.sites], np.int32),
        wyckoff=np.array([site.wyckoff for site in standard.sites], "S1"),
        images=np.concatenate(site_images(standard)),
        targets={name: np.asarray(value, np.float64) for name, value in (targets or {}).items()},
        split=split,
        notes=standard.notes,
    )


def site_images(standard: StandardCrystal) -> list[NDArray[np.int16]]:
    """For each site, the first operation that maps it to each of its atoms in the conventional cell; ascending.

    Operations a and b map a site to the same atom when they lie in one left coset of its stabiliser, which is
    found in the multiplication table: atoms are not compared with each other.

    Raises:
        CrystalError: the number of atoms of a site differs from its multiplicity.
    """
    group = operations(standard.setting)
    table = group.product_table
    x = standard.coordinates
    gaps = np.einsum("gij,sj->sgi", group.rotations, x) + group.translations24 / TURN - x[:, None]
    gaps -= np.rint(gaps)
    fixed = np.linalg.norm(gaps @ standard.lattice, axis=2) < _SAME
    images = [np.unique(table[:, stabiliser].min(axis=1)) for stabiliser in fixed]
    for site, found in zip(standard.sites, images, strict=True):
        if len(found) != site.multiplicity:
            raise CrystalError(
                f"{standard.crystal.name}: the operations of {standard.setting.label} map {site.label} to "
                f"{len(found)} atoms, but its multiplicity is {site.multiplicity}: try another tolerance"
            )
    return images
