"""The magnetic group and the moments of a magnetic CIF, as text and for JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from basis_store.errors import CrystalError

if TYPE_CHECKING:
    from basis_compiler import MagneticCrystal, StandardCrystal

_ANOTHER_LINE = "\n" + " " * 17


def moment_facts(standard: StandardCrystal, magnetic: MagneticCrystal) -> Iterator[tuple[str, str]]:
    """Rows of a page: the magnetic group of the operations, and the moment of the first atom of each site."""
    group = magnetic.magnetic_group
    other = magnetic.group and group.bns_number not in magnetic.group
    named = f"; the file says {magnetic.group}" if other else ""
    yield "magnetic group", f"{group.label}  (BNS; of the operations of the file{named})"
    rows = []
    for number, site in enumerate(standard.sites):
        first = int(np.flatnonzero(standard.site_of_atom == number)[0])
        moment = magnetic.moments[first]
        if (size := float(np.linalg.norm(moment))) > 0:
            vector = ", ".join(f"{entry + 0.0:.3f}" for entry in np.round(moment, 3))
            rows.append(
                f"site {number + 1} {site.element}  {size:.3f} Bohr magneton, ({vector}) on its first atom"
            )
    yield "moments", _ANOTHER_LINE.join(rows) or "none"


def why_no_group(magnetic: MagneticCrystal) -> str:
    """Why the magnetic group of a crystal cannot be told, in one line; empty if it can."""
    try:
        _ = magnetic.magnetic_group  # kept for the text and the files
    except CrystalError as error:
        return str(error)
    return ""


def magnetic_facts(magnetic: MagneticCrystal) -> dict[str, Any]:
    """The same as plain values for JSON, with the Cartesian moment of every atom, in Bohr magneton."""
    group = magnetic.magnetic_group
    return {
        "bns_number": group.bns_number,
        "bns_symbol": group.symbol,
        "uni_number": group.uni_number,
        "named_in_file": magnetic.group,
        "moments": magnetic.moments.tolist(),
    }
