"""Read a compiled dataset. It is read whole and checked against its hash; then the file is closed."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from basis_store.counted import counted
from basis_store.datasets.columns import CrystalColumns
from basis_store.datasets.crystal_checks import check_arrays
from basis_store.datasets.formula import reduced_formula
from basis_store.datasets.recipe import CrystalRecipe
from basis_store.datasets.schema import (
    FIXED_ARRAYS,
    FOLDS,
    FORMAT_NAME,
    FORMAT_VERSION,
    content_digest,
    parse_format_version,
    target_array,
    unpacked,
)
from basis_store.datasets.units import in_unit
from basis_store.errors import StoreFormatError
from basis_store.files.hdf5_file import CheckedFile
from basis_store.groups.setting import all_settings
from basis_store.tables.data_frame import data_frame
from basis_store.tables.html_table import facts_html, rows_html

if TYPE_CHECKING:
    from pandas import DataFrame


class Header(NamedTuple):
    """The root attributes of a dataset.

    Attributes:
        recipe: how it was made.
        format_version: ``(major, minor)``.
        provenance: versions of the programs that wrote it.
        content_hash: SHA-256 of the content (hexadecimal), as stored.
    """

    recipe: CrystalRecipe
    format_version: tuple[int, int]
    provenance: dict[str, str]
    content_hash: str


def open_crystals(path: str | os.PathLike[str], *, name: str | None = None) -> CrystalTable:
    """Read a compiled dataset.

    Args:
        path: the file.
        name: what messages call it; default, the path.

    Raises:
        FileNotFoundError: there is no such file.
        StoreFormatError: not a dataset, or a format version this release does not read.
        StoreCorruptError: a dataset whose content does not match its checksums.
    """
    return CrystalTable(path, name=name)


class CrystalTable(CrystalColumns):
    """A checked dataset in memory; ``table[i]`` is a :class:`CrystalRecord`, columns are those of the base class.

    Attributes:
        path: the file it was read from.
        content_hash: SHA-256 of the content (hexadecimal).
        recipe: how it was made.
        format_version: ``(major, minor)``.
        provenance: versions of the programs that wrote it.
        skipped: (identifier, reason) of what was left out when it was made.
    """

    def __init__(self, path: str | os.PathLike[str], *, name: str | None = None) -> None:
        with open_dataset(path) as file:
            self.path: Path = file.path
            self.recipe, self.format_version, self.provenance, self.content_hash = read_header(file)
            arrays = {path: file.read(path) for path in array_paths(file, self.format_version)}
            if content_digest(self.recipe, arrays) != self.content_hash:
                raise file.corrupt("its content does not match its hash")
            check_arrays(arrays)
            super().__init__(str(self.path) if name is None else name, arrays)
            if len(set(self.identifiers)) < len(self):
                raise file.corrupt("identifiers lists one twice")
            pairs = zip(unpacked("skipped_identifiers", arrays), unpacked("skipped_reasons", arrays), strict=True)
            self.skipped = tuple(pairs)

    def to_dataframe(self) -> DataFrame:
        """A table of pandas with a row for each crystal, in their order.

        Its columns are identifier, formula, space_group (number), symbol, crystal_system, sites, atoms (in the
        conventional cell), volume (of that cell, in cubic Angstrom), split, fold, one for each target by its name
        (tensors as arrays), and notes. Units of the targets are in ``attrs["units"]``.

        Raises:
            MissingDependencyError: pandas is not installed.
        """
        settings = [all_settings()[number - 1] for number in self.hall_numbers]
        sites = [slice(*self.site_offsets[i : i + 2]) for i in range(len(self))]
        columns: dict[str, Any] = {
            "identifier": list(self.identifiers),
            "formula": [reduced_formula(self.numbers[one], self.multiplicities[one]) for one in sites],
            "space_group": [one.number for one in settings],
            "symbol": [one.symbol for one in settings],
            "crystal_system": [one.crystal_system for one in settings],
            "sites": np.diff(self.site_offsets),
            "atoms": [int(self.multiplicities[one].sum()) for one in sites],
            "volume": np.abs(np.linalg.det(self.lattices)),
            "split": list(self.splits),
            "fold": self.folds,
        }
        columns |= self.targets | {"notes": [self.crystal_notes.get(one, ()) for one in self.identifiers]}
        return data_frame(columns, {"volume": "Angstrom^3", **self.units})

    def _repr_html_(self) -> str:
        targets = [(name, in_unit("", unit).strip()) for name, unit in self.units.items()]
        facts = (
            ("file", self.path),
            ("crystals", f"{len(self):,}"),
            ("sites", f"{len(self.numbers):,}"),
            ("targets", rows_html((), targets, left=(0, 1)) if targets else ""),
            ("left out", f"{len(self.skipped):,}"),
            ("content hash", self.content_hash[:12]),
        )
        return facts_html(f"{type(self).__name__} {self.path.name}", facts)

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} {self.path.name}: {counted(len(self), 'crystal')}, {self.content_hash[:12]}>"
        )


@contextlib.contextmanager
def open_dataset(path: str | os.PathLike[str]) -> Iterator[CheckedFile]:
    """The file of a dataset, open for reading; raises as :func:`open_crystals`."""
    file = CheckedFile(path, kind="an sgbasis crystal dataset", hint="compile it again")
    with contextlib.closing(file), file.errors():
        yield file


def read_header(file: CheckedFile) -> Header:
    """The checked root attributes.

    Raises:
        StoreFormatError: not a dataset, or a format version this release does not read.
        StoreCorruptError: they do not match their checksum.
    """
    attributes = file.attributes(FORMAT_NAME)
    try:
        version = parse_format_version(attributes["format_version"])
        recipe = CrystalRecipe.from_json(attributes["recipe"])
    except StoreFormatError as error:
        raise StoreFormatError(f"{file.path}: {error}") from error
    programs = file.check_attributes(attributes, recipe.to_json())
    return Header(recipe, version, programs, attributes["content_sha256"])


def array_paths(file: CheckedFile, version: tuple[int, int]) -> list[str]:
    """The names of all arrays of a dataset, whose types and shapes are right.

    Args:
        file: with checked root attributes.
        version: of its format.

    Raises:
        StoreCorruptError: an array is not as the format says, or not of the format.
    """
    arrays = file.open_arrays(FIXED_ARRAYS, optional=[FOLDS])
    listed = {path: file.read(path) for path in ("target_names/offsets", "target_names/utf8")}
    names = unpacked("target_names", listed)
    if sorted(set(names)) != list(names):
        raise file.corrupt("target_names lists names that are not distinct and sorted")
    targets = [target_array(name) for name in names]
    n_crystals = len(file.stored_array("crystals/hall_numbers"))
    for path in targets:
        array = file.stored_array(path)
        if not array.is_of("<f8"):
            raise file.corrupt(f"{path} is stored as {array.type_name}")
        if array.shape[0] != n_crystals or 0 in array.shape[1:]:
            raise file.corrupt(f"{path} and crystals differ in length, or it has no values")
    paths = [*(array.path for array in arrays), *targets]
    if version[1] <= FORMAT_VERSION[1]:  # a newer minor version may have more
        file.check_others(paths)
    return paths
