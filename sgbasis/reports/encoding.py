"""A crystal with the invariant encoding of each site: as text, JSON, NumPy arrays or rows of a table."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from basis_compiler.crystals.crystal import ELEMENTS

if TYPE_CHECKING:
    from basis_compiler import StandardCrystal

_SHOWN = 4
_FACTS = (
    "crystal", "hall_number", "atom", "label", "element", "site", "multiplicity", "wyckoff", "site_symmetry",
    "x", "y", "z",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, eq=False)
class EncodedCrystal:
    """A crystal in its standard setting, and the functions of that setting at its sites.

    Attributes:
        standard: the crystal.
        encodings: (s, M) one row per site, in the order of ``standard.sites``; column 0 is the constant.
        origin_free: whether the columns are the moduli of psi_O (T5) and not the real functions f_j.
        shifts24: (n, 3) generators of the allowed origin shifts in 24ths.
        shift_directions: (c, 3) directions along which any shift is allowed.
        store_hash: content hash of the store of the functions.
    """

    standard: StandardCrystal
    encodings: NDArray[np.float64]
    origin_free: bool
    shifts24: NDArray[np.int64]
    shift_directions: NDArray[np.int64]
    store_hash: str

    def to_text(self) -> str:
        """What was found and the table of sites, for people."""
        standard = self.standard
        crystal, setting = standard.crystal, standard.setting
        origin = "exact" if standard.origin_shift24 is not None else "not a multiple of 1/24"
        facts = [
            ("setting", f"{setting.label} ({setting.full_symbol}, hall:{setting.hall_number})"),
            ("axes", f"{axes_text(standard)}  (of the setting, in the axes of the file)"),
            ("coordinates", f"{coordinates_text(standard)}  (from those of the file)"),
            ("origin shift", f"{_vector(standard.origin_shift)}  ({origin})"),
            (
                "tolerance",
                f"{standard.tolerance:g} Angstrom; atoms moved by up to {standard.max_displacement:.4f}, "
                f"cell vectors by up to {standard.max_cell_change:.4f}",
            ),
            ("cell", _rows(standard.lattice)),
            ("other origins", self._origins_text()),
        ]
        counts = Counter(ELEMENTS[number] for number in crystal.numbers)
        formula = " ".join(f"{element}{count}" for element, count in counts.items())
        head = f"{crystal.name}: {formula} in the cell, {len(standard.sites)} sites"
        lines = [head, *(f"  {name:<14} {text}" for name, text in facts), "", self._table()]
        return "\n".join(lines)

    def _origins_text(self) -> str:
        shifts = [_vector(row / 24) for row in self.shifts24]
        shifts += [f"any along [{' '.join(map(str, row))}]" for row in self.shift_directions]
        if not shifts:
            return "none: the origin is fixed by the group"
        effect = "these encodings do not depend on them" if self.origin_free else "encodings differ: --origin-free"
        return f"{'; '.join(shifts)}  ({effect})"

    def _table(self) -> str:
        letter = "|psi{}|" if self.origin_free else "f{}"
        shown = range(1, min(self.encodings.shape[1], _SHOWN + 1))
        header = ["site", "atoms", "element", "position", "symmetry", "x", "y", "z", *map(letter.format, shown)]
        table = [header]
        for i, (site, row) in enumerate(zip(self.standard.sites, self.encodings, strict=True), start=1):
            coordinates = [f"{value:.5f}" for value in site.coordinates]
            values = [f"{row[j]:.4f}" for j in shown]
            position = f"{site.multiplicity}{site.wyckoff}"
            table.append(
                [str(i), str(len(site.atoms)), site.element, position, site.site_symmetry, *coordinates, *values]
            )
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines = ["  " + "  ".join(cell.rjust(w) for cell, w in zip(row, widths, strict=True)) for row in table]
        more = self.encodings.shape[1] - 1 - len(shown)
        return "\n".join(lines + [f"  ... and {more} more functions; --output writes all"] * (more > 0))

    def to_record(self) -> dict[str, Any]:
        """Everything, as plain values for JSON."""
        standard = self.standard
        return {
            "name": standard.crystal.name,
            "hall_number": standard.setting.hall_number,
            "space_group_number": standard.setting.number,
            "setting": standard.setting.label,
            "tolerance": standard.tolerance,
            "change_of_basis": standard.change_of_basis.tolist(),
            "change_of_basis_denominator": standard.denominator,
            "origin_shift": standard.origin_shift.tolist(),
            "origin_shift_is_exact": standard.origin_shift24 is not None,
            "lattice": standard.lattice.tolist(),
            "max_displacement": standard.max_displacement,
            "max_cell_change": standard.max_cell_change,
            "notes": list(standard.notes),
            "allowed_origin_shifts_24ths": self.shifts24.tolist(),
            "allowed_origin_directions": self.shift_directions.tolist(),
            "origin_free": self.origin_free,
            "store_content_sha256": self.store_hash,
            "sites": [
                {
                    "element": site.element,
                    "multiplicity": site.multiplicity,
                    "wyckoff": site.wyckoff,
                    "site_symmetry": site.site_symmetry,
                    "coordinates": site.coordinates.tolist(),
                    "encoding": row.tolist(),
                }
                for site, row in zip(standard.sites, self.encodings, strict=True)
            ],
            "atom_labels": list(standard.crystal.labels),
            "site_of_atom": standard.site_of_atom.tolist(),
        }

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Everything, as arrays: those of :meth:`to_record`, with one array per column of the sites."""
        record = self.to_record()
        sites = record.pop("sites")
        arrays = {name: np.array(value) for name, value in record.items()}
        arrays |= {
            f"site_{name}": np.array([site[name] for site in sites]) for name in sites[0] if name != "encoding"
        }
        return arrays | {
            "encodings": self.encodings,
            "notes": np.array(record["notes"], dtype=np.str_),
            "allowed_origin_shifts_24ths": self.shifts24,
            "allowed_origin_directions": self.shift_directions,
        }

    def to_rows(self) -> Iterable[list[Any]]:
        """One row per atom of the crystal; see :func:`csv_text`."""
        standard = self.standard
        for atom, (i, point) in enumerate(zip(standard.site_of_atom, standard.atom_coordinates(), strict=True)):
            site = standard.sites[i]
            place = [int(i) + 1, site.multiplicity, site.wyckoff, site.site_symmetry]
            yield [
                standard.crystal.name, standard.setting.hall_number, atom + 1, standard.crystal.labels[atom],
                site.element, *place, *point.tolist(), *self.encodings[i].tolist(),
            ]  # fmt: skip


