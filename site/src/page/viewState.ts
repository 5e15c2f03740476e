/** What the viewer shows, and the part of the address after # that says it. Only what is not as usual is written. */

import type { ViewDirection } from "../scene/crystalScene";

export type Axis = 0 | 1 | 2;

export interface ViewState {
  /** Number of the function, not 0. */
  number: number;
  level: number;
  /** Along each axis. */
  cells: number;
  solid: boolean;
  /** The plane on which one coordinate is constant. */
  axis: Axis;
  at: number;
  /** Whether the surface is cut there. */
  cut: boolean;
  /** The function whose values are the colours; 0: the two sides have one colour each. */
  colour: number;
  /** From where somebody looks who has turned the view. */
  view?: ViewDirection;
}

const AXES = "xyz";

/** The state as `f=2&level=0.4`, without what `usual` has. */
export function stateText(state: ViewState, usual: ViewState): string {
  const parts = [`f=${state.number}`];
  if (state.level !== usual.level) parts.push(`level=${Number(state.level.toPrecision(6))}`);
  if (state.cells !== usual.cells) parts.push(`cells=${state.cells}`);
  if (state.solid) parts.push("show=solid");
  if (state.axis !== usual.axis || state.at !== usual.at) {
    parts.push(`section=${AXES[state.axis]}${Number(state.at.toPrecision(6))}`);
  }
  if (state.cut) parts.push("cut=1");
  if (state.colour) parts.push(`colour=${state.colour}`);
  if (state.view) parts.push(`view=${state.view.azimuth},${state.view.elevation}`);
  return parts.join("&");
}

/** The number of the function that a text names, undefined if it is not of this kind. */
export function functionOf(text: string, count: number): number | undefined {
  const number = Number(new URLSearchParams(text).get("f"));
  return Number.isInteger(number) && number > 0 && number < count ? number : undefined;
}

/** The state that a text describes; what it does not say, or says wrongly, is as usual. */
export function parseState(text: string, usual: ViewState, count: number): ViewState {
  const given = new URLSearchParams(text);
  const number = (name: string, low: number, high: number, fallback: number): number => {
    const value = Number(given.get(name) ?? NaN);
    return value >= low && value <= high ? value : fallback;
  };
  const section = /^([xyz])(\d(?:\.\d+)?)$/.exec(given.get("section") ?? "");
  const at = section ? Number(section[2]) : NaN;
  const view = /^(-?\d{1,3}),(-?\d{1,2})$/.exec(given.get("view") ?? "");
  return {
    ...usual,
    level: number("level", -1e3, 1e3, usual.level),
    cells: Math.round(number("cells", 1, 4, usual.cells)),
    solid: given.get("show") === "solid",
    ...(section && at <= 1 ? { axis: AXES.indexOf(section[1]) as Axis, at } : {}),
    cut: given.get("cut") === "1",
    colour: Math.round(number("colour", 0, count - 1, 0)),
    ...(view ? { view: { azimuth: Number(view[1]), elevation: Number(view[2]) } } : {}),
  };
}
