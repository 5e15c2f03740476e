/** A plane through the cell, coloured by the values of a function. */
import { BufferAttribute, BufferGeometry, DoubleSide, Group, Mesh, MeshBasicMaterial } from "three";
import type { PeriodicField } from "../functions/periodicField";
import { place } from "../scene/lattice";

const STEPS = 96;

/**
 * The plane on which one fractional coordinate has a value.
 * @param field the function
 * @param lattice rows of the cell
 * @param axis 0 for x, 1 for y, 2 for z
 * @param height the value of the coordinate
 * @param colour of a value: three numbers up to 255
 */
export function sectionObject(
  field: PeriodicField, lattice: number[][], axis: number, height: number, colour: (value: number) => number[],
): Group {
  const [first, second] = [0, 1, 2].filter((other) => other !== axis);
  const width = STEPS + 1;
  const points = new Float64Array(3 * width * width);
  for (let i = 0; i < width; i++) {
    for (let j = 0; j < width; j++) {
      const at = 3 * (i * width + j);
      points[at + axis] = height;
      points[at + first] = i / STEPS;
      points[at + second] = j / STEPS;
    }
  }
  const positions = new Float32Array(points.length);
  const colours = new Float32Array(points.length);
  field.evaluate(points).forEach((value, i) => {
    place(lattice, points[3 * i], points[3 * i + 1], points[3 * i + 2]).toArray(positions, 3 * i);
    colours.set(colour(value).map((one) => (one / 255) ** 2.2), 3 * i);
  });
  const faces: number[] = [];
  for (let i = 0; i < STEPS; i++) {
    for (let j = 0; j < STEPS; j++) {
      const at = i * width + j;
      faces.push(at, at + 1, at + width, at + 1, at + width + 1, at + width);
    }
  }
  const geometry = new BufferGeometry();
  geometry.setAttribute("position", new BufferAttribute(positions, 3));
  geometry.setAttribute("color", new BufferAttribute(colours, 3));
  geometry.setIndex(faces);
  return new Group().add(new Mesh(geometry, new MeshBasicMaterial({ vertexColors: true, side: DoubleSide })));
}
