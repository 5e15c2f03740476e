/** The page of a setting: formulas, and the surface with its controls. */
import type { FunctionData } from "../functions/waveSum";
import { jsonOf } from "./pageData";

export function settingPage(): void {
  const data = jsonOf<FunctionData>("function-data");
  if (data) console.debug(data.label);
}
