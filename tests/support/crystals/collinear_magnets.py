"""Collinear magnets from the literature: structure, moments, and the published class of each.

Structures are those of the compounds, with coordinates rounded to three digits or less; what matters is the space
group and which sites have which moments. Moments are 1 where the literature has one size.

Sources are of kind and wave. Spin Laue groups are in the axes of the setting, which sources need not use.
Citations are from memory; those of CoF2, CrNb4S8, CrSb, CoF3, BiFeO3 and MnTe were compared with an abstract or a
database.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from basis_compiler import Crystal, operations
from basis_compiler.crystals.crystal import ELEMENTS
from basis_store import TURN, Setting
from basis_store.array_types import FloatArray

Point = tuple[float, float, float]

SMEJKAL = "L. Smejkal, J. Sinova, T. Jungwirth, Phys. Rev. X 12, 031042 (2022), table of candidates"
GUO = "Y. Guo et al., Mater. Today Phys. 32, 100991 (2023)"
OKUGAWA = "T. Okugawa et al., J. Phys.: Condens. Matter 30, 075502 (2018)"
MAGNDATA = "MAGNDATA, Bilbao Crystallographic Server"


class Site(NamedTuple):
    """An orbit of atoms.

    Attributes:
        element: its symbol.
        position: of one of them, fractional.
        moment: of those that ``up`` lists; 0 for no moment.
        up: positions with this moment, centrings are added; the others have the opposite one. None: all of them.
    """

    element: str
    position: Point
    moment: float = 0.0
    up: Sequence[Point] | None = None


class Magnet(NamedTuple):
    """A compound with collinear moments.

    Attributes:
        name: formula.
        setting: as ``Setting.parse`` reads it.
        cell: a, b, c in Angstrom, and beta in degrees where it is monoclinic.
        sites: its orbits.
        kind: published class.
        wave: of altermagnets: d, g or i.
        symbol: of altermagnets: the spin Laue group.
        source: of the class.
        repeat: cells of a supercell along each axis.
        sign: what moments are multiplied by, at positions (n, 3) in the cell of the setting.
    """

    name: str
    setting: str
    cell: Sequence[float]
    sites: Sequence[Site]
    kind: str
    wave: str | None = None
    symbol: str | None = None
    source: str = ""
    repeat: tuple[int, int, int] = (1, 1, 1)
    sign: Callable[[FloatArray], FloatArray] | None = None


def lattice_of(magnet: Magnet) -> FloatArray:
    """(3, 3) rows of its cell in Angstrom."""
    a, b, c = magnet.cell[:3]
    if Setting.parse(magnet.setting).lattice_family == "hexagonal":
        return np.array([[a, 0, 0], [-a / 2, a * 3**0.5 / 2, 0], [0, 0, c]])
    beta = np.radians(magnet.cell[3]) if len(magnet.cell) > 3 else np.pi / 2
    return np.array([[a, 0, 0], [0, b, 0], [c * np.cos(beta), 0, c * np.sin(beta)]])


def built(magnet: Magnet) -> tuple[Crystal, FloatArray]:
    """The crystal of all atoms, and (n,) their moments."""
    group = operations(Setting.parse(magnet.setting))
    centrings = np.concatenate([np.zeros((1, 3)), group.centrings24 / TURN])
    numbers, points, moments = [], [], []
    for site in magnet.sites:
        images = group.rotations @ np.array(site.position) + group.translations24 / TURN
        kept: list[FloatArray] = []
        for image in images:
            if not any(_same(image, other) for other in kept):
                kept.append(image)
        for image in kept:
            sign = 1.0
            if site.up is not None and not any(_same(image, np.add(up, t)) for up in site.up for t in centrings):
                sign = -1.0
            numbers.append(ELEMENTS.index(site.element))
            points.append(image % 1)
            moments.append(sign * site.moment)
    shifts = np.array([[i, j, k] for i in range(magnet.repeat[0]) for j in range(magnet.repeat[1])
                       for k in range(magnet.repeat[2])])  # fmt: skip
    x = (np.array(points)[:, None] + shifts).reshape(-1, 3)
    m = np.repeat(moments, len(shifts))
    if magnet.sign is not None:
        m = m * magnet.sign(x)
    crystal = Crystal(
        lattice=lattice_of(magnet) * np.array(magnet.repeat)[:, None],
        numbers=np.repeat(numbers, len(shifts)),
        coordinates=x / magnet.repeat,
        name=magnet.name,
    )
    return crystal, m


def _same(one: FloatArray, other: FloatArray) -> bool:
    gap = one - other
    return bool(np.abs(gap - np.rint(gap)).max() < 1e-6)


def _rutile(name: str, metal: str, anion: str, cell: Sequence[float], u: float, source: str) -> Magnet:
    sites = (Site(metal, (0, 0, 0), 1, [(0, 0, 0)]), Site(anion, (u, u, 0)))
    return Magnet(name, "136", cell, sites, "altermagnet", "d", "²4/¹m²m¹m", source)


_ORDERS = {
    "A": ([(0, 0, 0), (0.5, 0, 0.5)], "²m²m¹m"),
    "C": ([(0, 0, 0), (0, 0.5, 0)], "²m¹m²m"),
    "G": ([(0, 0, 0), (0.5, 0.5, 0.5)], "¹m²m²m"),
}
"""Of perovskites in Pnma: positions of up spins, and the spin Laue group. C has chains along the long axis b."""


def _perovskite(name: str, elements: Sequence[str], cell: Sequence[float], order: str, source: str) -> Magnet:
    a, b, x = elements
    up, symbol = _ORDERS[order]
    sites = (Site(b, (0, 0, 0), 1, up), Site(a, (0.04, 0.25, 0.99)), Site(x, (0.485, 0.25, 0.075)),
             Site(x, (0.29, 0.04, 0.72)))  # fmt: skip
    return Magnet(name, "62", cell, sites, "altermagnet", "d", symbol, source)


def _nickel_arsenide(name: str, metal: str, anion: str, cell: Sequence[float], source: str) -> Magnet:
    sites = (Site(metal, (0, 0, 0), 1, [(0, 0, 0)]), Site(anion, (1 / 3, 2 / 3, 0.25)))
    return Magnet(name, "194", cell, sites, "altermagnet", "g", "²6/²m¹m²m", source)


def _intercalated(name: str, metal: str, anion: str, cell: Sequence[float], source: str) -> Magnet:
    """M Nb4 X8, with M between the layers of 2H-NbX2."""
    sites = (
        Site(metal, (0, 0, 0), 1, [(0, 0, 0)]), Site("Nb", (0, 0, 0.25)), Site("Nb", (0.49, 0.98, 0.25)),
        Site(anion, (1 / 3, 2 / 3, 0.13)), Site(anion, (0.167, 0.334, 0.62)),
    )  # fmt: skip
    return Magnet(name, "194", cell, sites, "altermagnet", "g", "²6/²m¹m²m", source)


def _trifluoride(name: str, metal: str, cell: Sequence[float], x: float) -> Magnet:
    sites = (Site(metal, (0, 0, 0), 1, [(0, 0, 0)]), Site("F", (x, 0, 0.25)))
    return Magnet(name, "167", cell, sites, "altermagnet", "g", "¹-3²m", SMEJKAL)


def _corundum(name: str, metal: str, cell: Sequence[float], z: float, up: Sequence[Point], kind: str, **more: str
              ) -> Magnet:  # fmt: skip
    sites = (Site(metal, (0, 0, z), 1, up), Site("O", (0.306, 0, 0.25)))
    return Magnet(name, "167", cell, sites, kind, **more)


def _layers_111(x: FloatArray) -> FloatArray:
    """Opposite on successive (111) planes of a face-centred cubic lattice."""
    return 1.0 - 2.0 * (np.rint(x.sum(axis=1)) % 2)


def _rock_salt(name: str, metal: str, a: float, source: str) -> Magnet:
    sites = (Site(metal, (0, 0, 0), 1), Site("O", (0.5, 0.5, 0.5)))
    return Magnet(
        name, "225", (a, a, a), sites, "antiferromagnet", source=source, repeat=(2, 2, 2), sign=_layers_111
    )


_HALF = (0.5, 0.5, 0.5)

MAGNETS: tuple[Magnet, ...] = (
    _rutile("RuO2", "Ru", "O", (4.49, 4.49, 3.11), 0.305, SMEJKAL),
    _rutile("MnF2", "Mn", "F", (4.874, 4.874, 3.300), 0.305, SMEJKAL),
    _rutile("CoF2", "Co", "F", (4.695, 4.695, 3.180), 0.306, GUO),
    Magnet(
        "FeSb2", "58", (5.83, 6.54, 3.20),
        (Site("Fe", (0, 0, 0), 1, [(0, 0, 0)]), Site("Sb", (0.188, 0.357, 0))),
        "altermagnet", "d", "²m²m¹m", f"{SMEJKAL}; I. I. Mazin et al., PNAS 118, e2108924118 (2021)",
    ),
    Magnet(
        "CuF2", "14:b2", (3.297, 4.562, 4.616, 96.6),
        (Site("Cu", (0, 0, 0), 1, [(0, 0, 0)]), Site("F", (0.295, 0.297, 0.756))),
        "altermagnet", "d", "²2/²m", SMEJKAL,
    ),
    Magnet(
        "KRu4O8", "87", (9.87, 9.87, 3.14),
        (Site("Ru", (0.354, 0.168, 0), 1, [(0.354, 0.168, 0), (-0.354, -0.168, 0)]), Site("K", (0, 0, 0.5)),
         Site("O", (0.153, 0.204, 0)), Site("O", (0.541, 0.168, 0))),
        "altermagnet", "d", "²4/¹m", SMEJKAL,
    ),
    Magnet(
        "KV2Se2O", "123", (3.99, 3.99, 7.31),
        (Site("V", (0.5, 0, 0), 1, [(0.5, 0, 0)]), Site("O", (0, 0, 0)), Site("Se", (0.5, 0.5, 0.22)),
         Site("K", (0, 0, 0.5))),
        "altermagnet", "d", "²4/¹m¹m²m", "B. Jiang et al., Nat. Phys. 21, 754 (2025)",
    ),
    Magnet(
        "GdAlSi", "109", (4.126, 4.126, 14.43),
        (Site("Gd", (0, 0, 0), 1, [(0, 0, 0)]), Site("Al", (0, 0, 0.585)), Site("Si", (0, 0, 0.417))),
        "altermagnet", "d", "²4/¹m¹m²m", "J. Nag et al., Phys. Rev. B 110, 224436 (2024)",
    ),
    _perovskite("LaMnO3", ("La", "Mn", "O"), (5.75, 7.66, 5.53), "A", f"{OKUGAWA}; {MAGNDATA} 0.1"),
    _perovskite("LaFeO3", ("La", "Fe", "O"), (5.56, 7.85, 5.55), "G", OKUGAWA),
    _perovskite("LaCrO3", ("La", "Cr", "O"), (5.48, 7.76, 5.51), "G", OKUGAWA),
    _perovskite(
        "CaCrO3", ("Ca", "Cr", "O"), (5.32, 7.49, 5.29), "C", "M. Naka et al., Phys. Rev. B 103, 125114 (2021)"
    ),
    _nickel_arsenide("MnTe", "Mn", "Te", (4.148, 4.148, 6.711), SMEJKAL),
    _nickel_arsenide("CrSb", "Cr", "Sb", (4.12, 4.12, 5.47), SMEJKAL),
    Magnet(
        "VNb3S6", "182", (5.74, 5.74, 12.10),
        (Site("V", (1 / 3, 2 / 3, 0.25), 1, [(1 / 3, 2 / 3, 0.25)]), Site("Nb", (0, 0, 0)),
         Site("Nb", (1 / 3, 2 / 3, 0.003)), Site("S", (0.333, 0.004, 0.37))),
        "altermagnet", "g", "²6/²m²m¹m", SMEJKAL,
    ),
    _intercalated("CrNb4S8", "Cr", "S", (6.62, 6.62, 12.6), GUO),
    _intercalated("CoNb4Se8", "Co", "Se", (6.91, 6.91, 12.4), "R. B. Regmi et al., Nat. Commun. 16, 4399 (2025)"),
    _trifluoride("CoF3", "Co", (5.035, 5.035, 13.22), 0.60),
    _trifluoride("FeF3", "Fe", (5.20, 5.20, 13.32), 0.587),
    _corundum(
        "Fe2O3", "Fe", (5.034, 5.034, 13.75), 0.355, [(0, 0, 0.355), (0, 0, -0.355)], "altermagnet", wave="g",
        symbol="¹-3²m", source=SMEJKAL,
    ),
    Magnet(
        "BiFeO3", "161", (5.58, 5.58, 13.87),
        (Site("Fe", (0, 0, 0.22), 1, [(0, 0, 0.22)]), Site("Bi", (0, 0, 0)), Site("O", (0.445, 0.017, 0.951))),
        "altermagnet", "g", "¹-3²m", "A. Urru et al., arXiv 2505.18965 (2025)",
    ),
    Magnet(
        "KMnF3", "140", (5.89, 5.89, 8.38),
        (Site("Mn", (0, 0, 0), 1, [(0, 0, 0)]), Site("K", (0, 0.5, 0.25)), Site("F", (0, 0, 0.25)),
         Site("F", (0.22, 0.72, 0))),
        "altermagnet", "g", "¹4/¹m²m²m", SMEJKAL,
    ),
    _rock_salt("NiO", "Ni", 4.175, f"{MAGNDATA} 1.6"),
    _rock_salt("MnO", "Mn", 4.445, f"{MAGNDATA} 1.31"),
    _corundum(
        "Cr2O3", "Cr", (4.961, 4.961, 13.60), 0.3475, [(0, 0, 0.3475), (0, 0, 0.8475)], "antiferromagnet",
        source=f"{MAGNDATA} 0.59",
    ),
    Magnet(
        "CuMnAs", "129", (3.82, 3.82, 6.32),
        (Site("Mn", (0.25, 0.25, 0.67), 1, [(0.25, 0.25, 0.67)]), Site("Cu", (0.75, 0.25, 0)),
         Site("As", (0.25, 0.25, 0.266))),
        "antiferromagnet", source="P. Wadley et al., Science 351, 587 (2016)",
    ),
    Magnet(
        "Mn2Au", "139", (3.328, 3.328, 8.539),
        (Site("Mn", (0, 0, 0.335), 1, [(0, 0, 0.335)]), Site("Au", (0, 0, 0))),
        "antiferromagnet", source="V. M. T. S. Barthem et al., Nat. Commun. 4, 2892 (2013)",
    ),
    Magnet(
        "MnPS3", "12", (6.08, 10.52, 6.80, 107.3),
        (Site("Mn", (0, 0.333, 0), 1, [(0, 0.333, 0)]), Site("P", (0.056, 0, 0.168)), Site("S", (0.743, 0, 0.247)),
         Site("S", (0.248, 0.165, 0.247))),
        "antiferromagnet", source=f"{MAGNDATA} 0.163",
    ),
    Magnet(
        "MnPt", "123", (2.83, 2.83, 3.67), (Site("Mn", (0, 0, 0), 1), Site("Pt", _HALF)), "antiferromagnet",
        source="E. Kren et al., J. Appl. Phys. 38, 1265 (1967)", repeat=(2, 2, 1),
        sign=lambda x: 1.0 - 2.0 * (np.rint(x[:, 0] + x[:, 1]) % 2),
    ),
    Magnet("Fe", "229", (2.866,) * 3, (Site("Fe", (0, 0, 0), 2.2),), "ferromagnet", source="textbook"),
    Magnet(
        "Co", "194", (2.507, 2.507, 4.069), (Site("Co", (1 / 3, 2 / 3, 0.25), 1.7),), "ferromagnet",
        source="textbook",
    ),
    Magnet(
        "EuO", "225", (5.144,) * 3, (Site("Eu", (0, 0, 0), 7), Site("O", _HALF)), "ferromagnet",
        source="B. T. Matthias et al., Phys. Rev. Lett. 7, 160 (1961)",
    ),
    Magnet(
        "CrO2", "136", (4.42, 4.42, 2.92), (Site("Cr", (0, 0, 0), 2), Site("O", (0.303, 0.303, 0))), "ferromagnet",
        source="K. Schwarz, J. Phys. F 16, L211 (1986)",
    ),
    Magnet(
        "Fe3O4", "227", (8.394,) * 3,
        (Site("Fe", (0.125, 0.125, 0.125), -4), Site("Fe", _HALF, 4), Site("O", (0.255, 0.255, 0.255))),
        "ferrimagnet", source="C. G. Shull et al., Phys. Rev. 84, 912 (1951)",
    ),
    Magnet(
        "Y3Fe5O12", "230", (12.376,) * 3,
        (Site("Fe", (0, 0, 0), 5), Site("Fe", (0.375, 0, 0.25), -5), Site("Y", (0.125, 0, 0.25)),
         Site("O", (0.973, 0.057, 0.150))),
        "ferrimagnet", source="F. Bertaut, F. Forrat, C. R. Acad. Sci. 242, 382 (1956)",
    ),
)  # fmt: skip

MADE_UP: tuple[Magnet, ...] = (
    Magnet(
        "garnet with opposite moments on 8a and 8b of Ia-3", "230", (12.0,) * 3,
        (Site("Fe", (0, 0, 0), 1, [(0, 0, 0), (0.5, 0, 0.5), (0, 0.5, 0.5), (0.5, 0.5, 0)]),
         Site("Ge", (0.375, 0, 0.25)), Site("Ca", (0.125, 0, 0.25)), Site("O", (0.966, 0.052, 0.151))),
        "altermagnet", "i", "¹m¹-3²m",
    ),
    Magnet(
        "P6/mcc with opposite moments along c", "192", (9.2, 9.2, 9.2),
        (Site("Fe", (0, 0, 0), 1, [(0, 0, 0)]), Site("O", (0.31, 0.24, 0))), "altermagnet", "i", "¹6/¹m²m²m",
    ),
    Magnet(
        "P6_3/m with opposite moments along c", "176", (6.0, 6.0, 7.0),
        (Site("Fe", (0, 0, 0), 1, [(0, 0, 0)]), Site("O", (0.33, 0.11, 0.25))), "altermagnet", "g", "²6/²m",
    ),
)  # fmt: skip
"""Patterns without a compound, for the spin Laue groups that no compound of the table has."""
