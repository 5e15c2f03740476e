/** The values on a plane of the cell as a picture. */
import type { SampledField } from "../surface/isosurface";
import { colourOf, type Layer } from "./layers";

const SIZE = 192;

/** A square canvas of the plane where coordinate `axis` is `at`: the first of the other axes to the right, the second up. */
export function fieldPicture(layer: Layer, sampled: SampledField, axis: number, at: number): HTMLCanvasElement {
  const [first, second] = [0, 1, 2].filter((other) => other !== axis);
  const points = new Float64Array(3 * SIZE * SIZE);
  for (let row = 0; row < SIZE; row++) {
    for (let column = 0; column < SIZE; column++) {
      const start = 3 * (row * SIZE + column);
      points[start + axis] = at;
      points[start + first] = (column + 0.5) / SIZE;
      points[start + second] = 1 - (row + 0.5) / SIZE;
    }
  }
  const colour = colourOf(layer, sampled);
  const image = new ImageData(SIZE, SIZE);
  layer.field.evaluate(points).forEach((value, i) => image.data.set([...colour(value), 255], 4 * i));
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIZE;
  canvas.getContext("2d")!.putImageData(image, 0, 0);
  return canvas;
}
