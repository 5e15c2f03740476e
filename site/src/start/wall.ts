/** The pictures of the wall: one renderer draws them all, each when it comes into view. */
import { HemisphereLight, PerspectiveCamera, Scene, WebGLRenderer } from "three";
import { WaveSum, type FunctionData } from "../functions/waveSum";
import { ink } from "../page/theme";
import { blockRadius, cellFrame } from "../scene/cellFrame";
import { addLights } from "../scene/lights";
import { place, viewDirection } from "../scene/lattice";
import { disposeObject, surfaceObject } from "../scene/surfaceObject";
import { isosurface, sample } from "../surface/isosurface";

const FIELD_OF_VIEW = 26;

export class Wall {
  private readonly scene = new Scene();
  private readonly camera = new PerspectiveCamera(FIELD_OF_VIEW, 1, 0.1, 30);
  private readonly renderer = new WebGLRenderer({ antialias: true, alpha: true, preserveDrawingBuffer: true });
  private waiting: HTMLCanvasElement[] = [];
  private kept = false;
  private readonly watcher: IntersectionObserver;

  /** @throws Error where the browser has no WebGL */
  constructor(private readonly data: Record<string, FunctionData>) {
    this.camera.up.set(0, 0, 1);
    this.scene.add(this.camera, new HemisphereLight(0xffffff, 0x9aa0a8, 1.5));
    addLights(this.camera);
    this.watcher = new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting } of entries) {
          if (!isIntersecting || !(target instanceof HTMLCanvasElement)) continue;
          this.watcher.unobserve(target);
          this.waiting.push(target);
          if (this.waiting.length === 1) setTimeout(() => this.next());
        }
      },
      { rootMargin: "250px" },
    );
  }

  /** Draw each canvas when it is seen; its tile has the Hall number of the setting. */
  watch(canvases: HTMLCanvasElement[]): void {
    canvases.forEach((one) => this.watcher.observe(one));
  }

  /** Draw a canvas whose tile has another setting now. */
  drawAgain(canvas: HTMLCanvasElement): void {
    canvas.width = canvas.height = 1;
    delete canvas.dataset.drawn;
    this.watcher.unobserve(canvas);
    this.watcher.observe(canvas);
  }

  private next(): void {
    const canvas = this.waiting[0];
    this.draw(canvas);
    this.waiting.shift();
    if (this.waiting.length) setTimeout(() => this.next());
  }

  private draw(canvas: HTMLCanvasElement): void {
    const hall = canvas.closest("li")?.dataset.hall ?? "";
    const size = Math.round(canvas.clientWidth * Math.min(window.devicePixelRatio, 2));
    if (!size || !(hall in this.data)) return;
    const { lattice } = this.data[hall];
    const field = WaveSum.of(this.data[hall], 1);
    const sampled = sample(field, 25);
    const mesh = isosurface(sampled, { level: 0, cells: [1, 1, 1], solid: false });
    const objects = [surfaceObject(mesh, { lattice, field }), cellFrame(lattice, [1, 1, 1], ink(), false)];
    for (const one of objects) one.position.copy(place(lattice, 0.5, 0.5, 0.5).negate());
    this.scene.add(...objects);
    const distance = 0.96 * blockRadius(lattice, [1, 1, 1]) / Math.sin((FIELD_OF_VIEW * Math.PI) / 360);
    this.camera.position.copy(viewDirection(lattice)).setLength(distance);
    this.camera.lookAt(0, 0, 0);
    this.renderer.setSize(size, size, false);
    this.renderer.render(this.scene, this.camera);
    canvas.width = canvas.height = size;
    canvas.getContext("2d")!.drawImage(this.renderer.domElement, 0, 0);
    canvas.dataset.drawn = "";
    // The shaders of the first picture are kept for the others.
    if (this.kept) objects.forEach(disposeObject);
    else this.scene.remove(...objects);
    this.kept = true;
  }
}
