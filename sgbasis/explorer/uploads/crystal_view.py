"""A crystal of a file as a value for JSON: setting, how it was found, sites, encoding and atoms to draw."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from basis_store.errors import CrystalError
from basis_store.groups.cell_parameters import cell_parameters

if TYPE_CHECKING:
    from basis_compiler import MagneticCrystal, StandardCrystal
    from runtime import Store

FUNCTIONS = 8
"""Functions of the encoding of a site that are shown, besides the constant."""

DRAWN_FUNCTIONS = 25
"""Functions that can be drawn over the structure, with the constant."""

MAX_LISTED = 200
"""Crystals of a file that one can choose from."""


class ChosenCrystal:
    """One crystal of a file in its standard setting.

    Args:
        path: the file.
        number: of the block or frame, from 0.
        tolerance: in Angstrom.

    Attributes:
        listed: what to choose from, for JSON: name and, where there is one, error of each block or frame.
        standard: the crystal.
        magnetic: with its moments, if it is of a magnetic CIF.

    Raises:
        CrystalError: it cannot be read, as ``sgbasis encode`` says it.
    """

    def __init__(self, path: Path, number: int, *, tolerance: float) -> None:
        from basis_compiler import MagneticCrystal
        from basis_compiler.crystals.formats.input_text import MAX_FILE_SIZE
        from sgbasis.reports.magnetic_text import why_no_group
        from sgbasis.standard_crystals import crystals_of_file, standardized

        found = list(crystals_of_file(path, tolerance=tolerance, max_file_size=MAX_FILE_SIZE))
        self.listed: list[dict[str, str]] = []
        for one in found[:MAX_LISTED]:
            crystal = one.crystal if isinstance(one, MagneticCrystal) else one
            self.listed.append({"error": crystal} if isinstance(crystal, str) else {"name": crystal.name})
        if not 0 <= number < len(found):
            raise CrystalError(f"{path}: it holds {len(found)} crystals, so there is no number {number + 1}")
        chosen = found[number]
        standard = chosen if isinstance(chosen, str) else standardized(chosen, str(path), tolerance=tolerance)
        if isinstance(standard, str):
            raise CrystalError(standard)
        self.standard, self.magnetic = standard
        if self.magnetic is not None and (why := why_no_group(self.magnetic)):
            raise CrystalError(why)


def crystal_view(standard: StandardCrystal, magnetic: MagneticCrystal | None, store: Store) -> dict[str, Any]:
    """Everything but predictions.

    Args:
        standard: the crystal.
        magnetic: with its moments, if there are some.
        store: of the functions.
    """
    from basis_compiler.crystals.asymmetric_unit import crystal_record
    from basis_compiler.crystals.crystal import ELEMENTS
    from sgbasis.explorer.function_data import function_data
    from sgbasis.explorer.page_facts import page_name
    from sgbasis.explorer.symbol_html import symbol_html
    from sgbasis.explorer.uploads.drawn_atoms import drawn_atoms
    from sgbasis.reports.encoding import encoded_crystal, encoding_facts
    from sgbasis.reports.encoding_files import json_text

    record = crystal_record(standard)
    encoded = encoded_crystal(standard, magnetic, store, count=FUNCTIONS)
    setting, compiled = standard.setting, store.compiled(standard.setting)
    counts = Counter(ELEMENTS[number] for number in standard.crystal.numbers.tolist())
    return {
        "name": standard.crystal.name,
        "formula": record.formula,
        "atoms_in_cell": " ".join(f"{element}{count}" for element, count in counts.items()),
        "setting": {
            "hall_number": setting.hall_number,
            "number": setting.number,
            "label": setting.label,
            "symbol": setting.symbol,
            "full_symbol": setting.full_symbol,
            "symbol_html": str(symbol_html(setting.symbol)),
            "point_group": setting.point_group,
            "page": f"settings/{page_name(setting)}",
        },
        "facts": [{"name": name, "text": _joined(text)} for name, text in encoding_facts(encoded)],
        "cell": cell_parameters(standard.lattice).tolist(),
        "volume": record.volume,
        "encode": json.loads(json_text([encoded]))[0],
        "atoms": [len(site.atoms) for site in standard.sites],
        "site_symbols": [str(symbol_html(site.site_symmetry)) for site in standard.sites],
        "labels": [site.label for site in standard.sites],
        "drawn": drawn_atoms(standard),
        "functions": function_data(compiled, min(DRAWN_FUNCTIONS, compiled.n_functions)),
    }


def _joined(text: str) -> str:
    """The lines of a fact, without the spaces that align them in a terminal."""
    return "\n".join(" ".join(line.split()) for line in text.splitlines())
