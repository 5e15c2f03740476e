"""Atoms as spheres in the usual colours of their elements."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

from basis_store.array_types import FloatArray, IntArray
from basis_store.datasets.formula import symbol
from sgbasis.pictures.style import INK

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MAX_ATOMS = 400
"""That a picture shows."""
_RADIUS = 0.28
"""Of a sphere over the covalent radius of the element."""


def images_in_block(
    coordinates: FloatArray, numbers: IntArray, cells: tuple[int, int, int]
) -> tuple[FloatArray, IntArray]:
    """All images of atoms in a closed block of cells, those on its faces on all of them.

    Args:
        coordinates: (n, 3) fractional.
        numbers: (n,) of the elements.
        cells: along each axis.

    Returns:
        (m, 3) fractional coordinates and (m,) numbers.
    """
    steps = np.array(list(itertools.product(*(range(-1, n + 1) for n in cells))))
    wrapped = coordinates - np.floor(coordinates)
    places = (wrapped[:, None] + steps).reshape(-1, 3)
    inside = ((places > -1e-4) & (places < np.array(cells) + 1e-4)).all(axis=1)
    return places[inside], np.repeat(numbers, len(steps))[inside]


def sphere_triangles(
    places: FloatArray, numbers: IntArray, *, unit: float = 1.0
) -> list[tuple[FloatArray, FloatArray, FloatArray]]:
    """(m, 3, 3) triangles, (m, 3) normals and (m, 3) colours of each atom.

    Args:
        places: (n, 3) Cartesian.
        numbers: (n,) of the elements.
        unit: of the places, in Angstrom.
    """
    points, faces = sphere(10 if len(places) > 60 else 22)
    outward = points[faces].mean(axis=1)
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    return [
        (
            (place + sphere_radius(int(number)) / unit * points)[faces],
            outward,
            np.tile(element_colour(int(number)), (len(faces), 1)),
        )
        for place, number in zip(places, numbers, strict=True)
    ]


def write_elements(figure: Figure, numbers: IntArray, at: tuple[float, float]) -> None:
    """Write which colour is which element, of up to eight.

    Args:
        figure: of matplotlib.
        numbers: (n,) of the elements.
        at: where the first one is, in fractions of the figure.
    """
    kinds = np.unique(numbers).tolist()
    inch = 1 / figure.get_figwidth()
    for i, number in enumerate(kinds if len(kinds) <= 8 else []):
        x = at[0] + 0.58 * inch * i
        colour = tuple(element_colour(number).tolist())
        figure.text(x, at[1], "\u25cf", va="center", fontsize=15, color=colour, family="DejaVu Sans")
        figure.text(x + 0.2 * inch, at[1], symbol(number), fontsize=11, color=INK, va="center")


def sphere_radius(number: int) -> float:
    """Of an element, in Angstrom."""
    from ase.data import covalent_radii

    return float(_RADIUS * covalent_radii[number])


def element_colour(number: int) -> FloatArray:
    """(3,) the usual colour of an element, a little darker: surfaces are lit."""
    from ase.data.colors import jmol_colors

    return np.asarray(jmol_colors[number] * 0.82)


def sphere(count: int) -> tuple[FloatArray, IntArray]:
    """(n, 3) unit vectors and (m, 3) triangles."""
    polar, around = np.meshgrid(np.linspace(0, np.pi, count), np.arange(2 * count) * np.pi / count, indexing="ij")
    points = np.stack([np.sin(polar) * np.cos(around), np.sin(polar) * np.sin(around), np.cos(polar)], axis=-1)
    i, j = (part.reshape(-1) for part in np.meshgrid(np.arange(count - 1), np.arange(2 * count), indexing="ij"))
    after = (j + 1) % (2 * count)
    width = 2 * count
    first = np.column_stack([i * width + j, (i + 1) * width + j, (i + 1) * width + after])
    second = np.column_stack([i * width + j, (i + 1) * width + after, i * width + after])
    return points.reshape(-1, 3), np.concatenate([first, second])
