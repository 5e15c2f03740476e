"""CIFs of one crystal as ASE, gemmi and pymatgen write them, and the same text in other styles."""

from __future__ import annotations

import functools
import io
import re
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from basis_compiler import Crystal, StandardCrystal, standardize
from basis_store.array_types import FloatArray


def written_by_ase(crystal: Crystal, number: int, *, listed: bool = False) -> str:
    """All atoms of the cell in P 1; coordinates in the cell or not."""
    import ase
    import ase.io

    atoms = ase.Atoms(crystal.numbers, cell=crystal.lattice, scaled_positions=crystal.coordinates, pbc=True)
    buffer = io.BytesIO()
    ase.io.write(buffer, atoms, format="cif", wrap=bool(number % 2))
    return buffer.getvalue().decode()


def written_by_pymatgen(crystal: Crystal, number: int, *, listed: bool = False) -> str:
    """All atoms in P 1, or the asymmetric unit with its operations: in the standard cell or the file's own."""
    from pymatgen.core import Lattice, Structure
    from pymatgen.io.cif import CifWriter

    structure = Structure(Lattice(crystal.lattice), crystal.numbers, crystal.coordinates)
    options: dict[str, Any] = [{}, {"symprec": 0.01}, {"symprec": 0.01, "refine_struct": False}][number % 3]
    return str(CifWriter(structure, significant_figures=10, **options))


def written_by_gemmi(crystal: Crystal, number: int, *, listed: bool = False) -> str:
    """All atoms in P 1, or the asymmetric unit in one of the settings of its group, by symbol or by operations.

    Args:
        crystal: the crystal.
        number: decides which of these.
        listed: whether operations are listed in any case.
    """
    import gemmi

    listed = listed or number % 2 == 0
    if number % 4 == 0:
        atoms = zip(crystal.numbers, crystal.coordinates, strict=True)
        return _gemmi_text(gemmi.SpaceGroup("P 1"), crystal.lattice, atoms, listed=listed)
    standard = _standardized(crystal)
    group = gemmi.find_spacegroup_by_ops(gemmi.symops_from_hall(standard.setting.hall_symbol))
    settings = [one for one in gemmi.spacegroup_table() if one.number == group.number]
    # The standard setting, or any other.
    chosen = group if number % 4 == 1 else settings[number // 4 % len(settings)]
    # x' = R x + t takes one setting to the other; lattice vectors as rows become R^-T L.
    change = chosen.basisop * group.basisop.inverse()
    rotation = np.array(change.rot) / change.DEN
    sites = [(site.number, change.apply_to_xyz(list(site.coordinates))) for site in standard.sites]
    return _gemmi_text(chosen, np.linalg.inv(rotation).T @ standard.lattice, sites, listed=listed)


@functools.lru_cache(maxsize=1)
def _standardized(crystal: Crystal) -> StandardCrystal:
    return standardize(crystal)


def _gemmi_text(group: Any, lattice: FloatArray, atoms: Iterable[tuple[int, Any]], *, listed: bool) -> str:
    import ase
    import gemmi

    small = gemmi.SmallStructure()
    small.name = "written_by_gemmi"
    small.cell = gemmi.UnitCell(*ase.Atoms(cell=lattice).cell.cellpar())
    small.spacegroup_hm = "" if listed else group.xhm()
    counts: Counter[str] = Counter()
    for number, point in atoms:
        site = gemmi.SmallStructure.Site()
        site.element = gemmi.Element(int(number))
        site.type_symbol = site.element.name
        counts[site.type_symbol] += 1
        site.label = f"{site.type_symbol}{counts[site.type_symbol]}"
        site.fract = gemmi.Fractional(*point)
        site.occ = 1
        small.add_site(site)
    block = small.make_cif_block()
    if listed:
        block.set_pair("_symmetry_Int_Tables_number", str(group.number))
        loop = block.init_loop("_symmetry_equiv_pos_", ["as_xyz"])
        for operation in group.operations():
            loop.add_row([gemmi.cif.quote(operation.triplet())])
    return str(block.as_string())


WRITERS: dict[str, Callable[..., str]] = {
    "ase": written_by_ase,
    "gemmi": written_by_gemmi,
    "pymatgen": written_by_pymatgen,
}

_NUMBER = r"-?\d+\.\d+"


def _together(text: str) -> str:
    return re.sub(r"\n_cell_", " _cell_", text).replace("\n", " # remark\n")


def _uncertain(text: str) -> str:
    return re.sub(rf"(_cell_length_\w\s+{_NUMBER})", r"\1(12)", text)


def _quoted(text: str) -> str:
    return re.sub(rf"(_cell_(?:length|angle)_\w+\s+)({_NUMBER}|\d+)", r"\1'\2'", text)


def _capitals(text: str) -> str:
    return re.sub(r"(?m)^\s*(_\w+)", lambda match: match[0].upper(), text).replace("loop_", "LOOP_")


def _blank(text: str) -> str:
    return f"# a remark\n\n{text}".replace("\n", "   \n\n").replace("loop_   \n\n", "loop_\n\n")


STYLES: dict[str, tuple[Callable[[str], str], dict[str, str]]] = {
    "as written": (lambda text: text, {}),
    "several items on a line": (_together, {"ase": "reads one item per line"}),
    "CR": (
        lambda text: text.replace("\n", "\r"),
        {"gemmi": "takes a carriage return for a space", "ase": "splits at LF", "pymatgen": "splits at LF"},
    ),
    "CR LF": (lambda text: text.replace("\n", "\r\n"), {}),
    "uncertainties": (_uncertain, {}),
    "quoted numbers": (_quoted, {"gemmi": "takes a quoted number for a text"}),
    "capitals": (_capitals, {"pymatgen": "does not know tags in capitals"}),
    "blank lines": (_blank, {}),
}
"""Ways to write the same text, each with the programs that misread it, and why; they get it as it was written."""
