/** Binary STL of a mesh. */
import type { SurfaceMesh } from "./isosurface";

/**
 * The bytes of a file.
 * @param mesh the triangles, in fractional coordinates
 * @param lattice rows of the cell
 * @param scale length of one unit of the lattice in the file
 * @param title one line for the header, ASCII
 */
export function stlBytes(mesh: SurfaceMesh, lattice: number[][], scale: number, title: string): ArrayBuffer {
  const count = mesh.faces.length / 3;
  const bytes = new ArrayBuffer(84 + 50 * count);
  const view = new DataView(bytes);
  // Readers take a file for text if it begins with "solid".
  [...`sgbasis: ${title}`.slice(0, 80)].forEach((letter, i) => {
    const code = letter.charCodeAt(0);
    view.setUint8(i, code < 128 ? code : 63);
  });
  view.setUint32(80, count, true);
  const corners = cartesian(mesh.vertices, lattice, scale);
  for (let face = 0; face < count; face++) {
    const [p, q, r] = [0, 1, 2].map((i) => corners.subarray(3 * mesh.faces[3 * face + i]));
    const u = [q[0] - p[0], q[1] - p[1], q[2] - p[2]];
    const v = [r[0] - p[0], r[1] - p[1], r[2] - p[2]];
    const normal = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
    const length = Math.hypot(...normal) || 1;
    const numbers = [...normal.map((one) => one / length), ...p.slice(0, 3), ...q.slice(0, 3), ...r.slice(0, 3)];
    numbers.forEach((number, i) => view.setFloat32(84 + 50 * face + 4 * i, number, true));
  }
  return bytes;
}

/** Fractional coordinates times the lattice. */
export function cartesian(points: Float64Array, lattice: number[][], scale = 1): Float32Array {
  const found = new Float32Array(points.length);
  for (let i = 0; i < points.length; i += 3) {
    for (let axis = 0; axis < 3; axis++) {
      found[i + axis] =
        scale *
        (points[i] * lattice[0][axis] + points[i + 1] * lattice[1][axis] + points[i + 2] * lattice[2][axis]);
    }
  }
  return found;
}
