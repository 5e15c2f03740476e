"""A crystal with the invariant encoding of each site, as readable text."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from basis_compiler.crystals.crystal import ELEMENTS
from basis_compiler.crystals.file_setting import file_setting
from basis_store import TURN
from basis_store.array_types import FloatArray
from basis_store.counted import counted
from basis_store.printable import printable
from basis_store.tables.text_table import table_lines
from sgbasis.reports.change_of_basis import axes_text, coordinates_text, vector_text
from sgbasis.reports.magnetic_text import moment_facts

if TYPE_CHECKING:
    import torch

    from basis_compiler import MagneticCrystal, StandardCrystal
    from runtime import Store

_SHOWN = 4
"""Functions in the table of sites, without the constant."""


@dataclass(frozen=True, kw_only=True, eq=False)
class EncodedCrystal:
    """A crystal in its standard setting, and the functions of that setting at its sites.

    Attributes:
        standard: the crystal.
        magnetic: with its moments, if it is of a magnetic CIF.
        encodings: (s, M) one row per site, in the order of ``standard.sites``; column 0 is the constant.
        origin_free: whether the columns are the moduli of psi_O (T5) and not the real functions f_j.
        shifts24: (n, 3) generators of the allowed origin shifts in 24ths.
        shift_directions: (c, 3) directions along which any shift is allowed.
        store_hash: content hash of the store of the functions.
    """

    standard: StandardCrystal
    magnetic: MagneticCrystal | None = None
    encodings: FloatArray
    origin_free: bool
    shifts24: NDArray[np.int64]
    shift_directions: NDArray[np.int64]
    store_hash: str


def encoded_crystal(
    standard: StandardCrystal,
    magnetic: MagneticCrystal | None,
    store: Store,
    *,
    radius: float | None = None,
    count: int | None = None,
    origin_free: bool = False,
    place: torch.device | None = None,
) -> EncodedCrystal:
    """The invariant functions of the setting of a crystal at its sites.

    Args:
        standard: the crystal.
        magnetic: with its moments, if it is of a magnetic CIF.
        store: of the functions.
        radius: as for :meth:`runtime.Store.basis`.
        count: functions besides the constant.
        origin_free: whether to evaluate moduli.
        place: the device that computes; default, the CPU.

    Raises:
        ValueError: the store has fewer functions.
    """
    import torch

    functions = None if count is None else count + 1
    basis = store.basis(standard.setting, radius=radius, count=functions).to(place or "cpu")
    x = torch.from_numpy(standard.coordinates).to(place or "cpu")
    values = basis.evaluate_complex(x).abs() if origin_free else basis.evaluate(x)
    return EncodedCrystal(
        standard=standard,
        magnetic=magnetic,
        encodings=values.cpu().numpy(),
        origin_free=origin_free,
        shifts24=basis.shifts24.cpu().numpy(),
        shift_directions=basis.shift_directions.cpu().numpy(),
        store_hash=store.content_hash,
    )


def encoding_facts(encoded: EncodedCrystal) -> list[tuple[str, str]]:
    """The setting and how the crystal was transformed to it: what a line is about, and its text."""
    standard, setting = encoded.standard, encoded.standard.setting
    origin = "exact" if standard.origin_shift24 is not None else "not a multiple of 1/24"
    return [
        ("setting", f"{setting.label} ({setting.full_symbol}, hall:{setting.hall_number})"),
        ("file's setting", _file_setting_text(standard)),
        ("axes", f"{axes_text(standard)}  (of the setting, in the axes of the file)"),
        ("coordinates", f"{coordinates_text(standard)}  (from those of the file)"),
        ("origin shift", f"{vector_text(standard.origin_shift)}  ({origin})"),
        (
            "tolerance",
            f"{standard.tolerance:g} Angstrom; atoms moved by up to {standard.max_displacement:.4f}, "
            f"cell vectors by up to {standard.max_cell_change:.4f}",
        ),
        ("cell", _lattice_text(standard.lattice)),
        ("other origins", _origins_text(encoded)),
        *(moment_facts(encoded.standard, encoded.magnetic) if encoded.magnetic else ()),
    ]


def _file_setting_text(standard: StandardCrystal) -> str:
    found = file_setting(standard)
    if found is None:
        return "none of the 530: another cell or origin than that of any setting of this group"
    same = "  (the same)" if found == standard.setting else ""
    return f"{found.label} ({found.full_symbol}, hall:{found.hall_number}){same}"


def encoding_text(encoded: EncodedCrystal) -> str:
    """The facts of :func:`encoding_facts`, and a table of sites with their first functions."""
    crystal, facts = encoded.standard.crystal, encoding_facts(encoded)
    counts = Counter(ELEMENTS[number] for number in crystal.numbers)
    formula = " ".join(f"{element}{count}" for element, count in counts.items())
    head = f"{printable(crystal.name)}: {formula} in the cell, {counted(len(encoded.standard.sites), 'site')}"
    lines = [head, *(f"  {name:<14} {text}" for name, text in facts), "", _site_table(encoded)]
    return "\n".join(lines)


def _origins_text(encoded: EncodedCrystal) -> str:
    shifts = [vector_text(row / TURN) for row in encoded.shifts24]
    shifts += [f"any along [{' '.join(map(str, row))}]" for row in encoded.shift_directions]
    if not shifts:
        return "none: the origin is fixed by the group"
    effect = "these encodings do not depend on them" if encoded.origin_free else "encodings differ: --origin-free"
    return f"{'; '.join(shifts)}  ({effect})"


def _site_table(encoded: EncodedCrystal) -> str:
    letter = "|psi{}|" if encoded.origin_free else "f{}"
    shown = range(1, min(encoded.encodings.shape[1], _SHOWN + 1))
    header = ["site", "atoms", "element", "position", "symmetry", "x", "y", "z", *map(letter.format, shown)]
    table = [header]
    for i, (site, row) in enumerate(zip(encoded.standard.sites, encoded.encodings, strict=True), start=1):
        coordinates = [f"{value:.5f}" for value in site.coordinates]
        values = [f"{row[j]:.4f}" for j in shown]
        position = f"{site.multiplicity}{site.wyckoff}"
        table.append(
            [str(i), str(len(site.atoms)), site.element, position, site.site_symmetry, *coordinates, *values]
        )
    lines = [f"  {line}" for line in table_lines(table, left=())]
    more = encoded.encodings.shape[1] - 1 - len(shown)
    return "\n".join(lines + [f"  ... and {counted(more, 'more function')}; --output writes all"] * (more > 0))


def _lattice_text(lattice: FloatArray) -> str:
    lines = ("  ".join(f"{entry + 0.0:9.5f}" for entry in np.round(row, 5)) for row in lattice)
    return ("\n" + " " * 17).join(lines)
