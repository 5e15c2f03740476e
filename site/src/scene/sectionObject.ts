/** A section in the scene: a plane of the block with the picture of the values, and the plane that cuts there. */
import {
  BufferAttribute, BufferGeometry, CanvasTexture, DoubleSide, Group, Mesh, MeshBasicMaterial, Plane, SRGBColorSpace, Vector3,
} from "three";
import { place } from "./lattice";

/**
 * The picture on the plane where one coordinate is `at`.
 * @param axis of the coordinate
 * @param cells of the block along each axis
 * @param picture a square canvas; the first of the other axes to the right, the second upwards
 */
export function sectionObject(
  lattice: number[][], axis: number, at: number, cells: number, picture: HTMLCanvasElement,
): Group {
  const [first, second] = [0, 1, 2].filter((one) => one !== axis);
  const corners = [[0, 0], [1, 0], [1, 1], [0, 1]].flatMap(([u, v]) => {
    const point = [0, 0, 0];
    point[axis] = at;
    point[first] = u * cells;
    point[second] = v * cells;
    return place(lattice, point[0], point[1], point[2]).toArray();
  });
  const geometry = new BufferGeometry();
  geometry.setAttribute("position", new BufferAttribute(new Float32Array(corners), 3));
  geometry.setAttribute("uv", new BufferAttribute(new Float32Array([0, 0, 1, 0, 1, 1, 0, 1]), 2));
  geometry.setIndex([0, 1, 2, 0, 2, 3]);
  const map = new CanvasTexture(picture);
  map.colorSpace = SRGBColorSpace;
  map.anisotropy = 4;
  const material = new MeshBasicMaterial({ map, side: DoubleSide, polygonOffset: true, polygonOffsetFactor: 1 });
  return new Group().add(new Mesh(geometry, material));
}

/**
 * The plane that cuts there, in the coordinates of the scene, in which the middle of the block is 0.
 * It keeps what lies on the side of its normal.
 */
export function cuttingPlane(lattice: number[][], axis: number, at: number, cells: number): Plane {
  const [first, second] = [1, 2].map((step) => place(lattice, ...unit((axis + step) % 3)));
  const normal = first.cross(second).normalize();
  const middle = place(lattice, cells / 2, cells / 2, cells / 2);
  const point = place(lattice, ...unit(axis)).multiplyScalar(at).sub(middle);
  return new Plane().setFromNormalAndCoplanarPoint(normal, point);
}

/** Turn the plane so that it keeps what lies behind it as seen from `viewer`. */
export function keepBehind(plane: Plane, viewer: Vector3): void {
  if (plane.distanceToPoint(viewer) > 0) plane.negate();
}

function unit(axis: number): [number, number, number] {
  return [+(axis === 0), +(axis === 1), +(axis === 2)];
}
