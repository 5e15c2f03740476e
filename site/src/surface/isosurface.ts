/**
 * The surface f = level of a periodic function in a block of cells, by marching cubes.
 *
 * As in `sgbasis/surfaces/isosurface.py`: values close to the level are moved away from it, so that each vertex lies
 * on one edge of the grid, which names it; a solid is closed by a layer of points around the block, and vertices in
 * that layer are put on its faces, where those of one grid point are one vertex. Creases are sharpened afterwards.
 */
import { edgeTable, triTable } from "three/addons/objects/MarchingCubes.js";
import { refined } from "./refine";
import { range, type PeriodicField } from "../functions/periodicField";

const APART = 1e-4;
/** Where the surface has grid points, rounding must not decide on which side they are: they lie outside of the solid. */
const ZERO = 1e-9;

/** Corners of a cube in the order of the table, and the two corners of each edge. */
const CORNERS = [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1]];
const EDGES = [[0, 1], [1, 2], [3, 2], [0, 3], [4, 5], [5, 6], [7, 6], [4, 7], [0, 4], [1, 5], [2, 6], [3, 7]];
const AXES = EDGES.map(([first, second]) => [0, 1, 2].findIndex((a) => CORNERS[first][a] !== CORNERS[second][a]));

export interface SurfaceOptions {
  level: number;
  /** Cells of the block along each axis. */
  cells: [number, number, number];
  /** Grid points of one cell along each axis. */
  points: number;
  /** Close the part of the block where the function is larger; otherwise the surface ends at the faces. */
  solid: boolean;
}

/** Triangles; seen from where the function is smaller, corners run counter-clockwise. */
export interface SurfaceMesh {
  /** Fractional coordinates of the vertices. */
  vertices: Float64Array;
  faces: Uint32Array;
}

/** Values of a function on the grid of one cell, with its range. */
export interface SampledField {
  field: PeriodicField;
  points: number;
  values: Float64Array;
  low: number;
  high: number;
}

export function sample(field: PeriodicField, points: number): SampledField {
  const values = field.grid(points);
  const [low, high] = range(values);
  return { field, points, values, low, high };
}

/** See the head of this file. No triangles where the function does not take the value. */
export function isosurface(sampled: SampledField, options: Omit<SurfaceOptions, "points">): SurfaceMesh {
  const { cells, solid, level } = options;
  const n = sampled.points;
  const pad = solid ? 1 : 0;
  const size = cells.map((count) => count * n + 1 + 2 * pad);
  const block = blockValues(sampled, level, size, pad);
  const [, sy, sz] = size;
  const numbers = new Int32Array(4 * block.length);
  const vertices: number[] = [];
  const faces: number[] = [];
  const corner = CORNERS.map(([x, y, z]) => (x * sy + y) * sz + z);
  const found = new Int32Array(12);

  const vertex = (cube: number, x: number, y: number, z: number, edge: number): number => {
    const axis = AXES[edge];
    const from = CORNERS[EDGES[edge][0]];
    const along = (axis === 0 ? x : axis === 1 ? y : z) + from[axis];
    // In the layer around a solid the vertex is put on the grid point of the block.
    const before = solid && along === 0;
    const outside = before || (solid && along === size[axis] - 2);
    const first = cube + corner[EDGES[edge][0]];
    const second = cube + corner[EDGES[edge][1]];
    const key = 4 * (before ? second : first) + (outside ? 3 : axis);
    if (numbers[key]) return numbers[key] - 1;
    const place = [x + from[0] - pad, y + from[1] - pad, z + from[2] - pad];
    if (!outside) place[axis] += block[first] / (block[first] - block[second]);
    else if (before) place[axis] += 1;
    vertices.push(place[0] / n, place[1] / n, place[2] / n);
    numbers[key] = vertices.length / 3;
    return numbers[key] - 1;
  };

  for (let x = 0; x < size[0] - 1; x++) {
    for (let y = 0; y < size[1] - 1; y++) {
      for (let z = 0; z < size[2] - 1; z++) {
        const cube = (x * sy + y) * sz + z;
        let kind = 0;
        for (let i = 0; i < 8; i++) if (block[cube + corner[i]] < 0) kind |= 1 << i;
        const crossed = edgeTable[kind];
        if (!crossed) continue;
        for (let edge = 0; edge < 12; edge++) {
          if (crossed & (1 << edge)) found[edge] = vertex(cube, x, y, z, edge);
        }
        for (let i = 16 * kind; triTable[i] !== -1; i += 3) {
          const [p, q, r] = [found[triTable[i]], found[triTable[i + 1]], found[triTable[i + 2]]];
          if (p !== q && q !== r && r !== p) faces.push(p, q, r);
        }
      }
    }
  }
  const mesh = { vertices: Float64Array.from(vertices), faces: Uint32Array.from(faces) };
  const gradients = moveOntoSurface(mesh.vertices, n, level, sampled.field);
  return refined(mesh, gradients, { field: sampled.field, level, cells, points: n, solid });
}

/** Values minus the level on the points of the block, with both of its ends, never close to 0. */
function blockValues(sampled: SampledField, level: number, size: number[], pad: number): Float32Array {
  const { points: n, values, low, high } = sampled;
  const scale = 1 / (high - low || 1);
  const block = new Float32Array(size[0] * size[1] * size[2]).fill(-1);
  for (let x = pad; x < size[0] - pad; x++) {
    for (let y = pad; y < size[1] - pad; y++) {
      const row = (((x - pad) % n) * n + ((y - pad) % n)) * n;
      let at = (x * size[1] + y) * size[2] + pad;
      for (let z = pad; z < size[2] - pad; z++, at++) {
        const value = (values[row + ((z - pad) % n)] - level) * scale;
        block[at] = Math.abs(value) < APART ? (value < ZERO ? -APART : APART) : value;
      }
    }
  }
  return block;
}

/** One step of Newton's method along the edge of the grid on which a vertex lies. Returns the gradients before it. */
function moveOntoSurface(vertices: Float64Array, n: number, level: number, field: PeriodicField): Float64Array {
  const gradients = new Float64Array(vertices.length);
  const values = field.evaluate(vertices, gradients);
  for (let i = 0; i < vertices.length; i++) {
    const steps = vertices[i] * n;
    const start = Math.floor(steps);
    const within = steps - start;
    if (within < 1e-6 || within > 1 - 1e-6 || Math.abs(gradients[i]) < 1e-9) continue;
    const moved = within - ((values[Math.floor(i / 3)] - level) / gradients[i]) * n;
    // Where the function is nearly flat along the edge the step leads astray: the interpolated point serves.
    if (moved > 1e-4 && moved < 1 - 1e-4) vertices[i] = (start + moved) / n;
  }
  return gradients;
}
