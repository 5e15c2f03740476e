"""Crystals with the invariant encoding of each site, as the content of files: JSON, CSV and NumPy arrays."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from basis_compiler.crystals.file_setting import file_setting
from basis_store.printable import csv_cell
from sgbasis.reports.encoding import EncodedCrystal
from sgbasis.reports.magnetic_text import magnetic_facts

_COLUMNS = (
    "crystal", "hall_number", "file_hall_number", "atom", "label", "element", "site", "multiplicity", "wyckoff",
    "site_symmetry", "x", "y", "z",
)  # fmt: skip


def json_text(encoded: Sequence[EncodedCrystal]) -> str:
    """A JSON list with one object, and one line, per crystal."""
    return "[\n" + ",\n".join(json.dumps(_facts(one), allow_nan=False) for one in encoded) + "\n]\n"


def csv_text(encoded: Sequence[EncodedCrystal]) -> str:
    """A table with one row per atom; crystals with fewer functions leave their last columns empty."""
    most = max(one.encodings.shape[1] for one in encoded)
    letter = "|psi{}|" if encoded[0].origin_free else "f{}"
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([*_COLUMNS, *(letter.format(j) for j in range(most))])
    for one in encoded:
        for row in _rows(one):
            cells = [csv_cell(cell) if isinstance(cell, str) else cell for cell in row]
            writer.writerow(cells + [""] * (len(_COLUMNS) + most - len(row)))
    return buffer.getvalue()


def npz_bytes(encoded: Sequence[EncodedCrystal]) -> bytes:
    """A compressed ``.npz``; the arrays of crystal i are called ``"i/name"``, from 0."""
    arrays = {f"{i}/{name}": array for i, one in enumerate(encoded) for name, array in _arrays(one).items()}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def _facts(encoded: EncodedCrystal) -> dict[str, Any]:
    """Everything, as plain values for JSON."""
    standard = encoded.standard
    return {
        "name": standard.crystal.name,
        "hall_number": standard.setting.hall_number,
        "space_group_number": standard.setting.number,
        "setting": standard.setting.label,
        "file_setting": None if (own := file_setting(standard)) is None else own.label,
        "tolerance": standard.tolerance,
        "change_of_basis": standard.change_of_basis.tolist(),
        "change_of_basis_denominator": standard.denominator,
        "origin_shift": standard.origin_shift.tolist(),
        "origin_shift_is_exact": standard.origin_shift24 is not None,
        "lattice": standard.lattice.tolist(),
        "max_displacement": standard.max_displacement,
        "max_cell_change": standard.max_cell_change,
        "notes": list(standard.notes),
        "allowed_origin_shifts_24ths": encoded.shifts24.tolist(),
        "allowed_origin_directions": encoded.shift_directions.tolist(),
        "origin_free": encoded.origin_free,
        "store_content_sha256": encoded.store_hash,
        "sites": [
            {
                "element": site.element,
                "multiplicity": site.multiplicity,
                "wyckoff": site.wyckoff,
                "site_symmetry": site.site_symmetry,
                "coordinates": site.coordinates.tolist(),
                "encoding": row.tolist(),
            }
            for site, row in zip(standard.sites, encoded.encodings, strict=True)
        ],
        **({"magnetic": magnetic_facts(encoded.magnetic)} if encoded.magnetic else {}),
        "atom_labels": list(standard.crystal.labels),
        "site_of_atom": standard.site_of_atom.tolist(),
    }


def _arrays(encoded: EncodedCrystal) -> dict[str, NDArray[Any]]:
    """Everything, as arrays: the values of :func:`_facts`, with one array per column of the sites."""
    facts = _facts(encoded)
    sites, magnetic = facts.pop("sites"), facts.pop("magnetic", {})
    facts["file_setting"] = facts["file_setting"] or ""  # arrays have no null
    facts |= {f"magnetic_{name}": value for name, value in magnetic.items()}
    arrays = {name: np.array(value) for name, value in facts.items()}
    arrays |= {f"site_{name}": np.array([site[name] for site in sites]) for name in sites[0] if name != "encoding"}
    return arrays | {
        "encodings": encoded.encodings,
        "notes": np.array(facts["notes"], dtype=np.str_),
        "allowed_origin_shifts_24ths": encoded.shifts24,
        "allowed_origin_directions": encoded.shift_directions,
    }


def _rows(encoded: EncodedCrystal) -> Iterator[list[Any]]:
    """One row per atom of the crystal: the columns of _COLUMNS, then the encoding."""
    standard = encoded.standard
    own = file_setting(standard)
    for atom, (i, point) in enumerate(zip(standard.site_of_atom, standard.atom_coordinates(), strict=True)):
        site = standard.sites[i]
        place = [int(i) + 1, site.multiplicity, site.wyckoff, site.site_symmetry]
        yield [
            standard.crystal.name, standard.setting.hall_number, "" if own is None else own.hall_number,
            atom + 1, standard.crystal.labels[atom],
            site.element, *place, *point.tolist(), *encoded.encodings[i].tolist(),
        ]  # fmt: skip
