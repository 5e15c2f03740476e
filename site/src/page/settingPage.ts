/** The page of a setting: formulas, and the surface with its controls. */
import type { FunctionData } from "../functions/waveSum";
import { watchFormulas } from "./formulas";
import { jsonOf } from "./pageData";
import { Viewer } from "./viewer";

export function settingPage(): void {
  const data = jsonOf<FunctionData>("function-data");
  const root = document.getElementById("viewer");
  watchFormulas();
  if (data && root) new Viewer(root, data);
}
