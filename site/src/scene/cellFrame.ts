/** Edges of a block of cells, and the names of its axes. */
import { CanvasTexture, Group, Sprite, SpriteMaterial, SRGBColorSpace, Vector3 } from "three";
import { LineMaterial } from "three/addons/lines/LineMaterial.js";
import { LineSegments2 } from "three/addons/lines/LineSegments2.js";
import { LineSegmentsGeometry } from "three/addons/lines/LineSegmentsGeometry.js";
import { place, viewDirection } from "./lattice";

/** The frame of `cells` cells with its corner at the origin; `ink` is a colour of CSS. */
export function cellFrame(lattice: number[][], cells: [number, number, number], ink: string, named = true): Group {
  const group = new Group();
  const outer: number[] = [];
  const inner: number[] = [];
  for (let axis = 0; axis < 3; axis++) {
    const [first, second] = [0, 1, 2].filter((other) => other !== axis);
    for (let i = 0; i <= cells[first]; i++) {
      for (let j = 0; j <= cells[second]; j++) {
        const start = [0, 0, 0];
        start[first] = i;
        start[second] = j;
        const end = [...start];
        end[axis] = cells[axis];
        const edge = i % cells[first] === 0 && j % cells[second] === 0;
        const face = i % cells[first] === 0 || j % cells[second] === 0;
        if (edge || face) (edge ? outer : inner).push(...point(lattice, start), ...point(lattice, end));
      }
    }
  }
  group.add(lines(outer, ink, 1.6, 1));
  if (inner.length) group.add(lines(inner, ink, 1, 0.35));
  if (named) "abc".split("").forEach((name, axis) => group.add(label(lattice, cells, axis, name, ink)));
  return group;
}

function point(lattice: number[][], at: number[]): number[] {
  return place(lattice, at[0], at[1], at[2]).toArray();
}

function lines(positions: number[], ink: string, width: number, opacity: number): LineSegments2 {
  const geometry = new LineSegmentsGeometry().setPositions(positions);
  return new LineSegments2(geometry, new LineMaterial({ color: ink, linewidth: width, opacity, transparent: opacity < 1 }));
}

/** A line from one place to another. */
export function axisLine(start: Vector3, end: Vector3, ink: string): LineSegments2 {
  return lines([...start.toArray(), ...end.toArray()], ink, 1.6, 1);
}

/** The name of an axis beside that of its four edges which lies outermost in the picture from the usual viewer. */
function label(lattice: number[][], cells: [number, number, number], axis: number, name: string, ink: string): Sprite {
  const viewer = viewDirection(lattice);
  const middle = place(lattice, cells[0] / 2, cells[1] / 2, cells[2] / 2);
  const along = place(lattice, +(axis === 0), +(axis === 1), +(axis === 2)).projectOnPlane(viewer).normalize();
  let best = { centre: new Vector3(), outward: new Vector3() };
  for (const [i, j] of [[0, 0], [0, 1], [1, 0], [1, 1]]) {
    const at = [i, j].toSpliced(axis, 0, 0.5);
    const centre = place(lattice, at[0] * cells[0], at[1] * cells[1], at[2] * cells[2]);
    const fromMiddle = centre.clone().sub(middle).projectOnPlane(viewer);
    const outward = fromMiddle.addScaledVector(along, -fromMiddle.dot(along));
    if (outward.length() > best.outward.length() + 1e-9) best = { centre, outward };
  }
  const size = 0.11 * Math.max(...cells);
  return axisLabel(name, best.centre.add(best.outward.setLength(0.75 * size)), size, ink);
}

/** The name of an axis, with its middle at a place. */
export function axisLabel(name: string, middle: Vector3, size: number, ink: string): Sprite {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 96;
  const drawing = canvas.getContext("2d")!;
  drawing.font = 'italic 72px "STIX Two Text", "Times New Roman", serif';
  drawing.textAlign = "center";
  drawing.textBaseline = "middle";
  drawing.fillStyle = ink;
  drawing.fillText(name, 48, 48);
  const map = new CanvasTexture(canvas);
  map.colorSpace = SRGBColorSpace;
  const sprite = new Sprite(new SpriteMaterial({ map, depthTest: false }));
  sprite.position.copy(middle);
  sprite.renderOrder = 1; // above surfaces through which one can see
  sprite.scale.setScalar(size);
  return sprite;
}

/** Radius of the sphere around a block, from its middle. */
export function blockRadius(lattice: number[][], cells: [number, number, number]): number {
  const middle = place(lattice, cells[0] / 2, cells[1] / 2, cells[2] / 2);
  const corners = [0, 1, 2, 3, 4, 5, 6, 7].map((i) => place(lattice, (i & 1) * cells[0], ((i >> 1) & 1) * cells[1], (i >> 2) * cells[2]));
  return Math.max(...corners.map((one) => one.distanceTo(middle)));
}