def axes_text(standard: StandardCrystal) -> str:
    """The basis vectors of the setting in those of the file, such as ``-a+b+c, a-b+c, a+b-c``."""
    numerators = [
        [Fraction(int(entry), standard.denominator) for entry in row] for row in standard.change_of_basis
    ]
    inverse = _inverse(numerators)
    columns = [[inverse[i][j] for i in range(3)] for j in range(3)]
    return ", ".join(_combination(column, "abc") for column in columns)


def coordinates_text(standard: StandardCrystal) -> str:
    """The coordinates of the setting in those of the file, such as ``x-y, y, z+1/4``."""
    parts = []
    for row, shift in zip(standard.change_of_basis, standard.origin_shift, strict=True):
        linear = _combination([Fraction(int(entry), standard.denominator) for entry in row], "xyz")
        parts.append(linear + (f"+{_number(shift)}" if _number(shift) != "0" else ""))
    return ", ".join(parts)


def json_text(encoded: Sequence[EncodedCrystal]) -> str:
    """A JSON list with one object, and one line, per crystal."""
    return "[\n" + ",\n".join(json.dumps(one.to_record(), allow_nan=False) for one in encoded) + "\n]\n"


def csv_text(encoded: Sequence[EncodedCrystal]) -> str:
    """A table with one row per atom; crystals with fewer functions leave their last columns empty."""
    most = max(one.encodings.shape[1] for one in encoded)
    letter = "|psi{}|" if encoded[0].origin_free else "f{}"
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([*_FACTS, *(letter.format(j) for j in range(most))])
    for one in encoded:
        for row in one.to_rows():
            writer.writerow(row + [""] * (len(_FACTS) + most - len(row)))
    return buffer.getvalue()


def npz_bytes(encoded: Sequence[EncodedCrystal]) -> bytes:
    """A compressed ``.npz``; the arrays of crystal i are called ``"i/name"``, from 0."""
    arrays = {f"{i}/{name}": array for i, one in enumerate(encoded) for name, array in one.to_arrays().items()}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def _inverse(matrix: list[list[Fraction]]) -> list[list[Fraction]]:
    """Exact inverse of a 3x3 matrix by cofactors."""

    def minor(i: int, j: int) -> Fraction:
        a, b = ([k for k in range(3) if k != skipped] for skipped in (i, j))
        return matrix[a[0]][b[0]] * matrix[a[1]][b[1]] - matrix[a[0]][b[1]] * matrix[a[1]][b[0]]

    cofactors = [[(-1) ** (i + j) * minor(i, j) for j in range(3)] for i in range(3)]
    determinant = sum((matrix[0][j] * cofactors[0][j] for j in range(3)), Fraction(0))
    return [[cofactors[j][i] / determinant for j in range(3)] for i in range(3)]


def _combination(factors: Sequence[Fraction], letters: str) -> str:
    text = ""
    for factor, letter in zip(factors, letters, strict=True):
        if factor:
            sign = "-" if factor < 0 else "+" if text else ""
            text += f"{sign}{'' if abs(factor) == 1 else abs(factor)}{letter}"
    return text


def _number(value: float) -> str:
    """A fraction with a denominator up to 24 where the number is one, else five decimals."""
    fraction = Fraction(float(value)).limit_denominator(24)
    return str(fraction) if abs(float(fraction) - value) < 1e-9 else f"{value:.5f}"


def _vector(values: NDArray[np.floating]) -> str:
    return " ".join(_number(value) for value in values)


def _rows(lattice: NDArray[np.float64]) -> str:
    lines = ("  ".join(f"{entry + 0.0:9.5f}" for entry in np.round(row, 5)) for row in lattice)
    return ("\n" + " " * 17).join(lines)
