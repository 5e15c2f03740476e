/** Lamps that are fixed to the viewer, so that the side that is seen is lit. */
import { DirectionalLight, type Camera } from "three";

export function addLights(camera: Camera): void {
  for (const [x, y, z, strength] of [[-0.6, 0.9, 1, 1.7], [0.9, 0.1, 0.6, 0.6]]) {
    const light = new DirectionalLight(0xffffff, strength);
    light.position.set(x, y, z);
    light.target.position.set(0, 0, -1);
    camera.add(light, light.target);
  }
}
