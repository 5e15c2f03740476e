/** The faces of a solid that lie on faces of the block, apart from the surface itself. */
import type { SurfaceMesh } from "../surface/isosurface";

/** The triangles on the surface, and those on the faces of the block; both keep all vertices. */
export function splitCaps(mesh: SurfaceMesh, cells: [number, number, number]): [SurfaceMesh, SurfaceMesh] {
  const surface: number[] = [];
  const caps: number[] = [];
  for (let i = 0; i < mesh.faces.length; i += 3) {
    const corners = [0, 1, 2].map((j) => mesh.faces[i + j]);
    const flat = [0, 1, 2].some((axis) =>
      [0, cells[axis]].some((end) => corners.every((corner) => mesh.vertices[3 * corner + axis] === end)),
    );
    (flat ? caps : surface).push(...corners);
  }
  const part = (faces: number[]): SurfaceMesh => ({ vertices: mesh.vertices, faces: Uint32Array.from(faces) });
  return [part(surface), part(caps)];
}
