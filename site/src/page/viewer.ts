/** The viewer of a setting's page: its state, its controls, and the address that describes it. */
import { WaveSum, type FunctionData } from "../functions/waveSum";
import type { SampledField } from "../surface/isosurface";
import { download } from "./download";
import { showFormula } from "./formulas";
import { ink, paper, whenThemeChanges } from "./theme";
import { defaultSection, fractionText, otherAxes, planeValues } from "./sectionPlane";
import { drawSection, rasterOf } from "./sectionPicture";
import { limitOf, sampleToDraw, SurfaceView } from "./surfaceView";
import { functionOf, parseState, stateText, type Axis, type ViewState } from "./viewState";

const LEVELS = 100;
const RASTER = 512;

export class Viewer {
  private state!: ViewState;
  private usual!: ViewState;
  private sampled!: SampledField;
  private view: SurfaceView | undefined;
  private queued = false;
  private seen = false;
  private readonly count: number;

  constructor(private readonly root: HTMLElement, private readonly data: FunctionData) {
    this.count = data.terms.length;
    this.fillFunctions();
    this.start(functionOf(location.hash.slice(1), this.count) ?? 1);
    this.state = parseState(location.hash.slice(1), this.usual, this.count);
    this.listen();
    root.classList.add("ready");
    whenSeen(root, () => {
      this.openScene();
      this.seen = true;
      this.update();
    });
    whenThemeChanges(() => {
      this.view?.setInk(ink());
      this.update();
    });
  }

  /** Another function, from its usual state on. */
  private start(number: number): void {
    const section = defaultSection(WaveSum.of(this.data, number));
    this.usual = { number, level: 0, cells: 1, solid: false, cut: false, colour: 0, ...section };
  }

  private openScene(): void {
    try {
      this.view = new SurfaceView(this.element("canvas"), this.data, ink());
      const still = this.state.view || matchMedia("(prefers-reduced-motion: reduce)").matches;
      this.view.scene.rotating = !still;
      this.view.scene.onTurn = () => this.noteView();
    } catch {
      this.root.classList.add("flat");
      this.element("message").textContent =
        "This browser has no WebGL, so the surface cannot be drawn. The section beside it needs none.";
    }
    this.showRotation();
  }

  private listen(): void {
    const on = (name: string, event: string, then: (input: HTMLInputElement) => void): void => {
      const input = this.element<HTMLInputElement>(name);
      input.addEventListener(event, () => then(input));
    };
    on("function", "change", (input) => this.choose(Number(input.value)));
    on("before", "click", () => this.choose(this.state.number - 1));
    on("after", "click", () => this.choose(this.state.number + 1));
    on("level", "input", (input) => this.change({ level: this.levelOf(Number(input.value)) }));
    on("cells", "input", (input) => this.change({ cells: Number(input.value) }));
    on("axis", "change", (input) => this.change({ axis: Number(input.value) as Axis }));
    on("at", "input", (input) => this.change({ at: Number(input.value) / 48 }));
    on("cut", "change", (input) => this.change({ cut: input.checked }));
    on("solid", "change", (input) => this.change({ solid: input.checked }));
    on("colour", "change", (input) => this.change({ colour: Number(input.value) }));
    on("rotate", "click", () => this.rotate());
    on("reset", "click", () => this.reset());
    on("png", "click", () => void this.savePng());
    on("stl", "click", () => this.saveStl());
    addEventListener("hashchange", () => this.follow());
    // Each section sets its own height, which is no reason to draw everything again.
    let width = 0;
    new ResizeObserver(([{ contentRect }]) => {
      if (contentRect.width === width) return;
      width = contentRect.width;
      this.update();
    }).observe(this.element("section"));
  }

  private choose(number: number): void {
    if (number < 1 || number >= this.count) return;
    const { cells, solid, cut, view } = this.state;
    this.start(number);
    this.change({ ...this.usual, cells, solid, cut, view });
  }

  private follow(): void {
    const text = location.hash.slice(1);
    const number = functionOf(text, this.count);
    if (number === undefined || text === stateText(this.state, this.usual)) return;
    this.start(number);
    const { view } = this.state;
    this.state = parseState(text, this.usual, this.count);
    if (this.state.view) this.turn();
    else this.state.view = view; // the view stays
    this.update();
    this.root.scrollIntoView({ block: "start" });
  }

  private change(part: Partial<ViewState>): void {
    this.state = { ...this.state, ...part };
    this.update();
    this.write();
  }

  private write(): void {
    const hash = `#${stateText(this.state, this.usual)}`;
    if (hash !== location.hash) history.replaceState(null, "", hash);
  }

  /** Look from where the state says. */
  private turn(): void {
    if (!this.view || !this.state.view) return;
    this.view.scene.rotating = false;
    this.view.scene.direction = this.state.view;
    this.showRotation();
  }

  /** Somebody turned the view, let it rotate, or wants it as it was: the address says which. */
  private noteView(): void {
    const { scene } = this.view!;
    this.state = { ...this.state, view: scene.rotating || scene.isHome ? undefined : scene.direction };
    this.showRotation();
    this.write();
    if (!this.queued) this.root.dataset.drawn = stateText(this.state, this.usual);
  }

