"""Files of triangles: STL (binary), PLY (binary) and Wavefront OBJ, for printing and for other programs."""

from __future__ import annotations

import numpy as np

from basis_store.array_types import FloatArray
from basis_store.errors import FieldError
from sgbasis.surfaces.surface_mesh import SurfaceMesh

ENDINGS = (".stl", ".obj", ".ply")

_STL = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
_PLY_FACE = np.dtype([("count", "u1"), ("corners", "<i4", 3)])
_LINES = 100_000


def mesh_bytes(mesh: SurfaceMesh, ending: str, title: str) -> bytes:
    """The bytes of a file.

    Args:
        mesh: the surface; STL and PLY have its coordinates in 32 bits.
        ending: one of :data:`ENDINGS`.
        title: one line for its header, ASCII.

    Raises:
        FieldError: there is no such format.
    """
    if ending == ".stl":
        return _stl(mesh, title)
    if ending == ".ply":
        return _ply(mesh, title)
    if ending == ".obj":
        return _obj(mesh, title)
    raise FieldError(f"meshes are written to {', '.join(ENDINGS)}, not to {ending or 'a name without an ending'}")


def _stl(mesh: SurfaceMesh, title: str) -> bytes:
    corners = mesh.vertices[mesh.faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-300)
    table = np.zeros(len(corners), _STL)
    table["normal"], table["corners"] = normals, corners
    # Readers take a file for text if it begins with "solid".
    head = f"sgbasis: {title}".encode("ascii", "replace")[:80].ljust(80)
    return head + np.array([len(corners)], "<u4").tobytes() + table.tobytes()


def _ply(mesh: SurfaceMesh, title: str) -> bytes:
    faces = np.zeros(len(mesh.faces), _PLY_FACE)
    faces["count"], faces["corners"] = 3, mesh.faces
    head = (
        f"ply\nformat binary_little_endian 1.0\ncomment sgbasis: {title}\nelement vertex {len(mesh.vertices)}\n"
        f"property float x\nproperty float y\nproperty float z\nelement face {len(mesh.faces)}\n"
        "property list uchar int vertex_indices\nend_header\n"
    )
    return head.encode("ascii", "replace") + mesh.vertices.astype("<f4").tobytes() + faces.tobytes()


def _obj(mesh: SurfaceMesh, title: str) -> bytes:
    vertices = _rows("v %.9g %.9g %.9g\n", mesh.vertices)
    faces = _rows("f %d %d %d\n", mesh.faces.astype(np.float64) + 1)
    return f"# sgbasis: {title}\n{vertices}{faces}".encode("ascii", "replace")


def _rows(form: str, rows: FloatArray) -> str:
    parts = []
    for start in range(0, len(rows), _LINES):
        chunk = rows[start : start + _LINES]
        parts.append(form * len(chunk) % tuple(chunk.reshape(-1).tolist()))
    return "".join(parts)
