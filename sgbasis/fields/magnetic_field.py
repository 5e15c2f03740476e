"""Symmetrise the fields of a file under a magnetic group: charge, collinear spin, and vectors of magnetisation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from basis_store import (
    TURN,
    CellChange,
    FieldError,
    GridField,
    MagneticGroup,
    Operations,
    Representation,
    VectorField,
)
from basis_store.array_types import FloatArray
from basis_store.fields.vector_field import vectors_of

_SPIN = "spin density"
_DOUBTFUL = 0.5
"""Of a field that is not symmetric: the group, or how the cell lies in it, may be wrong."""
_VECTORS = "axial vectors, odd under time reversal"


class MagneticPart(NamedTuple):
    """One field, or three components of one, under a magnetic group.

    Attributes:
        name: of the field.
        kind: what symmetry it was given, for people.
        given: (c, N1, N2, N3) its values.
        symmetrised: (c, N1, N2, N3) their part with the symmetry.
        unit: of the values.
    """

    name: str
    kind: str
    given: FloatArray
    symmetrised: FloatArray
    unit: str


def symmetrise_magnetic(
    fields: Mapping[str, GridField], group: MagneticGroup, cell: CellChange, *, name: str, tolerance: float
) -> tuple[dict[str, GridField], list[MagneticPart]]:
    """The parts of fields that have the symmetry of a magnetic group.

    Args:
        fields: of one file. Three spin densities called by one name with x, y and z are a magnetisation: axial
            and odd under time reversal. One alone is that of collinear spins, an odd scalar. All else is even.
        group: the magnetic group.
        cell: how the cell of the fields lies in its cell.
        name: of the file, for messages.
        tolerance: in Angstrom, within which operations must map the atoms of the file to atoms.

    Returns:
        The fields with the same names, and what each was.

    Raises:
        FieldError: the cell or the atoms do not fit the group, the grid is not mapped to itself, or a vector field
            is no magnetisation.
        SettingError: the group is grey, and there is a spin density.
    """
    from runtime.fields.vectors.grid_average import GridAverage

    found, parts = dict(fields), []
    vectors = vectors_of(fields)
    components = {one for names in vectors.values() for one in names}
    groups = {key: (key,) for key in fields if key not in components} | vectors
    averages: dict[str, GridAverage] = {}
    for key, names in groups.items():
        some = [fields[one] for one in names]
        odd = some[0].quantity == _SPIN
        if len(names) == 3 and not odd:
            raise FieldError(
                f"{name}: {key!r} is a vector field of a {some[0].quantity}, and only magnetisations are "
                "symmetrised here: use symmetrise_vector_field in Python"
            )
        character = "odd" if odd else "even"
        if character not in averages:
            named = Representation.of(group, character)
            averages[character] = GridAverage(named, some[0].shape, some[0].lattice, cell)
            _check_atoms(some[0], averages[character].group, cell, name, tolerance)
        given = np.stack([one.values for one in some])
        average = averages[character]
        if len(names) == 3:
            VectorField((some[0], some[1], some[2]))
            symmetrised = average.vectors(given, axial=True)
            kind = _VECTORS
        else:
            symmetrised, kind = average.scalar(given[0])[None], f"scalar, {character} under time reversal"
        found |= {one: replace(fields[one], values=new) for one, new in zip(names, symmetrised, strict=True)}
        parts.append(MagneticPart(key, kind, given, symmetrised, some[0].unit))
    return found, parts


def part_lines(part: MagneticPart) -> list[str]:
    """What was not symmetric, in lines of text."""
    from sgbasis.reports.field_expansion import percent

    rest = part.given - part.symmetrised
    lengths = np.sqrt(np.square(rest).sum(axis=0))
    norm, mean = np.sqrt(np.square(part.given).sum()), part.given.mean(axis=(1, 2, 3), keepdims=True)
    share = float(np.linalg.norm(rest) / norm) if norm else 0.0
    unit = "" if part.unit == "1" else f" {part.unit}"
    if part.kind == _VECTORS and part.unit == "e/Angstrom^3":
        unit = " Bohr magnetons/Angstrom^3"
    lines = [f"{part.name}: {part.kind}", f"not symmetric   {percent(share)} of the field (root mean squares)"]
    if share > 1e-12:
        where = np.unravel_index(lengths.argmax(), lengths.shape)
        place = " ".join(f"{int(index) / n:.4g}" for index, n in zip(where, lengths.shape, strict=True))
        lines.append(f"                largest at {place} of its cell: {lengths[where]:.3g}{unit}")
    if share > _DOUBTFUL:
        lines.append(
            "                so much is no noise: is this the group of the field, with this cell and origin?"
        )
    if part.kind == _VECTORS:
        after = part.symmetrised.mean(axis=(1, 2, 3))
        texts = [
            " ".join(f"{0.0 if abs(one) < 1e-12 else one:.4g}" for one in row) for row in (mean.ravel(), after)
        ]
        lines.append(f"mean            {texts[0]} along x, y, z; symmetrised {texts[1]}{unit}")
    return lines


def _check_atoms(field: GridField, group: Operations, cell: CellChange, name: str, tolerance: float) -> None:
    """Operations and translations of the group map every atom of the file to one of its element."""
    from basis_compiler.crystals.crystal import ELEMENTS
    from runtime.fields.grid_images import generator_numbers
    from sgbasis.reports.change_of_basis import triplet_text

    identity = np.eye(3, dtype=np.int64)
    operations = [(group.rotations[one], group.translations24[one] / TURN) for one in generator_numbers(group)]
    operations += [(identity, row) for row in identity.astype(float)]
    places = cell.to_setting(field.coordinates)
    for rotation, shift in operations:
        moved = cell.from_setting(places @ rotation.T + shift)
        for index, (element, point) in enumerate(zip(field.elements, moved, strict=True)):
            gaps = field.coordinates[field.elements == element] - point
            gaps -= np.rint(gaps)
            if np.linalg.norm(gaps @ field.lattice, axis=1).min() > tolerance:
                raise FieldError(
                    f"{name}: {triplet_text(rotation, shift)} of {group.setting.label} maps atom {index + 1} "
                    f"({ELEMENTS[element]}) to no atom: the file may have another origin or other axes than the "
                    "group; give them with --transform"
                )
