/** A surface for the scene: two sides of different colours, or coloured by the values of another function. */
import {
  BackSide, BufferAttribute, BufferGeometry, DoubleSide, FrontSide, Group, Mesh, MeshBasicMaterial, MeshStandardMaterial,
  type Plane, type Side,
} from "three";
import type { PeriodicField } from "../functions/periodicField";
import type { SurfaceMesh } from "../surface/isosurface";
import { cartesian } from "../surface/stl";
import { diverging, LARGER, SMALLER } from "./colours";
import { gradientMatrix } from "./lattice";

/** `limit` is the absolute value that has the darkest colours. */
export interface Colouring {
  field: PeriodicField;
  limit?: number;
}

export interface SurfaceLook {
  lattice: number[][];
  /** Whose gradient the normals are. */
  field: PeriodicField;
  /** Values of another function as colours; without a limit, the darkest ones for its largest values on the surface. */
  colour?: Colouring;
  clip?: Plane[];
}

/** The surface as a group of meshes that share their triangles. */
export function surfaceObject(mesh: SurfaceMesh, look: SurfaceLook): Group {
  const geometry = new BufferGeometry();
  geometry.setAttribute("position", new BufferAttribute(cartesian(mesh.vertices, look.lattice), 3));
  geometry.setAttribute("normal", new BufferAttribute(normals(mesh, look), 3));
  geometry.setIndex(new BufferAttribute(mesh.faces, 1));
  const group = new Group();
  const add = (side: Side, colour: number, vertexColors = false): void => {
    const material = new MeshStandardMaterial({ color: colour, side, vertexColors, roughness: 0.55, metalness: 0 });
    material.clippingPlanes = look.clip ?? null;
    group.add(new Mesh(geometry, material));
  };
  if (look.colour) {
    geometry.setAttribute("color", new BufferAttribute(colours(mesh, look.colour), 3));
    add(DoubleSide, 0xffffff, true);
  } else {
    // Triangles are seen from in front where the function is smaller.
    add(FrontSide, SMALLER);
    add(BackSide, LARGER);
  }
  return group;
}

/** Flat faces of a solid, coloured by values. */
export function capsObject(mesh: SurfaceMesh, look: SurfaceLook, colour: Colouring): Group {
  const geometry = new BufferGeometry();
  geometry.setAttribute("position", new BufferAttribute(cartesian(mesh.vertices, look.lattice), 3));
  geometry.setAttribute("color", new BufferAttribute(colours(mesh, colour), 3));
  geometry.setIndex(new BufferAttribute(mesh.faces, 1));
  const material = new MeshBasicMaterial({ vertexColors: true, side: DoubleSide });
  material.clippingPlanes = look.clip ?? null;
  return new Group().add(new Mesh(geometry, material));
}

/** Free the memory of a group that is no longer drawn. */
export function disposeObject(group: Group): void {
  group.traverse((one) => {
    if (!(one instanceof Mesh)) return;
    one.geometry.dispose();
    for (const material of [one.material].flat()) {
      material.map?.dispose();
      material.dispose();
    }
  });
  group.removeFromParent();
}

/** Unit normals: minus the gradient, since triangles face smaller values. */
function normals(mesh: SurfaceMesh, look: SurfaceLook): Float32Array {
  const gradients = new Float64Array(mesh.vertices.length);
  look.field.evaluate(mesh.vertices, gradients);
  const m = gradientMatrix(look.lattice).elements;
  const found = new Float32Array(gradients.length);
  for (let i = 0; i < found.length; i += 3) {
    const [u, v, w] = gradients.subarray(i, i + 3);
    const x = m[0] * u + m[3] * v + m[6] * w;
    const y = m[1] * u + m[4] * v + m[7] * w;
    const z = m[2] * u + m[5] * v + m[8] * w;
    const length = -(Math.hypot(x, y, z) || 1);
    found.set([x / length, y / length, z / length], i);
  }
  return found;
}

function colours(mesh: SurfaceMesh, by: Colouring): Float32Array {
  const values = by.field.evaluate(mesh.vertices);
  const limit = by.limit ?? (values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1);
  const found = new Float32Array(3 * values.length);
  values.forEach((value, i) => found.set(diverging(value / limit).map((one) => (one / 255) ** 2.2), 3 * i));
  return found;
}
