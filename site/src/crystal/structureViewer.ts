/** The structure in its conventional cell, with a function of its group or a field of the file over it. */
import { Group } from "three";
import { WaveSum } from "../functions/waveSum";
import type { PeriodicField } from "../functions/periodicField";
import { blockRadius, cellFrame } from "../scene/cellFrame";
import { diverging } from "../scene/colours";
import { CrystalScene } from "../scene/crystalScene";
import { place, viewDirection } from "../scene/lattice";
import { disposeObject, surfaceObject } from "../scene/surfaceObject";
import { isosurface, sample, type SampledField } from "../surface/isosurface";
import type { UploadView } from "./crystalView";
import { element, labelled } from "./dom";
import { GridField } from "./gridField";
import { sectionObject } from "./sectionObject";
import { sequential } from "./sequential";
import { structureObject } from "./structureObject";

const ONE: [number, number, number] = [1, 1, 1];
const FUNCTION_POINTS = 40;
const OPACITY = 0.62;

/** What can be drawn over the structure. */
interface Layer {
  name: string;
  field: PeriodicField;
  points: number;
  unit: string;
  /** The level that is drawn first, between the lowest and the highest value. */
  level: (sampled: SampledField) => number;
  colour: (sampled: SampledField) => (value: number) => number[];
}

/** The viewer with its controls. Without WebGL it says so, and the tables are there all the same. */
export function structureViewer(view: UploadView): HTMLElement {
  const host = element("div", {
    class: "structure", tabindex: 0, role: "img",
    "aria-label": "Structure in the conventional cell; arrow keys turn it, plus and minus change its size, Home resets it",
  });
  const figure = element("section", { class: "structure-viewer", "aria-label": "Structure" }, host);
  try {
    new Viewer(view, host, figure);
  } catch {
    host.replaceChildren(element("p", { class: "message" }, "This browser has no WebGL: the structure cannot be drawn."));
  }
  return figure;
}

class Viewer {
  private readonly lattice: number[][];
  private readonly scene: CrystalScene;
  private readonly layers: Layer[];
  private readonly samples = new Map<Layer, SampledField>();
  private overlay = new Group();
  private readonly what = element("select", { name: "function" });
  private readonly how = element(
    "select", { name: "kind" }, ...[["surface", "surface"], ["0", "section at x"], ["1", "section at y"], ["2", "section at z"]]
      .map(([value, text]) => element("option", { value }, text)),
  );
  private readonly level = element("input", { type: "range", name: "level", min: 0, max: 1000, step: 1 });
  private readonly shown = element("output", {});
  private readonly levelName = element("span", {}, "Level");

  constructor(view: UploadView, host: HTMLElement, figure: HTMLElement) {
    const drawn = view.crystal?.drawn;
    const rows = (drawn?.lattice ?? view.field?.lattice)!;
    const scale = 3 / rows.reduce((sum, row) => sum + Math.hypot(...row), 0);
    this.lattice = rows.map((row) => row.map((one) => one * scale));
    this.scene = new CrystalScene(host);
    this.layers = layersOf(view);
    const content = this.scene.content;
    content.position.copy(place(this.lattice, 0.5, 0.5, 0.5).negate());
    content.add(cellFrame(this.lattice, ONE, getComputedStyle(host).color));
    const switches: HTMLElement[] = [];
    if (drawn) {
      const { atoms, bonds } = structureObject(drawn, this.lattice, scale);
      content.add(atoms, bonds);
      switches.push(this.toggle("atoms", atoms), ...(drawn.bonds.length ? [this.toggle("bonds", bonds)] : []));
      figure.append(legend(view));
    }
    figure.append(this.controls(switches));
    this.scene.look(blockRadius(this.lattice, ONE) * 1.08, viewDirection(this.lattice));
    this.choose();
  }

  private controls(switches: HTMLElement[]): HTMLElement {
    this.what.append(element("option", { value: "" }, "nothing"), ...this.layers.map((one, i) => element("option", { value: i }, one.name)));
    this.what.value = this.layers.length && this.layers[0].unit !== "" ? "0" : "";
    this.what.addEventListener("change", () => this.choose());
    this.how.addEventListener("change", () => this.choose());
    this.level.addEventListener("input", () => this.update());
    const row = element("label", {}, this.levelName, this.level, this.shown);
    return element(
      "div", { class: "controls", role: "group", "aria-label": "What is drawn" },
      labelled("Over the structure", this.what), labelled("as", this.how), row,
      element("span", { class: "switches" }, ...switches),
    );
  }

