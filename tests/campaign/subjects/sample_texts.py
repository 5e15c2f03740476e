"""Good files of every text format, small ones, by the name that a mutated copy gets."""

from __future__ import annotations

import json
from pathlib import Path

CRYSTALS = Path(__file__).resolve().parents[3] / "data" / "crystals"

POSCAR = b"""rutile
1.0
4.594 0.0 0.0
0.0 4.594 0.0
0.0 0.0 2.958
Ti O
2 4
Direct
0.0 0.0 0.0
0.5 0.5 0.5
0.305 0.305 0.0
0.695 0.695 0.0
0.195 0.805 0.5
0.805 0.195 0.5
"""

EXTXYZ = b"""2
Lattice="0.0 2.8 2.8 2.8 0.0 2.8 2.8 2.8 0.0" Properties=species:S:1:pos:R:3 pbc="T T T" energy=-1.5
Na 0.0 0.0 0.0
Cl 2.8 2.8 2.8
2
Lattice="4.12 0.0 0.0 0.0 4.12 0.0 0.0 0.0 4.12" Properties=species:S:1:pos:R:3 pbc="T T T" energy=-1.7
Cs 0.0 0.0 0.0
Cl 2.06 2.06 2.06
"""

_LINE = {
    "id": "salt",
    "lattice": [[0.0, 2.8, 2.8], [2.8, 0.0, 2.8], [2.8, 2.8, 0.0]],
    "species": ["Na", "Cl"],
    "frac_coords": [[0.0, 0.0, 0.0], [0.5, 0.5, 0.5]],
    "targets": {"energy": -1.5},
    "split": "train",
}

PYMATGEN = {
    "@module": "pymatgen.core.structure",
    "@class": "Structure",
    "lattice": {"matrix": [[4.12, 0.0, 0.0], [0.0, 4.12, 0.0], [0.0, 0.0, 4.12]]},
    "sites": [
        {"species": [{"element": "Cs", "occu": 1}], "abc": [0.0, 0.0, 0.0], "label": "Cs"},
        {"species": [{"element": "Cl", "occu": 1}], "abc": [0.5, 0.5, 0.5], "label": "Cl"},
    ],
}


def sample_texts() -> dict[str, bytes]:
    """Content by file name."""
    lines = [json.dumps(_LINE | {"id": f"salt-{i}"}) for i in range(3)]
    texts = {"POSCAR": POSCAR, "two.extxyz": EXTXYZ, "three.jsonl": "\n".join(lines).encode()}
    texts["structure.json"] = json.dumps(PYMATGEN).encode()
    texts["matbench.json"] = json.dumps(
        {"index": [0, 1], "columns": ["structure", "gap"], "data": [[PYMATGEN, 1.5], [PYMATGEN, 2.5]]}
    ).encode()
    return texts | {path.name: path.read_bytes() for path in sorted(CRYSTALS.rglob("*.cif"))}
