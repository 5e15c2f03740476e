"""Property tensors of the 32 classes, typed from the literature: one entry per class, in its usual orientation.

J. F. Nye, *Physical Properties of Crystals*, Oxford 1957: chapter IV and appendix E (forms of the matrices),
appendix B (orientation: monoclinic 2 along x2). The numbers of constants of gyration: chapter XIV, table 21.
"""

from __future__ import annotations

from typing import NamedTuple


class NyeClass(NamedTuple):
    """A class, a space group that has it in Nye's orientation, and the numbers of constants it has.

    ``polar_vector``: pyroelectricity; ``axial_vector``: magnetisation of a crystal, time reversal aside;
    ``dielectric``: ij=ji; ``second_rank``: ij; ``gyration``: axial ij=ji; ``piezoelectric``: ijk=ikj; ``elastic``:
    ijkl=jikl=klij.
    """

    symbol: str
    number: int
    polar_vector: int
    axial_vector: int
    dielectric: int
    second_rank: int
    gyration: int
    piezoelectric: int
    elastic: int


FORMULAS = {
    "polar_vector": ("i", False),
    "axial_vector": ("i", True),
    "dielectric": ("ij=ji", False),
    "second_rank": ("ij", False),
    "gyration": ("ij=ji", True),
    "piezoelectric": ("ijk=ikj", False),
    "elastic": ("ijkl=jikl=klij", False),
}

CLASSES = [
    #                         i  axial i  ij=ji  ij  axial ij=ji  ijk=ikj  elastic
    NyeClass("1", 1,          3, 3,       6,     9,  6,           18,      21),
    NyeClass("-1", 2,         0, 3,       6,     9,  0,           0,       21),
    NyeClass("2", 3,          1, 1,       4,     5,  4,           8,       13),
    NyeClass("m", 6,          2, 1,       4,     5,  2,           10,      13),
    NyeClass("2/m", 10,       0, 1,       4,     5,  0,           0,       13),
    NyeClass("222", 16,       0, 0,       3,     3,  3,           3,       9),
    NyeClass("mm2", 25,       1, 0,       3,     3,  1,           5,       9),
    NyeClass("mmm", 47,       0, 0,       3,     3,  0,           0,       9),
    NyeClass("4", 75,         1, 1,       2,     3,  2,           4,       7),
    NyeClass("-4", 81,        0, 1,       2,     3,  2,           4,       7),
    NyeClass("4/m", 83,       0, 1,       2,     3,  0,           0,       7),
    NyeClass("422", 89,       0, 0,       2,     2,  2,           1,       6),
    NyeClass("4mm", 99,       1, 0,       2,     2,  0,           3,       6),
    NyeClass("-42m", 111,     0, 0,       2,     2,  1,           2,       6),
    NyeClass("4/mmm", 123,    0, 0,       2,     2,  0,           0,       6),
    NyeClass("3", 143,        1, 1,       2,     3,  2,           6,       7),
    NyeClass("-3", 147,       0, 1,       2,     3,  0,           0,       7),
    NyeClass("32", 150,       0, 0,       2,     2,  2,           2,       6),
    NyeClass("3m", 156,       1, 0,       2,     2,  0,           4,       6),
    NyeClass("-3m", 164,      0, 0,       2,     2,  0,           0,       6),
    NyeClass("6", 168,        1, 1,       2,     3,  2,           4,       5),
    NyeClass("-6", 174,       0, 1,       2,     3,  0,           2,       5),
    NyeClass("6/m", 175,      0, 1,       2,     3,  0,           0,       5),
    NyeClass("622", 177,      0, 0,       2,     2,  2,           1,       5),
    NyeClass("6mm", 183,      1, 0,       2,     2,  0,           3,       5),
    NyeClass("-6m2", 187,     0, 0,       2,     2,  0,           1,       5),
    NyeClass("6/mmm", 191,    0, 0,       2,     2,  0,           0,       5),
    NyeClass("23", 195,       0, 0,       1,     1,  1,           1,       3),
    NyeClass("m-3", 200,      0, 0,       1,     1,  0,           0,       3),
    NyeClass("432", 207,      0, 0,       1,     1,  1,           0,       3),
    NyeClass("-43m", 215,     0, 0,       1,     1,  0,           1,       3),
    NyeClass("m-3m", 221,     0, 0,       1,     1,  0,           0,       3),
]  # fmt: skip

