/** The surface of one function of a setting in the scene, with frame, section and colours. */
import { Group, type Plane } from "three";
import type { FunctionData } from "../functions/waveSum";
import { WaveSum } from "../functions/waveSum";
import { blockRadius, cellFrame } from "../scene/cellFrame";
import { CrystalScene } from "../scene/crystalScene";
import { place, viewDirection } from "../scene/lattice";
import { cuttingPlane, keepBehind, sectionObject } from "../scene/sectionObject";
import { splitCaps } from "../scene/solidCaps";
import { capsObject, disposeObject, surfaceObject, type SurfaceLook } from "../scene/surfaceObject";
import { isosurface, sample, type SampledField } from "../surface/isosurface";
import { stlBytes } from "../surface/stl";
import type { ViewState } from "./viewState";

/** Grid points of a cell along an axis, by the number of cells that are drawn along it; and in files for printing. */
const DRAWN = [49, 37, 31, 25];
const PRINTED = [97, 73, 49, 49];
/** Length of one unit of the cell, the mean edge, in STL files: 20 mm for most programs. */
const UNIT = 20;

export class SurfaceView {
  readonly scene: CrystalScene;
  private objects: Group[] = [];
  private clip: Plane | undefined;
  private cells = 0;

  /** @throws Error where the browser has no WebGL */
  constructor(host: HTMLElement, private readonly data: FunctionData, private ink: string) {
    this.scene = new CrystalScene(host);
    this.scene.controls.addEventListener("change", () => this.turnClip());
  }

  /** Draw a state; the picture is that of its section. */
  show(state: ViewState, sampled: SampledField, picture: HTMLCanvasElement): void {
    const { lattice } = this.data;
    const cells: [number, number, number] = [state.cells, state.cells, state.cells];
    const before = this.objects;
    before.forEach((one) => one.removeFromParent());
    const at = sectionPlace(state);
    const inside = at > 0 && at < state.cells;
    this.clip = state.cut && inside ? cuttingPlane(lattice, state.axis, at, state.cells) : undefined;
    if (this.clip) keepBehind(this.clip, this.scene.camera.position);
    const limit = limitOf(sampled);
    const own = { field: sampled.field, limit };
    const look: SurfaceLook = { lattice, field: sampled.field, clip: this.clip ? [this.clip] : [] };
    if (state.colour) look.colour = { field: WaveSum.of(this.data, state.colour) };
    if (state.solid) {
      const mesh = isosurface(sampled, { level: state.level, cells, solid: true });
      const [surface, caps] = splitCaps(mesh, cells);
      this.objects = [surfaceObject(surface, look), capsObject(caps, look, look.colour ?? own)];
    } else {
      const mesh = isosurface(sampled, { level: state.level, cells: [1, 1, 1], solid: false });
      this.objects = [repeated(surfaceObject(mesh, look), lattice, state.cells)];
    }
    if (state.cut) this.objects.push(sectionObject(lattice, state.axis, at, state.cells, picture));
    this.objects.push(cellFrame(lattice, cells, this.ink));
    this.scene.content.add(...this.objects);
    this.scene.content.position.copy(place(lattice, state.cells / 2, state.cells / 2, state.cells / 2).negate());
    if (this.cells !== state.cells) {
      const direction = this.cells ? undefined : viewDirection(lattice);
      this.scene.look(blockRadius(lattice, cells), direction);
      if (!this.cells && state.view) this.scene.direction = state.view;
      this.cells = state.cells;
    }
    this.scene.draw();
    // Shaders are compiled anew unless some material uses them all the time.
    this.scene.afterNextFrame(() => before.forEach(disposeObject));
  }

  /** The colour of lines from now on. */
  setInk(ink: string): void {
    this.ink = ink;
  }

  /** The solid where the function is larger than the level, as STL. */
  stl(state: ViewState): Blob {
    const field = WaveSum.of(this.data, state.number);
    const points = gridPoints(field, PRINTED[state.cells - 1]);
    const cells: [number, number, number] = [state.cells, state.cells, state.cells];
    const mesh = isosurface(sample(field, points), { level: state.level, cells, solid: true });
    const title = `${this.data.label}, function ${state.number} > ${state.level}`;
    return new Blob([stlBytes(mesh, this.data.lattice, UNIT, title)], { type: "model/stl" });
  }

  private turnClip(): void {
    if (this.clip) keepBehind(this.clip, this.scene.camera.position);
  }
}

/** A function on a grid that is fine enough to draw a block of cells. */
export function sampleToDraw(data: FunctionData, state: ViewState): SampledField {
  const field = WaveSum.of(data, state.number);
  return sample(field, gridPoints(field, DRAWN[state.cells - 1]));
}

/** The largest absolute value. */
export function limitOf(sampled: SampledField): number {
  return Math.max(Math.abs(sampled.low), Math.abs(sampled.high)) || 1;
}

/**
 * The section in a block of several cells lies in the middle one. At the end of a single cell it lies on the face that is
 * seen from the start, of the two that are alike: nothing is cut then.
 */
export function sectionPlace({ axis, at, cells }: ViewState): number {
  if (cells === 1 && at % 1 === 0) return axis === 1 ? 0 : 1;
  return at + Math.floor(cells / 2);
}

/** Copies of the surface of one cell in all cells of a block. */
function repeated(one: Group, lattice: number[][], cells: number): Group {
  const all = new Group();
  for (let i = 0; i < cells; i++) {
    for (let j = 0; j < cells; j++) {
      for (let k = 0; k < cells; k++) {
        const copy = one.clone();
        copy.position.copy(place(lattice, i, j, k));
        all.add(copy);
      }
    }
  }
  return all;
}

/**
 * Enough for the shortest wave, and neither even nor a multiple of 3: nodal planes then pass between the points, where
 * their crossings come out sharpest.
 */
function gridPoints(field: WaveSum, usual: number): number {
  let points = Math.max(usual, 4 * field.maxIndex + 1);
  while (points % 2 === 0 || points % 3 === 0) points++;
  return points;
}
