/** Atoms as spheres and bonds as rods, in the colours of their elements. */
import {
  Color, CylinderGeometry, Group, InstancedMesh, Matrix4, MeshStandardMaterial, Quaternion, SphereGeometry, Vector3,
  type BufferGeometry,
} from "three";
import { place } from "../scene/lattice";
import type { DrawnAtoms } from "./crystalView";

/** Of covalent radii, so that there is room between atoms. */
const RADIUS = 0.42;
/** Angstrom. */
const BOND_RADIUS = 0.09;
const UP = new Vector3(0, 1, 0);

/**
 * Spheres and rods as two groups, so that each can be hidden.
 * @param drawn the atoms
 * @param lattice rows of the cell in the units of the scene
 * @param scale units of the scene in an Angstrom
 */
export function structureObject(drawn: DrawnAtoms, lattice: number[][], scale: number): { atoms: Group; bonds: Group } {
  const places = drawn.coordinates.map(([x, y, z]) => place(lattice, x, y, z));
  const colours = drawn.numbers.map((number) => new Color(drawn.elements[number].colour));
  const spheres = drawn.numbers.map((number, i) => {
    const radius = RADIUS * drawn.elements[number].radius * scale;
    return new Matrix4().makeScale(radius, radius, radius).setPosition(places[i]);
  });
  // Each rod is two halves, one in the colour of each atom.
  const halves = drawn.bonds.flatMap(([one, other]) => [[one, other], [other, one]]);
  const rods = halves.map(([near, far]) => {
    const middle = places[near].clone().lerp(places[far], 0.5);
    const along = middle.clone().sub(places[near]);
    const length = along.length();
    const turn = new Quaternion().setFromUnitVectors(UP, along.normalize());
    const width = BOND_RADIUS * scale;
    return new Matrix4().compose(places[near].clone().lerp(middle, 0.5), turn, new Vector3(width, length, width));
  });
  return {
    atoms: instances(new SphereGeometry(1, 32, 20), spheres, colours),
    bonds: instances(new CylinderGeometry(1, 1, 1, 12, 1, true), rods, halves.map(([near]) => colours[near])),
  };
}

function instances(geometry: BufferGeometry, matrices: Matrix4[], colours: Color[]): Group {
  const group = new Group();
  if (!matrices.length) return group;
  const mesh = new InstancedMesh(geometry, new MeshStandardMaterial({ roughness: 0.45, metalness: 0 }), matrices.length);
  matrices.forEach((one, i) => {
    mesh.setMatrixAt(i, one);
    mesh.setColorAt(i, colours[i]);
  });
  return group.add(mesh);
}
