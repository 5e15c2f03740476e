/** A field on a grid of the cell, linear between its points. */
import type { PeriodicField } from "../functions/periodicField";
import type { GridView } from "./crystalView";

export class GridField implements PeriodicField {
  readonly resolution: number;

  private constructor(private readonly values: Float64Array, private readonly points: number) {
    this.resolution = points;
  }

  static of(view: GridView): GridField {
    const bytes = Uint8Array.from(atob(view.values), (one) => one.charCodeAt(0));
    const data = new DataView(bytes.buffer);
    const values = Float64Array.from({ length: bytes.length / 4 }, (_, i) => data.getFloat32(4 * i, true));
    return new GridField(values, view.points);
  }

  evaluate(points: Float64Array, gradients?: Float64Array): Float64Array {
    const n = this.points;
    const found = new Float64Array(points.length / 3);
    for (let point = 0; point < found.length; point++) {
      const at = [0, 1, 2].map((axis) => points[3 * point + axis] * n);
      const start = at.map(Math.floor);
      const within = at.map((one, axis) => one - start[axis]);
      let value = 0;
      const slope = [0, 0, 0];
      for (let corner = 0; corner < 8; corner++) {
        const bits = [corner & 1, (corner >> 1) & 1, corner >> 2];
        const parts = bits.map((bit, axis) => (bit ? within[axis] : 1 - within[axis]));
        const [x, y, z] = bits.map((bit, axis) => start[axis] + bit);
        const here = this.at(x, y, z);
        value += here * parts[0] * parts[1] * parts[2];
        if (gradients) {
          // Differences over two steps: smoother than those of the linear pieces, for the light on a surface.
          const weight = (parts[0] * parts[1] * parts[2] * n) / 2;
          slope[0] += weight * (this.at(x + 1, y, z) - this.at(x - 1, y, z));
          slope[1] += weight * (this.at(x, y + 1, z) - this.at(x, y - 1, z));
          slope[2] += weight * (this.at(x, y, z + 1) - this.at(x, y, z - 1));
        }
      }
      found[point] = value;
      gradients?.set(slope, 3 * point);
    }
    return found;
  }

  grid(n: number): Float64Array {
    if (n === this.points) return this.values;
    const points = new Float64Array(3 * n ** 3);
    for (let i = 0, at = 0; i < n; i++) {
      for (let j = 0; j < n; j++) for (let k = 0; k < n; k++, at += 3) points.set([i / n, j / n, k / n], at);
    }
    return this.evaluate(points);
  }

  private at(x: number, y: number, z: number): number {
    const n = this.points;
    return this.values[(modulo(x, n) * n + modulo(y, n)) * n + modulo(z, n)];
  }
}

function modulo(number: number, n: number): number {
  return ((number % n) + n) % n;
}
