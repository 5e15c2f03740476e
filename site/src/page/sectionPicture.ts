/** The section as a picture: colours of the values, the line of the level, the cells with the names of their edges. */
import { diverging } from "../scene/colours";

export interface Raster {
  /** A square canvas; the first axis runs to the right, the second one upwards. */
  canvas: HTMLCanvasElement;
}

const INK = [34, 39, 46];

/**
 * The values of one cell, repeated, as colours, with a line at the level.
 * @param values n x n values of one cell, the second axis fastest
 * @param limit the value of the darkest red
 * @param size pixels along each side
 */
export function rasterOf(values: Float64Array, limit: number, level: number, cells: number, size: number): Raster {
  const n = Math.round(Math.sqrt(values.length));
  const smooth = new Float32Array(size * size);
  for (let row = 0; row < size; row++) {
    const v = ((size - 0.5 - row) / size) * cells * n;
    for (let column = 0; column < size; column++) {
      smooth[row * size + column] = bilinear(values, n, ((column + 0.5) / size) * cells * n, v);
    }
  }
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const drawing = canvas.getContext("2d")!;
  const image = drawing.createImageData(size, size);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const at = row * size + column;
      const value = smooth[at];
      const right = smooth[column + 1 < size ? at + 1 : at - 1];
      const below = smooth[row + 1 < size ? at + size : at - size];
      const slope = Math.hypot(right - value, below - value) || 1e-12;
      const line = Math.min(Math.max(1.6 - Math.abs(value - level) / slope, 0), 1);
      const colour = diverging(value / limit);
      for (let i = 0; i < 3; i++) image.data[4 * at + i] = colour[i] + line * (INK[i] - colour[i]);
      image.data[4 * at + 3] = 255;
    }
  }
  drawing.putImageData(image, 0, 0);
  return { canvas };
}

/** Draw the raster as the parallelogram of two cell vectors into a canvas that fills its element. */
export function drawSection(
  target: HTMLCanvasElement, raster: Raster, edges: [number[], number[]], names: [string, string], cells: number, ink: string,
): void {
  const [p, q] = planeFrame(edges);
  const ratio = Math.min(window.devicePixelRatio || 1, 2);
  const width = target.clientWidth || 300;
  const margin = 26;
  const left = Math.min(0, q[0]);
  const scale = (width - 2 * margin) / Math.max(p[0] + Math.abs(q[0]), q[1]);
  const height = Math.ceil(q[1] * scale + 2 * margin);
  target.width = width * ratio;
  target.height = height * ratio;
  target.style.height = `${height}px`;
  const drawing = target.getContext("2d")!;
  const shift = (width - (p[0] + Math.abs(q[0])) * scale) / 2 - left * scale;
  // The unit square, its second axis upwards, to the parallelogram.
  const origin = [shift, height - margin];
  const to = (u: number, v: number): [number, number] => [
    origin[0] + scale * (u * p[0] + v * q[0]), origin[1] - scale * v * q[1],
  ];
  drawing.setTransform(ratio, 0, 0, ratio, 0, 0);
  drawing.save();
  drawing.transform(scale * p[0], 0, -scale * q[0], scale * q[1], ...to(0, 1));
  drawing.imageSmoothingQuality = "high";
  drawing.drawImage(raster.canvas, 0, 0, 1, 1);
  drawing.restore();
  drawing.strokeStyle = ink;
  for (let i = 0; i <= cells; i++) {
    drawing.lineWidth = i % cells ? 0.6 : 1.2;
    for (const [from, end] of [[to(i / cells, 0), to(i / cells, 1)], [to(0, i / cells), to(1, i / cells)]]) {
      drawing.beginPath();
      drawing.moveTo(...from);
      drawing.lineTo(...end);
      drawing.stroke();
    }
  }
  drawing.fillStyle = ink;
  drawing.font = 'italic 18px "STIX Two Text", "Times New Roman", serif';
  drawing.textAlign = "center";
  drawing.textBaseline = "middle";
  const [ax, ay] = to(0.5, 0);
  drawing.fillText(names[0], ax, ay + 15);
  const [bx, by] = to(0, 0.5);
  drawing.fillText(names[1], bx - 14, by);
}

/** Two cell vectors in the frame of their plane, the first one to the right. */
function planeFrame([a, b]: [number[], number[]]): [[number, number], [number, number]] {
  const length = Math.hypot(...a);
  const along = (a[0] * b[0] + a[1] * b[1] + a[2] * b[2]) / length;
  return [[length, 0], [along, Math.sqrt(b[0] ** 2 + b[1] ** 2 + b[2] ** 2 - along ** 2)]];
}

function bilinear(values: Float64Array, n: number, u: number, v: number): number {
  const i = Math.floor(u);
  const j = Math.floor(v);
  const s = u - i;
  const t = v - j;
  const at = (x: number, y: number): number => values[(x % n) * n + (y % n)];
  return (1 - s) * ((1 - t) * at(i, j) + t * at(i, j + 1)) + s * ((1 - t) * at(i + 1, j) + t * at(i + 1, j + 1));
}
