"""The atoms of a conventional cell as they are drawn: with colours, radii and bonds."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from basis_store import TURN
from basis_store.array_types import FloatArray, IntArray

if TYPE_CHECKING:
    from basis_compiler import StandardCrystal

MAX_BONDED = 1500
"""Atoms of a picture with bonds: more of them hide each other."""

_ON_FACE = 1e-4
"""Fractional. An atom this close to a face of the cell is drawn on the opposite one as well."""

_BOND = 1.15
"""Atoms closer than this multiple of the sum of their covalent radii are bonded."""

_DIGITS = 6


def atoms_of_cell(standard: StandardCrystal) -> tuple[IntArray, FloatArray]:
    """All atoms of the conventional cell, each once.

    Returns:
        (n,) the site of each atom, and (n, 3) its fractional coordinates in [0, 1).
    """
    from basis_compiler import operations
    from basis_compiler.crystals.asymmetric_unit import site_images

    group = operations(standard.setting)
    images = site_images(standard)
    site = np.repeat(np.arange(len(images)), [len(one) for one in images])
    g = np.concatenate(images)
    x = np.einsum("nij,nj->ni", group.rotations[g], standard.coordinates[site]) + group.translations24[g] / TURN
    x -= np.floor(x)
    return site, np.where(x > 1 - 1e-9, 0.0, x)


def drawn_atoms(standard: StandardCrystal) -> dict[str, Any]:
    """What a picture of a conventional cell shows, as values for JSON.

    Atoms on faces, edges and corners are drawn at all of their images within the cell. ``bonds`` are pairs of
    drawn atoms that are hardly farther apart than the sum of their covalent radii; none in a large cell.
    """
    site, x = atoms_of_cell(standard)
    site, x = _with_faces(site, x)
    numbers = np.array([one.number for one in standard.sites])[site]
    return {
        "lattice": drawing_lattice(standard.lattice).tolist(),
        "sites": site.tolist(),
        "coordinates": np.round(x, _DIGITS).tolist(),
        "bonds": _bonds(numbers, x @ standard.lattice).tolist(),
        "elements": element_styles(sorted(set(numbers.tolist()))),
        "numbers": numbers.tolist(),
    }


def drawing_lattice(lattice: FloatArray) -> FloatArray:
    """The rows of a cell (3, 3), turned so that c is upright and a in the plane of x and z."""
    return lattice @ drawing_rotation(lattice).T


def drawing_rotation(lattice: FloatArray) -> FloatArray:
    """(3, 3) rows of the frame of :func:`drawing_lattice`, in that of the cell."""
    z = lattice[2] / np.linalg.norm(lattice[2])
    x = lattice[0] - (lattice[0] @ z) * z
    x /= np.linalg.norm(x)
    return np.array([x, np.cross(z, x), z])


def element_styles(numbers: list[int]) -> dict[str, dict[str, Any]]:
    """Symbol, colour (``"#rrggbb"``, Jmol's) and covalent radius in Angstrom of elements, by atomic number."""
    from ase.data import chemical_symbols, covalent_radii
    from ase.data.colors import jmol_colors

    styles = {}
    for number in numbers:
        red, green, blue = (round(255 * float(one)) for one in jmol_colors[min(number, len(jmol_colors) - 1)])
        styles[str(number)] = {
            "symbol": chemical_symbols[number],
            "colour": f"#{red:02x}{green:02x}{blue:02x}",
            "radius": float(covalent_radii[number]),
        }
    return styles


def _with_faces(site: IntArray, x: FloatArray) -> tuple[IntArray, FloatArray]:
    """Atoms (n,), (n, 3), and behind them the images of those on faces, edges and corners."""
    shifts = np.array(sorted(itertools.product((0, 1, -1), repeat=3), key=lambda one: sum(map(abs, one))))
    images = x + shifts[:, None]
    shift, atom = np.nonzero(((images > -_ON_FACE) & (images < 1 + _ON_FACE)).all(axis=2))
    return site[atom], images[shift, atom]


def _bonds(numbers: IntArray, positions: FloatArray) -> IntArray:
    """(b, 2) pairs of bonded atoms, the lower index first."""
    from ase.data import covalent_radii

    if len(numbers) > MAX_BONDED:
        return np.zeros((0, 2), dtype=np.int64)
    radii = covalent_radii[numbers]
    distances = np.linalg.norm(positions[:, None] - positions[None], axis=-1)
    bonded = distances < _BOND * (radii[:, None] + radii[None])
    return np.argwhere(np.triu(bonded, 1))