_TRICLINIC = """C11 C12 C13 C14 C15 C16
C12 C22 C23 C24 C25 C26
C13 C23 C33 C34 C35 C36
C14 C24 C34 C44 C45 C46
C15 C25 C35 C45 C55 C56
C16 C26 C36 C46 C56 C66"""
_MONOCLINIC = """C11 C12 C13 0 C15 0
C12 C22 C23 0 C25 0
C13 C23 C33 0 C35 0
0 0 0 C44 0 C46
C15 C25 C35 0 C55 0
0 0 0 C46 0 C66"""
_ORTHORHOMBIC = """C11 C12 C13 0 0 0
C12 C22 C23 0 0 0
C13 C23 C33 0 0 0
0 0 0 C44 0 0
0 0 0 0 C55 0
0 0 0 0 0 C66"""
_TETRAGONAL_LOW = """C11 C12 C13 0 0 C16
C12 C11 C13 0 0 -C16
C13 C13 C33 0 0 0
0 0 0 C44 0 0
0 0 0 0 C44 0
C16 -C16 0 0 0 C66"""
_TETRAGONAL = """C11 C12 C13 0 0 0
C12 C11 C13 0 0 0
C13 C13 C33 0 0 0
0 0 0 C44 0 0
0 0 0 0 C44 0
0 0 0 0 0 C66"""
# Nye's parameter is C25 = -C15.
_TRIGONAL_LOW = """C11 C12 C13 C14 C15 0
C12 C11 C13 -C14 -C15 0
C13 C13 C33 0 0 0
C14 -C14 0 C44 0 -C15
C15 -C15 0 0 C44 C14
0 0 0 -C15 C14 (C11-C12)/2"""
_TRIGONAL = """C11 C12 C13 C14 0 0
C12 C11 C13 -C14 0 0
C13 C13 C33 0 0 0
C14 -C14 0 C44 0 0
0 0 0 0 C44 C14
0 0 0 0 C14 (C11-C12)/2"""
_HEXAGONAL = """C11 C12 C13 0 0 0
C12 C11 C13 0 0 0
C13 C13 C33 0 0 0
0 0 0 C44 0 0
0 0 0 0 C44 0
0 0 0 0 0 (C11-C12)/2"""
_CUBIC = """C11 C12 C12 0 0 0
C12 C11 C12 0 0 0
C12 C12 C11 0 0 0
0 0 0 C44 0 0
0 0 0 0 C44 0
0 0 0 0 0 C44"""

ELASTIC = {
    **dict.fromkeys(["1", "-1"], _TRICLINIC),
    **dict.fromkeys(["2", "m", "2/m"], _MONOCLINIC),
    **dict.fromkeys(["222", "mm2", "mmm"], _ORTHORHOMBIC),
    **dict.fromkeys(["4", "-4", "4/m"], _TETRAGONAL_LOW),
    **dict.fromkeys(["422", "4mm", "-42m", "4/mmm"], _TETRAGONAL),
    **dict.fromkeys(["3", "-3"], _TRIGONAL_LOW),
    **dict.fromkeys(["32", "3m", "-3m"], _TRIGONAL),
    **dict.fromkeys(["6", "-6", "6/m", "622", "6mm", "-6m2", "6/mmm"], _HEXAGONAL),
    **dict.fromkeys(["23", "m-3", "432", "-43m", "m-3m"], _CUBIC),
}

# The components e: where Nye has d26 = -2 d11 and d16 = -2 d22, they have no factor 2.
PIEZOELECTRIC = {
    "1": """e11 e12 e13 e14 e15 e16
e21 e22 e23 e24 e25 e26
e31 e32 e33 e34 e35 e36""",
    "2": """0 0 0 e14 0 e16
e21 e22 e23 0 e25 0
0 0 0 e34 0 e36""",
    "m": """e11 e12 e13 0 e15 0
0 0 0 e24 0 e26
e31 e32 e33 0 e35 0""",
    "222": """0 0 0 e14 0 0
0 0 0 0 e25 0
0 0 0 0 0 e36""",
    "mm2": """0 0 0 0 e15 0
0 0 0 e24 0 0
e31 e32 e33 0 0 0""",
    "4": """0 0 0 e14 e15 0
0 0 0 e15 -e14 0
e31 e31 e33 0 0 0""",
    "-4": """0 0 0 e14 e15 0
0 0 0 -e15 e14 0
e31 -e31 0 0 0 e36""",
    "422": """0 0 0 e14 0 0
0 0 0 0 -e14 0
0 0 0 0 0 0""",
    "4mm": """0 0 0 0 e15 0
0 0 0 e15 0 0
e31 e31 e33 0 0 0""",
    "-42m": """0 0 0 e14 0 0
0 0 0 0 e14 0
0 0 0 0 0 e36""",
    "3": """e11 -e11 0 e14 e15 -e22
-e22 e22 0 e15 -e14 -e11
e31 e31 e33 0 0 0""",
    "32": """e11 -e11 0 e14 0 0
0 0 0 0 -e14 -e11
0 0 0 0 0 0""",
    "3m": """0 0 0 0 e15 -e22
-e22 e22 0 e15 0 0
e31 e31 e33 0 0 0""",
    "6": """0 0 0 e14 e15 0
0 0 0 e15 -e14 0
e31 e31 e33 0 0 0""",
    "-6": """e11 -e11 0 0 0 -e22
-e22 e22 0 0 0 -e11
0 0 0 0 0 0""",
    "622": """0 0 0 e14 0 0
0 0 0 0 -e14 0
0 0 0 0 0 0""",
    "6mm": """0 0 0 0 e15 0
0 0 0 e15 0 0
e31 e31 e33 0 0 0""",
    "-6m2": """0 0 0 0 0 -e22
-e22 e22 0 0 0 0
0 0 0 0 0 0""",
    "23": """0 0 0 e14 0 0
0 0 0 0 e14 0
0 0 0 0 0 e14""",
    "-43m": """0 0 0 e14 0 0
0 0 0 0 e14 0
0 0 0 0 0 e14""",
}
