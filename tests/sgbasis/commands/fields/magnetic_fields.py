"""Made-up fields of magnetic crystals: Gaussian clouds of charge and moment at atoms."""

from __future__ import annotations

import itertools

import numpy as np

from basis_store import GridField
from basis_store.array_types import FloatArray


def clouds(
    lattice: FloatArray,
    atoms: list[tuple[int, tuple[float, float, float], tuple[float, float, float]]],
    shape: tuple[int, int, int],
    noise: float = 0.0,
) -> dict[str, GridField]:
    """Charge and magnetisation of a cell, as a file of VASP with non-collinear spins has them.

    Args:
        lattice: (3, 3) rows in Angstrom.
        atoms: atomic number, fractional coordinates and Cartesian moment of each.
        shape: of the grid.
        noise: standard deviation of what is added to the magnetisation at each point.
    """
    points = np.stack(np.meshgrid(*(np.arange(n) / n for n in shape), indexing="ij"), axis=-1)
    charge, moments = np.zeros(shape), np.zeros((3, *shape))
    for number, place, moment in atoms:
        gaps = points - np.array(place)
        gaps -= np.rint(gaps)
        cloud = sum(
            np.exp(-np.square((gaps + shift) @ lattice).sum(axis=-1) / 0.7)
            for shift in itertools.product((-1, 0, 1), repeat=3)
        )
        charge += number * cloud
        moments += np.array(moment)[:, None, None, None] * cloud
    moments += noise * np.random.default_rng(0).normal(size=moments.shape)
    elements, coordinates = np.array([one[0] for one in atoms]), np.array([one[1] for one in atoms])
    fields = {"total": GridField(charge, lattice, "electron density", "e/Angstrom^3", elements, coordinates)}
    for axis, values in zip("xyz", moments, strict=True):
        fields[f"magnetisation {axis}"] = GridField(
            values, lattice, "spin density", "e/Angstrom^3", elements, coordinates
        )
    return fields


def mn3sn(noise: float = 0.0) -> dict[str, GridField]:
    """Mn3Sn (Brown et al., J. Phys. Condens. Matter 2 (1990) 9409): moments at 120 degrees, inverse triangles."""
    lattice = np.array([[5.665, 0, 0], [-5.665 / 2, 5.665 * 0.75**0.5, 0], [0, 0, 4.531]])
    u = 0.8388
    places = [(u, 2 * u, 0.25), (-2 * u, -u, 0.25), (u, -u, 0.25)]
    places += [(-x, -y, 0.75) for x, y, _ in places]
    angles = np.deg2rad([90, 330, 210])  # the other way round than the sites: inverse triangles
    atoms = [
        (25, place, (3 * np.cos(angle), 3 * np.sin(angle), 0.0))
        for place, angle in zip(places, np.tile(angles, 2), strict=True)
    ]
    atoms += [(50, (1 / 3, 2 / 3, 0.25), (0, 0, 0)), (50, (2 / 3, 1 / 3, 0.75), (0, 0, 0))]
    return clouds(lattice, atoms, (12, 12, 10), noise)


def mnf2(noise: float = 0.0) -> dict[str, GridField]:
    """MnF2 (Erickson, Phys. Rev. 90 (1953) 779): rutile, moments of Mn along c, antiparallel."""
    lattice, u = np.diag([4.874, 4.874, 3.31]), 0.305
    atoms = [(25, (0.0, 0.0, 0.0), (0.0, 0.0, 5.0)), (25, (0.5, 0.5, 0.5), (0.0, 0.0, -5.0))]
    for place in ((u, u, 0), (-u, -u, 0), (0.5 + u, 0.5 - u, 0.5), (0.5 - u, 0.5 + u, 0.5)):
        atoms.append((9, place, (0.0, 0.0, 0.0)))
    return clouds(lattice, atoms, (12, 12, 8), noise)


def iron(noise: float = 0.0) -> dict[str, GridField]:
    """Ferromagnetic iron, moments along c: I4/mm'm'."""
    return clouds(
        2.87 * np.eye(3), [(26, (0, 0, 0), (0, 0, 2.2)), (26, (0.5, 0.5, 0.5), (0, 0, 2.2))], (10, 10, 10), noise
    )
