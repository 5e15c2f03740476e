/**
 * Sharper creases: edges across which the surface turns are halved, and their middle is moved onto the surface.
 *
 * Marching cubes cuts corners where sheets cross or nearly touch, by up to one step of the grid. An edge is halved with
 * all triangles that have it, so a closed surface stays closed.
 */
import type { PeriodicField } from "../functions/periodicField";
import type { SurfaceMesh } from "./isosurface";

/** Edges whose ends have normals at a larger angle than this cosine says are looked at. */
const TURNED = 0.75;
/** Steps of the grid by which the middle of an edge may be off the surface. */
const TOLERANCE = 0.04;
/** More edges than this at first are not a few creases, but a function that the grid hardly resolves: they would take long. */
const MOST = 8000;
const STEPS = 5;
/** Where sheets cross each round halves the gap at least. */
const ROUNDS = { solid: 3, surface: 5 };
/** How much of the way a middle goes: sheets of a solid may not touch. */
const SHARE = { solid: 0.97, surface: 1 };

export interface Refinement {
  field: PeriodicField;
  level: number;
  /** Size of the block in cells; what lies in its faces stays there. */
  cells: number[];
  /** Grid points of one cell along each axis. */
  points: number;
  solid: boolean;
}

/**
 * @param mesh triangles of a block of cells
 * @param gradients of the function at the vertices
 */
export function refined(mesh: SurfaceMesh, gradients: Float64Array, how: Refinement): SurfaceMesh {
  let fresh = 0;
  for (let round = 0; round < (how.solid ? ROUNDS.solid : ROUNDS.surface); round++) {
    const edges = turnedEdges(mesh, gradients, how.cells, fresh);
    if (!round && edges.size > MOST) break;
    const places = onSurface(mesh.vertices, [...edges.values()], how);
    const moved = new Map([...edges.keys()].flatMap((key, i) => (places[i] ? [[key, places[i]]] : [])));
    if (!moved.size) break;
    fresh = mesh.vertices.length / 3;
    mesh = halved(mesh, moved);
    const added = new Float64Array(3 * moved.size);
    how.field.evaluate(mesh.vertices.slice(3 * fresh), added);
    gradients = joined(gradients, added);
  }
  return mesh;
}

type Edge = [number, number];

/**
 * Edges of triangles of the surface, by their key; triangles in the faces of the block are none of it.
 * @param fresh first number of the vertices of the last round, of which an edge has one
 */
function turnedEdges(
  { vertices, faces }: SurfaceMesh, gradients: Float64Array, cells: number[], fresh: number,
): Map<number, Edge> {
  const found = new Map<number, Edge>();
  const count = vertices.length / 3;
  for (let i = 0; i < faces.length; i += 3) {
    for (let j = 0; j < 3; j++) {
      const [first, second] = [faces[i + j], faces[i + ((j + 1) % 3)]];
      if (first < fresh && second < fresh) continue;
      const [p, q] = [3 * first, 3 * second];
      const dot = gradients[p] * gradients[q] + gradients[p + 1] * gradients[q + 1] + gradients[p + 2] * gradients[q + 2];
      if (dot > 0 && dot * dot > TURNED * TURNED * square(gradients, p) * square(gradients, q)) continue;
      if (sharedEnd(vertices, [...faces.subarray(i, i + 3)], cells) < 0) found.set(keyOf(first, second, count), [first, second]);
    }
  }
  return found;
}

function square(vectors: Float64Array, at: number): number {
  return vectors[at] ** 2 + vectors[at + 1] ** 2 + vectors[at + 2] ** 2;
}

function keyOf(first: number, second: number, count: number): number {
  return Math.min(first, second) * count + Math.max(first, second);
}

/** The axis of a face of the block in which all of some vertices lie, or -1. */
function sharedEnd(vertices: Float64Array, corners: number[], cells: number[]): number {
  return [0, 1, 2].findIndex((axis) =>
    [0, cells[axis]].some((end) => corners.every((corner) => vertices[3 * corner + axis] === end)),
  );
}

/** The middles of edges, moved along the gradient to the level; undefined where one lies there, or finds no way. */
function onSurface(vertices: Float64Array, edges: Edge[], how: Refinement): (number[] | undefined)[] {
  const { field, level, cells, points } = how;
  const middles = edges.map(([p, q]) => [0, 1, 2].map((axis) => (vertices[3 * p + axis] + vertices[3 * q + axis]) / 2));
  const ends = edges.map((edge) => sharedEnd(vertices, edge, cells));
  const found: (number[] | undefined)[] = edges.map(() => undefined);
  let moving = edges.map((_, i) => i);
  for (let step = 0; step < STEPS && moving.length; step++) {
    const slopes = new Float64Array(3 * moving.length);
    const values = field.evaluate(Float64Array.from(moving.flatMap((i) => found[i] ?? middles[i])), slopes);
    moving = moving.filter((i, row) => {
      const slope = slopes.subarray(3 * row, 3 * row + 3);
      if (ends[i] >= 0) slope[ends[i]] = 0;
      const steepness = square(slope, 0);
      const off = values[row] - level;
      if (Math.abs(off) * points <= (step ? 1e-4 : TOLERANCE) * Math.sqrt(steepness)) return false;
      const place = (found[i] ?? middles[i]).map((one, axis) =>
        Math.min(Math.max(one - (off / steepness) * slope[axis], 0), cells[axis]),
      );
      const near = Math.hypot(...place.map((one, axis) => one - middles[i][axis])) * points < 0.75;
      found[i] = near ? place : undefined;
      return near;
    });
  }
  const share = how.solid ? SHARE.solid : SHARE.surface;
  return found.map((place, i) => place?.map((one, axis) => middles[i][axis] + share * (one - middles[i][axis])));
}

/** The mesh with new vertices on some of its edges. */
function halved({ vertices, faces }: SurfaceMesh, places: Map<number, number[]>): SurfaceMesh {
  const count = vertices.length / 3;
  const added = new Float64Array(3 * places.size);
  const ends = new Uint8Array(count);
  const middle = new Map<number, number>();
  for (const [key, place] of places) {
    added.set(place, 3 * middle.size);
    middle.set(key, count + middle.size);
    ends[Math.floor(key / count)] = ends[key % count] = 1;
  }
  const split: number[] = [];
  for (let i = 0; i < faces.length; i += 3) {
    const [p, q, r] = [faces[i], faces[i + 1], faces[i + 2]];
    if (ends[p] + ends[q] + ends[r] < 2) split.push(p, q, r);
    else split.push(...parts([p, q, r], [[p, q], [q, r], [r, p]].map(([one, other]) => middle.get(keyOf(one, other, count)))));
  }
  return { vertices: joined(vertices, added), faces: Uint32Array.from(split) };
}

function joined(first: Float64Array, second: Float64Array): Float64Array {
  const all = new Float64Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}

/** The triangles into which one is divided by vertices on its edges p-q, q-r, r-p. */
function parts([p, q, r]: number[], [pq, qr, rp]: (number | undefined)[]): number[] {
  if (pq !== undefined && qr !== undefined && rp !== undefined) {
    return [p, pq, rp, pq, q, qr, rp, qr, r, pq, qr, rp];
  }
  if (pq === undefined && qr === undefined && rp === undefined) return [p, q, r];
  // Turned until the first edge is divided and the last one is not.
  if (pq === undefined || rp !== undefined) return parts([q, r, p], [qr, rp, pq]);
  return qr === undefined ? [p, pq, r, pq, q, r] : [p, pq, r, pq, qr, r, pq, q, qr];
}
