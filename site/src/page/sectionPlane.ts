/** The plane of a section: which one is shown first, and the values on it. */
import type { PeriodicField } from "../functions/periodicField";
import type { WaveSum } from "../functions/waveSum";
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

/**
 * The plane that shows most of the range of the function, of those at eighths; of equal ones the simplest.
 * The same rule as `default_section` of `sgbasis/pictures/section.py`, on the same points.
 */
export function defaultSection(field: WaveSum): { axis: Axis; at: number } {
  const points = 24 * Math.max(2, Math.ceil(field.maxIndex / 4));
  const values = field.grid(points);
  const planes: { axis: Axis; at: number; span: number }[] = [];
  for (const at of [0, 1 / 2, 1 / 4, 3 / 4, 1 / 8, 3 / 8, 5 / 8, 7 / 8]) {
    for (const axis of [2, 1, 0] as Axis[]) {
      planes.push({ axis, at, span: planeSpan(values, points, axis, at * points) });
    }
  }
  const most = Math.max(...planes.map((one) => one.span));
  const { axis, at } = planes.find((one) => one.span > 0.99 * most)!;
  return { axis, at };
}

/** The range of values on a plane of the grid of a cell. */
function planeSpan(values: Float64Array, points: number, axis: Axis, at: number): number {
  const strides = [points * points, points, 1];
  const [first, second] = otherAxes(axis);
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < points; i++) {
    for (let j = 0; j < points; j++) {
      const value = values[at * strides[axis] + i * strides[first] + j * strides[second]];
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return high - low;
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
