/**
 * The functions of a setting, from the store's integers:
 *
 *     f(x) = sqrt(q) sum_k cos(2 pi (k.x + p_k / 24)),   q = numerator / size
 */
import type { PeriodicField } from "./periodicField";

const TURN = 24;

/** What `sgbasis/explorer/function_data.py` writes. */
export interface FunctionData {
  label: string;
  /** Three rows: the cell that is drawn. */
  lattice: number[][];
  /** Of each function: how many cosines, the two integers of q, and its invariant norm. */
  terms: number[];
  numerators: number[];
  sizes: number[];
  norms: number[];
  /** Of each cosine: three integers, and the phase in 24ths of a turn. */
  waves: number[];
  phases24: number[];
}

/** One real function. */
export class WaveSum implements PeriodicField {
  private constructor(
    readonly waves: Int32Array,
    readonly phases24: Int32Array,
    readonly amplitude: number,
  ) {}

  /** Function `number` of a setting, the constant being 0. */
  static of(data: FunctionData, number: number): WaveSum {
    if (!(number in data.terms)) throw new RangeError(`${data.label} has no function ${number} here`);
    let first = 0;
    for (let i = 0; i < number; i++) first += data.terms[i];
    const last = first + data.terms[number];
    return new WaveSum(
      Int32Array.from(data.waves.slice(3 * first, 3 * last)),
      Int32Array.from(data.phases24.slice(first, last)),
      Math.sqrt(data.numerators[number] / data.sizes[number]),
    );
  }

  /** The largest absolute value of an index of a wave. */
  get maxIndex(): number {
    return this.waves.reduce((most, index) => Math.max(most, Math.abs(index)), 1);
  }

  evaluate(points: Float64Array, gradients?: Float64Array): Float64Array {
    const most = this.maxIndex;
    const width = 2 * most + 1;
    const powers = new Float64Array(6 * width);
    const coefficients = this.coefficients();
    const values = new Float64Array(points.length / 3);
    for (let point = 0; point < values.length; point++) {
      for (let axis = 0; axis < 3; axis++) fillPowers(powers, 2 * axis * width, most, points[3 * point + axis]);
      let value = 0;
      let dx = 0;
      let dy = 0;
      let dz = 0;
      for (let term = 0; term < this.phases24.length; term++) {
        const h = this.waves[3 * term];
        const k = this.waves[3 * term + 1];
        const l = this.waves[3 * term + 2];
        const a = 2 * (h + most);
        const b = 2 * (width + k + most);
        const c = 2 * (2 * width + l + most);
        const re = powers[a] * powers[b] - powers[a + 1] * powers[b + 1];
        const im = powers[a] * powers[b + 1] + powers[a + 1] * powers[b];
        const cosine = re * powers[c] - im * powers[c + 1];
        const sine = re * powers[c + 1] + im * powers[c];
        value += coefficients[2 * term] * cosine - coefficients[2 * term + 1] * sine;
        if (gradients) {
          const slope = -2 * Math.PI * (coefficients[2 * term] * sine + coefficients[2 * term + 1] * cosine);
          dx += slope * h;
          dy += slope * k;
          dz += slope * l;
        }
      }
      values[point] = value;
      gradients?.set([dx, dy, dz], 3 * point);
    }
    return values;
  }

  grid(n: number): Float64Array {
    // exp(2 pi i j / n) for all j; the angle of a wave at a grid point is a multiple of 1/n of a turn.
    const cosines = Float64Array.from({ length: n }, (_, j) => Math.cos((2 * Math.PI * j) / n));
    const sines = Float64Array.from({ length: n }, (_, j) => Math.sin((2 * Math.PI * j) / n));
    const coefficients = this.coefficients();
    const values = new Float64Array(n ** 3);
    for (let term = 0; term < this.phases24.length; term++) {
      const [h, k, l] = [0, 1, 2].map((axis) => modulo(this.waves[3 * term + axis], n));
      for (let x = 0; x < n; x++) {
        for (let y = 0; y < n; y++) {
          const turn = (h * x + k * y) % n;
          const re = coefficients[2 * term] * cosines[turn] - coefficients[2 * term + 1] * sines[turn];
          const im = coefficients[2 * term] * sines[turn] + coefficients[2 * term + 1] * cosines[turn];
          let at = (x * n + y) * n;
          for (let z = 0, j = 0; z < n; z++, at++) {
            values[at] += re * cosines[j] - im * sines[j];
            j += l;
            if (j >= n) j -= n;
          }
        }
      }
    }
    return values;
  }

  /** Real and imaginary part of sqrt(q) exp(2 pi i p / 24) of each term. */
  private coefficients(): Float64Array {
    const found = new Float64Array(2 * this.phases24.length);
    this.phases24.forEach((phase, term) => {
      found[2 * term] = this.amplitude * Math.cos((2 * Math.PI * phase) / TURN);
      found[2 * term + 1] = this.amplitude * Math.sin((2 * Math.PI * phase) / TURN);
    });
    return found;
  }
}

/** exp(2 pi i j x) for j = -most to most, as pairs from `start` on. */
function fillPowers(powers: Float64Array, start: number, most: number, x: number): void {
  const cosine = Math.cos(2 * Math.PI * x);
  const sine = Math.sin(2 * Math.PI * x);
  let re = 1;
  let im = 0;
  for (let j = 0; j <= most; j++) {
    powers[start + 2 * (most + j)] = powers[start + 2 * (most - j)] = re;
    powers[start + 2 * (most + j) + 1] = im;
    powers[start + 2 * (most - j) + 1] = -im;
    [re, im] = [re * cosine - im * sine, re * sine + im * cosine];
  }
}

function modulo(number: number, n: number): number {
  return ((number % n) + n) % n;
}
