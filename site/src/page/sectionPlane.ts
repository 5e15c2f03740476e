/** The plane of a section: which one is shown first, and the values on it. */
import type { PeriodicField } from "../functions/periodicField";
import type { SampledField } from "../surface/isosurface";
import type { Axis } from "./viewState";

/** The two other axes, in alphabetical order. */
export function otherAxes(axis: Axis): [Axis, Axis] {
  return ([0, 1, 2] as Axis[]).filter((one) => one !== axis) as [Axis, Axis];
}

/** Values on n x n points of one cell of the plane; the second of the other axes runs fastest. */
export function planeValues(field: PeriodicField, axis: Axis, at: number, n: number): Float64Array {
  const [first, second] = otherAxes(axis);
  const points = new Float64Array(3 * n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const start = 3 * (i * n + j);
      points[start + axis] = at;
      points[start + first] = i / n;
      points[start + second] = j / n;
    }
  }
  return field.evaluate(points);
}

/** The plane that shows most of the range of the function; among equals z, and in the middle of the cell. */
export function bestSection(sampled: SampledField): { axis: Axis; at: number } {
  let best: { axis: Axis; at: number } = { axis: 2, at: 0.5 };
  let most = 0;
  for (const axis of [2, 1, 0] as Axis[]) {
    for (const at of [0.5, 0.25, 0.75, 0.375, 0.125, 0.625, 0.875, 0]) {
      const values = planeValues(sampled.field, axis, at, 24);
      const span = Math.max(...values) - Math.min(...values);
      if (span > 1.02 * most) {
        most = span;
        best = { axis, at };
      }
    }
  }
  return best;
}

/** A multiple of 1/48 as a fraction in lowest terms, other numbers with three digits. */
export function fractionText(value: number): string {
  const above = Math.round(value * 48);
  if (Math.abs(value * 48 - above) > 1e-6) return value.toFixed(3);
  const common = gcd(above, 48);
  return common === 48 ? String(above / 48) : `${above / common}/${48 / common}`;
}

function gcd(a: number, b: number): number {
  return b ? gcd(b, a % b) : Math.abs(a);
}
