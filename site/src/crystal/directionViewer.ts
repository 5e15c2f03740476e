/** A quantity by direction as a surface: its distance from the middle is the value. */
import { BufferAttribute, BufferGeometry, DoubleSide, Group, Mesh, MeshStandardMaterial } from "three";
import { ink } from "../page/theme";
import { axisLabel, axisLine } from "../scene/cellFrame";
import { CrystalScene } from "../scene/crystalScene";
import { place, viewDirection } from "../scene/lattice";
import type { DirectionView } from "./crystalView";
import { element } from "./dom";
import { sequential } from "./sequential";
import { whenShown } from "./whenShown";

/** The surface with its range; the axes of the crystal are named. `lattice`: rows, c upright. */
export function directionViewer(view: DirectionView, lattice: number[][]): HTMLElement {
  const values = view.values.flat();
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const unit = view.unit === "1" ? "" : ` ${view.unit}`;
  const range = high - low < 1e-3 * high ? `${low.toPrecision(4)}${unit} in all directions` : `${low.toPrecision(4)} to ${high.toPrecision(4)}${unit}`;
  const host = element("div", { class: "canvas directions", tabindex: 0, role: "img", "aria-label": `${view.name} by direction: ${range}` });
  const figure = element("figure", {}, host, element("figcaption", {}, `${view.name} by direction, ${range}`));
  whenShown(host, () => {
    const scene = new CrystalScene(host);
    scene.content.add(surface(view.values, low, high), axes(lattice, view.values, high, ink()));
    scene.look(1.5, viewDirection(lattice));
  });
  return figure;
}

function surface(rows: number[][], low: number, high: number): Mesh {
  const [polar, around] = [rows.length, rows[0].length];
  const positions: number[] = [];
  const colours: number[] = [];
  const faces: number[] = [];
  rows.forEach((row, i) => row.forEach((value, j) => {
    const theta = (Math.PI * i) / (polar - 1);
    const phi = (2 * Math.PI * j) / around;
    const r = value / high;
    positions.push(r * Math.sin(theta) * Math.cos(phi), r * Math.sin(theta) * Math.sin(phi), r * Math.cos(theta));
    colours.push(...sequential(high - low < 1e-3 * high ? 0.5 : (value - low) / (high - low)).map((one) => (one / 255) ** 2.2));
    if (i + 1 === polar) return;
    const [here, next] = [i * around + j, i * around + ((j + 1) % around)];
    faces.push(here, here + around, next, next, here + around, next + around);
  }));
  const geometry = new BufferGeometry();
  geometry.setAttribute("position", new BufferAttribute(Float32Array.from(positions), 3));
  geometry.setAttribute("color", new BufferAttribute(Float32Array.from(colours), 3));
  geometry.setIndex(faces);
  geometry.computeVertexNormals();
  return new Mesh(geometry, new MeshStandardMaterial({ vertexColors: true, roughness: 0.6, metalness: 0, side: DoubleSide }));
}

/** A line along each axis of the crystal, from the surface outwards. */
function axes(lattice: number[][], rows: number[][], high: number, ink: string): Group {
  const group = new Group();
  "abc".split("").forEach((name, axis) => {
    const along = place(lattice, +(axis === 0), +(axis === 1), +(axis === 2)).normalize();
    const i = Math.round((Math.acos(along.z) / Math.PI) * (rows.length - 1));
    const j = Math.round((Math.atan2(along.y, along.x) / (2 * Math.PI)) * rows[0].length + rows[0].length) % rows[0].length;
    const start = rows[i][j] / high;
    const end = Math.max(start + 0.12, 1.1);
    group.add(axisLine(along.clone().multiplyScalar(start), along.clone().multiplyScalar(end), ink));
    group.add(axisLabel(name, along.multiplyScalar(end + 0.12), 0.2, ink));
  });
  return group;
}
