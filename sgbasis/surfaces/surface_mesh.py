"""Triangles: whether they are closed, their volume, area and Euler characteristic."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from basis_store.array_types import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class SurfaceMesh:
    """A surface of triangles, oriented: seen from outside, corners run counter-clockwise.

    Attributes:
        vertices: (n, 3) Cartesian coordinates.
        faces: (m, 3) numbers of the corners.
        classes: (n,) equal for vertices that are one point of the crystal: of a periodic surface, those on
            opposite faces of the block of cells; ``arange(n)`` of any other surface.
    """

    vertices: FloatArray
    faces: IntArray
    classes: IntArray

    @property
    def is_closed(self) -> bool:
        """Whether each edge has two triangles, one in each direction; modulo the lattice of a periodic surface."""
        corners = self.classes[self.faces]
        edges = np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]])
        size = int(self.classes.max(initial=0)) + 1
        forward, backward = edges[:, 0] * size + edges[:, 1], edges[:, 1] * size + edges[:, 0]
        ascending = np.sort(forward)
        return bool((np.diff(ascending) > 0).all()) and np.array_equal(ascending, np.sort(backward))

    @property
    def euler_characteristic(self) -> int:
        """Vertices minus edges plus triangles; 2 - 2 g for one closed oriented surface of genus g."""
        corners = self.classes[self.faces]
        edges = np.sort(np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]]), axis=1)
        codes = edges[:, 0] * (int(self.classes.max(initial=0)) + 1) + edges[:, 1]
        return len(np.unique(corners)) - len(np.unique(codes)) + len(corners)

    @property
    def bodies(self) -> int:
        """How many separate bodies a closed surface encloses: its connected parts, but those around cavities."""
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        corners = self.classes[self.faces]
        size = int(self.classes.max(initial=-1)) + 1
        edges = np.concatenate([corners[:, :2], corners[:, 1:]])
        graph = coo_array((np.ones(len(edges), dtype=np.int8), (edges[:, 0], edges[:, 1])), shape=(size, size))
        count, parts = connected_components(graph, directed=False)
        first, second, third = (self.vertices[self.faces[:, i]] for i in range(3))
        volumes = np.bincount(
            parts[corners[:, 0]], np.einsum("ij,ij->i", first, np.cross(second, third)), minlength=count
        )
        return int((volumes > 0).sum())

    @property
    def volume(self) -> float:
        """Enclosed by a closed surface; means nothing for a periodic one."""
        first, second, third = (self.vertices[self.faces[:, i]] for i in range(3))
        return float(np.einsum("ij,ij->", first, np.cross(second, third)) / 6)

    @property
    def area(self) -> float:
        """Sum of the areas of the triangles."""
        first, second, third = (self.vertices[self.faces[:, i]] for i in range(3))
        return float(np.linalg.norm(np.cross(second - first, third - first), axis=1).sum() / 2)
