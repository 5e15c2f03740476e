/** Starts whichever page this is. The exported names are those that tests and the local server use. */
import "./styles/explorer.css";
import { crystalPage } from "./crystal/crystalPage";
import { settingPage } from "./page/settingPage";
import { startPage } from "./start/startPage";

export { WaveSum } from "./functions/waveSum";
export { defaultSection } from "./page/sectionPlane";
export { isosurface, sample } from "./surface/isosurface";
export { stlBytes } from "./surface/stl";
export { findSettings } from "./start/names";

if (typeof document !== "undefined") {
  document.documentElement.classList.add("js");
  settingPage();
  startPage();
  crystalPage();
}
