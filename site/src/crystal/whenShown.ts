/** Starts a scene when its element is on the page and has a size, which the distance of the camera depends on. */
import { element } from "./dom";

export function whenShown(host: HTMLElement, start: () => void): void {
  requestAnimationFrame(() => {
    try {
      start();
    } catch {
      host.replaceWith(element("p", { class: "message" }, "This browser has no WebGL, so nothing is drawn here."));
    }
  });
}
