/** A real function with the period of the cell. Points and derivatives are in fractional coordinates. */
export interface PeriodicField {
  /**
   * Values at points.
   * @param points x, y, z of each point, one after the other
   * @param gradients filled with the three derivatives at each point, if given
   */
  evaluate(points: Float64Array, gradients?: Float64Array): Float64Array;

  /** Values on a grid of n x n x n points of one cell, z fastest. */
  grid(n: number): Float64Array;}

/** The smallest and the largest value. */
export function range(values: Float64Array): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}