  /** Draw once in the next frame, however often this is called before. */
  private update(): void {
    if (this.queued || !this.seen) return;
    this.queued = true;
    requestAnimationFrame(() => {
      this.queued = false;
      this.sampled = sampleToDraw(this.data, this.state);
      this.showControls();
      const picture = this.showSection();
      this.view?.show(this.state, this.sampled, picture);
      this.root.dataset.drawn = stateText(this.state, this.usual);
    });
  }

  private showSection(): HTMLCanvasElement {
    const { axis, at, cells, level } = this.state;
    const values = planeValues(this.sampled.field, axis, at, 128);
    const limit = limitOf(this.sampled);
    const raster = rasterOf(values, limit, level, cells, RASTER);
    const [first, second] = otherAxes(axis);
    const edges: [number[], number[]] = [this.data.lattice[first], this.data.lattice[second]];
    const canvas = this.element<HTMLCanvasElement>("section");
    drawSection(canvas, raster, edges, ["abc"[first], "abc"[second]], cells, ink());
    const plane = `${"xyz"[axis]} = ${fractionText(at)}`;
    canvas.setAttribute("aria-label", `Values of function ${this.state.number} on the plane ${plane}`);
    this.element("low").textContent = text(-limit);
    this.element("high").textContent = text(limit);
    return raster.canvas;
  }

  private showControls(): void {
    const { number, level, cells, axis, at, cut, solid, colour } = this.state;
    const set = (name: string, value: number): void => {
      this.element<HTMLInputElement>(name).value = String(value);
    };
    set("function", number);
    set("level", this.stepOf(level));
    set("cells", cells);
    set("axis", axis);
    set("at", Math.round(at * 48));
    set("colour", colour);
    this.element<HTMLInputElement>("cut").checked = cut;
    this.element<HTMLInputElement>("solid").checked = solid;
    this.element<HTMLButtonElement>("before").disabled = number === 1;
    this.element<HTMLButtonElement>("after").disabled = number === this.count - 1;
    this.tell("level", text(level));
    this.tell("cells", `${cells} × ${cells} × ${cells}`);
    this.tell("at", `${"xyz"[axis]} = ${fractionText(at)}`);
    const formula = document.querySelector<HTMLElement>(`#f${number} [data-tex]`)?.dataset.tex;
    if (formula) showFormula(this.element("formula"), `f_{${number}} = ${formula}`);
  }

  /** The value of a slider, beside it and for screen readers. */
  private tell(name: string, value: string): void {
    this.element(`${name}-value`).textContent = value;
    this.element(name).setAttribute("aria-valuetext", value);
  }

  private levelOf(step: number): number {
    return Number(((step / LEVELS) * (step < 0 ? -this.sampled.low : this.sampled.high)).toPrecision(4));
  }

  private stepOf(level: number): number {
    return Math.round((level / (level < 0 ? -this.sampled.low : this.sampled.high)) * LEVELS);
  }

  private rotate(): void {
    if (!this.view) return;
    this.view.scene.rotating = !this.view.scene.rotating;
    this.noteView();
  }

  private reset(): void {
    if (!this.view) return;
    this.view.scene.reset();
    this.noteView();
  }

  private showRotation(): void {
    const on = this.view?.scene.rotating ?? false;
    this.element("rotate").setAttribute("aria-pressed", String(on));
  }

  private async savePng(): Promise<void> {
    const canvas = this.element<HTMLCanvasElement>("section");
    const section = (): Promise<Blob | null> => new Promise((done) => canvas.toBlob(done, "image/png"));
    const blob = this.view ? await this.view.scene.png(2, paper()) : await section();
    if (blob) download(blob, `${this.fileName()}.png`);
  }

  private saveStl(): void {
    if (this.view) download(this.view.stl(this.state), `${this.fileName()}.stl`);
  }

  private fileName(): string {
    return `${this.data.label}_f${this.state.number}`.replace(/[^\w.-]+/g, "_");
  }

  private fillFunctions(): void {
    const own = this.element<HTMLSelectElement>("function");
    const colour = this.element<HTMLSelectElement>("colour");
    for (let number = 1; number < this.count; number++) {
      const name = document.querySelector(`#f${number} .wave`)?.textContent ?? "";
      own.add(new Option(`${number}: ${name}`, String(number)));
      colour.add(new Option(`values of function ${number}`, String(number)));
    }
  }

  private element<T extends HTMLElement = HTMLElement>(name: string): T {
    return this.root.querySelector<T>(`[data-part="${name}"]`)!;
  }
}

/** Do something when the element comes into view for the first time. */
function whenSeen(element: HTMLElement, then: () => void): void {
  const watcher = new IntersectionObserver(([entry]) => {
    if (!entry.isIntersecting) return;
    watcher.disconnect();
    then();
  });
  watcher.observe(element);
}

function text(value: number): string {
  return value.toFixed(2).replace("-", "−");
}
