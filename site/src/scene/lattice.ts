/** The cell that is drawn: rows a, b, c; c upright, a in the plane of x and z. */
import { Matrix3, Vector3 } from "three";

const ELEVATION = (20 * Math.PI) / 180;

/** a i + b j + c k. */
export function place(lattice: number[][], i: number, j: number, k: number): Vector3 {
  const [a, b, c] = lattice.map((row) => new Vector3(...(row as [number, number, number])));
  return a.multiplyScalar(i).addScaledVector(b, j).addScaledVector(c, k);
}

/** The matrix that turns derivatives along fractional coordinates into those along Cartesian axes. */
export function gradientMatrix(lattice: number[][]): Matrix3 {
  return new Matrix3().set(...(lattice.flat() as [number, number, number, number, number, number, number, number, number])).invert();
}

/** The unit vector to the viewer: a to the right, b into the picture, a little from above. */
export function viewDirection(lattice: number[][]): Vector3 {
  const [[ax, ay], [bx, by]] = lattice;
  const gamma = (Math.acos((ax * bx + ay * by) / (Math.hypot(ax, ay) * Math.hypot(bx, by))) * 180) / Math.PI;
  const azimuth = Math.atan2(ay, ax) + ((-62 - 0.8 * (gamma - 90)) * Math.PI) / 180;
  const level = Math.cos(ELEVATION);
  return new Vector3(level * Math.cos(azimuth), level * Math.sin(azimuth), Math.sin(ELEVATION));
}
