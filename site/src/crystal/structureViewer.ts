/** The structure in its conventional cell, with a function of its group or a field of the file over it. */
import { Group } from "three";
import { download } from "../page/download";
import { ink, paper, whenThemeChanges } from "../page/theme";
import { blockRadius, cellFrame } from "../scene/cellFrame";
import { CrystalScene } from "../scene/crystalScene";
import { place, viewDirection } from "../scene/lattice";
import { sectionObject } from "../scene/sectionObject";
import { disposeObject, surfaceObject } from "../scene/surfaceObject";
import { isosurface, sample, type SampledField } from "../surface/isosurface";
import type { UploadView } from "./crystalView";
import { element } from "./dom";
import { fieldPicture } from "./fieldPicture";
import { layersOf, type Layer } from "./layers";
import { structureObject } from "./structureObject";
import { whenShown } from "./whenShown";
import { viewerControls, type ViewerControls } from "./viewerControls";

const ONE: [number, number, number] = [1, 1, 1];
const OPACITY = 0.6;

/** The viewer with its controls. Without WebGL it says so, and the tables are there all the same. */
export function structureViewer(name: string, view: UploadView): HTMLElement {
  const host = element("div", {
    class: "canvas", tabindex: 0, role: "application",
    "aria-label": "Structure in three dimensions. Arrow keys turn it, plus and minus zoom, Home resets.",
  });
  const controls = viewerControls(view, layersOf(view));
  const figure = element(
    "section", { class: "viewer ready", "aria-label": "Structure" },
    element("div", { class: "stage" }, host, controls.tools), controls.panel,
  );
  whenShown(host, () => new StructureView(name, view, host, controls));
  return figure;
}

class StructureView {
  private readonly lattice: number[][];
  private readonly scene: CrystalScene;
  private readonly samples = new Map<Layer, SampledField>();
  private overlay = new Group();
  private frame = new Group();
  private queued = false;

  constructor(private readonly name: string, view: UploadView, host: HTMLElement, private readonly controls: ViewerControls) {
    const drawn = view.crystal?.drawn;
    const rows = (drawn ?? view.field)!.lattice;
    // The scene is made for cells with a mean edge of 1.
    const scale = 3 / rows.reduce((sum, row) => sum + Math.hypot(...row), 0);
    this.lattice = rows.map((row) => row.map((one) => one * scale));
    this.scene = new CrystalScene(host);
    this.scene.content.position.copy(place(this.lattice, 0.5, 0.5, 0.5).negate());
    if (drawn) {
      const { atoms, bonds } = structureObject(drawn, this.lattice, scale);
      this.scene.content.add(atoms, bonds);
      this.follow(controls.atoms, atoms);
      this.follow(controls.bonds, bonds);
    }
    this.scene.look(blockRadius(this.lattice, ONE) * 1.06, viewDirection(this.lattice));
    this.listen();
    this.drawFrame();
    this.choose();
  }

  private listen(): void {
    const { layer, kind, level, rotate, reset, png } = this.controls;
    layer.addEventListener("change", () => this.choose());
    kind.addEventListener("change", () => this.choose());
    level.addEventListener("input", () => this.update());
    reset.addEventListener("click", () => this.scene.reset());
    png.addEventListener("click", () => void this.save());
    const turn = (on: boolean): void => {
      this.scene.rotating = on;
      rotate.setAttribute("aria-pressed", String(on));
    };
    rotate.addEventListener("click", () => turn(!this.scene.rotating));
    this.scene.onTurn = () => rotate.setAttribute("aria-pressed", String(this.scene.rotating));
    turn(false);
    whenThemeChanges(() => this.drawFrame());
  }

  private follow(box: HTMLInputElement | undefined, group: Group): void {
    box?.addEventListener("change", () => {
      group.visible = box.checked;
      this.scene.draw();
    });
  }

  private drawFrame(): void {
    disposeObject(this.frame);
    this.frame = cellFrame(this.lattice, ONE, ink());
    this.scene.content.add(this.frame);
    this.scene.draw();
  }

  private sampled(layer: Layer): SampledField {
    let found = this.samples.get(layer);
    if (!found) this.samples.set(layer, (found = sample(layer.field, layer.points)));
    return found;
  }

  /** Something else to draw, or another way to draw it: the slider begins anew. */
  private choose(): void {
    const layer = this.controls.chosen();
    if (layer) {
      const sampled = this.sampled(layer);
      const level = (layer.level(sampled) - sampled.low) / (sampled.high - sampled.low || 1);
      this.controls.level.value = String(Math.round(1000 * (this.controls.axis() === undefined ? level : layer.place)));
    }
    this.update();
  }

  /** Draw once in the next frame, however often this is called before. */
  private update(): void {
    if (this.queued) return;
    this.queued = true;
    requestAnimationFrame(() => {
      this.queued = false;
      const before = this.overlay;
      const layer = this.controls.chosen();
      this.overlay = layer ? this.drawn(layer) : new Group();
      if (!layer) this.controls.showNothing();
      before.removeFromParent();
      this.scene.content.add(this.overlay);
      this.scene.draw();
      this.scene.afterNextFrame(() => disposeObject(before));
    });
  }

  private drawn(layer: Layer): Group {
    const sampled = this.sampled(layer);
    const part = Number(this.controls.level.value) / 1000;
    const axis = this.controls.axis();
    if (axis !== undefined) {
      const limit = layer.limit(sampled);
      this.controls.showSection(layer, axis, part, layer.signed ? -limit : sampled.low, limit);
      return sectionObject(this.lattice, axis, part, 1, fieldPicture(layer, sampled, axis, part));
    }
    const exact = sampled.low + part * (sampled.high - sampled.low);
    const level = Math.abs(exact) < 6e-4 * (sampled.high - sampled.low) ? 0 : exact; // the slider can be at 0
    this.controls.showLevel(layer, level);
    const mesh = isosurface(sampled, { level, cells: ONE, solid: false });
    const group = surfaceObject(mesh, { lattice: this.lattice, field: layer.field });
    group.traverse((one) => {
      const material = (one as { material?: object }).material;
      // Atoms inside stay visible.
      if (material) Object.assign(material, { transparent: true, opacity: OPACITY, depthWrite: false });
    });
    return group;
  }

  private async save(): Promise<void> {
    download(await this.scene.png(2, paper()), `${this.name.replace(/\.[^.]*$/, "").replace(/[^\w.-]+/g, "_") || "crystal"}.png`);
  }
}
