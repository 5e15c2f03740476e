/** Colours of values: blue below 0, red above, as in the pictures of the command line. */

export type Colour = [number, number, number];

/** RdBu of ColorBrewer, from blue to red. */
const STOPS = ["053061", "2166ac", "4393c3", "92c5de", "d1e5f0", "f7f7f7", "fddbc7", "f4a582", "d6604d", "b2182b", "67001f"]
  .map((hex): Colour => [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16)) as Colour);

/** The two sides of a surface: where the function is larger, and where it is smaller. */
export const LARGER = 0xdb6650;
export const SMALLER = 0x458ac2;

/** The colour of a number between -1 and 1, each part 0 to 255. */
export function diverging(value: number): Colour {
  const at = Math.min(Math.max((value + 1) / 2, 0), 1) * (STOPS.length - 1);
  const below = Math.min(Math.floor(at), STOPS.length - 2);
  const part = at - below;
  return STOPS[below].map((one, i) => one + part * (STOPS[below + 1][i] - one)) as Colour;
}
