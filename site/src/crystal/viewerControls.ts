/** The controls beside a structure. */
import type { UploadView } from "./crystalView";
import { element } from "./dom";
import type { Layer } from "./layers";

export interface ViewerControls {
  panel: HTMLElement;
  tools: HTMLElement;
  layer: HTMLSelectElement;
  kind: HTMLSelectElement;
  level: HTMLInputElement;
  atoms?: HTMLInputElement;
  bonds?: HTMLInputElement;
  rotate: HTMLButtonElement;
  reset: HTMLButtonElement;
  png: HTMLButtonElement;
  /** What is drawn over the structure. */
  chosen: () => Layer | undefined;
  /** The axis of the section that is drawn; undefined for a surface. */
  axis: () => number | undefined;
  showNothing: () => void;
  showLevel: (layer: Layer, level: number) => void;
  /** `low` and `high` are the values of the colours at the ends. */
  showSection: (layer: Layer, axis: number, place: number, low: number, high: number) => void;
}

export function viewerControls(view: UploadView, layers: Layer[]): ViewerControls {
  const layer = element("select", { id: "s-layer" }, new Option("nothing", ""), ...layers.map((one, i) => new Option(one.name, String(i))));
  layer.value = layers.length ? "0" : "";
  const kind = element("select", { id: "s-kind" }, new Option("surface of one value", ""),
    ...["x", "y", "z"].map((name, axis) => new Option(`section at one ${name}`, String(axis))));
  const level = element("input", { id: "s-level", type: "range", min: 0, max: 1000, step: 1 });
  const value = element("output", { for: "s-level" });
  const name = element("label", { for: "s-level" }, "Level");
  const more = element("p", { class: "more" });
  const ramp = element("p", { class: "scale" });
  const drawn = view.crystal?.drawn;
  const atoms = drawn && checkbox();
  const bonds = drawn?.bonds.length ? checkbox() : undefined;
  const [rotate, reset, png] = ["Rotate", "Reset view", "PNG"].map((text) => element("button", { type: "button" }, text));
  const chosen = (): Layer | undefined => (layer.value === "" ? undefined : layers[Number(layer.value)]);
  const axis = (): number | undefined => (kind.value === "" ? undefined : Number(kind.value));
  const show = (one: Layer | undefined, title: string, text: string): void => {
    kind.disabled = level.disabled = !one;
    name.textContent = title;
    value.textContent = text;
    level.setAttribute("aria-valuetext", text);
    more.replaceChildren(one?.page ? element("a", { href: one.page }, `${one.name} on the page of its setting`) : "");
    ramp.replaceChildren();
  };
  return {
    layer, kind, level, atoms, bonds, rotate, reset, png, chosen, axis,
    tools: element("div", { class: "tools" }, rotate, reset, png),
    panel: element(
      "div", { class: "panel" },
      drawn && legend(drawn.elements),
      element("div", { class: "checks" }, atoms && element("label", {}, atoms, "Atoms"), bonds && element("label", {}, bonds, "Bonds")),
      field("Over the structure", layer),
      field("Drawn as", kind),
      element("div", { class: "field" }, name, value, level),
      ramp,
      more,
    ),
    showNothing: () => show(undefined, "Level", ""),
    showLevel: (one, number) => show(one, "Level", `${short(number)}${one.unit}`),
    showSection: (one, number, place, low, high) => {
      show(one, "Place", `${"xyz"[number]} = ${place.toFixed(3)}`);
      const bar = element("span", { class: one.signed ? "ramp" : "ramp sequential", "aria-hidden": "true" });
      ramp.append(element("span", {}, short(low)), bar, element("span", {}, `${short(high)}${one.unit}`));
    },
  };
}

/** A number with three digits. */
export function short(value: number): string {
  return String(Number(value.toPrecision(3))).replace("-", "−");
}

function field(text: string, control: HTMLElement): HTMLElement {
  return element("div", { class: "field" }, element("label", { for: control.id }, text), control);
}

function checkbox(): HTMLInputElement {
  return element("input", { type: "checkbox", checked: true });
}

function legend(elements: Record<string, { symbol: string; colour: string }>): HTMLElement {
  return element("ul", { class: "elements", "aria-label": "Colours of the elements" }, ...Object.values(elements).map(({ symbol, colour }) => {
    const dot = element("span", { class: "dot", "aria-hidden": "true" });
    dot.style.backgroundColor = colour;
    return element("li", {}, dot, symbol);
  }));
}