  private toggle(name: string, group: Group): HTMLElement {
    const box = element("input", { type: "checkbox", name, checked: true });
    box.addEventListener("change", () => {
      group.visible = box.checked;
      this.scene.draw();
    });
    return element("label", {}, box, ` ${name}`);
  }

  private get layer(): Layer | undefined {
    return this.what.value === "" ? undefined : this.layers[Number(this.what.value)];
  }

  private get isSurface(): boolean {
    return this.how.value === "surface";
  }

  private sampled(layer: Layer): SampledField {
    let found = this.samples.get(layer);
    if (!found) this.samples.set(layer, (found = sample(layer.field, layer.points)));
    return found;
  }

  /** Another function, or another way to draw it: the slider begins anew. */
  private choose(): void {
    const layer = this.layer;
    this.how.disabled = this.level.disabled = !layer;
    if (layer) {
      const { low, high } = this.sampled(layer);
      const start = this.isSurface ? (layer.level(this.sampled(layer)) - low) / (high - low || 1) : 0.5;
      this.level.value = String(Math.round(1000 * start));
    }
    this.update();
  }

  private update(): void {
    disposeObject(this.overlay);
    this.overlay = new Group();
    const layer = this.layer;
    if (layer) this.overlay = this.isSurface ? this.surface(layer) : this.section(layer);
    else this.shown.textContent = "";
    this.scene.content.add(this.overlay);
    this.scene.draw();
  }

  private surface(layer: Layer): Group {
    const sampled = this.sampled(layer);
    const level = sampled.low + (Number(this.level.value) / 1000) * (sampled.high - sampled.low);
    this.levelName.textContent = "Level";
    this.shown.textContent = `${text(level)}${layer.unit && ` ${layer.unit}`}`;
    const mesh = isosurface(sampled, { level, cells: ONE, solid: false });
    const group = surfaceObject(mesh, { lattice: this.lattice, field: layer.field });
    group.traverse((one) => {
      const material = (one as { material?: { transparent: boolean; opacity: number; depthWrite: boolean } }).material;
      if (material) Object.assign(material, { transparent: true, opacity: OPACITY, depthWrite: false });
    });
    return group;
  }

  private section(layer: Layer): Group {
    const axis = Number(this.how.value);
    const height = Number(this.level.value) / 1000;
    const sampled = this.sampled(layer);
    this.levelName.textContent = "Place";
    this.shown.textContent = `${"xyz"[axis]} = ${height.toFixed(3)}; ${text(sampled.low)} to ${text(sampled.high)}${layer.unit && ` ${layer.unit}`}`;
    return sectionObject(layer.field, this.lattice, axis, height, layer.colour(sampled));
  }
}

function layersOf(view: UploadView): Layer[] {
  const layers: Layer[] = [];
  if (view.field) {
    const { grid, quantity, unit } = view.field;
    layers.push({
      name: quantity, field: GridField.of(grid), points: grid.points, unit: unit === "1" ? "" : unit,
      level: () => grid.level,
      colour: (sampled) => grid.minimum < 0 ? signed(sampled) : (value) => sequential((value - grid.minimum) / (grid.bright - grid.minimum || 1)),
    });
  }
  const functions = view.crystal?.functions;
  for (let number = 1; number < (functions?.terms.length ?? 0); number++) {
    layers.push({
      name: `function ${number}`, field: WaveSum.of(functions!, number), points: FUNCTION_POINTS, unit: "",
      level: () => 0, colour: signed,
    });
  }
  return layers;
}

function signed({ low, high }: SampledField): (value: number) => number[] {
  const limit = Math.max(-low, high) || 1;
  return (value) => diverging(value / limit);
}

function text(value: number): string {
  return Number(value.toPrecision(3)).toString();
}

function legend(view: UploadView): HTMLElement {
  const elements = Object.values(view.crystal!.drawn.elements);
  return element(
    "ul", { class: "elements", "aria-label": "Colours of the elements" },
    ...elements.map(({ symbol, colour }) => {
      const dot = element("span", { class: "dot", "aria-hidden": "true" });
      dot.style.backgroundColor = colour;
      return element("li", {}, dot, symbol);
    }),
  );
}
