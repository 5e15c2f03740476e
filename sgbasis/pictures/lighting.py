"""How surfaces in space are lit: the same lamp for all pictures."""

from __future__ import annotations

import numpy as np

from basis_store.array_types import FloatArray


def lit(hue: FloatArray, normals: FloatArray, depth: FloatArray, viewer: FloatArray) -> FloatArray:
    """(m, 3) colours of a surface, by the angles to a lamp; what is farther away is paler.

    Args:
        hue: (m, 3) or (3,) its colours.
        normals: (m, 3) unit vectors on the side that is seen.
        depth: (m,) larger towards the viewer.
        viewer: (3,) unit vector to the viewer.
    """
    # One lamp, above the viewer on the left; faces that point away from it keep some shape.
    up = np.array([0.0, 0.0, 1.0])
    side = np.cross(up, viewer)
    lamp = viewer + 0.9 * up - 0.5 * side
    lamp /= np.linalg.norm(lamp)
    half = lamp + viewer
    half /= np.linalg.norm(half)
    diffuse = (0.5 + 0.5 * (normals @ lamp)[:, None]) ** 1.4
    shine = np.clip(normals @ half, 0, 1)[:, None] ** 40
    haze = ((depth.max() - depth) / max(float(np.ptp(depth)), 1e-9))[:, None] * 0.22
    colours = hue * (0.40 + 0.72 * diffuse) + 0.26 * shine
    return np.asarray(np.clip(colours * (1 - haze) + haze, 0, 1))
