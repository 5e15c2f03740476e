/** Colours from dark to bright for quantities without a sign: viridis of matplotlib. */
const STOPS = ["440154", "482878", "3e4989", "31688e", "26828e", "1f9e89", "35b779", "6ece58", "b5de2b", "fde725"]
  .map((hex) => [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16)));

/** The colour of a number between 0 and 1, each part 0 to 255; numbers beyond are those at the ends. */
export function sequential(value: number): number[] {
  const at = Math.min(Math.max(value, 0), 1) * (STOPS.length - 1);
  const below = Math.min(Math.floor(at), STOPS.length - 2);
  return STOPS[below].map((one, i) => one + (at - below) * (STOPS[below + 1][i] - one));
}
